// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// Limits on what a domain can make us do for one URI.
const (
	maxTargets = 32
	maxSRV     = 16
	maxNAPTR   = 8
)

// search is one run of RFC 3263 section 4. Without a context it looks only
// into the cache and ends with errNotCached where it would have to ask.
type search struct {
	l    *Locator
	conf *Config
	ctx  context.Context
	out  []Target
	keep [4]Target // so that out needs no memory for usual domains
}

// targets is the way through RFC 3263: an explicit port leads to addresses
// alone (4.2), an explicit transport to SRV and then addresses, and neither
// of them to NAPTR, SRV and then addresses (4.1).
//
// Where a step finds something but none of it has an address, the search ends:
// the domain said where it wants to be reached.
func (s *search) targets(q Query, proto sip.Transport) (Targets, error) {
	s.out = s.keep[:0]
	if err := s.run(q, proto); err != nil && (err == errNotCached || len(s.out) == 0) {
		return Targets{}, err
	}
	if len(s.out) == 0 {
		return Targets{}, ErrNotFound
	}
	if !s.conf.Failover {
		s.out = s.out[:1]
	}
	return NewTargets(s.out...), nil
}

func (s *search) run(q Query, proto sip.Transport) error {
	fixed := s.l.hosts.Load().Addrs(q.Host) != nil
	if q.Port == 0 && !fixed {
		err := s.services(q.Host, proto, q.Secure)
		if !errors.Is(err, ErrNotFound) || err == errDeclined {
			return err
		}
	}
	if proto == sip.TransportNone {
		proto = sip.TransportUDP
	}
	port := q.Port
	if port == 0 {
		port = proto.DefaultPort()
	}
	return s.host(q.Host, uint16(port), proto)
}

// errDeclined: an SRV record with the target "." says that the service is not
// there (RFC 2782), so that addresses must not be tried.
var errDeclined = &declined{}

type declined struct{}

func (*declined) Error() string        { return "the domain declines SIP" }
func (*declined) Is(target error) bool { return target == ErrNotFound }

// services looks for NAPTR and SRV records.
func (s *search) services(host string, proto sip.Transport, secure bool) error {
	if proto != sip.TransportNone {
		if serviceOf(proto) == noService {
			return ErrNotFound
		}
		if proto == sip.TransportTLS && secure && s.conf.NAPTR {
			// RFC 3263 4.1: a sips URI without transport may be NAPTR's too,
			// but its only outcomes are TLS and WSS.
			if err := s.naptr(host, true); !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return s.srv(host, serviceOf(proto), proto)
	}
	if !s.conf.NAPTR {
		return s.srv(host, sipUDP, sip.TransportUDP)
	}
	if err := s.naptr(host, false); !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.preferred(host)
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
	if len(s.out) > 0 {
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
		if err := s.srv(host, serviceOf(p), p); err == nil || !errors.Is(err, ErrNotFound) {
			return err
		} else if err == errDeclined {
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
	if len(rr) == 1 && rr[0].Name == "" {
		return errDeclined
	}
	if len(rr) > 1 {
		rr = slices.Clone(rr) // what is in the cache is shared
		rnd := s.l.rand
		if !s.conf.SRVBalance {
			rnd = nil
		}
		orderSRV(rr, rnd)
	}
	before := len(s.out)
	var last error = errDeclined
	for i := range rr[:min(len(rr), maxSRV)] {
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
	if len(s.out) > before {
		return nil
	}
	if errors.Is(last, ErrNotFound) {
		return errDeclined // the domain has a service, at names that are not there
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

// addresses calls yield for each address of a name: those of the hosts file,
// or of the first address family that has some.
func (s *search) addresses(name string, yield func(netip.Addr)) (found bool, err error) {
	if fixed := s.l.hosts.Load().Addrs(name); fixed != nil {
		for _, t := range s.conf.families() {
			for _, a := range fixed {
				if a.Is4() == (t == A) {
					found = true
					yield(a)
				}
			}
			if found {
				return true, nil
			}
		}
		return false, ErrNotFound
	}
	err = ErrNotFound
	for _, t := range s.conf.families() {
		rr, e := s.ask(name, noService, t)
		if e == errNotCached {
			return false, e
		}
		if e != nil {
			if !errors.Is(e, ErrNotFound) {
				err = e
			}
			continue
		}
		for i := range rr {
			yield(rr[i].Addr)
		}
		return true, nil
	}
	return false, err
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
	if len(s.out) < maxTargets && !slices.Contains(s.out, t) {
		s.out = append(s.out, t)
	}
}

// enough says whether more targets are not wanted.
func (s *search) enough() bool {
	return len(s.out) >= maxTargets || len(s.out) > 0 && !s.conf.Failover
}

func (s *search) ask(host string, v service, t Type) ([]Record, error) {
	q, ok := newQuestion(host, v, t)
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
	return s.l.cache.ask(s.ctx, q, s.conf, s.resolve)
}

// resolve asks the resolver and counts.
func (s *search) resolve(ctx context.Context, q question) ([]Record, error) {
	began := s.l.cache.clock.Monotonic()
	rr, err := s.l.resolver.Resolve(ctx, q.name(), q.typ)
	if err == nil && len(rr) == 0 {
		err = ErrNotFound
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		s.l.failed.Inc()
	}
	if slow := s.conf.SlowQuery; slow > 0 && s.l.cache.clock.Monotonic()-began > max(slow, time.Millisecond) {
		s.l.slow.Inc()
	}
	return rr, err
}
