// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"os"

	"bytes"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// relayReply sends a reply of a branch upstream.
func (t *Transaction) relayReply(b *Branch, m *sip.Message, code int) {
	late := t.status >= 200
	t.emit(ReplyReady, b, nil, m, code)
	p := presses.Get().(*press)
	s := t.replyTo.Socket
	p.out = sip.Outgoing{Transport: t.replyTo.Proto, Host: s.Host, Port: s.Port, Local: s.Addr, Remote: t.replyTo.Addr, Socket: s, Data: &t.State}
	text := sip.AppendResponse(newText(len(m.Raw())), m, &p.out)
	p.free()
	keep := t.scripts.OnSendReply(t, b, m, text, t.from)
	t.setReply(text, code, false)
	if keep {
		t.transmitReply()
	}
	t.emit(ReplyOut, b, nil, m, code)
	if code >= 200 && !late {
		t.answered()
	}
}

// relayFailure sends the negative reply of b upstream, or one of our own in its
// place.
func (t *Transaction) relayFailure(b *Branch) {
	if b.faked || b.reply == nil {
		t.replyFaked(b)
		return
	}
	switch b.status {
	case 503:
		if t.cfg.Remap503.Get() != 0 {
			t.sendOwn(500, sip.StatusText(503))
			return
		}
	case 401, 407:
		if t.cfg.AggregateChallenges.Get() == 0 {
			break
		}
		if fields := t.challenged(); fields != "" {
			_ = t.Respond(&Answer{Code: b.status, Headers: fields})
			return
		}
	}
	t.relayReply(b, b.reply, b.status)
}

// replyFaked answers for a branch that ended without a reply.
func (t *Transaction) replyFaked(b *Branch) {
	switch {
	case t.silent(b):
		t.status = b.status
		t.wait()
	case t.flags&canceled != 0:
		t.sendOwn(487, "")
	case b.timedOut:
		t.sendOwn(b.status, t.cfg.Reason408.Get())
	case b.unsent:
		t.ReplyError(b.err)
	default:
		t.sendOwn(b.status, "")
	}
}

// silent tells that nobody waits for a reply any more: noisy_ctimer off, one
// branch, and no reply on it.
func (t *Transaction) silent(b *Branch) bool {
	return t.cfg.NoisyC.Get() == 0 && t.Method == sip.MethodInvite && len(t.branches) == 1 && !b.replied && b.timedOut
}

// setReply makes text the last reply.
func (t *Transaction) setReply(text []byte, code int, own bool) {
	freeText(t.reply)
	t.reply = fit(text)
	t.status = code
	t.flags &^= ownReply
	if own {
		t.flags |= ownReply
	}
}

// ReplyTo is where replies go.
func (t *Transaction) ReplyTo() transport.Destination { return t.replyTo }

func (t *Transaction) transmitReply() {
	t.l.count(t).sent.Add(1)
	t.replyTo.NoConnect = t.replyTo.NoConnect || t.State.ReplyNoConnect
	t.replyTo.Close = t.State.ReplyClose
	if t.repeated.Load() {
		t.repeated.Store(false) // this answers it
	}
	// There is nobody to tell about an error: the client will repeat its
	// request, and the reply with it.
	_ = t.transmit(t.replyTo, t.reply)
}

// resend sends the last reply again.
func (t *Transaction) resend() {
	if t.reply != nil {
		_ = t.transmit(t.replyTo, t.reply)
	}
}

// answered moves the server transaction on behind its final reply
// (RFC 3261 17.2.1, 17.2.2, RFC 6026 7.1).
func (t *Transaction) answered() {
	now := t.l.now()
	switch {
	case t.Method != sip.MethodInvite:
		t.phase = confirmed
		t.wait()
	case t.status >= 300 || t.flags&ownReply != 0:
		t.phase = completed
		if t.status < 300 {
			t.phase = accepted
		}
		t.retrAt = 0
		if !t.replyTo.Proto.Reliable() || t.status < 300 {
			t.retrIn = t.interval1()
			t.retrAt = now + t.retrIn
		}
		t.endAt = now + t.timeoutFR()
		t.scheduleServer()
	default:
		t.phase = accepted
		t.wait()
	}
	for _, b := range t.branches {
		b.releaseReply()
	}
}

// Answer is a reply of our own.
type Answer struct {
	Code   int
	Reason string
	// ToTag replaces our own To tag.
	ToTag string
	// Headers are complete header fields with their CRLF.
	Headers           string
	ContentType, Body string
}

