// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Whoever sends requests makes transactions, and each of them lives for
// seconds, one that nobody answers for half a minute. Options.Memory bounds
// what they take. A transaction counts for what it holds while it is at work,
// which is somewhat more than when it only absorbs what comes late; the memory
// of its AVPs, which is the script's doing, does not count.

// costOf is what a transaction counts for whose request has size bytes: itself
// with its first branch and its parsed request, the memory that the request
// came in, the request as sent and a reply.
func costOf(size int) int64 {
	const fixed = unsafe.Sizeof(Transaction{}) + unsafe.Sizeof(sip.Message{}) + unsafe.Sizeof(transport.Buffer{}) + 512
	return int64(fixed) + int64(max(size, transport.BufferSize)) + int64(size+viaRoom)
}

// charge makes t count for one branch more. It is not refused for that.
func (t *Transaction) charge() {
	n := int64(unsafe.Sizeof(Branch{})) + int64(len(t.Packet.Data)+viaRoom)
	t.cost += n
	t.l.slots.charge(n)
}

// reserve is the part of the bound that requests of a method leave alone: a
// sixteenth is for those that end calls, so that a flood of others does not
// keep calls alive.
func (l *Layer) reserve(m sip.Method) int64 {
	if m == sip.MethodBye || m == sip.MethodCancel {
		return 0
	}
	return l.opt.Memory / 16
}

// bound tells the operator that it was reached.
type bound struct {
	refused atomic.Int64
	told    atomic.Int64 // of refused, at the last log line
	next    atomic.Int64 // when there may be another line, a time.Duration
}

// tellFull is the time between two log lines about the bound.
const tellFull = 10 * time.Second

// full counts a request that there was no memory for.
func (l *Layer) full() {
	b := &l.bound
	n := b.refused.Add(1)
	now, next := l.now(), b.next.Load()
	if int64(now) < next || !b.next.CompareAndSwap(next, int64(now+tellFull)) {
		return
	}
	l.opt.Log.Error("no memory is left for transactions: requests are refused; see -m",
		"limit", l.opt.Memory, "used", l.slots.memory(), "refused", n-b.told.Swap(n))
}

// Memory is what all transactions count for against Options.Memory, in bytes.
func (l *Layer) Memory() int64 { return l.slots.memory() }
