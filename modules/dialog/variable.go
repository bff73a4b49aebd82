// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func number(n int64) module.Value { return avp.Number(n) }

func text(s string) module.Value {
	if s == "" {
		return avp.Value{}
	}
	return avp.String(s)
}

// lookup is the dialog of a Call: the one that was found for its request, or the
// one of its Call-ID and tags.
func (m *Module) lookup(c *module.Call) *Dialog {
	if d := live(c); d != nil {
		return d
	}
	d, _ := m.byTags(c.Msg.CallID(), c.Msg.FromTag(), c.Msg.ToTag())
	return d
}

func (m *Module) variables() []module.Variable {
	return []module.Variable{
		{Name: "DLG_count", Get: func(*module.Call) module.Value { return number(m.table.active.Load()) }, Doc: "dialogs that are answered"},
		{Name: "DLG_status", Get: m.status, Doc: "state of the dialog of a request inside of one: 3 answered, 4 acknowledged, 5 ended"},
		{Name: "DLG_lifetime", Get: m.duration, Doc: "seconds since the dialog of a request inside of one was answered"},
		{Name: "dlg", Bind: m.bindDialog, Doc: "attributes of the dialog: $dlg(h_entry), h_id, ref, state, callid, from_uri, to_uri, from_tag, to_tag, from_cseq, to_cseq, from_rs, to_rs, from_contact, to_contact, from_bindaddr, to_bindaddr, dflags, sflags, toroute, lifetime, start_ts"},
		{Name: "dlg_ctx", Bind: m.bindContext, Doc: "what is asked of the dialog, also before dlg_manage: $dlg_ctx(timeout) in seconds, timeout_bye 1 for BYEs at the timeout, timeout_route its route; read only: dir 1 for a request of the caller, 2 of the callee, and timeout_route_id; on and set, which are kept"},
		{Name: "dlg_var", Bind: m.bindVar, Doc: "variables of the script that live as long as the dialog"},
	}
}

func (m *Module) status(c *module.Call) module.Value {
	d := live(c)
	if d == nil || c.Msg.ToTag() == "" || !c.Msg.IsRequest() {
		return avp.Value{}
	}
	return number(int64(d.State()))
}

