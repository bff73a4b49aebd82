// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"io/fs"
	"sync"
)

// Source says by which load pipes are turned, and with which gains: what a
// Meter reads, or what somebody forced. Safe for concurrent use.
type Source struct {
	meter *Meter

	mu     sync.Mutex
	load   Load    // guarded by mu
	forced float64 // guarded by mu; negative while nothing is
	gains  Gains   // guarded by mu
}

// NewSource makes a source that reads from the proc file system.
func NewSource(proc fs.FS) *Source {
	return &Source{meter: NewMeter(proc), forced: -1, gains: DefaultGains}
}

// Read reads the load anew. On an error the one before stays.
func (s *Source) Read() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.meter.Read()
	if err == nil {
		s.load = l
	}
	return err
}

// Load returns the load and the gains.
func (s *Source) Load() (Load, Gains) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.load
	if s.forced >= 0 {
		l.CPU = s.forced
	}
	return l, s.gains
}

// Force sets the load of the processors; a negative one ends that. False when
// it is over 1.
func (s *Source) Force(cpu float64) bool {
	if !(cpu <= 1) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forced = cpu
	return true
}

// SetGains changes the gains.
func (s *Source) SetGains(g Gains) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gains = g
}
