// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// side is one of the two headers that can be changed.
type side struct {
	name string // of the header
	flag transaction.InternalFlag
	// address finds the header in a message.
	address func(m *sip.Message) (*sip.NameAddr, error)
	// param is the Record-Route parameter, kept the variable for the URI that
	// came, both of parameters of the module.
	param func(m *Module) string
	kept  func(m *Module) module.Accessor
	// vars are the dialog's variables.
	vars dialogVars
}

var (
	from = &side{"From", transaction.UseUACFrom, (*sip.Message).From,
		func(m *Module) string { return m.fromParam }, func(m *Module) module.Accessor { return m.fromAVP },
		dialogVars{"_uac_fu", "_uac_funew", "_uac_fdp", "_uac_fdpnew"}}
	to = &side{"To", transaction.UseUACTo, (*sip.Message).To,
		func(m *Module) string { return m.toParam }, func(m *Module) module.Accessor { return m.toAVP },
		dialogVars{"_uac_to", "_uac_tonew", "_uac_tdp", "_uac_tdpnew"}}
)

// Errors of the functions that change From and To.
var (
	errTwice    = errors.New("the header was changed before: it can be changed once")
	errLine     = errors.New("a line end cannot stand in a header")
	errWithin   = errors.New("with restore_mode auto the URI of a request inside of a dialog is the one that its receiver knows")
	errRestored = errors.New("restore_mode is none: nothing is known of the URI that came")
)

// replaceURI is uac_replace_from(uri) and uac_replace_to(uri), replace that with
// a display name.
func (m *Module) replaceURI(s *side) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		if !a[1].Given {
			return m.change(c, s, nil, a.Str(0))
		}
		display := a.Str(0)
		return m.change(c, s, &display, a.Str(1))
	}
}

// change edits a header and notes how it comes back. A display of nil leaves the
// name as it is, an empty one takes it away; an empty URI stays.
func (m *Module) change(c *module.Call, s *side, display *string, uri string) module.Result {
	word := "uac_replace_" + strings.ToLower(s.name)
	a, err := s.address(c.Msg)
	switch {
	case err != nil:
		return c.Fail(word, err)
	case uri != "" && m.mode == modeAuto && c.Msg.ToTag() != "":
		return c.Fail(word, errWithin)
	case c.Internal&s.flag != 0 || m.changed(c.Msg, a):
		return c.Fail(word, errTwice)
	case strings.ContainsAny(uri, "\r\n") || display != nil && strings.ContainsAny(*display, "\r\n"):
		return c.Fail(word, errLine)
	}
	edit(c.Msg, a, display, uri)
	if uri == "" {
		return module.True
	}
	// A branch route runs for each branch, with the edits of that one.
	if c.Route != module.BranchRoute {
		c.Internal |= s.flag
	} else if c.Tx != nil {
		c.Tx.State.Internal |= s.flag
	}
	m.remember(c, s, a, display, uri)
	return module.True
}

// changed says whether edits touch the header already.
func (m *Module) changed(msg *sip.Message, a *sip.NameAddr) bool {
	at := msg.Offset(a.URI)
	return msg.Deleted(at, at+len(a.URI))
}

// edit replaces display name and URI of an address.
func edit(msg *sip.Message, a *sip.NameAddr, display *string, uri string) {
	at := msg.Offset(a.URI)
	open, shut := "", ""
	if display != nil {
		switch {
		case a.Display != "":
			start := msg.Offset(a.Display)
			msg.Replace(start, start+len(a.Display), *display)
		case *display != "" && a.Bracketed:
			msg.Insert(msg.Offset(a.Raw), sip.After, *display+" ")
		case *display != "":
			open, shut = *display+" <", ">"
		}
	}
	switch {
	case uri != "":
		msg.Replace(at, at+len(a.URI), open+uri+shut)
	case open != "":
		msg.Insert(at, sip.After, open)
		msg.Insert(at+len(a.URI), sip.After, shut)
	}
}

// remember notes both URIs, so that replies and later requests get the one that
// their receiver knows.
func (m *Module) remember(c *module.Call, s *side, a *sip.NameAddr, display *string, uri string) {
	if m.mode == modeNone {
		return
	}
	if v, ok := s.kept(m).(module.Assignable); ok {
		if err := v.Set(c, module.Index{}, avp.String(a.URI)); err != nil {
			c.Fail("uac_replace_"+strings.ToLower(s.name), err)
		}
	}
	if d := m.dialogOf(c); d != nil {
		s.vars.keep(d, a, display, uri)
		return
	}
	text := append(append(c.Mem.Begin(), c.RouteParams...), ';')
	text = append(append(text, s.param(m)...), '=')
	c.RouteParams = c.Mem.Keep(hide(text, a.URI, uri, m.password))
}

// repliesIn restores the headers of replies to requests that were changed: the
// client gets those that it sent. The transaction's lock is held.
func (m *Module) replyIn(n *transaction.Notice) {
	if flags := n.Tx.State.Internal; flags&(from.flag|to.flag) != 0 && m.mode != modeNone {
		for _, s := range []*side{from, to} {
			if flags&s.flag != 0 {
				m.restoreReply(n, s)
			}
		}
	}
}

func (m *Module) restoreReply(n *transaction.Notice, s *side) {
	came, err := s.address(n.Request)
	if err != nil {
		return
	}
	got, err := s.address(n.Reply)
	if err != nil || m.changed(n.Reply, got) {
		return
	}
	at := n.Reply.Offset(got.Raw)
	if uri := m.keptURI(n, s); uri != "" && uri != came.URI {
		at = n.Reply.Offset(got.URI)
		n.Reply.Replace(at, at+len(got.URI), uri)
		return
	}
	if was, is := head(came), head(got); was != is {
		n.Reply.Replace(at, at+len(is), was)
	}
}

// keptURI is the URI that came, where a variable has it: after
// msg_apply_changes the request does not.
func (m *Module) keptURI(n *transaction.Notice, s *side) (uri string) {
	v := s.kept(m)
	if v == nil || n.Request.ToTag() != "" {
		return ""
	}
	m.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
		uri = v.Get(c, module.Index{}).Str
	})
	if !printable(uri) {
		return ""
	}
	return uri
}
