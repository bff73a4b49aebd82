// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// Transaction is a server transaction with the client transactions (branches)
// that it led to, or a local one that has only client transactions.
//
// All fields are guarded by the transaction's lock. Who created the
// transaction holds it until the script of the request has ended; routes that
// the transaction runs itself (branch, reply and failure routes) run inside
// it. Methods whose comment does not say otherwise want the lock held.
//
// A transaction lives as long as it has references: one of the layer, until
// the wait timer has run out, and one of each Call.Tx.
type Transaction struct {
	mu sync.Mutex
	l  *Layer

	refs atomic.Int32
	// repeated tells that the request came again while somebody had the lock.
	repeated atomic.Bool
	// forked tells that the request was sent to several targets at once.
	forked atomic.Bool
	timer  clock // retransmission of the final reply, wait for the ACK, wait timer
	first  Branch
	links  [2]link // in the indexes of the table; guarded by the locks of the buckets
	notice Notice

	// State is what the script built up for the request.
	State State
	fields
}

// fields are what a pooled Transaction forgets.
type fields struct {
	// request is what Request returns; nil while the transaction rests.
	request *sip.Message
	// Packet says how the request came. Its Buffer is the memory of the
	// transaction.
	Packet transport.Packet
	// Gen is the generation of the configuration, for the scripts.
	Gen any
	// Method is the method of the request.
	Method sip.Method

	// cfg are the settings of the generation that the transaction began with.
	cfg     *Settings
	scripts Scripts
	key     key
	id      ID
	cost    int64 // bytes that it counts for in slots.held
	live    bool  // found by responses
	local   bool

	created  time.Duration // on the monotonic clock
	deadline time.Duration // when the max lifetime ends; 0 until the first branch

	status  int    // of the last reply sent, 0 for none; of a local transaction the final code
	reply   []byte // the last reply as sent, from newText
	replyTo transport.Destination
	ownTag  string // To tag of replies made here

	phase    phase
	flags    flags
	retrAt   time.Duration // when the final reply is sent again; 0 never
	endAt    time.Duration // when the wait for the ACK, or the wait timer, ends
	retrIn   time.Duration
	branches []*Branch // first is branches[0]
	step     int       // index of the first branch of the last step
	picked   *Branch   // the branch whose reply a failure route sees
	main     HopURIs   // of State.Target when it was relayed last
	mark     sip.EditMark
	out      transport.Sender
	from     any
	heard    []listener
	mask     Event
	witness  Witness
	uac      *uac
	reasons  string // Reason fields for CANCELs
	held     *heldReply
}

// phase is how far a server transaction is.
type phase uint8

const (
	proceeding phase = iota // no final reply sent
	completed               // negative final reply to an INVITE sent, waiting for ACK (timers G and H)
	accepted                // 2xx sent, or a local transaction has one (RFC 6026)
	confirmed               // ACK received, or a non-INVITE completed (timers I and J)
	terminated
)

type flags uint16

const (
	canceled  flags = 1 << iota
	lifeOver        // the max lifetime ran out
	relayed         // the first relay was done
	suspended       // a script will go on later

	released  // t_release, t_drop
	inScript  // the script of the request is running
	inFailure // a failure route is running
	waiting   // the wait timer is running
	replica   // replies are not relayed
	ownReply  // the last reply was made here

	marked    // mark is set
	failLater // no branch could be sent: the failure route runs at the end of the script
)

// clock is a timer that belongs to a transaction, together with what makes a
// transaction from a pool safe: expiries that were on their way when the timer
// was stopped are counted, and each of them holds a reference.
type clock struct {
	timer timer.Timer
	armed bool
	stale int
}

// Lock takes the transaction's lock. Out sends what is produced until Unlock;
// from is handed to Scripts. Where somebody else has the lock for long, because
// a script waits for a name or a database, the worker of from lends its place.
func (t *Transaction) Lock(out transport.Sender, from any) {
	t.acquire(from)
	t.enter(out, from)
}

// TryLock is Lock where the lock is free, else false: for who may run inside of
// it already.
func (t *Transaction) TryLock(out transport.Sender, from any) bool {
	if !t.mu.TryLock() {
		return false
	}
	t.enter(out, from)
	return true
}

// acquire takes the lock for the worker of from.
func (t *Transaction) acquire(from any) {
	for range lockTries {
		if t.mu.TryLock() {
			return
		}
		runtime.Gosched()
	}
	block(from, t.mu.Lock)
}

// lockTries is how often acquire looks before the worker lends its place: for
// longer than the handling of a message takes that does not wait.
const lockTries = 50

func (t *Transaction) enter(out transport.Sender, from any) {
	if out == nil {
		out = t.l.opt.Network
	}
	t.out, t.from = out, from
}

// Unlock gives the lock back.
func (t *Transaction) Unlock() {
	t.out, t.from = nil, nil
	t.unlock()
}

// ID returns the name of the transaction.
func (t *Transaction) ID() ID { return t.id }

// Unref gives a reference back. The lock must not be held by the caller, and
// what Request returned is not valid any more.
func (t *Transaction) Unref() {
	switch t.refs.Add(-1) {
	case 0:
		t.free()
	case 1:
		t.rest()
	}
}

// rest gives the parsed request back while the transaction only absorbs what
// comes late: that is most of the life of most transactions, and Request makes
// it again out of the text, which stays. It wants a transaction that nobody
// but the layer has a reference to; t may be another one by now, for which the
// same is true or not.
func (t *Transaction) rest() {
	if !t.mu.TryLock() {
		return
	}
	defer t.unlock()
	if t.live && t.flags&waiting != 0 && t.refs.Load() == 1 && t.request != nil && t.held == nil && !t.local && !t.pending() {
		FreeMessage(t.request)
		t.request = nil
	}
}

// Request is the request that created the transaction, with the edits that
// were made until it was first relayed, of which one that was answered long
// ago has none any more; of a local one the request without its Via. It is
// valid while the caller has a reference.
func (t *Transaction) Request() *sip.Message {
	if t.request == nil && t.Packet.Buffer != nil {
		t.request = NewMessage()
		_ = t.request.Parse(t.Packet.Data) // it was parsed without an error before
		t.request.Source = t.Packet.Src
	}
	return t.request
}

// arm makes c run out at a moment of the monotonic clock. It may be armed
// already.
func (t *Transaction) arm(c *clock, at time.Duration) {
	was := c.armed
	c.armed = true
	if !c.timer.ArmAt(at) && was {
		c.stale++
		t.refs.Add(1)
	}
}

func (t *Transaction) disarm(c *clock) {
	if !c.armed {
		return
	}
	c.armed = false
	if !c.timer.Stop() {
		c.stale++
		t.refs.Add(1)
	}
}
