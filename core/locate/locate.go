// SPDX-License-Identifier: Apache-2.0

// Package locate finds the next hop of a SIP URI.
package locate

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

// Query asks where to send a request for a URI.
type Query struct {
	// Host is the host of the URI (its maddr where it has one): a name, an
	// IPv4 address, or an IPv6 address with or without brackets. It may be a
	// view of a message: what is kept of it is copied.
	Host string
	// Port is the port of the URI, 0 where it has none.
	Port int
	// Transport is the transport parameter of the URI, or the protocol that
	// the script forces; TransportNone where there is none.
	Transport sip.Transport
	// Secure is set for a sips URI: TCP then means TLS and WS means WSS, and
	// nothing else is looked for.
	Secure bool
}

// Sources are what a Locator works with.
type Sources struct {
	// Resolver asks the name servers. Required.
	Resolver Resolver
	// Hosts are names that need no server; nil for none but localhost.
	Hosts *Hosts
	// Clock measures times to live. Required.
	Clock timer.Clock
	// Rand draws among SRV records. Safe for concurrent use. Required if
	// Config.SRVBalance is ever set; without it weights only order.
	Rand *rand.Rand
}

// Locator turns URIs into targets (RFC 3263). Safe for concurrent use.
type Locator struct {
	resolver Resolver
	hosts    atomic.Pointer[Hosts]
	rand     *rand.Rand
	conf     atomic.Pointer[Config]
	cache    *cache

	failed, slow counter.Counter
}

// New returns a locator. Nothing is asked yet.
func New(s Sources, c Config) *Locator {
	l := &Locator{resolver: s.Resolver, rand: s.Rand, cache: newCache(s.Clock)}
	l.SetHosts(s.Hosts)
	l.Configure(c)
	return l
}

// Configure takes a new configuration (cfg.set). Answers that are in the
// cache stay as they are.
func (l *Locator) Configure(c Config) { l.conf.Store(&c) }

// Config returns the configuration.
func (l *Locator) Config() Config { return *l.conf.Load() }

// SetHosts replaces the names that need no server; nil for none but localhost.
func (l *Locator) SetHosts(h *Hosts) {
	if h == nil {
		h = new(Hosts)
	}
	l.hosts.Store(h)
}

// Counters declares what is counted; the engine declares it in its set.
func (l *Locator) Counters() []counter.Entry {
	return []counter.Entry{
		{Group: "dns", Name: "failed_dns_request", Counter: &l.failed, Doc: "Questions that no name server answered usefully."},
		{Group: "dns", Name: "slow_dns_request", Counter: &l.slow, Doc: "Questions that took longer than dns_slow_query_ms."},
	}
}

// Ready answers without waiting: for an address, a name of the hosts file, or
// a name of which all that is needed is in the cache. No targets then means
// that the name is known not to lead anywhere. False means that Locate has to
// ask. An address costs no allocation.
func (l *Locator) Ready(q Query) (Targets, bool) {
	proto := transport(q.Transport, q.Secure)
	if a, ok := sip.ParseHostAddr(q.Host); ok {
		return Targets{one: literal(a, q.Port, proto)}, true
	}
	s := search{l: l, conf: l.conf.Load()}
	t, err := s.targets(q, proto)
	return t, err != errNotCached
}

// Locate finds the targets and waits for the resolver where it must, at most
// until ctx ends. The error is ErrNotFound if the name leads nowhere, ErrName
// if it cannot be one, or tells why the resolver could not answer.
func (l *Locator) Locate(ctx context.Context, q Query) (Targets, error) {
	proto := transport(q.Transport, q.Secure)
	if a, ok := sip.ParseHostAddr(q.Host); ok {
		return Targets{one: literal(a, q.Port, proto)}, nil
	}
	s := search{l: l, conf: l.conf.Load(), ctx: ctx}
	return s.targets(q, proto)
}

// Addrs finds the addresses of a host name, or parses an address: for listen,
// alias and module parameters. Errors are those of Locate.
func (l *Locator) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, ok := sip.ParseHostAddr(host); ok {
		return []netip.Addr{a}, nil
	}
	s := search{l: l, conf: l.conf.Load(), ctx: ctx}
	return s.addrs(host)
}

// ReadyAddrs is Addrs without waiting; see Ready.
func (l *Locator) ReadyAddrs(host string) ([]netip.Addr, bool) {
	if a, ok := sip.ParseHostAddr(host); ok {
		return []netip.Addr{a}, true
	}
	s := search{l: l, conf: l.conf.Load()}
	addrs, err := s.addrs(host)
	return addrs, err != errNotCached
}

// Names finds the host names of an address (rev_dns, aliases), without the
// final dot.
func (l *Locator) Names(ctx context.Context, a netip.Addr) ([]string, error) {
	if names := l.hosts.Load().Names(a); names != nil {
		return names, nil
	}
	s := search{l: l, conf: l.conf.Load(), ctx: ctx}
	rr, err := s.ask(reverseName(a), noService, PTR)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(rr))
	for i := range rr {
		names[i] = rr[i].Name
	}
	return names, nil
}

// Records asks for records of any type, through the cache (dns_query and its
// like). Errors are those of Locate.
func (l *Locator) Records(ctx context.Context, name string, t Type) ([]Record, error) {
	s := search{l: l, conf: l.conf.Load(), ctx: ctx}
	q, ok := parseQuestion(name, t)
	if !ok {
		return nil, ErrName
	}
	return s.question(q)
}

// transport is the protocol that a transport parameter means; RFC 3261 26.2.2
// makes tcp of a sips URI TLS, RFC 7118 makes ws wss.
func transport(t sip.Transport, secure bool) sip.Transport {
	if !secure {
		return t
	}
	switch t {
	case sip.TransportWS, sip.TransportWSS:
		return sip.TransportWSS
	}
	return sip.TransportTLS
}

// literal is the target for an address.
func literal(a netip.Addr, port int, proto sip.Transport) Target {
	if proto == sip.TransportNone {
		proto = sip.TransportUDP // RFC 3263 4.1
	}
	if port == 0 {
		port = proto.DefaultPort()
	}
	return Target{Proto: proto, Addr: netip.AddrPortFrom(a, uint16(port))}
}
