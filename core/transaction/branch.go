// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Branch is one client transaction of a Transaction. Its lock guards it.
type Branch struct {
	t     *Transaction
	timer clock
	branchFields
}

// branchFields are what a pooled Branch forgets.
type branchFields struct {
	// Index is the number behind the last dot of the branch parameter.
	Index int
	// Target is where the request was sent to.
	Target Target
	// OnReply is the reply route of this branch.
	OnReply  Route
	onBranch Route // the branch route that ran for it
	// shift is the State.CSeqShift that the request was sent with.
	shift uint32

	dest transport.Destination
	more locate.Targets // addresses that are left to try
	sent []byte         // the request as sent, from newText
	ack  []byte         // the ACK for a negative final reply, from newText
	stop []byte         // the CANCEL as sent, from newText

	retrAt time.Duration // when request or CANCEL is sent again; 0 never
	frAt   time.Duration // when the branch runs out; 0 never
	retrIn time.Duration // interval up to retrAt
	slow   bool          // the interval has reached T2

	status  int  // last reply, received or made; 0 none
	faked   bool // that reply was made here
	replied bool // a reply was received

	timedOut bool
	// finished tells that the final reply was dealt with.
	finished   bool
	dropped    bool // its reply does not count any more
	wantCancel bool // CANCEL waits for a provisional reply
	cause      int  // cause in the Reason header of the CANCEL; 0 none
	blind      bool // has no request: it holds the place of a suspended one
	unsent     bool // could not be sent, for err
	err        *Error
	borrowed   bool // reply belongs to the caller yet

	reply  *sip.Message // final negative reply, kept for the choice among branches
	packet transport.Packet
}

// Status is the code of the last reply, 0 when there was none.
func (b *Branch) Status() int { return b.status }

// Destination is where the request went.
func (b *Branch) Destination() transport.Destination { return b.dest }

// Sent is the request as it was sent. It is valid as long as the branch may be
// retransmitted.
func (b *Branch) Sent() []byte { return b.sent }

// TimedOut tells that the branch ended without a final reply.
func (b *Branch) TimedOut() bool { return b.timedOut }

// Replied tells that a reply was received before the one that is being dealt
// with.
func (b *Branch) Replied() bool { return b.replied }

// Reply is the final negative reply that was received, or nil.
func (b *Branch) Reply() *sip.Message { return b.reply }

// ReplyPacket says how Reply came.
func (b *Branch) ReplyPacket() transport.Packet { return b.packet }

// Finished tells that the branch has a final reply.
func (b *Branch) Finished() bool { return b.finished }

// newBranch adds a branch.
func (t *Transaction) newBranch(target *Target) *Branch {
	var b *Branch
	if len(t.branches) == 0 {
		b = &t.first
	} else {
		b = t.l.branches.Get().(*Branch)
		t.charge()
	}
	b.branchFields = branchFields{}
	b.t, b.Index, b.Target, b.OnReply = t, len(t.branches), *target, t.State.Plan.OnReply
	t.branches = append(t.branches, b)
	return b
}

// dropLast takes back the branch that was added last.
func (t *Transaction) dropLast() {
	b := t.branches[len(t.branches)-1]
	t.branches[len(t.branches)-1] = nil
	t.branches = t.branches[:len(t.branches)-1]
	t.freeBranch(b)
}

// freeBranch gives back what b holds. Its timer is stopped and no expiry is on
// its way.
func (t *Transaction) freeBranch(b *Branch) {
	b.release()
	if b != &t.first {
		t.l.branches.Put(b)
	}
}

func (b *Branch) release() {
	freeText(b.sent)
	freeText(b.ack)
	freeText(b.stop)
	b.sent, b.ack, b.stop = nil, nil, nil
	b.releaseReply()
}

func (b *Branch) releaseReply() {
	if b.reply != nil && b.borrowed {
		b.reply, b.borrowed = nil, false
	}
	if b.reply != nil {
		FreeMessage(b.reply)
		b.packet.Buffer.Release()
		b.reply = nil
	}
}

// schedule arms the branch's timer for what comes first.
func (b *Branch) schedule() {
	t := b.t
	at := b.frAt
	if b.retrAt != 0 && (at == 0 || b.retrAt < at) {
		at = b.retrAt
	}
	if at == 0 {
		t.disarm(&b.timer)
		return
	}
	t.arm(&b.timer, at)
}

// quiet stops retransmission and final response timer.
func (b *Branch) quiet() {
	b.retrAt, b.frAt = 0, 0
	b.t.disarm(&b.timer)
}
