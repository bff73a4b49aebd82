// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/slothash"
)

// shards is the number of locks that dialogs are spread over.
const shards = 256

// table has the dialogs by Call-ID. It outlives a generation.
type table struct {
	shards [shards]shard
	serial atomic.Uint64 // of the last dialog
	// active counts dialogs that were answered, early those that ring.
	active, early atomic.Int64
}

type shard struct {
	mu sync.Mutex
	// first has the first dialog of a Call-ID, the others follow by next.
	first map[string]*Dialog // guarded by mu
}

func newTable() *table {
	t := new(table)
	for i := range t.shards {
		t.shards[i].first = map[string]*Dialog{}
	}
	return t
}

// entryOf is the slot that dlg.list shows for a Call-ID; anybody can compute it,
// so nothing is stored by it but for the choice of a lock.
func (m *Module) entryOf(callID string) uint32 {
	return slothash.Sum(callID, "") & uint32(m.hashSize-1)
}

func (t *table) shard(entry uint32) *shard { return &t.shards[entry%shards] }

// add puts a new dialog into the table.
func (t *table) add(d *Dialog) {
	s := t.shard(d.entry)
	s.mu.Lock()
	defer s.mu.Unlock()
	d.next = s.first[d.callID]
	s.first[d.callID] = d
}

// remove takes a dialog out of the table. Its lock is not held.
func (t *table) remove(d *Dialog) {
	s := t.shard(d.entry)
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.first[d.callID]
	if first == d {
		if d.next == nil {
			delete(s.first, d.callID)
		} else {
			// The key lies in the memory of the dialog that goes.
			delete(s.first, d.callID)
			s.first[d.next.callID] = d.next
		}
		return
	}
	for ; first != nil; first = first.next {
		if first.next == d {
			first.next = d.next
			return
		}
	}
}

// find returns the dialog that f picks among those of a Call-ID. f is called
// with the lock of the dialog held.
func (m *Module) find(callID string, f func(d *Dialog) bool) *Dialog {
	s := m.table.shard(m.entryOf(callID))
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := s.first[callID]; d != nil; d = d.next {
		d.mu.Lock()
		ok := f(d)
		d.mu.Unlock()
		if ok {
			return d
		}
	}
	return nil
}

// byTags finds the dialog of a message. A dialog that goes on is preferred to
// an ended one.
func (m *Module) byTags(callID, fromTag, toTag string) (found *Dialog, side Side) {
	if callID == "" {
		return nil, Nobody
	}
	var old *Dialog
	oldSide := Nobody
	found = m.find(callID, func(d *Dialog) bool {
		s := d.side(fromTag, toTag)
		if s == Nobody {
			return false
		}
		if d.state == Deleted {
			if old == nil {
				old, oldSide = d, s
			}
			return false
		}
		side = s
		return true
	})
	if found == nil {
		return old, oldSide
	}
	return found, side
}

// byID finds a dialog by the numbers that dlg.list shows.
func (m *Module) byID(entry, id uint32) *Dialog {
	s := m.table.shard(entry)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.first {
		for ; d != nil; d = d.next {
			if d.id == id && d.entry == entry {
				return d
			}
		}
	}
	return nil
}

// each yields all dialogs. No lock is held while yield runs: a shard's are noted
// before.
func (t *table) each(yield func(d *Dialog) bool) {
	var noted []*Dialog
	for i := range t.shards {
		s := &t.shards[i]
		noted = noted[:0]
		s.mu.Lock()
		for _, d := range s.first {
			for ; d != nil; d = d.next {
				noted = append(noted, d)
			}
		}
		s.mu.Unlock()
		for _, d := range noted {
			if !yield(d) {
				return
			}
		}
	}
}

// count is the number of dialogs in the table, ended ones included.
func (t *table) count() (n int64) {
	t.each(func(*Dialog) bool { n++; return true })
	return n
}

// newID returns the next number of a dialog.
func (m *Module) newID() uint32 {
	n := m.table.serial.Add(1)
	if m.idStep > 1 {
		return uint32(m.idStart) + uint32(n)*uint32(m.idStep)
	}
	return uint32(n)
}
