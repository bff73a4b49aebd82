// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/arena"
	"github.com/kahea-sip/kahea/core/transport"
)

// store has the tables of all domains. It outlives generations of the
// configuration.
type store struct {
	seed    maphash.Seed
	prefix  string // of record unique ids
	serials atomic.Uint64
	visits  atomic.Uint64
	agents  agents
	sockets []*transport.Socket
	memory  arena.Memory

	mu     sync.Mutex
	tables map[string]*table // guarded by mu
}

// newStore makes a store. chance tells servers apart that share a database: in
// containers each may be process 1, started at the same second.
func newStore(started int64, chance uint32, sockets []*transport.Socket) *store {
	s := &store{seed: maphash.MakeSeed(), sockets: sockets, tables: map[string]*table{}}
	s.prefix = fmt.Sprintf("uloc-%x-%x-", started, chance)
	s.agents.byText = map[string]uint32{}
	return s
}

// table is the bindings of one domain: "location".
type table struct {
	name   string
	store  *store
	bits   int // hash_size, for what RPC shows
	shards []shard

	// written is set where changes go to a database; waiting is how many have
	// not gone there yet.
	written bool
	waiting atomic.Int64

	users, contacts, expired atomic.Int64
}

// tableParts is how many parts with a lock of their own a table has. More locks
// are of no use to a few dozen workers, and each part has its own unused memory;
// with fewer the array of a part, which doubles under its lock, would be larger.
const tableParts = 256

// table returns the table of a name. hashSize and parts count when it is made.
func (s *store) table(name string, hashSize, parts int) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		t = s.newTable(name, hashSize, parts)
		s.tables[name] = t
	}
	return t
}

func (s *store) newTable(name string, hashSize, parts int) *table {
	t := &table{name: name, store: s, bits: hashSize, shards: make([]shard, parts)}
	for i := range t.shards {
		t.shards[i].texts.Memory = &s.memory
	}
	return t
}

// hash is the hash of an AOR. It cannot be foretold, so nobody can choose
// names that fall together.
func (s *store) hash(aor string) uint32 {
	h := maphash.String(s.seed, aor)
	return uint32(h ^ h>>32)
}

func (t *table) shard(hash uint32) *shard { return &t.shards[hash&uint32(len(t.shards)-1)] }

// webSocket marks the number of a socket as that of the WebSocket connections
// that were accepted there.
const webSocket = 1 << 15

// socketNumber is what a record keeps of a socket.
func (s *store) socketNumber(k *transport.Socket) uint16 {
	switch {
	case k == nil || k.Index >= len(s.sockets):
		return 0
	case s.sockets[k.Index] == k:
		return uint16(k.Index + 1)
	case s.sockets[k.Index].As(k.Proto) == k:
		return uint16(k.Index+1) | webSocket
	}
	return 0
}

func (s *store) socket(n uint16) *transport.Socket {
	if n == 0 {
		return nil
	}
	k := s.sockets[n&^webSocket-1]
	if n&webSocket != 0 {
		return k.Web()
	}
	return k
}

// bytes is the memory of the table's shards, in bytes.
func (t *table) bytes() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += s.bytes()
		s.mu.Unlock()
	}
	return n
}
