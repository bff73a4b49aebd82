// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// memory is what a peer remembers for later lines of the script.
type memory struct {
	request   *message            // last request received
	requests  map[string]*message // the same by method
	reply     *message            // last response received
	sentLast  *message            // last request sent
	challenge *message            // last 401 or 407
	invite    *message            // last INVITE sent
	final     *message            // last response above 299 to it
	accept    *message            // last 2xx to it
	dialog    *dialog             // that the last INVITE made
	cseq      uint32              // last CSeq number sent
}

// dialog is what a user agent keeps of a call (RFC 3261 12.1).
type dialog struct {
	callID, local, remote, target string
	routes                        []string
}

// received keeps what later lines refer to.
func (m *memory) received(msg *message) {
	if msg.IsRequest() {
		if m.requests == nil {
			m.requests = map[string]*message{}
		}
		m.request = msg
		m.requests[msg.MethodName] = msg
		if msg.Method == sip.MethodInvite && msg.ToTag() != "" && m.dialog != nil {
			m.dialog.refresh(msg)
		}
		return
	}
	m.reply = msg
	if msg.Status == 401 || msg.Status == 407 {
		m.challenge = msg
	}
	if !answersInvite(msg) {
		return
	}
	switch {
	case msg.Status >= 300:
		m.final = msg
	case msg.Status >= 200:
		m.accept = msg
	}
	if msg.Status > 100 && msg.Status < 300 && msg.ToTag() != "" && m.invite != nil {
		if m.invite.ToTag() != "" {
			m.dialog.refresh(msg)
			return
		}
		m.dialog = &dialog{callID: msg.Value(sip.HeaderCallID), local: msg.Value(sip.HeaderFrom), remote: msg.Value(sip.HeaderTo)}
		m.dialog.routes = listed(msg, sip.HeaderRecordRoute)
		slices.Reverse(m.dialog.routes)
		m.dialog.refresh(msg)
	}
}

// sends keeps what a peer has sent.
func (m *memory) sends(msg *message) {
	if msg.IsRequest() {
		m.sentLast = msg
		if msg.Method == sip.MethodInvite {
			m.invite, m.accept, m.final = msg, nil, nil
		}
		if q, err := msg.CSeq(); err == nil {
			m.cseq = max(m.cseq, q.Number)
		}
		return
	}
	inv := m.requests["INVITE"]
	if !answersInvite(msg) || msg.Status == 100 || msg.Status >= 300 || inv == nil || inv.ToTag() != "" {
		return
	}
	m.dialog = &dialog{callID: msg.Value(sip.HeaderCallID), local: msg.Value(sip.HeaderTo), remote: msg.Value(sip.HeaderFrom)}
	m.dialog.routes = listed(inv, sip.HeaderRecordRoute)
	m.dialog.refresh(inv)
}

func answersInvite(m *message) bool {
	q, err := m.CSeq()
	return err == nil && q.Method == sip.MethodInvite
}

// refresh takes the target from a message's Contact.
func (d *dialog) refresh(m *message) {
	if d == nil {
		return
	}
	if a, err := sip.ParseNameAddr(m.Value(sip.HeaderContact)); err == nil {
		d.target = strings.Clone(a.URI)
	}
}

// listed are the values of a header that is a list.
func listed(m *message, t sip.HeaderType) []string {
	var out []string
	for _, h := range copied(m, t) {
		_, rest, _ := strings.Cut(h, ": ")
		for {
			one, r, more := sip.NextListValue(rest)
			if !more {
				break
			}
			out = append(out, one)
			rest = r
		}
	}
	return out
}
