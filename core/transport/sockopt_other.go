// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package transport

import (
	"errors"
	"net/netip"
	"syscall"
)

type control = func(network, address string, c syscall.RawConn) error

var errLinuxOnly = errors.New("tos, pmtu_discovery, ip_free_bind, tcp_reuse_port, tcp_defer_accept, tcp_syncnt and tcp_linger2 need Linux")

// linuxOnly refuses the settings that only Linux knows.
func linuxOnly(o *Options) control {
	t := &o.TCP
	if o.TOS != 0 || o.DontFragment || o.FreeBind || t.ReusePort || t.DeferAccept > 0 || t.SynCount > 0 || t.Linger2 > 0 {
		return func(string, string, syscall.RawConn) error { return errLinuxOnly }
	}
	return nil
}

func controlUDP(o *Options, _ netip.AddrPort) control  { return linuxOnly(o) }
func controlListener(o *Options, _ netip.Addr) control { return linuxOnly(o) }

func controlDial(o *Options, _ netip.Addr, _ bool) control { return linuxOnly(o) }

func keepAddress(string, string, syscall.RawConn) error { return nil }
