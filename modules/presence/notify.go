// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// notice is a NOTIFY on its way.
type notice struct {
	p   *Presence
	s   *subscription
	due due
	// since is that of the subscription.
	since uint64
	// final tells that it ends the subscription.
	final bool
	// snapshot is the subscription as it was then, for $subs.
	snapshot snapshot
	r        transaction.LocalRequest
	// reached tells that the watcher has answered it; err why it could not be sent.
	reached bool
	err     error
}

// notify sends what a subscription is owed. One NOTIFY of a subscription is on
// its way at a time, unless the watcher asks anew, so that they arrive in the order of their CSeq numbers and
// a newer state takes the place of one that waits (RFC 6665 4.2.2). c is the
// Call at work, out its way out, nil for the transport's own.
func (p *Presence) notify(c *module.Call, s *subscription, out transport.Sender) {
	if n := p.prepare(s); n != nil {
		p.send(c, n, out)
	}
}

// send sends a NOTIFY that was prepared.
func (p *Presence) send(c *module.Call, n *notice, out transport.Sender) {
	shown := p.local(c)
	was := *shown
	shown.show(c, n.snapshot)
	n.r.By = c
	t, err := p.host.Transactions().Send(&n.r, out)
	if t != nil {
		t.Unref()
	}
	*shown = was
	switch {
	case err == nil:
		p.notified.Inc()
		p.tell(n)
	case errors.Is(err, transaction.ErrFull) && !n.final:
		p.postpone(n)
	default:
		n.err = err
		p.answered(n, 0)
	}
}

// tell writes the line about a NOTIFY, at local_log_level.
func (p *Presence) tell(n *notice) {
	level := module.LevelOf(p.localLogLevel)
	if ctx := context.Background(); p.log.Enabled(ctx, level) {
		s := &n.snapshot
		p.log.Log(ctx, level, fmt.Sprintf("NOTIFY %s via %s on behalf of %s for event %s : %s", s.URI, s.contact, s.presURI, s.event, s.CallID))
	}
}

// direct tells that the NOTIFY goes to an address: nothing is to be asked for a
// name first.
func (n *notice) direct() bool {
	hop := n.r.URI
	if first, _, ok := sip.NextListValue(n.r.Route); ok {
		if a, err := sip.ParseNameAddr(first); err == nil {
			hop = a.URI
		}
	}
	u, err := sip.ParseURI(hop)
	if err != nil {
		return true
	}
	_, ok := u.Addr()
	return ok
}

// prepare takes what is due and makes the NOTIFY; nil where nothing is due, or
// one is on its way.
func (p *Presence) prepare(s *subscription) *notice {
	of := s.of
	of.mu.Lock()
	defer of.mu.Unlock()
	s.queued = false
	if s.way != nil || s.due == 0 {
		return nil
	}
	d := s.due
	n := &notice{p: p, s: s, due: d, since: s.since, final: d&dueEnd != 0}
	s.due, s.way = 0, n
	body, ctype := p.bodyFor(s, d)
	n.snapshot = s.snapshot(p.now())
	s.localCSeq++
	n.r = transaction.LocalRequest{
		Method: "NOTIFY", URI: s.contact, To: address(s.fromUser, s.fromDomain, s.fromTag), From: address(s.toUser, s.toDomain, s.toTag),
		CallID: s.callID, CSeq: s.localCSeq, ZeroCSeq: true, MaxForwards: -1, Route: s.routes, Socket: s.socket, Headers: p.headers(s, ctype), Body: body,
		Gen: p.host.Generation(), Events: transaction.LocalDone, Heard: n.heard, Brief: true,
	}
	s.version++
	p.store.touch(s)
	return n
}

// address is an address with a tag.
func address(user, domain, tag string) string {
	var b strings.Builder
	b.Grow(len(user) + len(domain) + len(tag) + 16)
	b.WriteString("<sip:")
	if user != "" {
		b.WriteString(user)
		b.WriteByte('@')
	}
	b.WriteString(domain)
	b.WriteString(">;tag=")
	b.WriteString(tag)
	return b.String()
}

