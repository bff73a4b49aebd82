// SPDX-License-Identifier: Apache-2.0

// Package locate finds the next hop of a SIP URI.
package locate

import (
	"context"
	"net/netip"

	"github.com/kahea-sip/kahea/core/sip"
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
	// Secure is set for a sips URI: only TLS and WSS are looked for.
	Secure bool
}

// Target is one place to send a request to.
type Target struct {
	Proto sip.Transport
	Addr  netip.AddrPort
}

// Targets are the places to try, best first. The zero value has none. It is
// a value: a copy goes its own way from where the original stood.
type Targets struct {
	one  Target   // the only target, if list is nil
	list []Target // shared between copies, never written
	next int
}

// Next returns the next target to try: the first one, then, after each failed,
// the one after it.
func (t *Targets) Next() (Target, bool) {
	if t.next >= t.Len() {
		return Target{}, false
	}
	t.next++
	if t.list == nil {
		return t.one, true
	}
	return t.list[t.next-1], true
}

// Len is the number of targets, those that Next has returned included.
func (t *Targets) Len() int {
	if t.list == nil && t.one.Addr.IsValid() {
		return 1
	}
	return len(t.list)
}

// Left is the number of targets that Next has not returned yet.
func (t *Targets) Left() int { return t.Len() - t.next }

// Locator turns URIs into targets (RFC 3263). Safe for concurrent use.
type Locator struct{}

// Ready answers without waiting: for an address, or a name of which all that
// is needed is in the cache. False means that Locate has to ask. An address
// costs no allocation.
func (l *Locator) Ready(q Query) (Targets, bool) { return Targets{}, false }

// Locate finds the targets and waits for the resolver where it must. The
// error is ErrNotFound or tells why the resolver could not answer.
func (l *Locator) Locate(ctx context.Context, q Query) (Targets, error) { return Targets{}, nil }

// Addrs finds the addresses of a host name, for listen, alias and module
// parameters.
func (l *Locator) Addrs(ctx context.Context, host string) ([]netip.Addr, error) { return nil, nil }

// ReadyAddrs is Addrs without waiting.
func (l *Locator) ReadyAddrs(host string) ([]netip.Addr, bool) { return nil, false }

// Names finds the host names of an address (rev_dns, aliases), without the
// final dot.
func (l *Locator) Names(ctx context.Context, a netip.Addr) ([]string, error) { return nil, nil }