// ReplyWarning is the Warning of a reply to the request of a packet.
func ReplyWarning(p transport.Packet, s *State) *sip.Warning {
	return &sip.Warning{PID: os.Getpid(), Agent: p.Socket.Addr, Target: s.Target.URI}
}

// Respond answers the request (t_reply). A final reply cancels the branches
// that are still pending. The error is ErrFinished after a final reply.
func (t *Transaction) Respond(a *Answer) error {
	if t.status >= 200 || t.local || t.Packet.Buffer == nil {
		return ErrFinished
	}
	r := sip.Reply{Code: a.Code, Reason: a.Reason, Headers: a.Headers, Server: t.cfg.ServerHeader,
		ContentType: a.ContentType, Body: a.Body, ToTag: a.ToTag}
	if a.Code > 100 && r.ToTag == "" {
		r.ToTag = t.localTag()
	}
	if t.State.ReplyHeaders != "" {
		r.Headers = t.State.ReplyHeaders + r.Headers
	}
	if r.Body == "" && t.State.ReplyBody != "" {
		r.ContentType, r.Body = t.State.ReplyContentType, t.State.ReplyBody
	}
	if t.cfg.Warnings {
		r.Warning = ReplyWarning(t.Packet, &t.State)
	}
	t.emit(ReplyReady, nil, nil, nil, a.Code)
	text := newText(len(t.Request().Raw())/2 + 256 + len(r.Headers) + len(r.Body))
	t.setReply(sip.AppendReply(text, t.Request(), &r), a.Code, true)
	t.l.count(t).own.Add(1)
	t.transmitReply()
	if a.Code >= 200 || t.cfg.PassProvisional.Get() != 0 {
		t.emit(ReplyOut, nil, nil, nil, a.Code)
	}
	if a.Code >= 200 {
		t.State.Err = nil
		t.answered()
		t.cancelPending(0)
	}
	return nil
}

// sendOwn is Respond for replies that the layer makes by itself.
func (t *Transaction) sendOwn(code int, reason string) {
	_ = t.Respond(&Answer{Code: code, Reason: reason})
}

// Trying sends the automatic 100.
func (t *Transaction) Trying() {
	if t.State.Plan.Auto100.or(t.cfg.AutoInv100.Get()) {
		t.sendOwn(100, t.cfg.AutoInv100Reason.Get())
	}
}

// ReplyError answers with what an error says.
func (t *Transaction) ReplyError(e *Error) { t.sendOwn(e.Status, e.Text("TM")) }

// localTag is the To tag of replies made here. It is the same for the whole
// transaction.
func (t *Transaction) localTag() string {
	if t.ownTag == "" {
		t.ownTag = t.Packet.Buffer.Keep(t.l.appendTag(t.Packet.Buffer.Begin(), t.Request(), '-'))
	}
	return t.ownTag
}

// Status is the code of the last reply that was sent, 0 for none; of a local
// transaction the final one.
func (t *Transaction) Status() int { return t.status }

// Reason is the reason phrase of the last reply sent; a view of that reply.
func (t *Transaction) Reason() string {
	line, _, _ := bytes.Cut(t.reply, []byte{'\r'})
	if f := bytes.SplitN(line, []byte{' '}, 3); len(f) == 3 {
		return string(f[2])
	}
	return ""
}

// ReplyText is the last reply that was sent; the lock is held.
func (t *Transaction) ReplyText() []byte { return t.reply }

// OwnTag is the To tag of replies that are made here. The lock is held.
func (t *Transaction) OwnTag() string { return t.localTag() }

// Retransmit sends the last reply again, for a request that came again. It
// takes the lock itself and does not wait for it: who has it sends the reply
// again when he gives it back, unless he sends another one before.
func (t *Transaction) Retransmit(r *Received) {
	if !t.mu.TryLock() {
		t.repeated.Store(true)
		if !t.mu.TryLock() {
			return
		}
		t.repeated.Store(false)
	}
	t.enter(r.Out, r.From)
	defer t.Unlock()
	t.resend()
	t.emit(RequestRepeated, nil, r.Msg, nil, t.status)
}

// unlock gives the lock back, and answers what came again meanwhile.
func (t *Transaction) unlock() {
	t.mu.Unlock()
	for t.repeated.Load() && t.mu.TryLock() {
		if t.repeated.Swap(false) && t.live {
			t.enter(nil, nil)
			t.resend()
			t.emit(RequestRepeated, nil, nil, nil, t.status)
			t.out = nil
		}
		t.mu.Unlock()
	}
}

// RetransmitReply sends the last reply again and reports whether there is one
// (t_retransmit_reply).
func (t *Transaction) RetransmitReply() bool {
	t.resend()
	return t.reply != nil
}
