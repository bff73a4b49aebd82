// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"errors"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNoInvite = errors.New("the message is no INVITE with Call-ID and From tag")
	errNoRoom   = errors.New("there are 2^20 calls")
)

// begin is dlgs_init(src, dst, data).
func (d *Dlgs) begin(c *module.Call, a module.Args) module.Result {
	who, ok := partyOf(c.Msg)
	if q, err := c.Msg.CSeq(); !ok || err != nil || q.Method != sip.MethodInvite {
		return c.Fail("dlgs_init", errNoInvite)
	}
	fresh, ok := d.calls.begin(who, a.Str(0), a.Str(1), a.Str(2), d.now())
	switch {
	case !ok:
		d.refused.Inc()
		return c.Fail("dlgs_init", errNoRoom)
	case fresh:
		d.started.Inc()
	}
	return module.True
}

// update is dlgs_update().
func (d *Dlgs) update(c *module.Call, _ module.Args) module.Result {
	who, ok := partyOf(c.Msg)
	return module.Bool(ok && d.calls.with(who, func(x *call) state { return x.request(c.Msg.Method, d.now()) }))
}

// count is dlgs_count(field, op, data).
func (d *Dlgs) count(c *module.Call, a module.Args) module.Result {
	for i := range 2 {
		if a[i].Err != nil {
			return c.Fail("dlgs_count", a[i].Err)
		}
	}
	of, _ := a[0].Data.(field)
	compare, _ := a[1].Data.(operator)
	if of == nil {
		return number(d.calls.ongoing())
	}
	match, err := filter(of, compare, a.Str(2))
	if err != nil {
		return c.Fail("dlgs_count", err)
	}
	return number(d.calls.count(match))
}

// number is a count as a result: none is false.
func number(n int64) module.Result {
	if n == 0 {
		return module.False
	}
	return module.Result(n)
}

// tag is dlgs_tags_add(vtag).
func (d *Dlgs) tag(c *module.Call, a module.Args) module.Result {
	who, ok := partyOf(c.Msg)
	return module.Bool(ok && a.Str(0) != "" && d.calls.with(who, func(x *call) state {
		x.addTag(a.Str(0))
		return x.state
	}))
}

// untag is dlgs_tags_rm(vtag).
func (d *Dlgs) untag(c *module.Call, a module.Args) module.Result {
	who, ok := partyOf(c.Msg)
	had := false
	return module.Bool(ok && d.calls.with(who, func(x *call) state {
		had = x.removeTag(a.Str(0))
		return x.state
	}) && had)
}

// countTag is dlgs_tags_count(vtag).
func (d *Dlgs) countTag(_ *module.Call, a module.Args) module.Result {
	return number(d.calls.count(func(x *call) bool { return slices.Contains(x.tags, a.Str(0)) }))
}
