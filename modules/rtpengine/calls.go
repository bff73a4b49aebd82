// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/relay"
)

// calls remembers the node of each call, so that the commands of a call go to one node though weights or nodes change. An entry lives for
// a fixed time from the last command, so that those of a shard end in the order in which they were set: what is over is taken out whenever
// something is added. Safe for concurrent use.
type calls struct {
	seed   maphash.Seed
	shards []callShard
	life   time.Duration
}

type callShard struct {
	mu    sync.Mutex
	nodes map[string]callNode // guarded by mu
	queue []callEnd           // guarded by mu; in the order of ends
}

type callNode struct {
	node *relay.Node
	end  time.Duration // of the monotonic clock
}

type callEnd struct {
	key string
	end time.Duration
}

func newCalls(shards int, life time.Duration) *calls {
	c := &calls{seed: maphash.MakeSeed(), shards: make([]callShard, max(1, shards)), life: life}
	for i := range c.shards {
		c.shards[i].nodes = map[string]callNode{}
	}
	return c
}

func (c *calls) shard(key string) *callShard {
	return &c.shards[maphash.String(c.seed, key)%uint64(len(c.shards))]
}

// find returns the node of a call, or nil.
func (c *calls) find(key string, now time.Duration) *relay.Node {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.nodes[key]; ok && e.end > now {
		return e.node
	}
	return nil
}

// set remembers the node of a call. The key is copied.
func (c *calls) set(key string, n *relay.Node, now time.Duration) {
	s, key := c.shard(key), strings.Clone(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	e, before := callNode{n, now + c.life}, s.nodes[key]
	s.nodes[key] = e
	if before.end != e.end { // else it stands in the queue with that end already
		s.queue = append(s.queue, callEnd{key, e.end})
	}
}

// sweep takes out what is over. A key that was set anew stands in the queue a second time, with its later end.
func (s *callShard) sweep(now time.Duration) {
	over := 0
	for over < len(s.queue) && s.queue[over].end <= now {
		q := s.queue[over]
		if e, ok := s.nodes[q.key]; ok && e.end == q.end {
			delete(s.nodes, q.key)
		}
		over++
	}
	s.drop(over)
}

// drop takes the first entries of the queue off, and with them the memory of those that were forgotten before their end.
func (s *callShard) drop(n int) {
	if n > 0 {
		clear(s.queue[:n])
		s.queue = s.queue[n:]
	}
	if len(s.queue) < 64 || len(s.queue) < 2*len(s.nodes) {
		return
	}
	kept := s.queue[:0]
	for _, q := range s.queue {
		if e, ok := s.nodes[q.key]; ok && e.end == q.end {
			kept = append(kept, q)
		}
	}
	clear(s.queue[len(kept):])
	s.queue = kept
}

// forget takes a call out.
func (c *calls) forget(key string) {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.nodes, key)
}

// count is the number of calls that are remembered.
func (c *calls) count(now time.Duration) int {
	total := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.sweep(now)
		total += len(s.nodes)
		s.mu.Unlock()
	}
	return total
}