func (m *Module) duration(c *module.Call) module.Value {
	d := live(c)
	if d == nil || c.Msg.ToTag() == "" || !c.Msg.IsRequest() {
		return avp.Value{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state < Confirmed {
		return avp.Value{}
	}
	return number((m.host.Clock().Now().UnixMilli() - d.answered) / 1000)
}

// attributes are those of $dlg. The lock is held.
var attributes = map[string]func(d *Dialog) module.Value{
	"h_entry":       func(d *Dialog) module.Value { return number(int64(d.entry)) },
	"h_id":          func(d *Dialog) module.Value { return number(int64(d.id)) },
	"ref":           func(d *Dialog) module.Value { return number(int64(d.refs() + 1)) },
	"state":         func(d *Dialog) module.Value { return number(int64(d.state)) },
	"callid":        func(d *Dialog) module.Value { return text(d.callID) },
	"from_uri":      func(d *Dialog) module.Value { return text(d.fromURI) },
	"to_uri":        func(d *Dialog) module.Value { return text(d.toURI) },
	"req_uri":       func(d *Dialog) module.Value { return text(d.reqURI) },
	"from_tag":      func(d *Dialog) module.Value { return text(d.caller.tag) },
	"to_tag":        func(d *Dialog) module.Value { return text(d.callee.tag) },
	"from_cseq":     func(d *Dialog) module.Value { return avp.String(strconv.Itoa(int(d.caller.cseq))) },
	"to_cseq":       func(d *Dialog) module.Value { return d.calleeCSeq() },
	"from_rs":       func(d *Dialog) module.Value { return text(d.caller.routes) },
	"to_rs":         func(d *Dialog) module.Value { return text(d.callee.routes) },
	"from_contact":  func(d *Dialog) module.Value { return text(d.caller.contact) },
	"to_contact":    func(d *Dialog) module.Value { return text(d.callee.contact) },
	"from_bindaddr": func(d *Dialog) module.Value { return text(socketText(&d.caller)) },
	"to_bindaddr":   func(d *Dialog) module.Value { return text(socketText(&d.callee)) },
	"dflags":        func(d *Dialog) module.Value { return number(int64(d.dflags)) },
	"sflags":        func(d *Dialog) module.Value { return number(int64(d.sflags)) },
	"iflags":        func(d *Dialog) module.Value { return number(int64(d.iflags)) },
	"toroute":       func(d *Dialog) module.Value { return d.routeNumber() },
	"lifetime":      func(d *Dialog) module.Value { return number(int64(d.lifetime)) },
	"start_ts":      func(d *Dialog) module.Value { return number(d.answered / 1000) },
}

// routeNumber is the timeout route as a number, 0 for none. mu is held.
func (d *Dialog) routeNumber() module.Value {
	if d.timeoutRoute == "" {
		return number(0)
	}
	ref, _ := d.m.timeoutRef(d.timeoutRoute)
	return number(int64(ref))
}

func (d *Dialog) calleeCSeq() module.Value {
	if d.answered == 0 {
		return avp.Value{}
	}
	return avp.String(strconv.Itoa(int(d.callee.cseq)))
}

func socketText(l *leg) string {
	if l.socket == nil {
		return ""
	}
	return l.socket.Text
}

func (m *Module) bindDialog(_ module.Binder, inner string) (module.Accessor, error) {
	get := attributes[inner]
	if get == nil {
		return nil, fmt.Errorf("unknown attribute %q of $dlg", inner)
	}
	return module.Getter(func(c *module.Call) module.Value {
		d := m.lookup(c)
		if d == nil {
			return avp.Value{}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		return get(d)
	}), nil
}

// contextVar is $dlg_ctx(name).
type contextVar struct {
	m   *Module
	get func(c *module.Call, d *Dialog) module.Value
	set func(c *module.Call, d *Dialog, v module.Value) error
}

// Get implements module.Accessor.
func (v contextVar) Get(c *module.Call, _ module.Index) module.Value { return v.get(c, current(c)) }

// Set implements module.Assignable.
func (v contextVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	if v.set == nil {
		return errReadOnly
	}
	d := v.m.draft(c)
	d.mu.Lock()
	defer d.mu.Unlock()
	return v.set(c, d, to)
}

var (
	errReadOnly = errors.New("it can only be read")
	errTimeout  = errors.New("a timeout is a number of seconds above 0")
	errRoute    = errors.New("there is no such route")
	errSizeVar  = errors.New("the last argument is a variable that can be assigned")
	errRemote   = errors.New(`the command is "add" or "rm"`)
)

// note is what a message has of its own for $dlg_ctx(on) and $dlg_ctx(set).
type note struct {
	serial uint64
	value  int64
}

func (m *Module) bindContext(_ module.Binder, inner string) (module.Accessor, error) {
	held := func(get func(d *Dialog) module.Value) func(*module.Call, *Dialog) module.Value {
		return func(_ *module.Call, d *Dialog) module.Value {
			if d == nil {
				d = &Dialog{}
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			return get(d)
		}
	}
	v := contextVar{m: m}
	switch inner {
	case "timeout":
		v.get = held(func(d *Dialog) module.Value { return number(int64(d.lifetime)) })
		v.set = func(_ *module.Call, d *Dialog, to module.Value) error {
			n, ok := seconds(to)
			if !ok {
				return errTimeout
			}
			d.setLife(n)
			return nil
		}
	case "timeout_bye":
		v.get = held(func(d *Dialog) module.Value { return number(int64(d.iflags & timeoutBye)) })
		v.set = func(_ *module.Call, d *Dialog, to module.Value) error {
			d.iflags &^= timeoutBye
			if to.Int != 0 {
				d.iflags |= timeoutBye
			}
			d.touch()
			return nil
		}
	case "timeout_route":
		v.get = held(func(d *Dialog) module.Value { return text(d.timeoutRoute) })
		v.set = func(_ *module.Call, d *Dialog, to module.Value) error {
			d.timeoutRoute = ""
			if to.Str == "" {
				return nil
			}
			name, ok := m.routeNamed(to.Str)
			if !ok {
				return errRoute
			}
			d.timeoutRoute = name
			d.touch()
			return nil
		}
	case "timeout_route_id":
		v.get = held(func(d *Dialog) module.Value { return d.routeNumber() })
	case "dir":
		v.get = func(c *module.Call, d *Dialog) module.Value { return number(int64(direction(c, d))) }
	case "on", "set":
		type key struct {
			m    *Module
			name string
		}
		at := func(c *module.Call) *note {
			n := c.Local(key{m, inner}, func() any { return new(note) }).(*note)
			if n.serial != c.Serial {
				*n = note{serial: c.Serial}
			}
			return n
		}
		return onVar{at}, nil
	default:
		return nil, fmt.Errorf("unknown key %q of $dlg_ctx", inner)
	}
	return v, nil
}

// timeoutRef finds a timeout route. Where the routes of the server are functions of
// scripts it is the function of event_callback, which gets the name.
func (m *Module) timeoutRef(name string) (module.RouteRef, bool) {
	if ref, ok := m.host.Route(module.RequestRoute, name); ok {
		return ref, true
	}
	s, ok := m.host.Generation().Program.(module.Scripts)
	if !ok || !s.Functions() {
		return module.NoRoute, false
	}
	return s.Function(m.eventCallback, name)
}

// routeNamed is the name of a timeout route in memory that outlives messages.
func (m *Module) routeNamed(name string) (string, bool) {
	if _, ok := m.timeoutRef(name); !ok {
		return "", false
	}
	return strings.Clone(name), true
}

// onVar is $dlg_ctx(on) and $dlg_ctx(set): numbers that the script keeps with a
// message.
type onVar struct {
	at func(c *module.Call) *note
}

// Get implements module.Accessor.
func (v onVar) Get(c *module.Call, _ module.Index) module.Value { return number(v.at(c).value) }

// Set implements module.Assignable.
func (v onVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	v.at(c).value = to.Int
	return nil
}

// direction tells who sent the request of c.
func direction(c *module.Call, d *Dialog) Side {
	if d == nil {
		return Nobody
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == Draft || c.Msg.ToTag() == "" {
		return Nobody
	}
	return d.side(c.Msg.FromTag(), c.Msg.ToTag())
}

// dialogVar is $dlg_var(name).
type dialogVar struct {
	m    *Module
	name string
}

func (m *Module) bindVar(_ module.Binder, inner string) (module.Accessor, error) {
	if inner == "" {
		return nil, errors.New("$dlg_var needs a name")
	}
	return dialogVar{m, inner}, nil
}

// Get implements module.Accessor.
func (v dialogVar) Get(c *module.Call, _ module.Index) module.Value { return v.m.getVar(c, v.name) }

func (m *Module) getVar(c *module.Call, name string) module.Value {
	d := current(c)
	if d == nil {
		if d = m.lookup(c); d == nil {
			return avp.Value{}
		}
	}
	s, ok := d.Var(name)
	if !ok {
		return avp.Value{}
	}
	return avp.String(s)
}

// Set implements module.Assignable.
func (v dialogVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	v.m.setVar(c, v.name, to)
	return nil
}

// setVar sets a variable of the dialog of c, which may be one that begins with
// this message. name is lasting.
func (m *Module) setVar(c *module.Call, name string, to module.Value) {
	d := current(c)
	if d == nil {
		if d = m.lookup(c); d == nil {
			d = m.draft(c)
		}
	}
	switch {
	case to.IsNull():
		d.DropVar(name)
	case to.Kind == avp.Int:
		d.SetVar(name, strconv.FormatInt(to.Int, 10))
	default:
		d.SetVar(name, to.Str)
	}
}
