// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/kahea-sip/kahea/core/sip"
)

// Limits on what a domain can make us do for one URI.
const (
	maxTargets = 16
	maxSRV     = 16
	maxNAPTR   = 8
)

// search is one run of RFC 3263 section 4. Without a context it looks only
// into the cache and ends with errNotCached where it would have to ask.
type search struct {
	l    *Locator
	conf *Config
	ctx  context.Context
	n    int                // how many of out are found
	out  [maxTargets]Target // an array, so that a search needs no memory of the heap
}

// targets is the way through RFC 3263: an explicit port leads to addresses
// alone (4.2), an explicit transport to SRV and then addresses, and neither
// of them to NAPTR, SRV and then addresses (4.1).
//
// Where a step finds nothing that has an address, the next one is tried, also
// when the domain has SRV records that lead nowhere, or to "." (which in
// RFC 2782 says that the service is not there): Kamailio 5.6.3 does so.
//
// With failover all records of the step that finds something are followed:
// those of every protocol that NAPTR names, of every priority, of both address
// families. Without it the search ends at the first address. Either way the
// answer is the whole list at once, so that a transaction can try one after
// another without waiting for the resolver again.
func (s *search) targets(q Query, proto sip.Transport) (Targets, error) {
	if err := s.run(q, proto); err != nil && (err == errNotCached || s.n == 0) {
		return Targets{}, err
	}
	if s.n == 0 {
		return Targets{}, ErrNotFound
	}
	if !s.conf.Failover {
		s.n = 1
	}
	return NewTargets(s.out[:s.n]...), nil
}

func (s *search) run(q Query, proto sip.Transport) error {
	var first error
	if q.Port == 0 && s.l.hosts.Load().Addrs(q.Host) == nil {
		first = s.services(q, proto)
		if !s.goOn(first) {
			return first
		}
	}
	if proto == sip.TransportNone {
		proto = sip.TransportUDP // RFC 3263 4.1
	}
	port := q.Port
	if port == 0 {
		port = proto.DefaultPort()
	}
	err := s.host(q.Host, uint16(port), proto)
	if err != nil && first != nil && errors.Is(err, ErrNotFound) {
		return first // it may be one that is worth a retry
	}
	return err
}

// goOn says whether, after a step ended with err, the next step of RFC 3263 is
// to be tried: after any failure, because servers that fail for SRV and NAPTR
// and answer for A are seen in the field.
func (s *search) goOn(err error) bool {
	return err != nil && err != errNotCached && (s.ctx == nil || s.ctx.Err() == nil)
}

// services looks for NAPTR and SRV records.
func (s *search) services(q Query, proto sip.Transport) error {
	if q.Transport == sip.TransportNone && s.conf.NAPTR {
		if err := s.naptr(q.Host, q.Secure); !s.goOn(err) {
			return err
		}
	}
	// Kamailio 5.6.3 looks only for UDP where neither is on.
	if proto == sip.TransportNone && (s.conf.NAPTR || s.conf.Failover) {
		return s.preferred(q.Host)
	}
	if proto == sip.TransportNone {
		proto = sip.TransportUDP
	}
	if serviceOf(proto) == noService {
		return ErrNotFound
	}
	return s.srv(q.Host, serviceOf(proto), proto)
}

// naptr follows the NAPTR records of a domain.
func (s *search) naptr(host string, secure bool) error {
	rr, err := s.ask(host, noService, NAPTR)
	if err != nil {
		return err
	}
	rr = orderNAPTR(rr, s.conf, secure)
	last := ErrNotFound
	for i := range rr[:min(len(rr), maxNAPTR)] {
		if err := s.srv(rr[i].Name, noService, naptrProtocol(&rr[i])); err != nil {
			if err == errNotCached {
				return err
			}
			last = err
		}
		if s.enough() {
			return nil
		}
	}
	if s.n > 0 {
		return nil
	}
	return last
}

// preferred tries the SRV names of all our protocols, the preferred first
// (RFC 3263 4.1: "If no NAPTR records are found, the client constructs SRV
// queries for those transport protocols it supports").
func (s *search) preferred(host string) error {
	protos := [...]sip.Transport{sip.TransportUDP, sip.TransportTCP, sip.TransportSCTP, sip.TransportTLS}
	slices.SortStableFunc(protos[:], func(a, b sip.Transport) int { return cmp.Compare(s.conf.pref(b), s.conf.pref(a)) })
	last := ErrNotFound
	for _, p := range protos {
		if s.conf.pref(p) < 0 {
			continue
		}
		err := s.srv(host, serviceOf(p), p)
		if !s.goOn(err) {
			return err
		}
		if !errors.Is(err, ErrNotFound) {
			last = err
		}
	}
	return last
}

