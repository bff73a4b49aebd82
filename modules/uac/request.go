// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// request is what $uac_req(…) describes.
type request struct {
	method, ruri, furi, turi, ouri, callID string
	headers, body, socket                  string
	username, password                     string
	// flags: 1 tells that password is an HA1.
	flags int64
	// event is when event_route[uac:reply] runs.
	event int64
	// param comes back in the event route; code and kind are those of the
	// event.
	param      string
	code, kind int64
}

// Values of $uac_req(evroute).
const (
	onReply   = 1
	onFailure = 2
)

// Values of $uac_req(evtype).
const (
	withReply    = 1
	withoutReply = 2
)

// draft is the request that a Call describes.
type draft struct {
	serial uint64
	request
}

// draft returns what the script has said of a request, for this message.
func (m *Module) draft(c *module.Call) *draft {
	d := c.Local(m, func() any { return new(draft) }).(*draft)
	if d.serial != c.Serial {
		*d = draft{serial: c.Serial}
	}
	return d
}

var (
	errNumber = errors.New("it is a number")
	errUnset  = errors.New("method, ruri, furi and turi of $uac_req must be set")
)

// bindRequest is $uac_req(name).
func (m *Module) bindRequest(_ module.Binder, inner string) (module.Accessor, error) {
	texts := map[string]func(r *request) *string{
		"method": func(r *request) *string { return &r.method }, "ruri": func(r *request) *string { return &r.ruri },
		"furi": func(r *request) *string { return &r.furi }, "turi": func(r *request) *string { return &r.turi },
		"ouri": func(r *request) *string { return &r.ouri }, "callid": func(r *request) *string { return &r.callID },
		"hdrs": func(r *request) *string { return &r.headers }, "body": func(r *request) *string { return &r.body },
		"sock": func(r *request) *string { return &r.socket }, "auser": func(r *request) *string { return &r.username },
		"apasswd": func(r *request) *string { return &r.password }, "evparam": func(r *request) *string { return &r.param },
	}
	numbers := map[string]func(r *request) *int64{
		"flags": func(r *request) *int64 { return &r.flags }, "evroute": func(r *request) *int64 { return &r.event },
		"evcode": func(r *request) *int64 { return &r.code }, "evtype": func(r *request) *int64 { return &r.kind },
	}
	switch {
	case texts[inner] != nil:
		return textVar{m, texts[inner]}, nil
	case numbers[inner] != nil:
		return numberVar{m, numbers[inner]}, nil
	case inner == "all":
		return allVar{m}, nil
	}
	return nil, fmt.Errorf("unknown key %q of $uac_req", inner)
}

type textVar struct {
	m  *Module
	of func(r *request) *string
}

// Get implements module.Accessor.
func (v textVar) Get(c *module.Call, _ module.Index) module.Value {
	if s := *v.of(&v.m.draft(c).request); s != "" {
		return avp.String(s)
	}
	return avp.Value{}
}

// Set implements module.Assignable.
func (v textVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	s := to.Str
	if s == "" && !to.IsNull() && to.Kind != avp.Str {
		s = fmt.Sprint(to.Int)
	}
	*v.of(&v.m.draft(c).request) = c.Lasting(s)
	return nil
}

type numberVar struct {
	m  *Module
	of func(r *request) *int64
}

// Get implements module.Accessor.
func (v numberVar) Get(c *module.Call, _ module.Index) module.Value {
	return avp.Number(*v.of(&v.m.draft(c).request))
}

// Set implements module.Assignable.
func (v numberVar) Set(c *module.Call, _ module.Index, to module.Value) error {
	n, ok := to.Number()
	if !ok && !to.IsNull() {
		return errNumber
	}
	*v.of(&v.m.draft(c).request) = n
	return nil
}

// allVar is $uac_req(all), which can only be emptied.
type allVar struct{ m *Module }

// Get implements module.Accessor.
func (v allVar) Get(*module.Call, module.Index) module.Value { return avp.Value{} }

// Set implements module.Assignable.
func (v allVar) Set(c *module.Call, _ module.Index, _ module.Value) error {
	v.m.draft(c).request = request{}
	return nil
}

// sendRequest is uac_req_send().
func (m *Module) sendRequest(c *module.Call, _ module.Args) module.Result {
	r := &m.draft(c).request
	if r.method == "" || r.ruri == "" || r.furi == "" || r.turi == "" {
		return c.Fail("uac_req_send", errUnset)
	}
	s := &sending{m: m, request: *r, gen: c.Gen}
	s.code, s.kind = 0, 0
	if err := s.prepare(); err != nil {
		return c.Fail("uac_req_send", err)
	}
	if err := s.send(c); err != nil {
		return c.Fail("uac_req_send", err)
	}
	return module.True
}

// The route of event_route[uac:reply].
const replyEvent = "uac:reply"

// event runs event_route[uac:reply] for the end of a request.
func (m *Module) event(n *transaction.Notice, r *request) {
	route, ok := m.host.Route(module.EventRoute, replyEvent)
	if !ok {
		return
	}
	m.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
		kind := int64(withoutReply)
		if n.Reply != nil {
			c.Msg, kind = n.Reply, withReply
			c.Packet.Src = n.Reply.Source
		}
		d := m.draft(c)
		outer := d.request
		d.request = *r
		d.code, d.kind = int64(n.Code), kind
		was := c.Route
		c.Route = module.EventRoute
		c.Gen.Program.Run(c, route)
		c.Route = was
		d.serial, d.request = c.Serial, outer
	})
}
