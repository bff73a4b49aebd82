// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
)

// builder makes a list.
type builder struct {
	d *Dispatcher
	// ctx bounds the wait for the resolver.
	ctx context.Context
	// known is the health of the gateways of the list before, by what names
	// them.
	known map[identity]*health
	list  list
	order *order
	seen  map[identity]int
}

// identity names a gateway: one that is twice in a set has a number.
type identity struct {
	set    int
	uri    string
	number int
}

func (d *Dispatcher) newBuilder(ctx context.Context, before *list) *builder {
	b := &builder{d: d, ctx: ctx, known: map[identity]*health{}, seen: map[identity]int{}}
	if before != nil {
		for _, s := range before.sets {
			// Backwards, so that the first of equal ones is the first that is
			// added again.
			for _, dst := range slices.Backward(s.destinations) {
				b.known[b.identity(s.id, dst.uri)] = dst.health
			}
		}
		clear(b.seen)
	}
	return b
}

func (b *builder) identity(set int, uri string) identity {
	id := identity{set: set, uri: uri}
	b.seen[id]++
	id.number = b.seen[identity{set: set, uri: uri}]
	return id
}

// finish returns the list.
func (b *builder) finish() *list {
	for _, s := range b.list.sets {
		s.finish(b.d)
	}
	b.list.shown = b.order.walk(nil)
	return &b.list
}

func (b *builder) set(id int) *set {
	if s := b.list.set(id); s != nil {
		return s
	}
	s := &set{id: id}
	i, _ := slices.BinarySearchFunc(b.list.sets, id, func(s *set, id int) int { return s.id - id })
	b.list.sets = slices.Insert(b.list.sets, i, s)
	b.order = b.order.insert(s)
	return s
}

var (
	errURI      = errors.New("is no sip or sips URI")
	errSocket   = errors.New("is none of the sockets that the server listens on")
	errResolve  = errors.New("cannot be resolved (flag 16 leaves that out)")
	errObproxy  = errors.New("is no SIP URI (obproxy)")
	errPingFrom = errors.New("is no URI (ping_from)")
)

// add adds a gateway to its set. faults are what of its attributes means
// nothing; with an error it is left out.
func (b *builder) add(e entry) (faults []string, err error) {
	u, err := sip.ParseURI(e.uri)
	if err != nil || !u.IsSIP() {
		return nil, fmt.Errorf("%q %w", e.uri, errURI)
	}
	if e.attrs == "" && b.d.attrsNone != 0 {
		e.attrs = "none=yes"
	}
	a, faults, err := parseAttrs(e.attrs)
	if err != nil {
		return faults, fmt.Errorf("attributes of %s: %w", e.uri, err)
	}
	dst := &destination{uri: e.uri, priority: e.priority, attrs: a, hostPart: hostPart(&u), host: u.Host, port: u.Port,
		proto: u.Transport(), secure: u.Scheme == sip.SchemeSIPS}
	if err := b.attributes(dst); err != nil {
		return faults, err
	}
	if err := b.resolve(dst, e.flags); err != nil {
		return faults, err
	}
	dst.set = b.set(e.set)
	dst.health = b.health(e, a)
	dst.fields = b.d.fieldsOf(dst, false)
	dst.loadFields = b.d.fieldsOf(dst, true)
	b.insert(dst)
	return faults, nil
}

// insert puts a gateway before those of the same priority.
func (b *builder) insert(dst *destination) {
	s := dst.set
	i := slices.IndexFunc(s.destinations, func(o *destination) bool { return o.priority <= dst.priority })
	if i < 0 {
		i = len(s.destinations)
	}
	s.destinations = slices.Insert(s.destinations, i, dst)
}

// attributes checks those that name something.
func (b *builder) attributes(dst *destination) error {
	a := &dst.attrs
	net := b.d.host.Transport()
	switch {
	case a.sockname != "":
		if dst.socket = net.SocketByText(a.sockname); dst.socket == nil {
			return fmt.Errorf("%s: sockname %q %w", dst.uri, a.sockname, errSocket)
		}
	case a.socket != "":
		if dst.socket = net.SocketByText(a.socket); dst.socket == nil {
			return fmt.Errorf("%s: socket %q %w", dst.uri, a.socket, errSocket)
		}
	default:
		dst.socket = b.d.defaultSocket
	}
	if a.obproxy != "" {
		if u, err := sip.ParseURI(a.obproxy); err != nil || !u.IsSIP() {
			return fmt.Errorf("%s: %q %w", dst.uri, a.obproxy, errObproxy)
		}
	}
	if a.pingFrom != "" {
		if _, err := sip.ParseURI(a.pingFrom); err != nil {
			return fmt.Errorf("%s: %q %w", dst.uri, a.pingFrom, errPingFrom)
		}
	}
	return nil
}

// resolve finds the addresses of a gateway, where that is to be done now.
func (b *builder) resolve(dst *destination, flags uint32) error {
	if addr, ok := sip.ParseHostAddr(dst.host); ok {
		dst.resolved.Store(&resolved{addrs: []netip.Addr{addr}})
		return nil
	}
	if flags&noDNS != 0 || b.d.dnsMode&(dnsAtLoad|dnsRefresh) == 0 {
		return nil
	}
	if b.d.lookup(b.ctx, dst) != nil {
		return fmt.Errorf("%s: %q %w", dst.uri, dst.host, errResolve)
	}
	return nil
}

