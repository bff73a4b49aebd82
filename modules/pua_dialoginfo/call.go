// SPDX-License-Identifier: Apache-2.0

package pua_dialoginfo

import (
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/dialog"
	"github.com/kahea-sip/kahea/modules/pua"
)

// subject is for whom the states of a call are published. It is kept with the
// dialog and never changed.
type subject struct {
	caller, callee []string
	// noCaller and noCallee tell that flags of the INVITE forbade it.
	noCaller, noCallee bool
}

// begin finds out for whom the states of a new call are published.
func (m *Module) begin(n *dialog.Notice) *subject {
	s := &subject{}
	flags := uint32(0)
	if n.Call != nil {
		flags = n.Call.Flags
	}
	s.noCaller, s.noCallee = isSet(flags, m.noCallerFlag), isSet(flags, m.noCalleeFlag)
	if m.useAVPs != 0 {
		s.caller, s.callee = uris(n.Call, m.callerAVP), uris(n.Call, m.calleeAVP)
	} else {
		s.caller, s.callee = []string{n.Dialog.FromURI()}, []string{m.calleeURI(n.Dialog)}
	}
	always := m.sendFlag >= 0
	if s.caller = m.allowed(s.caller, always); s.noCaller || always && !isSet(flags, m.sendFlag) {
		s.caller = nil
	}
	if s.callee = m.allowed(s.callee, always); s.noCallee || always && !isSet(flags, m.sendFlag) {
		s.callee = nil
	}
	keep(n.Dialog, m.callerVar, s.caller)
	keep(n.Dialog, m.calleeVar, s.callee)
	return s
}

func isSet(flags uint32, flag int) bool { return flag >= 0 && flags&(1<<flag) != 0 }

// calleeURI is who the callee is.
func (m *Module) calleeURI(d *dialog.Dialog) string {
	if m.includeRequestURI != 0 {
		return d.RequestURI()
	}
	return d.ToURI()
}

// uris are the values of a variable.
func uris(c *module.Call, v module.Accessor) (list []string) {
	if c == nil || v == nil {
		return nil
	}
	for i := 0; ; i++ {
		value := v.Get(c, module.Index{Given: true, N: i})
		if value.IsNull() {
			return list
		}
		if value.Kind == avp.Str && value.Str != "" {
			list = append(list, strings.Clone(value.Str))
		}
	}
}

// allowed leaves out URIs that are none, and unless always those of other
// servers.
func (m *Module) allowed(list []string, always bool) (kept []string) {
	for _, uri := range list {
		u, err := sip.ParseURI(uri)
		switch {
		case err != nil || !u.IsSIP():
			m.log.Warn("the state of a call cannot be published for this", "uri", uri)
		case always || m.isOurs(&u):
			kept = append(kept, uri)
		}
	}
	return kept
}

func (m *Module) isOurs(u *sip.URI) bool {
	proto := transport.ProtoNone
	if v, ok := u.Params.Lookup("transport"); ok {
		proto = sip.ParseTransport(v)
	}
	return m.host.Transport().IsMyself(u.Host, u.Port, proto)
}

// separator stands between the URIs in a $dlg_var.
const separator = "|"

// keep keeps URIs with the dialog for a restart.
func keep(d *dialog.Dialog, name string, list []string) {
	if name != "" && len(list) > 0 {
		d.SetVar(name, strings.Join(list, separator))
	}
}

// kept reads what keep wrote before a restart.
func (m *Module) kept(d *dialog.Dialog) *subject {
	read := func(name string) []string {
		text, ok := d.Var(name)
		if name == "" || !ok || text == "" {
			return nil
		}
		return strings.Split(text, separator)
	}
	return &subject{caller: read(m.callerVar), callee: read(m.calleeVar)}
}

// subjectOf finds the subject of a dialog.
func (m *Module) subjectOf(n *dialog.Notice) *subject {
	s, known := n.Dialog.Attached(m).(*subject)
	switch {
	case n.Event == dialog.Created, n.Event == dialog.RequestWithin && n.Call != nil && isSet(n.Call.Flags, m.refreshFlag):
		s = m.begin(n)
	case known:
		return s
	default:
		s = m.kept(n.Dialog)
	}
	n.Dialog.Attach(m, s)
	return s
}

