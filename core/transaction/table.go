// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"hash/maphash"
	"sync"

	"github.com/kahea-sip/kahea/core/sip"
)

// table finds the transaction of a request. Its buckets go by Call-ID and
// CSeq number, which an INVITE shares with its retransmissions, its CANCEL
// and each ACK, so that one search serves them all; within a bucket the
// rules of RFC 3261 17.2.3 decide.
type table struct {
	seed    maphash.Seed
	mask    uint32
	buckets []bucket
}

type bucket struct {
	mu   sync.Mutex
	head *Transaction // guarded by mu, as are the links of its transactions
}

func newTable(size int) *table {
	n := 1
	for n < size {
		n *= 2
	}
	return &table{seed: maphash.MakeSeed(), mask: uint32(n - 1), buckets: make([]bucket, n)}
}

func (b *table) of(k *key) *bucket {
	h := maphash.String(b.seed, k.callID) + uint64(k.cseq)*0x9e3779b97f4a7c15
	return &b.buckets[uint32(h>>32)&b.mask]
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
	method sip.Method
	cseq   uint32
	port   int
	cookie bool
	// hash is of branch: comparing it first keeps a bucket cheap whose
	// requests all have one Call-ID.
	hash uint64
}

// newKey reads a request's key; the error is that of the header that cannot be
// read.
func (l *Layer) newKey(k *key, m *sip.Message) error {
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
	k.hash = l.table.hash(k.branch)
	k.ruri, k.name, k.method, k.cseq = m.RequestURI, m.MethodName, m.Method, cseq.Number
	return nil
}

// insert adds t, unless another one for the same request is there: that is
// returned, with a reference.
func (l *Layer) insert(t *Transaction) *Transaction {
	b := l.table.of(&t.key)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !t.local {
		if old := l.match(b, &t.key, t.cfg); old != nil {
			old.refs.Add(1)
			return old
		}
	}
	t.next, t.prev = b.head, nil
	if b.head != nil {
		b.head.prev = t
	}
	b.head = t
	t.linked = true
	return nil
}

// unlink takes t out of the table. Nobody finds it any more.
func (l *Layer) unlink(t *Transaction) {
	b := l.table.of(&t.key)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !t.linked {
		return
	}
	t.linked = false
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		b.head = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
}

// match finds the server transaction of a request by RFC 3261 17.2.3. The
// bucket's lock is held. For an ACK or CANCEL set k.method to INVITE.
func (l *Layer) match(b *bucket, k *key, cfg *Settings) *Transaction {
	for t := b.head; t != nil; t = t.next {
		if t.local || t.key.method != k.method || t.key.cseq != k.cseq {
			continue
		}
		if k.method == sip.MethodOther && t.key.name != k.name {
			continue
		}
		if k.cookie {
			if t.key.hash == k.hash && t.key.branch == k.branch && t.key.port == k.port && sip.EqualFold(t.key.host, k.host) &&
				(cfg.CallIDMatching.Get() == 0 || t.key.callID == k.callID) {
				return t
			}
			continue
		}
		if !t.key.cookie && matchOld(&t.key, k, cfg) {
			return t
		}
	}
	return nil
}

// matchOld matches requests of clients that follow RFC 2543: their branch
// parameter, if there is one, does not name a transaction.
func matchOld(t, k *key, cfg *Settings) bool {
	return t.callID == k.callID && t.fromTag == k.fromTag &&
		(cfg.RURIMatching.Get() == 0 || t.ruri == k.ruri) &&
		(cfg.Via1Matching.Get() == 0 || t.via == k.via)
}

// lookup finds the server transaction that a request with key k belongs to,
// with a reference, or nil.
func (l *Layer) lookup(k *key) *Transaction {
	b := l.table.of(k)
	b.mu.Lock()
	defer b.mu.Unlock()
	t := l.match(b, k, l.Settings())
	if t != nil {
		t.refs.Add(1)
	}
	return t
}

// lookupCall finds an INVITE transaction by Call-ID, CSeq number and From tag,
// with a reference, or nil: that of an ACK for a 2xx, which has a branch of
// its own. With anyTag the From tag does not count.
func (l *Layer) lookupCall(k *key, anyTag bool) *Transaction {
	b := l.table.of(k)
	b.mu.Lock()
	defer b.mu.Unlock()
	for t := b.head; t != nil; t = t.next {
		if t.key.method == sip.MethodInvite && t.key.cseq == k.cseq && t.key.callID == k.callID &&
			(anyTag || t.key.fromTag == k.fromTag) {
			t.refs.Add(1)
			return t
		}
	}
	return nil
}

func (b *table) hash(s string) uint64 { return maphash.String(b.seed, s) }

// FindAny finds a received transaction of any method by Call-ID and CSeq
// number, with a reference, or nil.
func (l *Layer) FindAny(callID string, cseq uint32) *Transaction {
	k := key{callID: callID, cseq: cseq}
	b := l.table.of(&k)
	b.mu.Lock()
	defer b.mu.Unlock()
	for t := b.head; t != nil; t = t.next {
		if !t.local && t.key.cseq == cseq && t.key.callID == callID {
			t.refs.Add(1)
			return t
		}
	}
	return nil
}