// headers are the header fields of a NOTIFY. The lock is held.
func (p *Presence) headers(s *subscription, ctype string) string {
	b := make([]byte, 0, 256)
	b = append(b, "Max-Forwards: 70\r\nEvent: "...)
	b = append(b, s.of.Event.Name...)
	if s.eventID != "" {
		b = append(append(b, ";id="...), s.eventID...)
	}
	b = append(append(append(b, "\r\nContact: <"...), s.localContact...), ">\r\nSubscription-State: "...)
	b = append(s.appendState(b, p.now()), "\r\n"...)
	if ctype != "" {
		b = append(append(append(b, "Content-Type: "...), ctype...), "\r\n"...)
	}
	return string(b)
}

// appendState appends the value of Subscription-State (RFC 6665 8.2.3).
func (s *subscription) appendState(b []byte, now int64) []byte {
	b = append(b, s.status.String()...)
	if s.status == Terminated {
		if s.reason != "" {
			b = append(append(b, ";reason="...), s.reason...)
		}
		return b
	}
	return strconv.AppendInt(append(b, ";expires="...), s.left(now), 10)
}

// heard follows the end of a NOTIFY; the transaction's lock is held.
func (n *notice) heard(e *transaction.Notice) {
	n.p.replied(n, e)
	n.reached = e.Reply != nil
	if !n.reached && e.Code != 408 {
		n.err = errUnreachable
	}
	n.p.answered(n, e.Code)
}

// answered lets the next NOTIFY of the subscription go, and drops the
// subscription where the watcher does not know it (RFC 6665 4.2.2). Code is 0
// where the NOTIFY could not be sent.
func (p *Presence) answered(n *notice, code int) {
	s := n.s
	if n.err != nil {
		p.unsent(n)
	}
	lost := code == 404 || code == 481 || code == 408 && p.timeoutRmSubs != 0 || n.snapshot.deleted
	again, removed := false, false
	s.of.mu.Lock()
	if s.way != n && !n.snapshot.deleted {
		p.table.done(s.of) // the watcher has asked anew meanwhile
		return
	}
	s.way = nil
	if n.reached {
		s.unreached = false
	}
	if n.final || lost {
		removed = p.table.remove(s)
		s.end(s.reason)
		s.due = 0
	} else if s.due != 0 && !s.queued {
		s.queued, again = true, true
	}
	if !n.reached && !removed {
		s.restore(n) // with what is told next
	}
	p.table.done(s.of)
	if !n.reached && !removed && s.of.Event.IsWinfo() {
		p.allWatchers(s) // what was new is forgotten
	}
	switch {
	case again:
		p.notifier.add(s)
	case removed:
		p.store.drop(s)
		if lost && !n.final {
			p.lost.Inc()
			p.watchersChanged(s.of, happened{s, eventTimeout})
		}
	}
}

// errUnreachable: the connection to the watcher does not open.
var errUnreachable = errors.New("no connection to the watcher can be opened")

// maxDatagram is what a datagram takes over IPv4, in bytes.
const maxDatagram = 65507

// unsent counts a NOTIFY that could not be sent, and says so: one line for each
// watcher until it answers again. Its state is told with the next one.
func (p *Presence) unsent(n *notice) {
	p.failed.Inc()
	s := n.s
	s.of.mu.Lock()
	said := s.unreached
	s.unreached = true
	s.of.mu.Unlock()
	switch {
	case said:
	case errors.Is(n.err, transaction.ErrTooLarge):
		p.log.Error("a NOTIFY is too large for a datagram and the watcher is not told; with udp_mtu and udp_mtu_try_proto it leaves over TCP",
			"watcher", s.uri(), "uri", n.r.URI, "call_id", n.r.CallID, "size", len(n.r.Headers)+len(n.r.Body), "limit", maxDatagram)
	default:
		p.log.Warn("a NOTIFY cannot be sent; its state is told with the next one", "watcher", s.uri(), "uri", n.r.URI, "call_id", n.r.CallID, "err", n.err)
	}
}

// postpone gives back what was due: there was no memory for the transaction.
func (p *Presence) postpone(n *notice) {
	s := n.s
	s.of.mu.Lock()
	if s.way != n {
		s.of.mu.Unlock()
		return
	}
	s.way = nil
	s.queued = true
	s.restore(n)
	s.of.mu.Unlock()
	if s.of.Event.IsWinfo() {
		p.allWatchers(s) // what was new is forgotten
	}
	p.notifier.hold(s)
}
