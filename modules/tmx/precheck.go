// SPDX-License-Identifier: Apache-2.0

package tmx

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// atWork knows the requests that workers handle at the moment and that have no
// transaction yet: a retransmission that comes meanwhile is known by it.
//
// Hot path: a worker has one request, so a shard has none or a few, also with a
// thousand that wait for a database. They are a list: a map of one entry costs more
// to fill and to empty than all that is done with it.
type atWork struct {
	seed   maphash.Seed
	known  atomic.Int64 // entries in all shards
	shards [64]atWorkShard
}

type atWorkShard struct {
	mu   sync.Mutex
	list []workedOn // guarded by mu
}

// workedOn is a request by its key, and who handles it.
type workedOn struct {
	key  uint64
	call *module.Call
}

func newAtWork() *atWork { return &atWork{seed: maphash.MakeSeed()} }

// key is a hash of what a request shares with its retransmissions.
func (w *atWork) key(m *sip.Message) uint64 {
	h := maphash.String(w.seed, m.CallID())
	if via, err := m.Via(0); err == nil {
		h = h*31 ^ maphash.String(w.seed, via.Branch)
	}
	if q, err := m.CSeq(); err == nil {
		h = h*31 ^ uint64(q.Number)<<32 ^ uint64(q.Method)
	}
	return h
}

// begin notes that c handles its request; false when another one does.
func (w *atWork) begin(c *module.Call) bool {
	k := w.key(c.Msg)
	s := &w.shards[k%uint64(len(w.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.list {
		if other.key == k {
			return other.call == c
		}
	}
	s.list = append(s.list, workedOn{k, c})
	w.known.Add(1)
	return true
}

// end forgets the request of c.
func (w *atWork) end(c *module.Call) {
	if w.known.Load() == 0 {
		return
	}
	k := w.key(c.Msg)
	s := &w.shards[k%uint64(len(w.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.list {
		if other == (workedOn{k, c}) {
			last := len(s.list) - 1
			s.list[i], s.list[last] = s.list[last], workedOn{}
			s.list = s.list[:last]
			w.known.Add(-1)
			return
		}
	}
}

// precheckTrans is t_precheck_trans().
func (x *TMX) precheckTrans(c *module.Call, _ module.Args) module.Result {
	if x.atWork == nil || c.Msg.Method.Has(sip.MethodAck|sip.MethodCancel) {
		return module.False
	}
	return module.Bool(!x.atWork.begin(c))
}
