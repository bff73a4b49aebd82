// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func (m *Module) functions() []module.Function {
	profile := module.Arg{Name: "profile", Doc: "name of a profile"}
	value := module.Arg{Name: "value", Optional: true, Doc: "value, for a profile that has them"}
	side := module.Arg{Name: "side", Doc: "caller, callee or all"}
	flag := module.Arg{Name: "flag", Type: module.ArgInt, Doc: "0 to 31"}
	property := module.Arg{Name: "attr", Doc: "ka-src, ka-dst or timeout-noreset"}
	ids := []module.Arg{{Name: "callid", Doc: "Call-ID"}, {Name: "ftag", Doc: "tag of the caller"}, {Name: "ttag", Doc: "tag of the callee, empty for any"}}
	return []module.Function{
		{Name: "dlg_manage", Routes: module.RequestRoute, Run: m.manage,
			Doc: "Begins a dialog with an INVITE outside of one; for other requests finds the dialog that they belong to."},
		{Name: "set_dlg_profile", Lua: "set_dlg_profile(str,str); set_dlg_profile_static(str)", Args: []module.Arg{profile, value}, Routes: module.AnyRoute, Run: m.setProfile, Prepare: m.knownProfile(0),
			Doc: "Puts the dialog into a profile; as often as it is called."},
		{Name: "unset_dlg_profile", Lua: "unset_dlg_profile(str,str); unset_dlg_profile_static(str)", Args: []module.Arg{profile, value}, Routes: module.AnyRoute, Run: m.unsetProfile, Prepare: m.knownProfile(0),
			Doc: "Takes the dialog out of a profile. False when it was not in it."},
		{Name: "is_in_profile", Lua: "is_in_profile(str,str); is_in_profile_static(str)", Args: []module.Arg{profile, value}, Routes: module.AnyRoute, Run: m.inProfile, Prepare: m.knownProfile(0),
			Doc: "True when the dialog is in a profile, with the value where one is given."},
		{Name: "get_profile_size", Lua: "get_profile_size(str,str,str); get_profile_size_static(str,str)",
			Args:   []module.Arg{profile, {Name: "value", Type: module.ArgTemplate, Doc: "value to count; with two arguments the variable for the size"}, {Name: "size", Type: module.ArgVar, Optional: true, Doc: "variable for the size"}},
			Routes: module.AnyRoute, Run: m.profileSize, Prepare: m.prepareSize, Doc: "Counts the dialogs in a profile, with the value where one is given."},
		{Name: "dlg_isflagset", Args: []module.Arg{flag}, Routes: module.AnyRoute, Run: m.isFlag, Doc: "True when a flag of the dialog is set."},
		{Name: "dlg_setflag", Args: []module.Arg{flag}, Routes: module.AnyRoute, Run: m.setFlag, Doc: "Sets a flag of the dialog."},
		{Name: "dlg_resetflag", Args: []module.Arg{flag}, Routes: module.AnyRoute, Run: m.resetFlag, Doc: "Clears a flag of the dialog."},
		{Name: "dlg_bye", Args: []module.Arg{side}, Routes: module.AnyRoute, Run: m.byeTo, Doc: "Ends the call with a BYE to one side or to both."},
		{Name: "dlg_refer", Lua: "-", Args: []module.Arg{side, {Name: "address", Doc: "SIP URI"}}, Routes: module.AnyRoute, Run: m.refer, Doc: "Asks one side of the call to call an address instead (RFC 3515)."},
		{Name: "dlg_refer_cid", Args: []module.Arg{ids[0], side, {Name: "address", Doc: "SIP URI"}}, Routes: module.AnyRoute, Run: m.referCallID, Doc: "dlg_refer for the dialog with a Call-ID."},
		{Name: "dlg_refer_did", Args: []module.Arg{{Name: "h_entry", Type: module.ArgInt, Doc: "as dlg.list shows"}, {Name: "h_id", Type: module.ArgInt, Doc: "as dlg.list shows"}, side, {Name: "address", Doc: "SIP URI"}},
			Routes: module.AnyRoute, Run: m.referID, Doc: "dlg_refer for the dialog with these numbers."},
		{Name: "dlg_bridge", Args: []module.Arg{{Name: "from", Doc: "SIP URI that is called first"}, {Name: "to", Doc: "SIP URI that it is referred to"}, {Name: "op", Doc: "outbound proxy, empty or . for none"}},
			Routes: module.AnyRoute, Run: m.bridgeCall, Doc: "Calls an address and refers it to another one."},
		{Name: "dlg_get", Args: ids, Routes: module.AnyRoute, Run: m.get, Doc: "Makes the dialog with this Call-ID and tags that of the message."},
		{Name: "dlg_get_var", Lua: "-", Args: append(ids[:3:3], module.Arg{Name: "key", Doc: "name of a $dlg_var"}, module.Arg{Name: "pv", Type: module.ArgVar, Doc: "variable for its value"}), Routes: module.AnyRoute, Run: m.getVarOf,
			Doc: "Reads a $dlg_var of another dialog."},
		{Name: "dlg_set_var", Args: append(ids[:3:3], module.Arg{Name: "key", Doc: "name of a $dlg_var"}, module.Arg{Name: "val", Doc: "value"}), Routes: module.AnyRoute, Run: m.setVarOf,
			Doc: "Sets a $dlg_var of another dialog."},
		{Name: "is_known_dlg", Routes: module.AnyRoute, Run: func(c *module.Call, _ module.Args) module.Result { return module.Bool(m.lookup(c) != nil) },
			Doc: "True when the message belongs to a dialog that is kept."},
		{Name: "dlg_set_timeout", Lua: "dlg_set_timeout(int); dlg_set_timeout_id(int,int,int)",
			Args: []module.Arg{{Name: "timeout", Type: module.ArgInt, Doc: "seconds"}, {Name: "h_entry", Type: module.ArgInt, Optional: true, Doc: "as dlg.list shows"}, {Name: "h_id", Type: module.ArgInt, Optional: true, Paired: true, Doc: "as dlg.list shows"}}, Routes: module.AnyRoute, Run: m.setTimeout,
			Doc: "Ends the call that many seconds from now."},
		{Name: "dlg_set_timeout_by_profile", Lua: "-", Args: []module.Arg{profile, {Name: "value", Doc: "value; with two arguments the seconds"}, {Name: "timeout", Type: module.ArgInt, Optional: true, Doc: "seconds"}}, Routes: module.AnyRoute, Run: m.setTimeoutBy, Prepare: m.knownProfile(0),
			Doc: "dlg_set_timeout for all dialogs in a profile."},
		{Name: "dlg_set_property", Args: []module.Arg{property}, Routes: module.AnyRoute, Run: m.setProperty, Doc: "Turns keep-alives on, or keeps the timeout from being set anew by each request."},
		{Name: "dlg_reset_property", Args: []module.Arg{property}, Routes: module.AnyRoute, Run: m.resetProperty, Doc: "Takes a property back."},
		{Name: "dlg_remote_profile", Lua: "-", Args: []module.Arg{{Name: "cmd", Doc: "add or rm"}, profile, {Name: "value", Doc: "value, empty for none"}, {Name: "uid", Doc: "name of the member"}, {Name: "expires", Type: module.ArgInt, Doc: "seconds since the epoch"}},
			Routes: module.AnyRoute, Run: m.remoteProfile, Prepare: m.knownProfile(1), Doc: "Counts a dialog of another server in a profile. False for one that is there already, or is not there."},
		{Name: "dlg_set_ruri", Lua: "-", Routes: module.AnyRoute, Run: m.setRURI, Doc: "Sets the Request-URI to the Contact of the side that the request goes to."},
		{Name: "dlg_update_contact", Routes: module.AnyRoute, Run: m.updateContact, Doc: "Takes the Contact of the message as that of its sender."},
		{Name: "dlg_update_socket", Routes: module.AnyRoute, Run: m.updateSocket, Doc: "Takes the socket that the message came by as that of its sender."},
		{Name: "dlg_set_state", Args: []module.Arg{{Name: "state", Type: module.ArgInt, Doc: "4 or 5"}}, Routes: module.AnyRoute, Run: m.setState, Doc: "Sets the state of the dialog, without events."},
		{Name: "dlg_req_within", Lua: "dlg_req_within4(str,str,str,str)",
			Args:   []module.Arg{side, {Name: "method", Doc: "method"}, {Name: "a", Optional: true, Doc: "with 3 and 5 arguments header fields with their line ends"}, {Name: "b", Optional: true, Doc: "Content-Type"}, {Name: "c", Optional: true, Doc: "body"}},
			Routes: module.AnyRoute, Run: m.requestWithin, Doc: "Sends a request inside of the dialog. With 4 arguments the last two are Content-Type and body."},
		{Name: "dlg_db_load_callid", Args: []module.Arg{{Name: "cival", Doc: "Call-ID"}}, Routes: module.AnyRoute, Run: m.loadCallID, Doc: "Takes up the dialogs of the database that have a Call-ID and are not known. False without a database."},
		{Name: "dlg_db_load_extra", Routes: module.AnyRoute, Run: m.loadExtra, Doc: "Takes up all dialogs of the database that are not known."},
	}
}

