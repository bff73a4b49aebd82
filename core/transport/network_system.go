// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// systemNetwork is the network of the operating system.
type systemNetwork struct{ opt *Options }

var _ Network = (*systemNetwork)(nil)

func network(kind string, a netip.Addr) string {
	if a.Is4() {
		return kind + "4"
	}
	return kind + "6"
}

func (n *systemNetwork) ListenPacket(addr netip.AddrPort) (PacketConn, error) {
	wildcard := addr.Addr().IsUnspecified()
	lc := net.ListenConfig{Control: controlUDP(n.opt, addr)}
	pc, err := lc.ListenPacket(context.Background(), network("udp", addr.Addr()), addr.String())
	if err != nil {
		return nil, err
	}
	c := &systemPackets{UDPConn: pc.(*net.UDPConn), wildcard: wildcard, v6: addr.Addr().Is6()}
	c.local = netip.AddrPortFrom(addr.Addr(), c.LocalAddrPort().Port())
	if wildcard {
		if c.v6 {
			err = ipv6.NewPacketConn(c.UDPConn).SetControlMessage(ipv6.FlagDst, true)
		} else {
			err = ipv4.NewPacketConn(c.UDPConn).SetControlMessage(ipv4.FlagDst, true)
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (n *systemNetwork) Listen(addr netip.AddrPort) (net.Listener, error) {
	lc := net.ListenConfig{Control: controlListener(n.opt, addr.Addr()), KeepAliveConfig: n.keepAlive()}
	lc.SetMultipathTCP(false)
	return lc.Listen(context.Background(), network("tcp", addr.Addr()), addr.String())
}

func (n *systemNetwork) Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Control: controlDial(n.opt, remote.Addr(), local.Port() != 0), KeepAliveConfig: n.keepAlive()}
	d.SetMultipathTCP(false)
	if local.Addr().IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(local)
	}
	return d.DialContext(ctx, network("tcp", remote.Addr()), remote.String())
}

// keepAlive is the setting of the kernel's probes; a negative value leaves the
// system's.
func (n *systemNetwork) keepAlive() net.KeepAliveConfig {
	t := &n.opt.TCP
	c := net.KeepAliveConfig{Enable: !t.NoKeepAlive, Idle: t.KeepIdle, Interval: t.KeepInterval, Count: t.KeepCount}
	if c.Idle == 0 {
		c.Idle = -1
	}
	if c.Interval == 0 {
		c.Interval = -1
	}
	if c.Count == 0 {
		c.Count = -1
	}
	return c
}

// Source connects a UDP socket, which sends nothing, and looks which address it
// got.
func (n *systemNetwork) Source(dst netip.Addr) (netip.Addr, error) {
	c, err := net.DialUDP(network("udp", dst), nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(dst, 5060)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr(), nil
}

// systemPackets is a UDP socket of the net package.
type systemPackets struct {
	*net.UDPConn
	local    netip.AddrPort
	wildcard bool
	v6       bool
}

// LocalAddrPort is the address that the kernel gave.
func (c *systemPackets) LocalAddrPort() netip.AddrPort {
	return c.UDPConn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func (c *systemPackets) LocalAddr() netip.AddrPort { return c.local }

func (c *systemPackets) ReadFrom(b []byte) (int, netip.AddrPort, netip.Addr, error) {
	if !c.wildcard {
		n, src, err := c.ReadFromUDPAddrPort(b)
		return n, netip.AddrPortFrom(src.Addr().Unmap(), src.Port()), netip.Addr{}, closedError(err)
	}
	var oob [128]byte
	n, oobn, _, src, err := c.ReadMsgUDPAddrPort(b, oob[:])
	return n, netip.AddrPortFrom(src.Addr().Unmap(), src.Port()), c.arrivedAt(oob[:oobn]), closedError(err)
}

func (c *systemPackets) arrivedAt(oob []byte) netip.Addr {
	var ip net.IP
	if c.v6 {
		var cm ipv6.ControlMessage
		if cm.Parse(oob) == nil {
			ip = cm.Dst
		}
	} else {
		var cm ipv4.ControlMessage
		if cm.Parse(oob) == nil {
			ip = cm.Dst
		}
	}
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// closedError turns the deadline that CloseRead has set into net.ErrClosed.
func closedError(err error) error {
	if err != nil && os.IsTimeout(err) {
		return net.ErrClosed
	}
	return err
}

func (c *systemPackets) WriteTo(b []byte, dst netip.AddrPort) error {
	_, err := c.WriteToUDPAddrPort(b, dst)
	return err
}

func (c *systemPackets) CloseRead() error { return c.SetReadDeadline(time.Unix(1, 0)) }
