// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Bits of ds_dns_mode.
const (
	dnsAtLoad = 1 << iota
	dnsAtMatch
	dnsRefresh
	dnsServices
)

// Bits of the mode of ds_is_from_list.
const (
	anyPort = 1 << iota
	anyProto
	onlyActive
)

// origin is an address that is looked for among the gateways.
type origin struct {
	addrs []netip.Addr
	port  int
	// proto is ProtoNone for a URI without a transport parameter; it then is
	// like a gateway without one, and like nothing else, as in Kamailio.
	proto transport.Proto
}

// isFromList is ds_is_from_list([set[, mode[, uri]]]).
func (d *Dispatcher) isFromList(c *module.Call, a module.Args) module.Result {
	id, mode := a.Int(0, -1), a.Int(1, anyProto)
	var one [1]netip.Addr
	from := origin{addrs: one[:], port: int(c.Packet.Src.Port()), proto: c.Packet.Socket.Proto}
	one[0] = c.Packet.Src.Addr().Unmap()
	if uri := a.Str(2); uri != "" {
		var err error
		if from, err = d.origin(c, uri); err != nil {
			return c.Fail("ds_is_from_list", err)
		}
	}
	l := d.list.Load()
	if id != -1 {
		if s := l.set(id); s != nil {
			if dst := d.match(c, s, &from, mode); dst != nil {
				return d.found(c, dst, false)
			}
		}
		return module.False
	}
	for _, s := range l.shown {
		if dst := d.match(c, s, &from, mode); dst != nil {
			return d.found(c, dst, true)
		}
	}
	return module.False
}

// origin is the address of a URI.
func (d *Dispatcher) origin(c *module.Call, uri string) (from origin, err error) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return from, errNoURI
	}
	from = origin{port: u.Port, proto: u.Transport()}
	if a, ok := u.Addr(); ok {
		from.addrs = []netip.Addr{a.Unmap()}
		return from, nil
	}
	locator := d.host.Locator()
	var ready bool
	if from.addrs, ready = locator.ReadyAddrs(u.Host); !ready {
		c.Block(func() { from.addrs, err = locator.Addrs(c.Context(), u.Host) })
	}
	return from, err
}

// match finds a gateway of a set that has the address; nil where there is none.
// A gateway without a port has all of them.
func (d *Dispatcher) match(c *module.Call, s *set, from *origin, mode int) *destination {
	for _, dst := range s.destinations {
		if mode&onlyActive != 0 && !dst.usable() ||
			mode&anyPort == 0 && dst.port != 0 && dst.port != from.port ||
			mode&anyProto == 0 && dst.proto != from.proto {
			continue
		}
		for _, a := range d.addrs(c, dst) {
			if slices.Contains(from.addrs, a.Unmap()) {
				return dst
			}
		}
	}
	return nil
}

// addrs are the addresses of a gateway, as far as they are known.
func (d *Dispatcher) addrs(c *module.Call, dst *destination) []netip.Addr {
	if d.dnsMode&dnsAtMatch != 0 {
		if _, literal := sip.ParseHostAddr(dst.host); !literal && dst.state.Load()&noDNS == 0 {
			c.Block(func() { _ = d.lookup(c.Context(), dst) }) // what was known before stays
		}
	}
	if r := dst.resolved.Load(); r != nil {
		return r.addrs
	}
	return nil
}

// found sets the variables of setid_pvname and attrs_pvname.
func (d *Dispatcher) found(c *module.Call, dst *destination, anySet bool) module.Result {
	set := func(to module.Accessor, v module.Value) error {
		if to, ok := to.(module.Assignable); ok {
			return to.Set(c, module.Index{}, v)
		}
		return nil
	}
	var err error
	if anySet {
		err = set(d.setIDVar, avp.Number(int64(dst.set.id)))
	}
	if err == nil && dst.attrs.body != "" {
		err = set(d.attrsVar, avp.String(dst.attrs.body))
	}
	if err != nil {
		return c.Fail("ds_is_from_list", fmt.Errorf("cannot set a variable: %w", err))
	}
	return module.True
}

// refresh looks the names of all gateways up again.
func (d *Dispatcher) refresh() {
	for _, s := range d.list.Load().sets {
		for _, dst := range s.destinations {
			if _, literal := sip.ParseHostAddr(dst.host); literal || dst.state.Load()&noDNS != 0 {
				continue
			}
			if err := d.lookup(context.Background(), dst); err != nil {
				d.log.Warn("the name of a gateway cannot be resolved, its last addresses stay", "set", s.id, "uri", dst.uri, "err", err)
			}
		}
	}
}
