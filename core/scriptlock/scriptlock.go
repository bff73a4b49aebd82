// SPDX-License-Identifier: Apache-2.0

// Package scriptlock has locks that scripts take by a key.
package scriptlock

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

// Patience is how long a lock may be waited for. A script that forgot to unlock,
// which with Kamailio stops all others for ever, costs them this much: the lock
// goes to who waited, and a line in the log says so.
const Patience = 10 * time.Second

// Set is a set of locks, each there while it is held. The zero Set is ready.
type Set[K comparable] struct {
	// held is the number of locks, for Held to be quick.
	held atomic.Int32

	mu    sync.Mutex
	locks map[K]*lock // guarded by mu
}

// lock is held by the message that a Call was at. Guarded by Set.mu.
type lock struct {
	owner  *module.Call
	serial uint64
	depth  int
	gone   chan struct{} // closed when the lock is given up
}

// Lock takes a lock for the script of c and waits for it, which lends the worker.
// A script may take its lock several times and has to unlock it as often. The
// result tells that the lock was taken from a script that did not unlock it.
func (s *Set[K]) Lock(c *module.Call, key K) (forced bool) {
	for {
		l, mine := s.try(c, key)
		if mine {
			return forced
		}
		if !wait(c, l.gone) {
			s.drop(key, l)
			forced = true
		}
	}
}

// TryLock takes a lock if nobody else has it.
func (s *Set[K]) TryLock(c *module.Call, key K) bool {
	_, mine := s.try(c, key)
	return mine
}

// try returns the lock, and whether c has it now.
func (s *Set[K]) try(c *module.Call, key K) (l *lock, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l = s.locks[key]
	switch {
	case l == nil:
		if s.locks == nil {
			s.locks = map[K]*lock{}
		}
		l = &lock{owner: c, serial: c.Serial, depth: 1, gone: make(chan struct{})}
		s.locks[key] = l
		s.held.Add(1)
		return l, true
	case l.owner != c:
		return l, false
	case l.serial != c.Serial: // forgotten by an earlier message of this worker
		l.serial, l.depth = c.Serial, 0
	}
	l.depth++
	return l, true
}

// Unlock gives a lock back; false when the script of c does not have it.
func (s *Set[K]) Unlock(c *module.Call, key K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.locks[key]
	if l == nil || l.owner != c {
		return false
	}
	if l.depth--; l.depth == 0 {
		s.remove(key, l)
	}
	return true
}

// UnlockAll gives back what the script of c has not: it is for the end of a
// message.
func (s *Set[K]) UnlockAll(c *module.Call) {
	if s.held.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, l := range s.locks {
		if l.owner == c {
			s.remove(key, l)
		}
	}
}

// Held tells whether any lock of the set is held.
func (s *Set[K]) Held() bool { return s.held.Load() != 0 }

// Await waits until no script but that of c has the lock.
func (s *Set[K]) Await(c *module.Call, key K) {
	for s.held.Load() != 0 {
		s.mu.Lock()
		l := s.locks[key]
		if l == nil || l.owner == c {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if !wait(c, l.gone) {
			s.drop(key, l)
		}
	}
}

// drop takes a lock from a script that does not give it back.
func (s *Set[K]) drop(key K, l *lock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[key] == l {
		s.remove(key, l)
	}
}

// remove is called with s.mu held.
func (s *Set[K]) remove(key K, l *lock) {
	delete(s.locks, key)
	s.held.Add(-1)
	close(l.gone)
}

// wait returns false when Patience is over.
func wait(c *module.Call, gone <-chan struct{}) bool {
	return timer.Wait(c.Host.Timers().Clock(), Patience, gone, c.Block)
}