// health is what is known of a gateway, or the flags of the list where it is
// new, or they have changed since.
func (b *builder) health(e entry, a attrs) *health {
	h := b.known[b.identity(e.set, e.uri)]
	if h == nil {
		h = &health{flags: e.flags}
		h.state.Store(e.flags)
		if a.hasLatency {
			h.latency = newLatency(a.latency)
		}
		h.publish()
		return h
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.flags != e.flags {
		h.flags, h.failures, h.successes = e.flags, 0, 0
		h.state.Store(e.flags)
	}
	if b.d.retainLatency == 0 {
		h.latency = latency{}
		if a.hasLatency {
			h.latency = newLatency(a.latency)
		}
		h.publish()
	}
	return h
}

// keep takes a gateway of the list before over as it is. As in Kamailio it is
// added anew: gateways of equal priority change their order with each change
// by a command.
func (b *builder) keep(dst *destination) {
	again := &destination{health: dst.health, set: b.set(dst.set.id), uri: dst.uri, priority: dst.priority, attrs: dst.attrs, hostPart: dst.hostPart,
		host: dst.host, port: dst.port, proto: dst.proto, secure: dst.secure, socket: dst.socket, fields: dst.fields, loadFields: dst.loadFields}
	again.resolved.Store(dst.resolved.Load())
	b.insert(again)
}

// finish computes what follows from all gateways of a set.
func (s *set) finish(d *Dispatcher) {
	turns := d.turns(s)
	weights := make([]int, len(turns))
	for i, dst := range turns {
		weights[i] = dst.attrs.weight
	}
	s.weights = newWheel(percents(weights))
	d.reweigh(s)
}

// turns are the gateways that an algorithm may choose: all but the last with
// use_default, which is what remains when no other one is left.
func (d *Dispatcher) turns(s *set) []*destination {
	if n := len(s.destinations); d.useDefault != 0 && n > 1 {
		return s.destinations[:n-1]
	}
	return s.destinations
}

// reweigh computes the relative weights of a set anew: those of the gateways
// that work now. Where a gateway has cc, each millisecond of congestion takes
// one off; when that leaves nothing to any of them, those with the least
// congestion get most.
func (d *Dispatcher) reweigh(s *set) {
	turns := d.turns(s)
	weights := make([]int, len(turns))
	total, most := 0, int64(0)
	for i, dst := range turns {
		if !dst.usable() || dst.attrs.rweight == 0 {
			continue
		}
		weights[i] = dst.attrs.rweight
		if dst.attrs.congestion {
			ms := dst.congestion.Load()
			most = max(most, ms)
			weights[i] = max(0, weights[i]-int(ms))
			if dst.attrs.weight != 0 && ms >= int64(dst.attrs.weight) {
				weights[i] = 0
			}
		}
		total += weights[i]
	}
	if total == 0 && most > 0 {
		for i, dst := range turns {
			if dst.usable() && dst.attrs.rweight != 0 {
				weights[i] = int(most * 10 / max(1, dst.congestion.Load()))
			}
		}
	}
	s.relative.Store(newRelativeWheel(weights))
}

// fieldsOf are the fields of the XAVP that a script sees of a gateway.
func (d *Dispatcher) fieldsOf(dst *destination, load bool) *avp.Tree {
	t := new(avp.Tree)
	add := func(name, value string) { t.Add(name, avp.Item{Value: avp.String(value)}) }
	t.Add(fieldGroup, avp.Item{Value: avp.Number(int64(dst.set.id))})
	if load && dst.attrs.duid != "" {
		add(fieldID, dst.attrs.duid)
	}
	add(fieldURI, dst.uri)
	if dst.socket != nil {
		add(fieldSock, dst.socket.Text)
	}
	if d.xavpDstMode&dstSocket != 0 && dst.attrs.socket != "" {
		add(fieldSocket, dst.attrs.socket)
	}
	if d.xavpDstMode&dstSockname != 0 && dst.attrs.sockname != "" {
		add(fieldSockname, dst.attrs.sockname)
	}
	if d.xavpDstMode&dstNoAttrs == 0 && dst.attrs.body != "" {
		add(fieldAttrs, dst.attrs.body)
	}
	return t.Freeze()
}

// lookup asks the resolver for the addresses of a gateway.
func (d *Dispatcher) lookup(ctx context.Context, dst *destination) error {
	locator := d.host.Locator()
	found := &resolved{at: d.host.Clock().Now()}
	var err error
	if d.dnsMode&dnsServices != 0 {
		var targets locate.Targets
		targets, err = locator.Locate(ctx, locate.Query{Host: dst.host, Port: dst.port, Transport: dst.proto, Secure: dst.secure})
		for t, ok := targets.Next(); ok; t, ok = targets.Next() {
			found.addrs = append(found.addrs, t.Addr.Addr())
		}
	} else {
		found.addrs, err = locator.Addrs(ctx, dst.host)
	}
	if err != nil {
		return err
	}
	dst.resolved.Store(found)
	return nil
}
