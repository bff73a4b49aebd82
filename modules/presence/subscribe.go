// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// subscribing is a SUBSCRIBE. Its texts live as long as the message.
type subscribing struct {
	event     *Event
	id        string // of Event
	expires   int64  // seconds
	contact   string
	cseq      uint32
	watcher   sip.URI // the argument of handle_subscribe
	poll      bool    // a subscription of no time: the state is asked for once
	again     bool    // it was served already
	userAgent string
}

// handleSubscribe is handle_subscribe([watcher_uri]).
func (p *Presence) handleSubscribe(c *module.Call, a module.Args) module.Result {
	if p.library {
		return c.Fail("handle_subscribe", errLibrary)
	}
	r, err := p.readSubscribe(c.Msg, a)
	var s *subscription
	if err == nil {
		p.block(c, func() { s, err = p.subscribe(c, r) })
	}
	if err != nil {
		return p.refuse(c, "handle_subscribe", err)
	}
	p.subscribed.Inc()
	p.accept(c, r.expires, s.localContact)
	if !r.again {
		p.inform(c, s, r)
	}
	return module.True
}

// readSubscribe reads a SUBSCRIBE (RFC 6665 4.2.1).
func (p *Presence) readSubscribe(m *sip.Message, a module.Args) (*subscribing, error) {
	e, id, err := p.eventOf(m)
	if err != nil {
		return nil, err
	}
	r := &subscribing{event: e, id: id, userAgent: m.Value(sip.HeaderUserAgent)}
	if r.watcher, err = givenURI(a); err != nil {
		return nil, err
	}
	if r.expires, err = p.expiresOf(m, e); err != nil {
		return nil, err
	}
	if r.expires > 0 && r.expires < int64(p.minExpires) {
		if p.minExpiresAction == refuseBrief {
			return nil, &Refusal{Code: 423, Reason: "Interval Too Brief", Headers: fmt.Sprintf("Min-Expires: %d\r\n", p.minExpires)}
		}
		r.expires = int64(p.minExpires)
	}
	if e.CheckSubscribe != nil {
		if err := e.CheckSubscribe(m); err != nil {
			return nil, refusal(err, 400, "Bad request")
		}
	}
	contacts, err := m.Contacts()
	if err != nil || len(contacts) == 0 {
		return nil, refuseContact
	}
	if u, err := sip.ParseURI(contacts[0].URI); err != nil || !u.IsSIP() || len(contacts[0].URI) > maxText {
		return nil, refuseContact
	}
	r.contact = contacts[0].URI
	cseq, err := m.CSeq()
	if err != nil {
		return nil, refuseContact
	}
	r.cseq = cseq.Number
	return r, nil
}

// subscribe begins, refreshes or ends a subscription; who called it answers and
// sends the NOTIFY, when no lock is held any more.
func (p *Presence) subscribe(c *module.Call, r *subscribing) (*subscription, error) {
	if c.Msg.ToTag() != "" {
		return p.resubscribe(c, r)
	}
	who, err := p.target(c)
	if err != nil {
		return nil, err
	}
	who.Event = r.event
	at := p.open(who)
	defer p.close(at)
	s, err := p.newSubscription(c, r, at)
	if err != nil {
		return nil, err
	}
	if old := p.table.dialog(s.id()); old != nil {
		// The request came again, and there was no transaction to absorb it.
		r.again = true
		return old, nil
	}
	j, err := p.judge(c.Context(), at, s)
	if err != nil {
		return nil, err
	}
	s.settle(j)
	if r.poll = r.expires == 0; r.poll {
		s.end("timeout")
	}
	if err := p.current(c.Context(), at); err != nil {
		return nil, err
	}
	// What changes until the NOTIFY leaves is told by that one.
	s.queued, s.version = true, 1
	if s.status != Terminated {
		s.localCSeq = 1
		if err := p.store.insert(c.Context(), s); err != nil {
			return nil, err
		}
	}
	// Nothing can refuse the request any more: only now others end for it.
	if p.deleteSameSubs != 0 {
		p.dropSame(at, s)
	}
	if s.status != Terminated {
		at.mu.Lock()
		defer at.mu.Unlock()
		s.seen = at.count // the NOTIFY that follows tells all up to here
		p.table.add(s)
	}
	return s, nil
}

