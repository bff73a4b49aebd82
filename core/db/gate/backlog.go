// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"sync"
	"time"
)

// MostWaiting is how many may wait for a server in any case: three quarters of the
// workers of a socket that may lend their place (transport.UDPOptions.MaxLent).
const MostWaiting = 768

// How long a server may answer nothing, until it counts as one that hangs, while
// more than that wait: one that only pauses, as for a lock, is waited for. Where
// nearly all places are taken (a quarter more), there is less time: without a place
// no message goes on.
const (
	silence     = 3 * time.Second
	fullSilence = time.Second
)

// Backlog tells a server that hangs from one that is slow: many wait, and for a
// while none of them had an answer. Who comes then need not wait as well: each
// holds a worker, and of those there is an end.
type Backlog struct {
	// Limit is how many may wait in any case.
	Limit int

	mu      sync.Mutex
	waiting int       // guarded by mu
	moved   time.Time // guarded by mu: the last answer, or when the first began to wait
}

// Enter counts one more who waits; false, and it is not counted, while the server
// hangs.
func (b *Backlog) Enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hangs() {
		return false
	}
	b.count()
	return true
}

// Count counts one more who waits in any case.
func (b *Backlog) Count() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count()
}

func (b *Backlog) count() {
	if b.waiting == 0 {
		b.moved = time.Now()
	}
	b.waiting++
}

// Hangs tells whether the server hangs.
func (b *Backlog) Hangs() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hangs()
}

func (b *Backlog) hangs() bool {
	limit := silence
	if b.waiting >= b.Limit+b.Limit/4 {
		limit = fullSilence
	}
	return b.waiting >= b.Limit && time.Since(b.moved) > limit
}

// Leave ends a wait.
func (b *Backlog) Leave(answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = max(b.waiting-1, 0)
	if answered {
		b.moved = time.Now()
	}
}
