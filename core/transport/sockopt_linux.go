// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultMaxBuffer is the receive buffer of a UDP socket that is tried, in
// bytes: some 2,000 messages. Kamailio's 256 KiB have room for 120, which at
// 40,000/s is 3 ms; whoever shares a processor stands still for longer.
const defaultMaxBuffer = 8 << 20

// setUDPOptions prepares a UDP socket before it is bound to addr; tellDst asks
// for the destination of each packet.
func setUDPOptions(fd int, addr netip.AddrPort, tellDst bool, o *Options) error {
	family := familyOf(addr.Addr())
	set := func(what string, level, name, value int) error {
		if err := unix.SetsockoptInt(fd, level, name, value); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	if o.overlap(addr) {
		if err := set("SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	if family == unix.AF_INET6 {
		if err := set("IPV6_V6ONLY", unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return err
		}
	}
	if tellDst {
		if family == unix.AF_INET6 {
			if err := set("IPV6_RECVPKTINFO", unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1); err != nil {
				return err
			}
		} else if err := set("IP_PKTINFO", unix.IPPROTO_IP, unix.IP_PKTINFO, 1); err != nil {
			return err
		}
	}
	if family == unix.AF_INET {
		discover := unix.IP_PMTUDISC_DONT
		if o.DontFragment {
			discover = unix.IP_PMTUDISC_DO
		}
		if err := set("IP_MTU_DISCOVER", unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, discover); err != nil {
			return err
		}
	}
	if err := setFreeBind(fd, o); err != nil {
		return err
	}
	if err := setTOS(fd, family, o.TOS); err != nil {
		return err
	}
	return growReceiveBuffer(fd, o.UDP.MaxBuffer)
}

// setFreeBind permits to bind addresses of others; the option of IPv4 counts for
// IPv6 too.
func setFreeBind(fd int, o *Options) error {
	if !o.FreeBind {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_FREEBIND, 1); err != nil {
		return fmt.Errorf("IP_FREEBIND: %w", err)
	}
	return nil
}

func setTOS(fd, family, tos int) error {
	if tos == 0 {
		return nil
	}
	level, name := unix.IPPROTO_IP, unix.IP_TOS
	if family == unix.AF_INET6 {
		level, name = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
	}
	if err := unix.SetsockoptInt(fd, level, name, tos); err != nil {
		return fmt.Errorf("tos %d: %w", tos, err)
	}
	return nil
}

// growReceiveBuffer raises the receive buffer to maxbuffer when it is smaller.
// Without the right to more the kernel bounds it by net.core.rmem_max, without an
// error; the send buffer stays, as in Kamailio.
func growReceiveBuffer(fd, size int) error {
	if size == 0 {
		size = defaultMaxBuffer
	}
	now, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("SO_RCVBUF: %w", err)
	}
	if now >= size {
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) == nil {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
		return fmt.Errorf("SO_RCVBUF %d: %w", size, err)
	}
	return nil
}

// zoneID turns the zone of an IPv6 address into the index of its interface, 0
// for none.
func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if ifc, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifc.Index)
	}
	return 0
}

// onSocket makes a Control function of one that sets options.
func onSocket(set func(fd int) error) func(string, string, syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if e := c.Control(func(fd uintptr) { err = set(int(fd)) }); e != nil {
			return e
		}
		return err
	}
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func controlUDP(o *Options, addr netip.AddrPort) func(string, string, syscall.RawConn) error {
	return onSocket(func(fd int) error { return setUDPOptions(fd, addr, false, o) })
}

// keepFD takes back that sockets of others may overlap.
func keepFD(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
}

var keepAddress = onSocket(keepFD)

// controlListener prepares a TCP socket that listens.
func controlListener(o *Options, addr netip.Addr) func(string, string, syscall.RawConn) error {
	return onSocket(func(fd int) error {
		if o.TCP.ReusePort {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
				return fmt.Errorf("tcp_reuse_port: %w", err)
			}
		}
		if d := o.TCP.DeferAccept; d > 0 {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, int(d.Seconds())); err != nil {
				return fmt.Errorf("tcp_defer_accept: %w", err)
			}
		}
		if err := setFreeBind(fd, o); err != nil {
			return err
		}
		return setTCPOptions(fd, o, addr)
	})
}

// controlDial prepares a TCP socket that connects; samePort tells that it
// leaves from the port of a listening one.
func controlDial(o *Options, addr netip.Addr, samePort bool) func(string, string, syscall.RawConn) error {
	return onSocket(func(fd int) error {
		if samePort {
			for _, name := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
				if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, name, 1); err != nil {
					return fmt.Errorf("tcp_reuse_port: %w", err)
				}
			}
		} else if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return fmt.Errorf("IP_BIND_ADDRESS_NO_PORT: %w", err)
		}
		return setTCPOptions(fd, o, addr)
	})
}

// setTCPOptions sets what listening and connecting sockets have in common.
func setTCPOptions(fd int, o *Options, addr netip.Addr) error {
	if n := o.TCP.SynCount; n > 0 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_SYNCNT, n); err != nil {
			return fmt.Errorf("tcp_syncnt: %w", err)
		}
	}
	if d := o.TCP.Linger2; d > 0 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_LINGER2, int(d.Seconds())); err != nil {
			return fmt.Errorf("tcp_linger2: %w", err)
		}
	}
	return setTOS(fd, familyOf(addr), o.TOS)
}
