// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Modes of dlg_match_mode.
const (
	matchID = iota
	matchIDOrTags
	matchTags
)

// routed is told of each Route of ours that loose_route follows.
func (m *Module) routed(c *module.Call, params string) { m.within(c, sip.Params(params), false) }

// within finds the dialog of a request and follows what the request does to it.
// tags allows to look by tags whatever dlg_match_mode says: dlg_manage does.
func (m *Module) within(c *module.Call, params sip.Params, tags bool) {
	if d := live(c); d != nil || c.Msg.ToTag() == "" {
		return
	}
	d, side := m.match(c, params, tags)
	if d == nil {
		return
	}
	if was := current(c); was != nil {
		d.adopt(was)
	}
	c.State.Dialog = d
	m.request(c, d, side)
}

// match finds the dialog of a request by the name in our Route, or by its tags.
func (m *Module) match(c *module.Call, params sip.Params, tags bool) (*Dialog, Side) {
	callID, from, to := c.Msg.CallID(), c.Msg.FromTag(), c.Msg.ToTag()
	if did, ok := params.Lookup(m.rrParam); ok && m.matchMode != matchTags {
		entry, id, ok := parseID(did)
		if ok && entry == m.entryOf(callID) {
			side := Nobody
			d := m.find(callID, func(d *Dialog) bool {
				if d.id != id {
					return false
				}
				side = d.side(from, to)
				return side != Nobody
			})
			if d != nil {
				return d, side
			}
		}
		if m.matchMode == matchID && !tags {
			m.unmatched.Inc()
			return nil, Nobody
		}
	} else if m.matchMode == matchID && !tags {
		return nil, Nobody
	}
	return m.byTags(callID, from, to)
}

// adopt takes over what a script said of a draft before the dialog was found.
func (d *Dialog) adopt(draft *Dialog) {
	for _, v := range draft.vars {
		d.SetVar(v.name, v.value)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.iflags |= draft.iflags
	if draft.timeoutRoute != "" {
		d.timeoutRoute = draft.timeoutRoute
	}
	if draft.lifetime != d.m.defaultTimeout {
		d.setLife(draft.lifetime)
	}
}

// request follows a request inside of the dialog.
func (m *Module) request(c *module.Call, d *Dialog, side Side) {
	m.shift(c, d, side)
	switch c.Msg.Method {
	case sip.MethodAck:
		if !d.acknowledge(c, c.Msg) {
			m.addRouteParam(c.State, c.Mem, d)
		}
		return
	case sip.MethodBye:
		m.keep(c, d)
		d.hangUp(c, side)
		return
	case sip.MethodCancel:
		return
	}
	m.note(c, d, side)
	m.addRouteParam(c.State, c.Mem, d)
	d.readTimeout(c)
	d.mu.Lock()
	if d.state == Confirmed && d.iflags&timeoutNoReset == 0 && !d.ending {
		flags := d.dflags
		d.setLife(d.lifetime)
		d.dflags = flags
	}
	d.mu.Unlock()
	m.tell(RequestWithin, d, c, c.Msg)
}

// note keeps the CSeq number of a request, and the target that it sets anew
// (RFC 3261 12.2.2).
func (m *Module) note(c *module.Call, d *Dialog, side Side) {
	cseq, err := c.Msg.CSeq()
	if err != nil {
		return
	}
	contact := ""
	if c.Msg.Method == sip.MethodInvite || c.Msg.Method == sip.MethodUpdate {
		if list, err := c.Msg.Contacts(); err == nil && len(list) > 0 {
			contact = list[0].URI
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.leg(side)
	l.cseq = max(l.cseq, cseq.Number)
	d.touch()
	if contact != "" && l.contact != contact {
		l.contact = strings.Clone(contact)
	}
}
