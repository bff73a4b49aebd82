// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"sync"
	"unsafe"

	"github.com/kahea-sip/kahea/core/arena"
	"github.com/kahea-sip/kahea/core/avp"
)

// A shard is a part of a table with its own lock. All it holds are arrays
// without pointers: records of contacts and of AORs in pages, named by number,
// texts in an arena, and a hash table of numbers. Number 0 is none.
type shard struct {
	// writing is held by whoever writes contacts of the shard to the database,
	// so that an older row never follows a newer one. It is taken before mu.
	writing sync.Mutex

	mu sync.Mutex

	slots    []slot // open addressing, a power of two; guarded by mu, like all
	aors     []*[aorPage]aorRecord
	nextAOR  uint32
	freeAOR  uint32
	users    int
	pages    []*page
	next     uint32
	freeList uint32
	texts    arena.Arena
	xavps    map[uint32]*avp.Tree
	gone     []goneRow // of removed contacts that have rows

	// With db_mode 1: who has changed the records that wait to be written and
	// those that are being written, and the visits that wait, true for those of
	// which a change was refused.
	authors map[uint32]*authors
	flying  []*authors
	told    map[uint64]bool
}

// slot is a place of the hash table; aor 0 is an empty one.
type slot struct {
	hash, aor uint32
}

// aorRecord is an AOR. One that is free has head 0 and the next free one in
// text.
type aorRecord struct {
	hash uint32
	text arena.Ref
	head uint32
	size uint16
}

// page holds the records of contacts. The times of expiry lie together: the
// timer looks at all of them and at little else.
type page struct {
	expires [contactPage]uint32 // 0 for never and for free records
	records [contactPage]record
}

// record is a contact. Its texts lie one after the other in one place of the
// arena.
type record struct {
	serial    uint64
	conn      uint64
	text      arena.Ref
	next      uint32 // of the same AOR; of the list of free ones
	aor       uint32 // 0 when free
	modified  uint32
	keepalive uint32
	roundtrip uint32
	cseq      uint32
	flags     uint32
	cflags    uint32
	methods   uint32
	agent     uint32
	regID     uint32
	server    int32
	size      [texts]uint16
	q         int16
	socket    uint16 // index of the socket and one
	state     state
}

// The texts of a record, in the order of their places.
const (
	textURI = iota
	textCallID
	textReceived
	textPath
	textInstance
	textRUID
	texts
)

const (
	aorPage     = 64
	contactPage = 64
)

func (s *shard) aor(i uint32) *aorRecord { return &s.aors[i/aorPage][i%aorPage] }

func (s *shard) aorText(a *aorRecord) string { return s.texts.Text(a.text, 0, int(a.size)) }

func (s *shard) record(i uint32) *record { return &s.pages[i/contactPage].records[i%contactPage] }

func (s *shard) expires(i uint32) *uint32 { return &s.pages[i/contactPage].expires[i%contactPage] }

// find returns the number of an AOR.
func (s *shard) find(hash uint32, aor string) uint32 {
	if len(s.slots) == 0 {
		return 0
	}
	mask := uint32(len(s.slots) - 1)
	for i := place(hash) & mask; s.slots[i].aor != 0; i = (i + 1) & mask {
		if s.slots[i].hash == hash {
			if a := s.aor(s.slots[i].aor); s.aorText(a) == aor {
				return s.slots[i].aor
			}
		}
	}
	return 0
}

// place is where a hash belongs. The lower bits have chosen the shard.
func place(hash uint32) uint32 { return hash>>8 | hash<<24 }

// addAOR makes a record of an AOR without contacts.
func (s *shard) addAOR(hash uint32, aor string) uint32 {
	if 4*(s.users+1) > 3*len(s.slots) {
		s.rehash(max(8, 2*len(s.slots)))
	}
	n := s.freeAOR
	if n != 0 {
		s.freeAOR = uint32(s.aor(n).text)
	} else {
		if s.nextAOR == 0 {
			s.nextAOR = 1
		}
		n = s.nextAOR
		s.nextAOR++
		if int(n/aorPage) == len(s.aors) {
			s.aors = append(s.aors, arena.New[[aorPage]aorRecord](s.texts.Memory))
		}
	}
	*s.aor(n) = aorRecord{hash: hash, text: s.texts.Put(aor), size: uint16(len(aor))}
	s.users++
	s.slot(hash, n)
	return n
}

func (s *shard) slot(hash, n uint32) {
	mask := uint32(len(s.slots) - 1)
	i := place(hash) & mask
	for s.slots[i].aor != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = slot{hash, n}
}

func (s *shard) rehash(size int) {
	old := s.slots
	s.slots = make([]slot, size)
	for _, e := range old {
		if e.aor != 0 {
			s.slot(e.hash, e.aor)
		}
	}
}

// removeAOR frees the record of an AOR that has no contacts.
func (s *shard) removeAOR(n uint32) {
	a := s.aor(n)
	mask := uint32(len(s.slots) - 1)
	i := place(a.hash) & mask
	for s.slots[i].aor != n {
		i = (i + 1) & mask
	}
	s.texts.Release(a.text, int(a.size))
	*a = aorRecord{text: arena.Ref(s.freeAOR)}
	s.freeAOR = n
	s.users--
	// What follows without a gap moves up where its own place allows it, so
	// that a search never stops at a hole before what it looks for.
	for j := (i + 1) & mask; s.slots[j].aor != 0; j = (j + 1) & mask {
		if home := place(s.slots[j].hash) & mask; (j-home)&mask >= (j-i)&mask {
			s.slots[i] = s.slots[j]
			i = j
		}
	}
	s.slots[i] = slot{}
}

// addRecord returns the number of a free record.
func (s *shard) addRecord() uint32 {
	if n := s.freeList; n != 0 {
		s.freeList = s.record(n).next
		return n
	}
	if s.next == 0 {
		s.next = 1
	}
	n := s.next
	s.next++
	if int(n/contactPage) == len(s.pages) {
		s.pages = append(s.pages, arena.New[page](s.texts.Memory))
	}
	return n
}

// link puts a record into the list of its AOR: by descending q behind its
// equals, or, newest first, to the front.
func (s *shard) link(a *aorRecord, n uint32, newestFirst bool) {
	r := s.record(n)
	at := &a.head
	if !newestFirst {
		for *at != 0 && s.record(*at).q >= r.q {
			at = &s.record(*at).next
		}
	}
	r.next, *at = *at, n
}

// inOrder reports whether a record with a new q may stay where it is.
func (s *shard) inOrder(a *aorRecord, n uint32) bool {
	q := s.record(n).q
	if after := s.record(n).next; after != 0 && s.record(after).q > q {
		return false
	}
	for at := a.head; at != n; at = s.record(at).next {
		if s.record(at).q < q {
			return false
		}
	}
	return true
}

func (s *shard) unlink(a *aorRecord, n uint32) {
	at := &a.head
	for *at != n {
		at = &s.record(*at).next
	}
	*at = s.record(n).next
}

// releaseText frees the texts of a record.
func (s *shard) releaseText(r *record) {
	s.texts.Release(r.text, r.length())
	r.text = 0
}

func (r *record) length() int {
	n := 0
	for _, k := range r.size {
		n += int(k)
	}
	return n
}

// bytes is the memory of the shard.
func (s *shard) bytes() int {
	return s.texts.Bytes() + len(s.slots)*int(unsafe.Sizeof(slot{})) +
		len(s.aors)*int(unsafe.Sizeof([aorPage]aorRecord{})) + len(s.pages)*int(unsafe.Sizeof(page{}))
}