// heard follows the life of a call. It must not wait.
func (m *Module) heard(n *dialog.Notice) {
	s := m.subjectOf(n)
	switch n.Event {
	case dialog.Created:
		m.publish(n, s, dialog.Caller, trying)
		if m.calleeTrying != 0 {
			m.publish(n, s, dialog.Callee, trying)
		}
	case dialog.Ringing:
		st := early
		if m.callerConfirmed != 0 {
			st = confirmed
		}
		m.publish(n, s, dialog.Caller, st)
		m.publish(n, s, dialog.Callee, early)
	case dialog.AnsweredEvent:
		m.both(n, s, confirmed)
	case dialog.RequestWithin:
		if m.publishWithin != 0 {
			m.both(n, s, confirmed)
		}
	default:
		m.both(n, s, terminated)
	}
}

func (m *Module) both(n *dialog.Notice, s *subject, st state) {
	m.publish(n, s, dialog.Caller, st)
	m.publish(n, s, dialog.Callee, st)
}

// publish publishes the state of one party.
func (m *Module) publish(n *dialog.Notice, s *subject, side dialog.Side, st state) {
	uris := s.caller
	if side == dialog.Callee {
		uris = s.callee
	}
	if len(uris) == 0 {
		return
	}
	doc := m.document(n, s, side, st)
	p := pua.Publication{ID: "DIALOG_PUBLISH." + doc.id, Event: pua.Dialog, Source: pua.FromDialogs, Expires: m.lifetime(n.Dialog, st),
		Body: doc.text(content{m.includeCallID != 0, m.includeTags != 0, m.includeParties != 0, m.display != 0})}
	for _, p.URI = range uris {
		if err := m.pua.Publish(&p); err != nil {
			m.log.Warn("the state of a call is not published", "uri", p.URI, "call_id", doc.callID, "err", err)
		}
	}
}

// lastWords is how many seconds it stays published that a call has ended.
const lastWords = 10

// lifetime is how long a state counts unless it changes.
func (m *Module) lifetime(d *dialog.Dialog, st state) int {
	switch {
	case st == terminated:
		return lastWords
	case m.overrideLifetime > 0:
		return m.overrideLifetime
	}
	return d.Lifetime()
}

// document is what is published of one party. Tags, and the target of the callee,
// are those that ring: it is then that somebody may pick the call up.
func (m *Module) document(n *dialog.Notice, s *subject, side dialog.Side, st state) *document {
	d := n.Dialog
	caller, callee := party{uri: d.FromURI()}, party{uri: m.calleeURI(d)}
	if n.Event != dialog.Created {
		caller.target, _ = d.Contacts()
	}
	if n.Event == dialog.Ringing && n.Message != nil && m.includeTags != 0 {
		caller.tag, _ = d.Tags()
		callee.tag = n.Message.ToTag()
		if list, err := n.Message.Contacts(); err == nil && len(list) > 0 {
			callee.target = list[0].URI
		}
	}
	if s.noCaller && m.callerEntity != "" {
		caller.uri = m.callerEntity
	}
	if s.noCallee && m.calleeEntity != "" {
		callee.uri = m.calleeEntity
	}
	doc := &document{state: st, id: m.id(d), callID: d.CallID(), local: caller, remote: callee, initiator: side == dialog.Caller}
	if side == dialog.Callee {
		doc.local, doc.remote = callee, caller
	}
	doc.entity = doc.local.uri
	return doc
}

// id names the dialog in documents. It stays the same after a restart.
func (m *Module) id(d *dialog.Dialog) string {
	if m.madeUpID == 0 {
		return d.CallID()
	}
	entry, id := d.ID()
	return "padi-" + strconv.FormatUint(uint64(entry), 16) + "-" + strconv.FormatUint(uint64(id), 16)
}