// lua are the functions for variables that Lua has beside those above.
func (m *Module) lua() []module.Function {
	name := []module.Arg{{Name: "name", Doc: "name of a $dlg_var"}}
	get := func(null string) func(c *module.Call, a module.Args) module.Value {
		return func(c *module.Call, a module.Args) module.Value {
			v := m.getVar(c, a.Str(0))
			if v.IsNull() && null != "-" {
				return avp.String(null)
			}
			return v
		}
	}
	return []module.Function{
		{Name: "var_get", Args: name, Routes: module.AnyRoute, Get: get("-"), Doc: "Reads a $dlg_var, nil for none."},
		{Name: "var_gete", Args: name, Routes: module.AnyRoute, Get: get(""), Doc: "Reads a $dlg_var, an empty text for none."},
		{Name: "var_getw", Args: name, Routes: module.AnyRoute, Get: get("<null>"), Doc: "Reads a $dlg_var, <null> for none."},
		{Name: "var_is_null", Args: name, Routes: module.AnyRoute, Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(m.getVar(c, a.Str(0)).IsNull()) },
			Doc: "True when there is no such $dlg_var."},
		{Name: "var_rm", Args: name, Routes: module.AnyRoute, Run: func(c *module.Call, a module.Args) module.Result {
			m.setVar(c, a.Str(0), avp.Value{})
			return module.True
		}, Doc: "Removes a $dlg_var."},
		{Name: "var_sets", Args: append(name[:1:1], module.Arg{Name: "value", Doc: "value"}), Routes: module.AnyRoute, Run: func(c *module.Call, a module.Args) module.Result {
			m.setVar(c, strings.Clone(a.Str(0)), avp.String(a.Str(1)))
			return module.True
		}, Doc: "Sets a $dlg_var."},
		{Name: "dlg_get_var", Args: []module.Arg{{Name: "callid", Doc: "Call-ID"}, {Name: "ftag", Doc: "tag of the caller"}, {Name: "ttag", Doc: "tag of the callee"}, {Name: "key", Doc: "name of a $dlg_var"}}, Routes: module.AnyRoute,
			Get: func(c *module.Call, a module.Args) module.Value {
				d, _ := m.byTags(a.Str(0), a.Str(1), a.Str(2))
				if d == nil {
					return avp.Value{}
				}
				s, ok := d.Var(a.Str(3))
				if !ok {
					return avp.Value{}
				}
				return avp.String(s)
			}, Doc: "Reads a $dlg_var of another dialog."},
	}
}

