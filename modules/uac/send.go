// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// firstCSeq is the CSeq number of requests that are made here.
const firstCSeq = 10

// sending is a request of a script on its way, which may be challenged once.
type sending struct {
	m *Module
	request
	gen  *module.Generation
	sip  transaction.LocalRequest
	last bool // the challenge was answered
}

// prepare makes the request.
func (s *sending) prepare() error {
	r := &s.request
	if !sip.IsToken(r.method) {
		return fmt.Errorf("%q is no method", r.method)
	}
	for _, uri := range []string{r.ruri, r.furi, r.turi} {
		if !printable(uri) {
			return fmt.Errorf("%q is no URI", uri)
		}
	}
	if r.ouri != "" {
		if u, err := sip.ParseURI(r.ouri); err != nil || !u.IsSIP() {
			return fmt.Errorf("%q is no URI of a next hop", r.ouri)
		}
	}
	if r.callID != "" && strings.ContainsAny(r.callID, " \r\n") {
		return fmt.Errorf("%q is no Call-ID", r.callID)
	}
	s.sip = transaction.LocalRequest{Method: r.method, URI: r.ruri, CallID: r.callID, NextHop: r.ouri, CSeq: firstCSeq,
		From: "<" + r.furi + ">;tag=" + s.m.host.Transactions().NewTag(), To: "<" + r.turi + ">",
		Headers: r.headers, Body: r.body, Socket: s.m.socket, Gen: s.gen, Events: transaction.LocalDone, Heard: s.done}
	if r.socket != "" {
		if s.sip.Socket = s.m.host.Transport().SocketByText(r.socket); s.sip.Socket == nil {
			return fmt.Errorf("there is no socket %q", r.socket)
		}
	}
	if s.sip.CallID == "" {
		s.sip.CallID = s.m.newCallID()
	}
	return nil
}

// send sends the request; c is the Call that asks, nil for none.
func (s *sending) send(c *module.Call) error {
	if c != nil {
		s.sip.By = c
	} else {
		s.sip.By = nil
	}
	t, err := s.m.host.Transactions().Send(&s.sip, nil)
	if t != nil {
		t.Unref()
	}
	return err
}

// done follows the end of the request. The transaction's lock is held.
func (s *sending) done(n *transaction.Notice) {
	if s.event == onReply || s.event == onFailure && n.Code >= 300 {
		s.m.event(n, &s.request)
	}
	if n.Reply == nil || s.last || s.username == "" || n.Code != 401 && n.Code != 407 {
		return
	}
	known := secret{username: s.username, password: s.password, hashed: s.flags&1 != 0}
	line, err := answerTo(nil, n.Reply, &digest.Request{Method: s.method, URI: s.ruri}, func() string { return s.body }, s.m.host.Rand(),
		func(string) (secret, bool) { return known, true })
	if err != nil {
		s.m.log.Warn("uac_req_send: a challenge cannot be answered", "uri", s.ruri, "err", err)
		return
	}
	s.last = true
	s.sip.CSeq++
	s.sip.Headers = joinHeaders(s.headers, string(line))
	// Not inside of this transaction: sending may wait for a name.
	s.m.host.Transactions().Go("uac_req_send", func() {
		if err := s.send(nil); err != nil {
			s.m.log.Error("uac_req_send: the answer to a challenge cannot be sent", "uri", s.ruri, "err", err)
		}
	})
}

// joinHeaders puts a header field behind others, whose last line end may be
// missing.
func joinHeaders(headers, line string) string {
	if headers != "" && !strings.HasSuffix(headers, "\n") {
		headers += "\r\n"
	}
	return headers + line
}
