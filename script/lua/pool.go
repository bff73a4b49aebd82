// SPDX-License-Identifier: Apache-2.0

package lua

import "sync"

// pool are the states of one loading of the scripts. The state that was given
// back last is taken first: its memory is in the caches.
type pool struct {
	program *Program
	chunks  []*Script

	mu     sync.Mutex
	free   []*state // guarded by mu
	closed bool     // guarded by mu
}

// acquire takes a state; it belongs to the caller's goroutine until release.
func (p *Program) acquire() (*state, error) {
	l := p.current.Load()
	if l == nil {
		return nil, errNotLoaded
	}
	l.mu.Lock()
	if n := len(l.free); n > 0 {
		s := l.free[n-1]
		l.free = l.free[:n-1]
		l.mu.Unlock()
		return s, nil
	}
	l.mu.Unlock()
	return l.newState()
}

// release gives a state back. One of scripts that were replaced is closed.
func (l *pool) release(s *state) {
	l.mu.Lock()
	if !l.closed {
		l.free = append(l.free, s)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	s.close()
}

// close ends the states that nobody has, and the others when they come back.
func (l *pool) close() {
	l.mu.Lock()
	free := l.free
	l.free, l.closed = nil, true
	l.mu.Unlock()
	for _, s := range free {
		s.close()
	}
}
