// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
)

// tracker remembers which nonces were used. A nonce has a number; a newer one
// takes the place of that which is older by the size of an array. No lock: a
// place is a word that is compared and swapped.
type tracker struct {
	next  atomic.Uint64
	count *counts
	once  *onces
}

func (t *tracker) on() bool { return t.count != nil || t.once != nil }

// add gives a new nonce its number.
func (t *tracker) add() uint64 {
	id := t.next.Add(1) - 1
	if t.count != nil {
		t.count.clear(id)
	}
	if t.once != nil {
		t.once.clear(id)
	}
	return id
}

// noCount stands for credentials without nc.
const noCount = -1

// use counts the use of a nonce: by nc where there is one and it is wanted.
func (t *tracker) use(id uint64, nc int64) module.Result {
	if t.count != nil && nc != noCount {
		return t.count.use(id, nc)
	}
	if t.once != nil {
		return t.once.use(id, t.next.Load())
	}
	return module.True
}

// maxCount is the highest nc; a nonce that was used so often is stale.
const maxCount = 255

// counts has for each place the number of times that it was taken over (24
// bits), and the highest nc of the nonce that it belongs to (8 bits).
type counts struct {
	order int
	words []atomic.Uint32
}

func newCounts(order int) *counts {
	return &counts{order, make([]atomic.Uint32, 1<<order)}
}

// place is the word of a nonce, with nothing counted.
func (c *counts) place(id uint64) (*atomic.Uint32, uint32) {
	return &c.words[id&(1<<c.order-1)], uint32(id>>c.order) << 8
}

func (c *counts) clear(id uint64) {
	word, zero := c.place(id)
	word.Store(zero)
}

func (c *counts) use(id uint64, nc int64) module.Result {
	word, zero := c.place(id)
	for {
		have := word.Load()
		if have&^0xff != zero || nc > maxCount || nc <= int64(have&0xff) {
			return stale
		}
		if word.CompareAndSwap(have, zero|uint32(nc)) {
			return module.True
		}
	}
}

// onces has a bit for each nonce.
type onces struct {
	order int
	words []atomic.Uint32
}

func newBits(order int) *onces {
	return &onces{order, make([]atomic.Uint32, 1<<max(order-5, 0))}
}

func (o *onces) place(id uint64) (*atomic.Uint32, uint32) {
	i := id & (1<<o.order - 1)
	return &o.words[i/32], 1 << (i % 32)
}

func (o *onces) clear(id uint64) {
	word, bit := o.place(id)
	word.And(^bit)
}

func (o *onces) use(id, next uint64) module.Result {
	if next-id > 1<<o.order {
		return stale // a newer nonce has its bit
	}
	word, bit := o.place(id)
	if word.Or(bit)&bit != 0 {
		return reused
	}
	return module.True
}
