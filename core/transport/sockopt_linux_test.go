// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// optionOf binds a UDP socket with the options and gives what a socket option is.
func optionOf(t *testing.T, addr string, o *Options, level, name int) (int, error) {
	t.Helper()
	lc := net.ListenConfig{Control: controlUDP(o, netip.MustParseAddrPort(addr))}
	c, err := lc.ListenPacket(context.Background(), "udp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	raw, err := c.(*net.UDPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var v int
	var failed error
	if err := raw.Control(func(fd uintptr) { v, failed = unix.GetsockoptInt(int(fd), level, name) }); err != nil {
		t.Fatal(err)
	}
	return v, failed
}

func TestDontFragment(t *testing.T) {
	for set, want := range map[bool]int{false: unix.IP_PMTUDISC_DONT, true: unix.IP_PMTUDISC_DO} {
		got, err := optionOf(t, "127.0.0.1:0", &Options{DontFragment: set}, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER)
		if err != nil || got != want {
			t.Errorf("DontFragment %v: option is %d (%v), want %d", set, got, err, want)
		}
	}
}

// TestFreeBind binds an address of the documentation block, which no machine
// has (RFC 5737).
func TestFreeBind(t *testing.T) {
	if _, err := optionOf(t, "192.0.2.77:0", &Options{}, unix.IPPROTO_IP, unix.IP_FREEBIND); err == nil {
		t.Error("bound an address of others without FreeBind")
	}
	if got, err := optionOf(t, "192.0.2.77:0", &Options{FreeBind: true}, unix.IPPROTO_IP, unix.IP_FREEBIND); err != nil || got != 1 {
		t.Errorf("FreeBind: option is %d (%v), want 1", got, err)
	}
}

// TestAddressOfAnother asks for the port of a server that runs, which must be
// refused; the sockets of one server may overlap.
func TestAddressOfAnother(t *testing.T) {
	for _, portable := range []bool{false, true} {
		first := start(t, Options{Sockets: listenOn(UDP, "127.0.0.1:0"), UDP: UDPOptions{Portable: portable}}, echo)
		at := first.Sockets()[0].Addr.String()
		second, err := New(Options{Sockets: listenOn(UDP, at), UDP: UDPOptions{Portable: portable}})
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Listen(); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("portable %v: a second server on %s: %v, want %v", portable, at, err, syscall.EADDRINUSE)
		}
		all := netip.AddrPortFrom(netip.IPv4Unspecified(), netip.MustParseAddrPort(at).Port()).String()
		stop(t, first)
		both, err := New(Options{Sockets: listenOn(UDP, at, all), UDP: UDPOptions{Portable: portable}})
		if err != nil {
			t.Fatal(err)
		}
		if err := both.Listen(); err != nil {
			t.Errorf("portable %v: %s and %s: %v", portable, at, all, err)
		}
		third, err := New(Options{Sockets: listenOn(UDP, at, all), UDP: UDPOptions{Portable: portable}})
		if err != nil {
			t.Fatal(err)
		}
		if err := third.Listen(); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("portable %v: a second server with the same two: %v, want %v", portable, err, syscall.EADDRINUSE)
		}
		both.closeSockets()
	}
}
