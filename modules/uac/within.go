// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/dialog"
)

// routed is told of each Route of ours that loose_route follows: with
// restore_mode auto the headers are those that the receiver knows.
func (m *Module) routed(c *module.Call, params string) {
	if m.mode != modeAuto || c.Msg.ToTag() == "" {
		return
	}
	if d := m.dialogOf(c); d != nil {
		m.restoreDialogs(c, d)
		return
	}
	for _, s := range []*side{from, to} {
		m.restore(c, s, sip.Params(params))
		m.pass(c, s, sip.Params(params))
	}
}

// restoreRequest is uac_restore_from() and uac_restore_to().
func (m *Module) restoreRequest(s *side) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, _ module.Args) module.Result {
		if m.mode == modeNone {
			return c.Fail("uac_restore_"+strings.ToLower(s.name), errRestored)
		}
		return module.Bool(m.restore(c, s, sip.Params(c.OwnRoute)))
	}
}

// restore replaces a header by the URI that stands behind the parameter of our
// Route: of a request of the caller by the one that left, of the callee by the
// one that came. The callee's From is what the caller has in To.
func (m *Module) restore(c *module.Call, s *side, params sip.Params) bool {
	of := s
	if upstream(c.Msg, params) {
		of = s.opposite()
	}
	hidden, ok := params.Lookup(of.param(m))
	if !ok || hidden == "" {
		return false
	}
	a, err := s.address(c.Msg)
	if err != nil {
		return false
	}
	if m.changed(c.Msg, a) {
		return true
	}
	uri, ok := reveal(c.Mem.Begin(), hidden, a.URI, m.password)
	if !ok {
		return false
	}
	c.Internal |= s.flag
	if text := c.Mem.Keep(uri); text != a.URI {
		edit(c.Msg, a, nil, text)
	}
	return true
}

// pass keeps the parameter of our Route for a Record-Route of the request: some
// clients take the route set of a dialog from later requests, too.
func (m *Module) pass(c *module.Call, s *side, params sip.Params) {
	name := s.param(m)
	if hidden, ok := params.Lookup(name); ok && hidden != "" {
		text := append(append(c.Mem.Begin(), c.RouteParams...), ';')
		c.RouteParams = c.Mem.Keep(append(append(append(text, name...), '='), hidden...))
	}
}

func (s *side) opposite() *side {
	if s == from {
		return to
	}
	return from
}

// upstream says whether a request comes from the callee: the From tag is not the
// one that the Record-Route of the caller's INVITE had.
func upstream(msg *sip.Message, params sip.Params) bool {
	tag, ok := params.Lookup("ftag")
	return ok && tag != msg.FromTag()
}

// dialogVars are names of variables of a dialog: the URI that came and the one
// that left, and what stood around them.
type dialogVars struct{ came, left, display, displayLeft string }

// keep keeps an address and what it was changed to.
func (v *dialogVars) keep(d *dialog.Dialog, a *sip.NameAddr, display *string, uri string) {
	d.SetVar(v.came, a.URI)
	d.SetVar(v.left, uri)
	d.SetVar(v.display, a.Display)
	left := ""
	if display != nil {
		left = *display
	}
	d.SetVar(v.displayLeft, left)
}

// dialogOf is the dialog whose variables keep the URIs of a request, nil where
// Record-Route does.
func (m *Module) dialogOf(c *module.Call) *dialog.Dialog {
	if m.dialog == nil {
		return nil
	}
	return m.dialog.Of(c)
}

// withinDialog is told of requests that dlg_manage, not loose_route, found the
// dialog of.
func (m *Module) withinDialog(n *dialog.Notice) {
	if n.Call != nil && n.Message == n.Call.Msg && m.mode == modeAuto {
		m.restoreDialogs(n.Call, n.Dialog)
	}
}

// restoreDialogs gives a request inside of a dialog the headers that its receiver
// knows.
func (m *Module) restoreDialogs(c *module.Call, d *dialog.Dialog) {
	caller, _ := d.Tags()
	down := c.Msg.FromTag() == caller
	for _, s := range []*side{from, to} {
		m.restoreWithin(c, d, s, down)
	}
}

func (m *Module) restoreWithin(c *module.Call, d *dialog.Dialog, s *side, down bool) {
	of := s
	if !down {
		of = s.opposite()
	}
	came, ok := d.Var(of.vars.came)
	if !ok {
		return
	}
	a, err := s.address(c.Msg)
	if err != nil || m.changed(c.Msg, a) {
		return
	}
	uri, _ := d.Var(of.vars.left)
	display, _ := d.Var(of.vars.displayLeft)
	if !down {
		uri = came
		display, _ = d.Var(of.vars.display)
	}
	c.Internal |= s.flag
	edit(c.Msg, a, &display, uri)
}
