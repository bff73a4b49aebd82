// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"hash/maphash"
	"sync"

	"github.com/kahea-sip/kahea/core/sip"
)

// table finds the transaction of a request. It has two indexes.
//
// byRequest goes by all that RFC 3261 17.2.3 has a retransmission share with
// its request: branch, sent-by, method, and with them the Call-ID and CSeq
// number, which clients that repeat a branch are told apart by. An ACK for a
// negative reply and a CANCEL are looked up as their INVITE. Two requests in
// one chain of it are an accident: who sends thousands of requests with one
// Call-ID spreads them over the table like anybody else.
//
// byCall goes by Call-ID and CSeq number: for the ACK of a 2xx, which has a
// branch of its own, and for commands that name a call. Its chains may be as
// long as somebody likes, so nothing walks one further than callDepth.
//
// The hashes are keyed anew in each process: nobody outside can choose
// requests that meet in one chain.
type table struct {
	seed  maphash.Seed
	key   uint64
	mask  uint32
	index [2][]bucket
}

// The indexes.
const (
	byRequest = iota
	byCall
)

// callDepth is how many transactions of a chain of byCall are looked at: more
// than an INVITE has that was forked and came back by several ways.
const callDepth = 64

type bucket struct {
	mu   sync.Mutex
	head *Transaction // guarded by mu, as are the links of its transactions
}

// link is the place of a transaction in a chain of an index.
type link struct {
	linked     bool
	next, prev *Transaction
}

func newTable(size int, secret uint64) *table {
	n := 1
	for n < size {
		n *= 2
	}
	b := &table{seed: maphash.MakeSeed(), key: mix(secret, 1), mask: uint32(n - 1)}
	for i := range b.index {
		b.index[i] = make([]bucket, n)
	}
	return b
}

// of is the bucket of a hash in an index.
func (b *table) of(index int, hash uint64) *bucket { return &b.index[index][uint32(hash>>32)&b.mask] }

func (b *table) hash(s string) uint64 { return maphash.String(b.seed, s) }

// hashCall is the hash of byCall. INVITEs have chains of their own.
func (b *table) hashCall(callID string, cseq uint32, invite bool) uint64 {
	h := uint64(cseq)
	if invite {
		h |= 1 << 32
	}
	// mix with an operand that is a keyed hash: multiplied by a constant,
	// CSeq numbers could be chosen that meet in one bucket.
	return b.spread(mix(b.hash(callID), h^b.key))
}

// spread parts hashes whose operands differ in a small number alone: one
// multiplication lays those out at even distances, which with some keys is the
// same bucket again and again.
func (b *table) spread(h uint64) uint64 { return mix(h^h>>32, b.key) }

// hashRequest is the hash of byRequest.
func (b *table) hashRequest(k *key, cfg *Settings) uint64 {
	h := mix(k.call, b.key^uint64(k.method))
	if k.method == sip.MethodOther {
		h = mix(h, b.hash(k.name))
	}
	if k.cookie {
		return b.spread(mix(h^b.hashHost(k.host), b.hash(k.branch)^uint64(k.port)))
	}
	// A client that follows RFC 2543: its branch, if it has one, names no
	// transaction.
	h = mix(h, b.hash(k.fromTag))
	if cfg.RURIMatching.Get() != 0 {
		h = mix(h, b.hash(k.ruri))
	}
	if cfg.Via1Matching.Get() != 0 {
		h = mix(h, b.hash(k.via))
	}
	return h
}

// hashHost hashes a host in small letters.
func (b *table) hashHost(host string) uint64 {
	var small [64]byte
	for i := range len(host) {
		if c := host[i]; c >= 'A' && c <= 'Z' {
			lower := append(small[:0], host...)
			for i, c := range lower {
				if c >= 'A' && c <= 'Z' {
					lower[i] = c | 0x20
				}
			}
			return maphash.Bytes(b.seed, lower)
		}
	}
	return b.hash(host)
}

// key is what identifies the transaction of a request. Its strings are views
// of the request.
type key struct {
	callID, fromTag, toTag string
	// branch is that of the topmost Via, with the magic cookie or not.
	branch string
	host   string
	via    string // the whole topmost Via
	ruri   string
	name   string // method name
	// request and call are the hashes of the two indexes.
	request, call uint64
	method        sip.Method
	cseq          uint32
	port          int
	cookie        bool
}

// newKey reads a request's key, as that of an INVITE for an ACK or CANCEL
// that looks for its INVITE; the error is that of the header that cannot be
// read.
func (l *Layer) newKey(k *key, m *sip.Message, cfg *Settings, asInvite bool) error {
	via, err := m.Via(0)
	if err != nil {
		return err
	}
	cseq, err := m.CSeq()
	if err != nil {
		return err
	}
	from, err := m.From()
	if err != nil {
		return err
	}
	to, err := m.To()
	if err != nil {
		return err
	}
	if k.callID = m.CallID(); k.callID == "" {
		return sip.ErrAbsent
	}
	k.fromTag, k.toTag = from.Tag(), to.Tag()
	k.branch, k.host, k.port, k.via = via.Branch, via.Host, via.SentByPort(), via.Raw
	k.cookie = via.HasMagicCookie()
	k.ruri, k.name, k.method, k.cseq = m.RequestURI, m.MethodName, m.Method, cseq.Number
	if asInvite {
		k.method, k.name = sip.MethodInvite, "INVITE"
	}
	k.call = l.table.hashCall(k.callID, k.cseq, k.method == sip.MethodInvite)
	k.request = l.table.hashRequest(k, cfg)
	return nil
}

