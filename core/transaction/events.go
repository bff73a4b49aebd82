// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// Event is something that happens in the life of a transaction, or a set of
// such events.
type Event uint32

// The events. All are reported with the transaction's lock held.
const (
	// RequestIn: a request created a transaction.
	RequestIn Event = 1 << iota
	// RequestOut: Branch was sent.
	RequestOut
	// RequestRepeated: the request came again.
	RequestRepeated
	// ReplyIn: Reply was received for Branch.
	ReplyIn
	// ReplyReady: Reply or Code is about to be sent upstream.
	ReplyReady
	// ReplyOut: a reply was sent upstream: Reply is the one that was relayed,
	// nil for one that was made here; Code is what was sent.
	ReplyOut
	// FailureReady: the transaction is about to end with the negative Code;
	// the failure route has not run yet.
	FailureReady
	// FailureDone: the same, after the failure route.
	FailureDone
	// NegativeACKIn: the ACK for a negative reply came (Request).
	NegativeACKIn
	// EndToEndACKIn: the ACK for a relayed 2xx came (Request).
	EndToEndACKIn
	// CancelIn: a CANCEL for the transaction came (Request).
	CancelIn
	// LocalReplyIn: Reply to a local request, also a provisional one.
	LocalReplyIn
	// LocalDone: a local transaction ended with Code; Reply is nil when
	// nobody answered.
	LocalDone
	// Destroyed: the transaction is about to be forgotten.
	Destroyed
)

// Notice tells of an event. It is valid until the listener returns.
type Notice struct {
	Event  Event
	Tx     *Transaction
	Branch *Branch
	// Request is the request that the event is about: an ACK or CANCEL, else
	// that of the transaction.
	Request *sip.Message
	Reply   *sip.Message
	Code    int
	// From is what the caller gave to the layer: the *module.Call, or nil
	// where a timer is at work.
	From any
}

type listener struct {
	mask Event
	f    func(*Notice)
}

// On calls f for the events of all transactions. It is for the start, before
// the first message.
func (l *Layer) On(events Event, f func(*Notice)) {
	l.mask |= events
	l.heard = append(l.heard, listener{events, f})
}

// On calls f for events of this transaction.
func (t *Transaction) On(events Event, f func(*Notice)) {
	t.mask |= events
	t.heard = append(t.heard, listener{events, f})
}

// Heard reports whether anybody listens to one of the events.
func (t *Transaction) Heard(events Event) bool { return (t.mask|t.l.mask)&events != 0 }

func (t *Transaction) emit(e Event, b *Branch, request, reply *sip.Message, code int) {
	if (t.mask|t.l.mask)&e == 0 {
		return
	}
	if request == nil {
		request = t.Request()
	}
	outer := t.notice
	t.notice = Notice{Event: e, Tx: t, Branch: b, Request: request, Reply: reply, Code: code, From: t.from}
	for i := range t.l.heard {
		if t.l.heard[i].mask&e != 0 {
			t.l.heard[i].f(&t.notice)
		}
	}
	for i := 0; i < len(t.heard); i++ {
		if t.heard[i].mask&e != 0 {
			t.heard[i].f(&t.notice)
		}
	}
	t.notice = outer
}