// newSubscription makes the subscription of a request outside of any dialog.
func (p *Presence) newSubscription(c *module.Call, r *subscribing, at *presentity) (*subscription, error) {
	m := c.Msg
	from, err := m.FromURI()
	if err != nil || m.FromTag() == "" { // a dialog needs the tag (RFC 3261 12.1.1)
		return nil, refuseContact
	}
	to, err := m.ToURI()
	if err != nil {
		return nil, refuseContact
	}
	s := &subscription{of: at, callID: strings.Clone(m.CallID()), fromTag: strings.Clone(m.FromTag()), toTag: strings.Clone(p.sl.ReplyTag(c)),
		eventID: strings.Clone(r.id), fromUser: strings.Clone(from.User), fromDomain: strings.Clone(from.Host), toUser: strings.Clone(to.User), toDomain: strings.Clone(to.Host),
		contact: strings.Clone(r.contact), userAgent: strings.Clone(r.userAgent), remoteCSeq: r.cseq, expires: p.now() + r.expires, routes: routeSet(m)}
	s.watcherUser, s.watcherDomain = s.fromUser, s.fromDomain
	if r.watcher.Raw != "" {
		s.watcherUser, s.watcherDomain = strings.Clone(r.watcher.User), strings.Clone(r.watcher.Host)
	}
	if s.userAgent = s.userAgent[:min(len(s.userAgent), maxText)]; p.db != nil && !s.fits() {
		return nil, refuseLong
	}
	s.socket = p.socket
	if s.socket == nil {
		s.socket = c.Packet.Socket
	}
	s.localContact = p.contact(c.Packet.Socket)
	return s, nil
}

// contact is our own in the dialog of a subscription that came over a socket: the
// watcher is to come back the way that it has come.
func (p *Presence) contact(k *transport.Socket) string {
	switch {
	case p.serverAddress == "":
		return fmt.Sprintf("sip:%s:%d;transport=%s", k.Host, k.Port, k.Proto)
	case k.Proto == transport.UDP || strings.Contains(p.serverAddress, ";transport="):
		return p.serverAddress
	}
	return p.serverAddress + ";transport=" + k.Proto.String()
}

// routeSet is the route set of a dialog that a request makes here: its
// Record-Route values in their order (RFC 3261 12.1.1).
func routeSet(m *sip.Message) string {
	list, err := m.RecordRoutes()
	if err != nil || len(list) == 0 {
		return ""
	}
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(list[i].Raw)
	}
	return b.String()
}

// accept answers a SUBSCRIBE.
func (p *Presence) accept(c *module.Call, expires int64, contact string) {
	code := 200
	if p.respond200 == 0 {
		code = 202
	}
	if err := p.sl.SendReply(c, code, "OK", fmt.Sprintf("Expires: %d\r\nContact: <%s>\r\n", expires, contact)); err != nil {
		c.Log().Debug("a SUBSCRIBE cannot be answered", "err", err)
	}
}

// inform sends the NOTIFY that follows a SUBSCRIBE, and tells who watches the
// watchers.
func (p *Presence) inform(c *module.Call, s *subscription, r *subscribing) {
	if !r.poll {
		p.watchersChanged(s.of, happened{s, eventSubscribe})
	}
	if s.of.Event.IsWinfo() {
		p.allWatchers(s)
	}
	s.of.mu.Lock()
	s.due |= dueAll
	if s.status == Terminated {
		s.due |= dueEnd
	}
	p.local(c).show(c, s.snapshot(p.now()))
	if p.sendFastNotify == 0 && s.due == dueAll && !p.hasBody(s) {
		s.due = 0
	}
	s.of.mu.Unlock()
	p.notify(c, s, c.Out)
}

// hasBody tells whether the NOTIFY for a SUBSCRIBE has a body. The lock is held.
func (p *Presence) hasBody(s *subscription) bool {
	if s.of.Event.IsWinfo() {
		return s.status == Active
	}
	return s.sees && s.of.now != nil && s.of.now.body != ""
}

