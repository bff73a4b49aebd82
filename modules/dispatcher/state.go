// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

var (
	errState   = errors.New("a state has the letters a, i, d, t and p")
	errGateway = errors.New("there is no such gateway in the set")
	errCurrent = errors.New("no gateway was chosen")
)

// parseState reads the letters of a state; none mean inactive.
func parseState(text string) (bits uint32, ok bool) {
	if text == "" {
		return inactive, true
	}
	for i := range len(text) {
		switch text[i] | 0x20 {
		case 'a':
		case 'i':
			bits |= inactive
		case 'd':
			bits |= disabled
		case 't':
			bits |= trying
		case 'p':
			bits |= probing
		default:
			return 0, false
		}
	}
	return bits, true
}

// scriptCode is the $dsv(code) of a change that the script asked for.
const scriptCode = 820

// event is what led to a change, for $dsv.
type event struct {
	code    int64
	reason  string
	replied bool
}

// markDst is ds_mark_dst([state]).
func (d *Dispatcher) markDst(c *module.Call, a module.Args) module.Result {
	w, ok := d.top(c)
	if !ok {
		return c.Fail("ds_mark_dst", errCurrent)
	}
	return d.mark(c, "ds_mark_dst", a.Str(0), w.set, w.uri)
}

// markAddr is ds_mark_addr(state, set, uri).
func (d *Dispatcher) markAddr(c *module.Call, a module.Args) module.Result {
	return d.mark(c, "ds_mark_addr", a.Str(0), a.Int(1, 0), a.Str(2))
}

func (d *Dispatcher) mark(c *module.Call, function, state string, id int, uri string) module.Result {
	bits, ok := parseState(state)
	if !ok {
		return c.Fail(function, errState)
	}
	s := d.list.Load().set(id)
	if s == nil {
		return c.Fail(function, errSet)
	}
	dst := s.find(uri)
	if dst == nil {
		return c.Fail(function, errGateway)
	}
	if name := d.settle(dst, dst.mark(bits, d.thresholds())); name != "" {
		d.tell(c, name, &event{code: scriptCode})
	}
	return module.True
}

func (d *Dispatcher) thresholds() thresholds {
	return thresholds{failures: d.failThreshold.Get(), successes: d.recoverThreshold.Get()}
}

// Events of gateways.
const (
	eventDown = "dispatcher:dst-down"
	eventUp   = "dispatcher:dst-up"
)

// settle computes what follows from a change, and returns the event that it
// is; "" for none.
func (d *Dispatcher) settle(dst *destination, k change) string {
	if (k.old^k.new)&skipped == 0 {
		return ""
	}
	d.reweighSet(dst.set.id)
	switch {
	case k.down():
		d.log.down(dst)
		return eventDown
	case k.up():
		d.log.up(dst)
		return eventUp
	}
	return ""
}

// reweighSet computes the relative weights of a set of the current list.
func (d *Dispatcher) reweighSet(id int) {
	d.changing.Lock()
	defer d.changing.Unlock()
	if s := d.list.Load().set(id); s != nil {
		d.reweigh(s)
	}
}

// tell runs the event route of an event with a call of the script, whose
// message it has; not while an event is told.
func (d *Dispatcher) tell(c *module.Call, name string, e *event) {
	route, ok := d.host.Route(module.EventRoute, name)
	if _, inside := c.Event.(*event); !ok || inside {
		return
	}
	kind, outer, rc := c.Route, c.Event, c.RC
	c.Route, c.Event = module.EventRoute, e
	c.Gen.Program.Run(c, route)
	c.Route, c.Event, c.RC = kind, outer, rc
}

// tellAlone runs the event route of an event of a gateway with a message that
// is made up. Like a failure route it runs where the reply to the probe was
// taken, inside the lock of the probe's transaction, which no script can name.
func (d *Dispatcher) tellAlone(dst *destination, name string, e *event) {
	route, ok := d.host.Route(module.EventRoute, name)
	if !ok {
		return
	}
	c := d.host.NewCall()
	defer d.host.FreeCall(c)
	c.Route, c.Event = module.EventRoute, e
	c.Target.URI = dst.uri
	c.Gen.Program.Run(c, route)
	c.Event = nil
}

// bindDSV is $dsv(name).
func bindDSV(_ module.Binder, name string) (module.Accessor, error) {
	var get func(e *event) module.Value
	switch name {
	case "code":
		get = func(e *event) module.Value { return avp.Number(e.code) }
	case "reason":
		get = func(e *event) module.Value {
			if e.reason == "" {
				return avp.Value{}
			}
			return avp.String(e.reason)
		}
	case "flags":
		get = func(e *event) module.Value {
			if e.replied {
				return avp.Number(1)
			}
			return avp.Number(0)
		}
	default:
		return nil, errors.New("$dsv has code, reason and flags")
	}
	return module.Getter(func(c *module.Call) module.Value {
		if e, ok := c.Event.(*event); ok {
			return get(e)
		}
		return avp.Value{}
	}), nil
}