// push adds t to the front of the bucket's chain. The lock is held.
func (b *bucket) push(index int, t *Transaction) {
	t.links[index] = link{true, b.head, nil}
	if b.head != nil {
		b.head.links[index].prev = t
	}
	b.head = t
}

// remove takes t out of the bucket's chain, if it is in it.
func (b *bucket) remove(index int, t *Transaction) {
	b.mu.Lock()
	if at := &t.links[index]; at.linked {
		if at.prev != nil {
			at.prev.links[index].next = at.next
		} else {
			b.head = at.next
		}
		if at.next != nil {
			at.next.links[index].prev = at.prev
		}
		*at = link{}
	}
	b.mu.Unlock()
}

// insert adds t, unless another one for the same request is there: that is
// returned, with a reference. A local one is found by its call alone.
func (l *Layer) insert(t *Transaction) *Transaction {
	if !t.local {
		if old := l.insertRequest(t); old != nil {
			return old
		}
	}
	b := l.table.of(byCall, t.key.call)
	b.mu.Lock()
	b.push(byCall, t)
	b.mu.Unlock()
	return nil
}

func (l *Layer) insertRequest(t *Transaction) *Transaction {
	b := l.table.of(byRequest, t.key.request)
	b.mu.Lock()
	old := b.match(&t.key, t.cfg)
	if old != nil {
		old.refs.Add(1)
	} else {
		b.push(byRequest, t)
	}
	b.mu.Unlock()
	return old
}

// unlink takes t out of the table. Nobody finds it any more.
func (l *Layer) unlink(t *Transaction) {
	l.table.of(byCall, t.key.call).remove(byCall, t)
	if !t.local {
		l.table.of(byRequest, t.key.request).remove(byRequest, t)
	}
}

// match finds the server transaction of a request by RFC 3261 17.2.3. The
// bucket's lock is held.
func (b *bucket) match(k *key, cfg *Settings) *Transaction {
	for t := b.head; t != nil; t = t.links[byRequest].next {
		if t.key.request == k.request && t.key.same(k, cfg) {
			return t
		}
	}
	return nil
}

// same tells whether two requests are one.
func (t *key) same(k *key, cfg *Settings) bool {
	if t.method != k.method || t.cseq != k.cseq || t.callID != k.callID || t.cookie != k.cookie ||
		k.method == sip.MethodOther && t.name != k.name {
		return false
	}
	if k.cookie {
		return t.branch == k.branch && t.port == k.port && sip.EqualFold(t.host, k.host)
	}
	return t.fromTag == k.fromTag &&
		(cfg.RURIMatching.Get() == 0 || t.ruri == k.ruri) &&
		(cfg.Via1Matching.Get() == 0 || t.via == k.via)
}

// sameCall tells whether Call-ID and CSeq number are the same.
func (t *key) sameCall(k *key) bool { return t.cseq == k.cseq && t.callID == k.callID }

// lookup finds the server transaction that a request with key k belongs to,
// with a reference, or nil.
func (l *Layer) lookup(k *key) *Transaction {
	b := l.table.of(byRequest, k.request)
	b.mu.Lock()
	t := b.match(k, l.Settings())
	if t != nil {
		t.refs.Add(1)
	}
	b.mu.Unlock()
	return t
}

// lookupCall finds the newest INVITE transaction by Call-ID, CSeq number and
// From tag, with a reference, or nil: that of an ACK for a 2xx.
func (l *Layer) lookupCall(k *key) *Transaction {
	return l.walkCall(k.call, func(t *Transaction) bool {
		return t.key.method == sip.MethodInvite && t.key.sameCall(k) && t.key.fromTag == k.fromTag
	})
}

// FindCall finds an INVITE transaction by Call-ID and CSeq number, with a
// reference, or nil (t_cancel_callid).
func (l *Layer) FindCall(callID string, cseq uint32) *Transaction {
	k := key{callID: callID, cseq: cseq}
	return l.walkCall(l.table.hashCall(callID, cseq, true), func(t *Transaction) bool {
		return t.key.method == sip.MethodInvite && t.key.sameCall(&k)
	})
}

// FindAny finds a received transaction of any method by Call-ID and CSeq
// number, with a reference, or nil (t_reply_callid).
func (l *Layer) FindAny(callID string, cseq uint32) *Transaction {
	k := key{callID: callID, cseq: cseq}
	received := func(t *Transaction) bool { return !t.local && t.key.sameCall(&k) }
	if t := l.walkCall(l.table.hashCall(callID, cseq, true), received); t != nil {
		return t
	}
	return l.walkCall(l.table.hashCall(callID, cseq, false), received)
}

// walkCall finds the newest transaction in a chain of byCall that is meant,
// with a reference, or nil.
func (l *Layer) walkCall(hash uint64, meant func(*Transaction) bool) *Transaction {
	b := l.table.of(byCall, hash)
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for t := b.head; t != nil && n < callDepth; t = t.links[byCall].next {
		if t.key.call != hash {
			continue // another call, by accident
		}
		if meant(t) {
			t.refs.Add(1)
			return t
		}
		n++
	}
	return nil
}
