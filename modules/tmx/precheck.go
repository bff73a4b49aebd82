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
type atWork struct {
	seed   maphash.Seed
	known  atomic.Int64 // entries in all shards
	shards [16]struct {
		mu   sync.Mutex
		call map[uint64]*module.Call // guarded by mu
	}
}

func newAtWork() *atWork {
	w := &atWork{seed: maphash.MakeSeed()}
	for i := range w.shards {
		w.shards[i].call = map[uint64]*module.Call{}
	}
	return w
}

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
	if other := s.call[k]; other != nil {
		return other == c
	}
	s.call[k] = c
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
	if s.call[k] == c {
		delete(s.call, k)
		w.known.Add(-1)
	}
}

// precheckTrans is t_precheck_trans().
func (x *TMX) precheckTrans(c *module.Call, _ module.Args) module.Result {
	if x.atWork == nil || c.Msg.Method.Has(sip.MethodAck|sip.MethodCancel) {
		return module.False
	}
	return module.Bool(!x.atWork.begin(c))
}