// prepareSize finds the variable of get_profile_size("profile", "$var(size)").
func (m *Module) prepareSize(b module.Binder, a module.Args) error {
	if err := m.knownProfile(0)(b, a); err != nil {
		return err
	}
	if a[2].Given || !a[1].Given { // Lua names the variable in a third argument, at run time
		return nil
	}
	text := a.Template(1).String()
	v, err := b.Var(text)
	if err != nil {
		return err
	}
	if _, ok := v.(module.Assignable); !ok {
		return errSizeVar
	}
	m.sizeVars[text] = v
	return nil
}

var errFlag = errors.New("a flag is a number from 0 to 31")

// withFlag runs f with the flags of the dialog and the bit of an argument.
func (m *Module) withFlag(c *module.Call, name string, a module.Args, f func(d *Dialog, bit uint32) bool) module.Result {
	n := a.Int(0, -1)
	if n < 0 || n > 31 {
		return c.Fail(name, errFlag)
	}
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return module.Bool(f(d, 1<<n))
}

func (m *Module) isFlag(c *module.Call, a module.Args) module.Result {
	return m.withFlag(c, "dlg_isflagset", a, func(d *Dialog, bit uint32) bool { return d.sflags&bit != 0 })
}

func (m *Module) setFlag(c *module.Call, a module.Args) module.Result {
	return m.withFlag(c, "dlg_setflag", a, func(d *Dialog, bit uint32) bool { d.sflags |= bit; d.touch(); return true })
}