// srv follows the SRV records of a name.
func (s *search) srv(host string, v service, proto sip.Transport) error {
	rr, err := s.ask(host, v, SRV)
	if err != nil {
		return err
	}
	if len(rr) > 1 {
		rr = slices.Clone(rr) // what is in the cache is shared
		rnd := s.l.rand
		if !s.conf.SRVBalance || !s.conf.Failover {
			rnd = nil
		}
		orderSRV(rr, rnd)
	}
	before := s.n
	last := ErrNotFound
	for i := range rr[:min(len(rr), maxSRV)] {
		if rr[i].Name == "" {
			continue
		}
		if err := s.host(rr[i].Name, rr[i].Port, proto); err != nil {
			if err == errNotCached {
				return err
			}
			last = err
		}
		if s.enough() {
			return nil
		}
	}
	if s.n > before {
		return nil
	}
	return last
}

// host adds the addresses of a name.
func (s *search) host(name string, port uint16, proto sip.Transport) error {
	if a, ok := sip.ParseHostAddr(name); ok { // not by RFC 2782, but in use
		s.add(Target{Proto: proto, Addr: netip.AddrPortFrom(a, port)})
		return nil
	}
	found, err := s.addresses(name, func(a netip.Addr) {
		s.add(Target{Proto: proto, Addr: netip.AddrPortFrom(a, port)})
	})
	if found {
		return nil
	}
	return err
}

// addresses calls yield for each address of a name, those of the preferred
// family first; without failover only for those of one family.
func (s *search) addresses(name string, yield func(netip.Addr)) (found bool, err error) {
	fixed := s.l.hosts.Load().Addrs(name)
	err = ErrNotFound
	for _, t := range s.conf.families() {
		if found && !s.conf.Failover {
			break
		}
		if fixed != nil {
			for _, a := range fixed {
				if a.Is4() == (t == A) {
					found = true
					yield(a)
				}
			}
			continue
		}
		rr, e := s.ask(name, noService, t)
		if e == errNotCached {
			return false, e
		}
		if e != nil && !errors.Is(e, ErrNotFound) {
			err = e
		}
		for i := range rr {
			found = true
			yield(rr[i].Addr)
		}
	}
	return found, err
}

// addrs is addresses as a list.
func (s *search) addrs(name string) ([]netip.Addr, error) {
	var out []netip.Addr
	found, err := s.addresses(name, func(a netip.Addr) { out = append(out, a) })
	if !found {
		return nil, err
	}
	return out, nil
}

func (s *search) add(t Target) {
	if s.n < maxTargets && !slices.Contains(s.out[:s.n], t) {
		s.out[s.n] = t
		s.n++
	}
}

// enough says whether more targets are not wanted.
func (s *search) enough() bool {
	return s.n >= maxTargets || s.n > 0 && !s.conf.Failover
}

func (s *search) ask(host string, v service, t Type) ([]Record, error) {
	q, ok := newQuestion(host, v, t)
	if v == noService {
		q, ok = parseQuestion(host, t) // NAPTR leads to whole SRV names
	}
	if !ok {
		return nil, ErrName
	}
	return s.question(q)
}

// question asks the cache, then the resolver.
func (s *search) question(q question) ([]Record, error) {
	if s.conf.Cache {
		if a := s.l.cache.get(q); a != nil {
			return a.records, a.err
		}
	}
	if s.ctx == nil {
		return nil, errNotCached
	}
	return s.l.cache.ask(s.ctx, q, s.conf, s.l.resolve)
}

// resolve asks the resolver and counts.
func (l *Locator) resolve(ctx context.Context, q question) ([]Record, error) {
	began := l.cache.clock.Monotonic()
	rr, err := l.resolver.Resolve(ctx, q.name(), q.typ)
	if err == nil && len(rr) == 0 {
		err = ErrNotFound
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		l.failed.Inc()
	}
	if slow := l.conf.Load().SlowQuery; slow > 0 && l.cache.clock.Monotonic()-began > slow {
		l.slow.Inc()
	}
	return rr, err
}
