// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

var errInterface = errors.New("netinterface: there is no such address here")

// from dials from netinterface: an address, or the name of an interface, which is
// looked at for each connection, as its addresses may change. An interface is one
// address of each family; a server is asked from that of its own.
func from(name string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		sources, err := addresses(name)
		if err != nil {
			return nil, err
		}
		for _, ip := range sources {
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))}
			var other *net.AddrError // the server has no address of this family
			c, dialed := d.DialContext(ctx, network, addr)
			switch {
			case dialed == nil:
				return c, nil
			case errors.Is(dialed, syscall.EADDRNOTAVAIL):
				return nil, fmt.Errorf("%w: %s", errInterface, name)
			case !errors.As(dialed, &other):
				return nil, dialed
			}
			err = dialed
		}
		return nil, err
	}
}

// addresses are those that a connection may come from, the first of each family.
func addresses(name string) (list []netip.Addr, err error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{ip}, nil
	}
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errInterface, name, err)
	}
	all, err := i.Addrs()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errInterface, name, err)
	}
	var four, six bool
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			continue
		}
		family := &six
		if p.Addr().Is4() {
			family = &four
		}
		if !*family {
			list, *family = append(list, p.Addr()), true
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: %s has none", errInterface, name)
	}
	return list, nil
}