func (m *Module) resetFlag(c *module.Call, a module.Args) module.Result {
	return m.withFlag(c, "dlg_resetflag", a, func(d *Dialog, bit uint32) bool { d.sflags &^= bit; d.touch(); return true })
}

// byeTo is dlg_bye(side).
func (m *Module) byeTo(c *module.Call, a module.Args) module.Result {
	to, err := sides(a.Str(0))
	if err != nil {
		return c.Fail("dlg_bye", err)
	}
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	if err = d.Terminate(c, "", "dlg_bye", to...); err != nil {
		return module.False
	}
	return module.True
}

// get is dlg_get(callid, ftag, ttag).
func (m *Module) get(c *module.Call, a module.Args) module.Result {
	d, _ := m.byTags(a.Str(0), a.Str(1), a.Str(2))
	if d == nil {
		return module.False
	}
	c.State.Dialog = d
	return module.True
}

// getVarOf is dlg_get_var(callid, ftag, ttag, key, pv).
func (m *Module) getVarOf(c *module.Call, a module.Args) module.Result {
	to, ok := a.Var(4).(module.Assignable)
	if !ok {
		return c.Fail("dlg_get_var", errSizeVar)
	}
	d, _ := m.byTags(a.Str(0), a.Str(1), a.Str(2))
	if d == nil {
		return module.False
	}
	v := avp.Value{}
	if s, ok := d.Var(a.Str(3)); ok {
		v = avp.String(s)
	}
	if err := to.Set(c, module.Index{}, v); err != nil {
		return c.Fail("dlg_get_var", err)
	}
	return module.True
}

// setVarOf is dlg_set_var(callid, ftag, ttag, key, val).
func (m *Module) setVarOf(c *module.Call, a module.Args) module.Result {
	d, _ := m.byTags(a.Str(0), a.Str(1), a.Str(2))
	if d == nil {
		return module.False
	}
	d.SetVar(strings.Clone(a.Str(3)), a.Str(4))
	return module.True
}

// setTimeout is dlg_set_timeout(timeout[, h_entry, h_id]).
func (m *Module) setTimeout(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, 0)
	if n <= 0 {
		return c.Fail("dlg_set_timeout", errTimeout)
	}
	var d *Dialog
	if a[2].Given {
		d = m.byID(uint32(a.Int(1, 0)), uint32(a.Int(2, 0)))
	} else {
		d = m.lookup(c)
	}
	if d == nil {
		return module.False
	}
	d.SetTimeout(n)
	return module.True
}

// setTimeoutBy is dlg_set_timeout_by_profile(profile, [value,] timeout).
func (m *Module) setTimeoutBy(c *module.Call, a module.Args) module.Result {
	p, err := m.profileArg(a, 0)
	if err != nil {
		return c.Fail("dlg_set_timeout_by_profile", err)
	}
	n, value, given := a.Int(2, 0), a.Str(1), a[2].Given
	if !given {
		n, _ = seconds(a[1].Value)
	}
	if n <= 0 {
		return c.Fail("dlg_set_timeout_by_profile", errTimeout)
	}
	m.table.each(func(d *Dialog) bool {
		if d.in(p, value, given) {
			d.SetTimeout(n)
		}
		return true
	})
	return module.True
}

var errProperty = errors.New("a property is ka-src, ka-dst or timeout-noreset")

func property(name string) (bit uint8, err error) {
	switch name {
	case "ka-src":
		return probeCaller, nil
	case "ka-dst":
		return probeCallee, nil
	case "timeout-noreset":
		return timeoutNoReset, nil
	}
	return 0, errProperty
}

