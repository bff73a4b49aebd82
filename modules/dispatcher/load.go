// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// calls are those that algorithm 10 counts, by their Call-ID. They outlive the
// list: a gateway that stays keeps its load.
type calls struct {
	shards [64]callShard
}

type callShard struct {
	mu    sync.Mutex
	calls map[string]*counted // guarded by mu
}

// counted is a call that counts as load of a gateway.
type counted struct {
	at        *health
	began     time.Duration
	confirmed bool
}

func (t *calls) shard(callID string) *callShard {
	return &t.shards[keys{first: callID}.hash()%uint32(len(t.shards))]
}

// add counts a call; false when it is counted already.
func (t *calls) add(callID string, at *health, now time.Duration) bool {
	s := t.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[callID] != nil {
		return false
	}
	if s.calls == nil {
		s.calls = map[string]*counted{}
	}
	s.calls[strings.Clone(callID)] = &counted{at: at, began: now}
	at.load.Add(1)
	return true
}

// move makes a call the load of another gateway.
func (t *calls) move(callID string, to *health) {
	s := t.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.calls[callID]; k != nil {
		k.at.load.Add(-1)
		to.load.Add(1)
		k.at = to
	}
}

// end ends the load of a call; false when it was not counted.
func (t *calls) end(callID string) bool {
	s := t.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.calls[callID]
	if k == nil {
		return false
	}
	delete(s.calls, callID)
	k.at.load.Add(-1)
	return true
}

// confirm notes that a call was answered.
func (t *calls) confirm(callID string) {
	s := t.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.calls[callID]; k != nil {
		k.confirmed = true
	}
}

// expire ends what is older than it may be, and was not ended.
func (t *calls) expire(now, unanswered, answered time.Duration) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for id, k := range s.calls {
			limit := unanswered
			if k.confirmed {
				limit = answered
			}
			if now-k.began >= limit {
				delete(s.calls, id)
				k.at.load.Add(-1)
			}
		}
		s.mu.Unlock()
	}
}

// room tells that the load of a gateway is below its maxload.
func (dst *destination) room() bool {
	return dst.attrs.maxLoad == 0 || dst.load.Load() < dst.attrs.maxLoad
}

// leastLoad chooses the gateway with the least calls, and counts the call as
// one of them; -1 where none has room, and the call is the load of the one that
// use_default keeps. A call that cannot be counted goes to the first one.
func (d *Dispatcher) leastLoad(c *module.Call, s *set, turns []*destination, sel *selection) int {
	if c.Msg.Method != sip.MethodInvite {
		return usableFrom(turns, 0)
	}
	if d.hashSize == 0 {
		c.Fail("ds_select", errLoadSize)
		return usableFrom(turns, 0)
	}
	s.loads.Lock()
	defer s.loads.Unlock()
	best, least := -1, int64(0)
	for i, dst := range turns {
		if !dst.usable() || !dst.room() {
			continue
		}
		if load := dst.load.Load(); best < 0 || load < least {
			best, least = i, load
		}
	}
	at := s.destinations[len(s.destinations)-1]
	if best >= 0 {
		at = turns[best]
	} else if len(turns) == len(s.destinations) || !at.usable() {
		return -1
	}
	switch {
	case at.attrs.duid == "":
		c.Fail("ds_select", errDUID)
		return usableFrom(turns, 0)
	case !d.store.calls.add(c.Msg.CallID(), at.health, d.host.Clock().Monotonic()):
		return usableFrom(turns, 0) // a call that is selected for again
	}
	sel.counted = true
	return best
}

// moveLoad moves the load of a call to the gateway that is tried next; false
// when that one may have no more.
func (d *Dispatcher) moveLoad(c *module.Call, id int, duid string) bool {
	s := d.list.Load().set(id)
	if s == nil {
		return true
	}
	for _, dst := range s.destinations {
		if dst.attrs.duid != duid {
			continue
		}
		s.loads.Lock()
		defer s.loads.Unlock()
		if !dst.room() {
			return false
		}
		d.store.calls.move(c.Msg.CallID(), dst.health)
		return true
	}
	return true
}

// loadUpdate is ds_load_update().
func (d *Dispatcher) loadUpdate(c *module.Call, _ module.Args) module.Result {
	if !c.Msg.IsRequest() {
		if seq, err := c.Msg.CSeq(); err == nil && seq.Method == sip.MethodInvite && c.Msg.Status/100 == 2 {
			d.store.calls.confirm(c.Msg.CallID())
		}
		return module.True
	}
	if c.Msg.Method == sip.MethodBye || c.Msg.Method == sip.MethodCancel {
		d.store.calls.end(c.Msg.CallID())
	}
	return module.True
}

// loadUnset is ds_load_unset().
func (d *Dispatcher) loadUnset(c *module.Call, _ module.Args) module.Result {
	return module.Bool(d.store.calls.end(c.Msg.CallID()))
}
