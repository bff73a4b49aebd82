// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/transaction"
)

// Subscription asks for the state of somebody (RFC 6665). Its texts are not those
// of a message.
type Subscription struct {
	// URI is whose state is asked for, Watcher who asks. With Event, Source and
	// ID they name the subscription.
	URI, Watcher, ID string
	Event            *Event
	Source           Source
	// Target is the Request-URI of the first SUBSCRIBE; empty for URI.
	Target string
	// Contact is where the NOTIFYs go.
	Contact string
	// Expires is the time in seconds that the subscription is to last; 0 ends
	// it, less than 0 is for good.
	Expires int
	// Proxy is the URI that the first request goes to; Headers are further
	// header fields with their line ends.
	Proxy, Headers string
	// Done, if set, hears what became of it; it must not wait.
	Done func(Outcome)
}

var errContact = errors.New("a subscription needs a Contact")

// Subscribe makes a subscription, or renews or ends the one that there is. It
// does not wait: an error is about what was asked for, Done hears the rest.
func (m *Module) Subscribe(s *Subscription) error {
	if s.Event == nil {
		return errEvent
	}
	if s.Contact == "" {
		return errContact
	}
	if err := checkURIs(s.URI, s.Watcher, s.Contact, s.Target, s.Proxy); err != nil {
		return err
	}
	m.flights.begin(&subscribing{m: m, Subscription: *s})
	return nil
}

// subscribing is a SUBSCRIBE on its way.
type subscribing struct {
	m *Module
	Subscription
	over  func()
	tries int
	// r is the subscription; it has no To tag before its dialog is there.
	r       *record
	life    int64
	renewal bool
}

// identity implements job.
func (s *subscribing) identity() identity {
	id := identity{uri: s.URI, id: s.ID, event: s.Event.number, source: s.Source, watcher: s.Watcher}
	if s.m.checkContact != 0 {
		id.contact = s.Target
	}
	return id
}

// replaced implements job.
func (s *subscribing) replaced() { s.tell(Outcome{}) }

func (s *subscribing) tell(o Outcome) {
	if s.Done != nil {
		s.Done(o)
	}
}

func (s *subscribing) end(o Outcome) {
	s.tell(o)
	s.over()
}

// run implements job: it finds the subscription, and sends.
func (s *subscribing) run(over func()) {
	s.over = over
	m := s.m
	r, err := m.keep.find(m.ctx, s.identity())
	if err != nil {
		m.log.Error("a subscription is not made", "uri", s.URI, "event", s.Event.Name, "err", err)
		s.end(Outcome{Code: 500, Reason: err.Error()})
		return
	}
	s.r, s.life = r, m.lifetime(s.Expires)
	if r == nil {
		if s.life == 0 {
			s.end(Outcome{Code: 200, Reason: "OK"})
			return
		}
		s.r = s.first()
	}
	s.send()
}

// first is the record of a subscription that is not there yet.
func (s *subscribing) first() *record {
	return &record{identity: s.identity(), ourContact: s.Contact, target: cmp.Or(s.Target, s.URI), headers: s.Headers, proxy: s.Proxy,
		callID: s.m.newCallID(), fromTag: s.m.host.Transactions().NewTag(), cseq: firstCSeq - 1}
}

// send sends the SUBSCRIBE, within the dialog where there is one (RFC 3261
// 12.2.1.1).
func (s *subscribing) send() {
	m, r := s.m, s.r
	s.tries++
	r.cseq++
	var f fields
	f.add("Event", s.Event.Name)
	f.add("Contact", "<"+r.ourContact+">")
	f.add("Expires", strconv.FormatInt(s.life, 10))
	req := transaction.LocalRequest{Method: "SUBSCRIBE", URI: r.target, From: address(r.watcher, r.fromTag), To: address(r.uri, r.toTag),
		CallID: r.callID, CSeq: r.cseq, Route: r.routes, Headers: f.with(r.headers)}
	if r.routes == "" {
		req.NextHop = r.proxy
	}
	if r.toTag == "" {
		m.early.add(r)
	}
	m.transmit(&req, func(re reply) { s.answered(&re) })
}

func address(uri, tag string) string {
	if tag == "" {
		return "<" + uri + ">"
	}
	return "<" + uri + ">;tag=" + tag
}

// answered follows the reply.
func (s *subscribing) answered(re *reply) {
	m, r := s.m, s.r
	if r.toTag == "" {
		if t := m.early.take(r.callID); t != "" {
			re.target = t
		}
	}
	switch {
	case re.code < 300:
		s.accepted(re)
	case re.code == 423 && s.longer(re), r.toTag != "" && s.anew():
		s.send()
		return
	default:
		m.log.Warn("a SUBSCRIBE was not accepted", "uri", s.URI, "event", s.Event.Name, "code", re.code, "reason", re.reason)
	}
	s.end(Outcome{re.code, re.reason, "", re.expires})
}

// longer asks for the time that the server wants at least.
func (s *subscribing) longer(re *reply) bool {
	if s.tries >= attempts || s.life == 0 || re.minExpires <= s.life {
		return false
	}
	s.life = re.minExpires
	return true
}

// anew gives a dialog up that the server does not go on with, and prepares to
// subscribe again; false where that is not wanted.
func (s *subscribing) anew() bool {
	s.note(s.m.keep.drop(s.m.ctx, s.r))
	if s.tries >= attempts || s.life == 0 {
		return false
	}
	old := s.r
	s.r = &record{identity: old.identity, desired: old.desired, ourContact: old.ourContact, target: cmp.Or(old.contact, old.uri), headers: old.headers,
		proxy: old.proxy, callID: s.m.newCallID(), fromTag: s.m.host.Transactions().NewTag(), cseq: firstCSeq - 1}
	return true
}

// accepted keeps the subscription.
func (s *subscribing) accepted(re *reply) {
	m, r := s.m, s.r
	if re.expires < 0 {
		re.expires = s.life
	}
	if s.life == 0 || re.expires == 0 {
		s.note(m.keep.drop(m.ctx, r))
		return
	}
	if r.toTag == "" {
		r.toTag, r.routes = re.toTag, re.routes
	}
	r.target = cmp.Or(re.target, r.target)
	now := m.now()
	r.expires = now + re.expires
	switch {
	case s.Expires < 0:
		r.desired = 0
	case !s.renewal:
		r.desired = now + s.life
	}
	r.own()
	s.note(m.keep.put(m.ctx, r))
}

func (s *subscribing) note(err error) {
	if err != nil {
		s.m.log.Error("a subscription is not kept", "uri", s.URI, "event", s.Event.Name, "err", err)
	}
}
