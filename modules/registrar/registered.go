// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// Bits of match_option and match_action.
const (
	matchCallID = 1 << iota
	matchReceived
	matchContact

	actionRestore  = 1
	actionNoRecord = 2
)

// registered is registered(domain[, uri[, match_option[, match_action]]]).
func (r *Registrar) registered(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("registered", err)
	}
	uri := a.Str(1)
	switch {
	case uri != "":
	case c.Msg.IsRequest():
		uri = c.Target.URI
	default:
		to, err := c.Msg.To()
		if err != nil {
			return module.False
		}
		uri = to.URI
	}
	aor, err := r.aor(c, uri)
	if err != nil {
		return module.False
	}
	v, err := d.Visit(c, aor)
	if err != nil {
		return c.Fail("registered", err)
	}
	defer v.Leave()
	return r.registeredIn(c, v.Lock(), a)
}

func (r *Registrar) registeredIn(c *module.Call, b usrloc.Bindings, a module.Args) module.Result {
	defer b.Unlock()
	match, action, now := a.Int(2, 0), a.Int(3, 0), c.Packet.Time.Unix()
	for h := b.First(); h != 0; h = b.Next(h) {
		var k usrloc.Contact
		if b.Read(h, &k); k.Expired(now) || !r.matches(c, &k, match) {
			continue
		}
		if action&actionRestore != 0 {
			r.restoreXAVPs(c, &k)
		}
		if action&actionNoRecord == 0 {
			r.record(c, &k, now)
		}
		return module.True
	}
	return module.False
}

// matches compares a contact with what the script has set in xavp_cfg.
func (r *Registrar) matches(c *module.Call, k *usrloc.Contact, match int) bool {
	if match == 0 || r.xavpCfg == "" {
		return true
	}
	return (match&matchCallID == 0 || r.cfg(c, "match_callid").Str == k.CallID) &&
		(match&matchReceived == 0 || r.cfg(c, "match_received").Str == k.Received) &&
		(match&matchContact == 0 || r.cfg(c, "match_contact").Str == k.URI)
}

// Results of unregister beside those of all functions.
const (
	unregisterFailed module.Result = -2
	noContact        module.Result = -3
)

// unregister is unregister(domain, uri[, ruid]).
func (r *Registrar) unregister(c *module.Call, a module.Args) module.Result {
	d, err := r.domain(a)
	if err != nil {
		return c.Fail("unregister", err)
	}
	ruid := a.Str(2)
	if a.Str(1) == "" && ruid != "" {
		return unregisterFailed // that asks for a database
	}
	aor, err := r.aor(c, a.Str(1))
	if err != nil {
		return module.False
	}
	v, err := d.Visit(c, aor)
	if err != nil {
		return c.Fail("unregister", err)
	}
	result := remove(v.Lock(), ruid)
	if err := v.Commit(); err != nil && (!r.loc.InMemory() || errors.Is(err, usrloc.ErrRefused)) {
		return c.Fail("unregister", err)
	}
	return result
}

// remove removes the contact with a record unique id, all without one.
func remove(b usrloc.Bindings, ruid string) module.Result {
	defer b.Unlock()
	if ruid != "" {
		h := b.MatchRUID(ruid)
		if h == 0 {
			return noContact
		}
		b.Delete(h)
		return module.True
	}
	for h := b.First(); h != 0; h = b.First() {
		b.Delete(h)
	}
	return module.True
}