// setProperty is dlg_set_property(attr); before dlg_manage it is kept for the
// dialog that begins.
func (m *Module) setProperty(c *module.Call, a module.Args) module.Result {
	bit, err := property(a.Str(0))
	if err != nil {
		return c.Fail("dlg_set_property", err)
	}
	d := m.lookup(c)
	if d == nil {
		d = m.draft(c)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.iflags |= bit
	d.touch()
	return module.True
}

// resetProperty is dlg_reset_property(attr).
func (m *Module) resetProperty(c *module.Call, a module.Args) module.Result {
	bit, err := property(a.Str(0))
	if err != nil {
		return c.Fail("dlg_reset_property", err)
	}
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.iflags &^= bit
	d.touch()
	return module.True
}

// setRURI is dlg_set_ruri().
func (m *Module) setRURI(c *module.Call, _ module.Args) module.Result {
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	side := direction(c, d)
	if side == Nobody {
		return module.False
	}
	d.mu.Lock()
	contact := d.leg(side.other()).contact
	d.mu.Unlock()
	if contact == "" {
		return module.False
	}
	c.Target.URI = c.Keep(contact)
	return module.True
}

// updateContact is dlg_update_contact().
func (m *Module) updateContact(c *module.Call, _ module.Args) module.Result {
	list, err := c.Msg.Contacts()
	if err != nil || len(list) == 0 {
		return module.False
	}
	return m.updateLeg(c, func(l *leg) { l.contact = strings.Clone(list[0].URI) })
}

// updateSocket is dlg_update_socket().
func (m *Module) updateSocket(c *module.Call, _ module.Args) module.Result {
	return m.updateLeg(c, func(l *leg) { l.socket = c.Packet.Socket })
}

// updateLeg changes the side that sent the message of c.
func (m *Module) updateLeg(c *module.Call, f func(l *leg)) module.Result {
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	side := d.side(c.Msg.FromTag(), c.Msg.ToTag())
	if side == Nobody {
		return module.False
	}
	if !c.Msg.IsRequest() {
		side = side.other()
	}
	f(d.leg(side))
	d.touch()
	return module.True
}

// setState is dlg_set_state(state).
func (m *Module) setState(c *module.Call, a module.Args) module.Result {
	d := m.lookup(c)
	if d == nil {
		return module.False
	}
	if err := d.force(State(a.Int(0, 0))); err != nil {
		return c.Fail("dlg_set_state", err)
	}
	return module.True
}

var errForce = errors.New("a state can be set to 4 for an answered dialog, and to 5")

// force sets the state by hand.
func (d *Dialog) force(to State) error {
	switch to {
	case Confirmed:
		d.mu.Lock()
		state := d.state
		d.mu.Unlock()
		if state == Answered {
			d.acknowledge(nil, nil)
			return nil
		}
		if state == Confirmed {
			return nil
		}
	case Deleted:
		d.end("set by hand")
		return nil
	}
	return errForce
}

// requestWithin is dlg_req_within(side, method[, headers][, type, body]).
func (m *Module) requestWithin(c *module.Call, a module.Args) module.Result {
	to, err := sides(a.Str(0))
	if err != nil {
		return c.Fail("dlg_req_within", err)
	}
	d := m.lookup(c)
	if d == nil || d.State() != Confirmed {
		return module.False
	}
	w := within{method: a.Str(1), next: true}
	switch {
	case a[4].Given:
		w.headers, w.ctype, w.body = a.Str(2), a.Str(3), a.Str(4)
	case a[3].Given:
		w.ctype, w.body = a.Str(2), a.Str(3)
	default:
		w.headers = a.Str(2)
	}
	for _, s := range to {
		one := w
		one.to = s
		d.send(&one, nil)
	}
	return module.True
}

func (m *Module) referOf(c *module.Call, d *Dialog, side, address string) module.Result {
	to, err := sides(side)
	if err != nil || len(to) != 1 {
		return c.Fail("dlg_refer", errSide)
	}
	if d == nil || d.State() < Answered || d.State() == Deleted {
		return module.False
	}
	d.send(&within{method: "REFER", to: to[0], headers: m.referHeaders(address), next: true}, nil)
	return module.True
}

func (m *Module) refer(c *module.Call, a module.Args) module.Result {
	return m.referOf(c, m.lookup(c), a.Str(0), a.Str(1))
}

func (m *Module) referCallID(c *module.Call, a module.Args) module.Result {
	return m.referOf(c, m.find(a.Str(0), func(d *Dialog) bool { return d.state != Deleted }), a.Str(1), a.Str(2))
}

func (m *Module) referID(c *module.Call, a module.Args) module.Result {
	return m.referOf(c, m.byID(uint32(a.Int(0, 0)), uint32(a.Int(1, 0))), a.Str(2), a.Str(3))
}
