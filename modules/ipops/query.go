// SPDX-License-Identifier: Apache-2.0

package ipops

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// answer is what a query of a name found, for $dns and its like.
type answer struct {
	name    string // of the container
	asked   string
	addrs   []netip.Addr
	records []locate.Record
}

// answers are those of a worker's script; they end with the message.
type answers struct {
	serial uint64
	of     map[kind][]answer
	ttl    time.Duration // dns_set_local_ttl; it outlives the message
}

// kind is the type of a query, each with containers of its own.
type kind uint8

const (
	hosts kind = iota
	services
	pointers
	naptrs
)

// answers returns those of the script of c.
func (m *IPOps) answers(c *module.Call) *answers {
	s := c.Local(m, func() any { return &answers{of: map[kind][]answer{}} }).(*answers)
	if s.serial != c.Serial {
		s.serial = c.Serial
		clear(s.of)
	}
	return s
}

func (s *answers) find(k kind, name string) *answer {
	for i := range s.of[k] {
		if s.of[k][i].name == name {
			return &s.of[k][i]
		}
	}
	return nil
}

func (s *answers) put(c *module.Call, k kind, a answer) {
	a.name, a.asked = c.Lasting(a.name), c.Lasting(a.asked)
	if old := s.find(k, a.name); old != nil {
		*old = a
		return
	}
	s.of[k] = append(s.of[k], a)
}

// query is what the query functions share: ask, which may wait, and keep what was
// found. Of a name that is not there the container is emptied.
func (m *IPOps) query(c *module.Call, a module.Args, k kind, ask func(to *answer) error) module.Result {
	found := answer{name: a.Str(1), asked: a.Str(0)}
	var err error
	c.Block(func() { err = ask(&found) })
	m.answers(c).put(c, k, found)
	if err != nil {
		return module.False
	}
	return module.True
}

// setLocalTTL is dns_set_local_ttl(vttl).
func (m *IPOps) setLocalTTL(c *module.Call, a module.Args) module.Result {
	ttl := a.Int(0, 0)
	if ttl < 0 {
		return c.Fail("dns_set_local_ttl", errors.New("the time is negative"))
	}
	m.answers(c).ttl = time.Duration(ttl) * time.Second
	return module.True
}

// context is what a query of the script of c runs under.
func (m *IPOps) context(c *module.Call) context.Context {
	if ttl := m.answers(c).ttl; ttl > 0 {
		return locate.WithTTL(c.Context(), ttl)
	}
	return c.Context()
}

// dnsQuery is dns_query(hostname, pvid).
func (m *IPOps) dnsQuery(c *module.Call, a module.Args) module.Result {
	return m.query(c, a, hosts, func(to *answer) (err error) {
		if strings.HasPrefix(to.asked, "[") {
			return errors.New("brackets are no part of a name")
		}
		to.addrs, err = c.Host.Locator().Addrs(m.context(c), to.asked)
		return err
	})
}

// srvQuery is srv_query(name, pvid).
func (m *IPOps) srvQuery(c *module.Call, a module.Args) module.Result {
	return m.query(c, a, services, func(to *answer) error {
		rr, err := c.Host.Locator().Records(m.context(c), to.asked, locate.SRV)
		to.records = bySRVOrder(rr, c.Host.Rand())
		return err
	})
}

// naptrQuery is naptr_query(domain, pvid).
func (m *IPOps) naptrQuery(c *module.Call, a module.Args) module.Result {
	return m.query(c, a, naptrs, func(to *answer) error {
		rr, err := c.Host.Locator().Records(m.context(c), to.asked, locate.NAPTR)
		to.records = slices.Clone(rr)
		slices.SortStableFunc(to.records, func(a, b locate.Record) int {
			if a.Priority != b.Priority {
				return int(a.Priority) - int(b.Priority)
			}
			return int(a.Weight) - int(b.Weight)
		})
		return err
	})
}

// ptrQuery is ptr_query(ip, pvid).
func (m *IPOps) ptrQuery(c *module.Call, a module.Args) module.Result {
	ip, ok := sip.ParseHostAddr(a.Str(0))
	if !ok {
		return c.Fail("ptr_query", errors.New("the first argument is no address"))
	}
	return m.query(c, a, pointers, func(to *answer) error {
		names, err := c.Host.Locator().Names(m.context(c), ip)
		for _, n := range names {
			to.records = append(to.records, locate.Record{Name: n})
		}
		return err
	})
}

// bySRVOrder orders records by priority, and those of one priority by chance after
// their weights (RFC 2782).
func bySRVOrder(rr []locate.Record, chance *rand.Rand) []locate.Record {
	list := slices.Clone(rr)
	slices.SortStableFunc(list, func(a, b locate.Record) int { return int(a.Priority) - int(b.Priority) })
	for i := range list {
		sum, j := 0, i
		for ; j < len(list) && list[j].Priority == list[i].Priority; j++ {
			sum += int(list[j].Weight)
		}
		if sum == 0 {
			continue
		}
		at := chance.IntN(sum + 1)
		for k := i; k < j; k++ {
			if at -= int(list[k].Weight); at <= 0 {
				list[i], list[k] = list[k], list[i]
				break
			}
		}
	}
	return list
}

// matchIP is dns_sys_match_ip and dns_int_match_ip(hostname, ip).
func matchIP(c *module.Call, a module.Args) module.Result {
	ip, ok := sip.ParseHostAddr(a.Str(1))
	if !ok {
		return c.Fail("dns_match_ip", errors.New("the second argument is no address"))
	}
	var addrs []netip.Addr
	var err error
	c.Block(func() { addrs, err = c.Host.Locator().Addrs(c.Context(), a.Str(0)) })
	return module.Bool(err == nil && slices.Contains(addrs, ip))
}

// number is an integer as a value.
func number[T uint16 | int](n T) avp.Value { return avp.Number(int64(n)) }
