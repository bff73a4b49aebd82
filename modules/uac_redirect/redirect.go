// SPDX-License-Identifier: Apache-2.0

package uac_redirect

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// limits are how many Contacts are taken, in all and of each branch; 0 does not
// limit.
type limits struct{ total, branch int }

var (
	errLimits  = errors.New("it is TOTAL or TOTAL:BRANCH, each a number, or * for no limit")
	errContact = errors.New("the Contact of a redirection cannot be read")
	errTx      = errors.New("there is no transaction")
)

func compileLimits(text string) (any, error) {
	total, branch, two := strings.Cut(text, ":")
	l := limits{}
	for _, p := range [...]struct {
		text string
		to   *int
	}{{total, &l.total}, {branch, &l.branch}} {
		switch text := strings.TrimSpace(p.text); {
		case text == "*", text == "" && p.to == &l.branch && !two:
		default:
			n, err := strconv.ParseUint(text, 10, 31)
			if err != nil {
				return nil, errLimits
			}
			*p.to = int(n)
		}
	}
	return l, nil
}

// getRedirects is get_redirects(max[, reason]).
func (r *Redirect) getRedirects(c *module.Call, a module.Args) module.Result {
	l, ok := a[0].Data.(limits)
	if !ok {
		return c.Fail("get_redirects", a[0].Err)
	}
	return r.take(c, l, a.Str(1))
}

// take takes the Contacts of all branches that were redirected now.
func (r *Redirect) take(c *module.Call, l limits, reason string) module.Result {
	switch {
	case c.Tx == nil:
		return c.Fail("get_redirects", errTx)
	case reason != "" && r.acc == nil: // of Lua; native calls are looked at before the start
		return c.Fail("get_redirects", errNoAcc)
	}
	taken, filters := 0, r.filters(c)
	for _, b := range c.Tx.LastStep() {
		m := b.Reply()
		if b.Status() < 300 || b.Status() > 399 || m == nil {
			continue
		}
		contacts, err := m.Contacts()
		if err != nil {
			return c.Fail("get_redirects", errContact)
		}
		most := l.branch
		if l.total > 0 {
			if l.total == taken {
				break
			}
			if most == 0 || most > l.total-taken {
				most = l.total - taken
			}
		}
		for _, k := range r.choose(filters, contacts, most) {
			if len(c.Branches)+1 >= c.Host.Core().MaxBranches {
				c.Log().Warn("get_redirects: there is no room for more branches", "branches", len(c.Branches))
				return module.Bool(taken > 0)
			}
			r.add(c, &k, reason)
			taken++
		}
	}
	return module.Bool(taken > 0)
}

// choose returns at most that many of the Contacts that pass, 0 for all: those with
// the highest q, from the lowest of them on.
func (r *Redirect) choose(f *filters, all []sip.Contact, most int) []sip.Contact {
	var list []sip.Contact
	for _, k := range all {
		if k.Q == sip.QUnset {
			k.Q = r.q
		}
		if u, err := sip.ParseURI(k.URI); !k.Star && err == nil && u.IsSIP() && r.passes(f, k.URI) {
			list = append(list, k)
		}
	}
	slices.SortStableFunc(list, func(x, y sip.Contact) int { return cmp.Compare(x.Q, y.Q) })
	if most > 0 && len(list) > most {
		list = list[len(list)-most:]
	}
	return list
}

// add makes a Contact a branch, and writes its record.
func (r *Redirect) add(c *module.Call, k *sip.Contact, reason string) {
	t := transaction.Target{URI: c.Keep(k.URI), Q: int16(k.Q), Flags: r.branchFlags(k)}
	c.Branches = append(c.Branches, t)
	if reason == "" {
		return
	}
	was := c.Target.URI
	c.Target.URI = t.URI
	if err := r.acc.Request(c, r.accFunction, reason, r.accTable); err != nil {
		c.Fail("get_redirects", err)
	}
	c.Target.URI = was
}

func (r *Redirect) branchFlags(k *sip.Contact) uint32 {
	flags := uint32(r.flags)
	if r.flagsMode == 0 {
		return flags
	}
	value, ok := k.Params.Lookup("flags")
	n, err := strconv.ParseUint(value, 10, 32)
	switch {
	case !ok || err != nil:
		return flags
	case r.flagsMode == 1:
		return uint32(n)
	}
	return flags | uint32(n)
}
