// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Stateless are the counters of what goes on without state.
type Stateless struct {
	// Requests and Replies were forwarded, the others could not be.
	Requests, Replies             counter.Counter
	FailedRequests, FailedReplies counter.Counter
}

// CountStateless makes c the counters. It is for the start, before the first
// message.
func (l *Layer) CountStateless(c Stateless) { l.stateless = c }

// Forward sends a request on without state (RFC 3261 16.11), as forward() and
// the ACK for a 2xx go. It has no lock and keeps nothing. The error is an
// *Error; a request that onsend_route keeps is none.
func (l *Layer) Forward(r *Received, h *Hop) error {
	err := l.forward(r, h)
	if err != nil {
		l.stateless.FailedRequests.Inc()
		if l.opt.Log.Enabled(context.Background(), slog.LevelDebug) {
			l.opt.Log.Debug("a request could not be forwarded", "uri", r.State.Target.URI, "next_hop", r.State.Target.DstURI, "err", err)
		}
	}
	return err
}

func (l *Layer) forward(r *Received, h *Hop) error {
	q, err := h.query(&r.State.Target)
	if err != nil {
		return err
	}
	found, err := l.locate(q, r.From)
	if err != nil {
		return err
	}
	p := presses.Get().(*press)
	defer p.free()
	for at, ok := found.Next(); ok; at, ok = found.Next() {
		d, e := l.destination(at, &r.State.Target, r.State, &r.Packet)
		if e != nil {
			err = e
			continue
		}
		text := l.printStateless(p, r, &d, h.Index)
		if l.tooLarge(len(text), &d, &r.State.Target, r.State, &r.Packet) {
			freeText(text)
			text = l.printStateless(p, r, &d, h.Index)
		}
		if c, ok := r.From.(Caller); ok && !c.OnSend(d, text) {
			freeText(text)
			return nil
		}
		e = r.Out.Send(d, text)
		freeText(text)
		if e == nil {
			l.stateless.Requests.Inc()
			return nil
		}
		err = ErrSend
	}
	return err
}

// printStateless prints the request of r as it goes to d, into a text of its
// own.
func (l *Layer) printStateless(p *press, r *Received, d *transport.Destination, index int) []byte {
	l.outgoing(&p.out, d, r.State, &r.Packet)
	id := l.StatelessBranch(p.id[:0], r.Msg)
	if index != 0 {
		id = strconv.AppendInt(append(id, '.'), int64(index), 10)
	}
	p.out.Branch = view(id)
	p.out.RequestURI, p.out.Route = r.State.Target.URI, r.State.Target.Path
	p.out.Data = r.State
	return sip.AppendRequest(newText(len(r.Msg.Raw())+viaRoom), r.Msg, &p.out)
}

// ForwardReply sends a reply upstream without state: the topmost Via is taken
// off, the next one says where to (RFC 3261 16.11).
func (l *Layer) ForwardReply(r *Received) error {
	err := l.forwardReply(r)
	if err != nil {
		l.stateless.FailedReplies.Inc()
		return err
	}
	l.stateless.Replies.Inc()
	return nil
}

func (l *Layer) forwardReply(r *Received) error {
	own, err := r.Msg.Via(0)
	if err != nil {
		return err
	}
	via, err := r.Msg.Via(1)
	if err != nil {
		return err
	}
	to, err := l.viaDestination(via, r.From)
	if err != nil {
		return err
	}
	if to.Proto.Reliable() {
		to.Conn = viaConn(own)
	}
	to.NoConnect, to.Close = r.State.ReplyNoConnect, r.State.ReplyClose
	p := presses.Get().(*press)
	defer p.free()
	p.out = sip.Outgoing{Transport: to.Proto, Remote: to.Addr}
	text := sip.AppendResponse(newText(len(r.Msg.Raw())), r.Msg, &p.out)
	defer freeText(text)
	if c, ok := r.From.(Caller); ok && !c.OnSend(to, text) {
		return nil
	}
	return r.Out.Send(to, text)
}