// resubscribe refreshes or ends a subscription (RFC 6665 4.1.2.2, 4.1.2.3).
func (p *Presence) resubscribe(c *module.Call, r *subscribing) (*subscription, error) {
	id := dialogID{c.Msg.CallID(), c.Msg.FromTag(), c.Msg.ToTag()}
	s := p.table.dialog(id)
	if p.subsMode == subsDatabase {
		var err error
		if s, err = p.store.find(c.Context(), id); err != nil {
			return nil, err
		}
	}
	if s == nil || s.of.Event != r.event {
		return nil, refuseUnknown
	}
	at := p.open(s.of.Presentity)
	defer p.close(at)
	was, err := p.renew(c, r, s)
	if err != nil {
		return nil, err
	}
	if err = p.current(c.Context(), at); err == nil {
		err = p.store.update(c.Context(), s)
	}
	if err != nil {
		p.notifier.add(p.undo(s, was)...)
		return nil, err
	}
	return s, nil
}

// renewable is what a request inside of the dialog changes.
type renewable struct {
	remoteCSeq                 uint32
	expires                    int64
	contact, userAgent, reason string
	status                     Status
	view                       View
	judged, sees               bool
}

// undo takes back what a request has changed that is refused after all, so that
// it may come again. The row follows, in case it was written. What became due for a
// NOTIFY that was let go of is returned for the notifier.
func (p *Presence) undo(s *subscription, was renewable) []*subscription {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if !p.table.has(s) {
		return nil
	}
	s.remoteCSeq, s.expires, s.contact, s.userAgent = was.remoteCSeq, was.expires, was.contact, was.userAgent
	s.status, s.reason, s.view, s.judged, s.sees = was.status, was.reason, was.view, was.judged, was.sees
	p.store.touch(s)
	if s.due != 0 && s.owe(0) {
		return []*subscription{s}
	}
	return nil
}

// renew takes over what a request inside of the dialog says, and returns what was
// before.
func (p *Presence) renew(c *module.Call, r *subscribing, s *subscription) (was renewable, err error) {
	j, err := p.judge(c.Context(), s.of, s)
	if err != nil {
		return was, err
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	switch {
	case s.status == Terminated:
		return was, refuseUnknown
	case int64(r.cseq)+int64(p.cseqOffset) <= int64(s.remoteCSeq):
		return was, refuseExpires
	}
	was = renewable{s.remoteCSeq, s.expires, s.contact, s.userAgent, s.reason, s.status, s.view, s.judged, s.sees}
	s.release()
	s.remoteCSeq = max(s.remoteCSeq, r.cseq)
	s.expires = p.now() + r.expires
	if s.contact != r.contact {
		s.contact = strings.Clone(r.contact)
	}
	if len(r.userAgent) > maxText {
		r.userAgent = r.userAgent[:maxText]
	}
	if r.userAgent != "" && s.userAgent != r.userAgent {
		s.userAgent = strings.Clone(r.userAgent)
	}
	s.settle(j)
	if r.expires == 0 {
		s.end("timeout")
	}
	return was, nil
}

// dropSame forgets other subscriptions with the Call-ID of s (delete_same_subs),
// which is in no table yet.
func (p *Presence) dropSame(at *presentity, s *subscription) {
	var old []*subscription
	at.mu.Lock()
	for _, o := range at.subs {
		if o.callID == s.callID {
			old = append(old, o)
		}
	}
	for _, o := range old {
		p.table.remove(o)
		o.status, o.due = Terminated, 0
	}
	at.mu.Unlock()
	for _, o := range old {
		p.store.drop(o)
	}
}

// subscribers counts those who watch a presentity.
func (p *Presence) subscribers(ctx context.Context, uri string, e *Event) (n int, err error) {
	who, err := parseWho(uri)
	if err != nil {
		return 0, err
	}
	who.Event = e
	at := p.open(who)
	defer p.close(at)
	if err := p.watchersOf(ctx, at); err != nil {
		return 0, err
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	now := p.now()
	for _, s := range at.subs {
		if s.status != Terminated && s.expires > now {
			n++
		}
	}
	return n, nil
}
