// SPDX-License-Identifier: Apache-2.0

package module

import (
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
)

// Levels has levels of the log that hold for the lines of single modules, "core" for those of the engine. The zero value, and nil,
// has none.
type Levels struct {
	mu    sync.Mutex // of writers
	state atomic.Pointer[partLevels]
}

// partLevels never changes.
type partLevels struct {
	of         map[string]slog.Level
	on         bool
	lowest     slog.Level
	facilities map[string]string // of the system log, by module
	facilityOn bool
}

// change makes a copy, which f may write to.
func (l *Levels) change(f func(s *partLevels)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := &partLevels{of: map[string]slog.Level{}, facilities: map[string]string{}, lowest: LevelAlert}
	if s := l.state.Load(); s != nil {
		next.of, next.on = maps.Clone(s.of), s.on
		next.facilities, next.facilityOn = maps.Clone(s.facilities), s.facilityOn
	}
	f(next)
	for _, v := range next.of {
		next.lowest = min(next.lowest, v)
	}
	l.state.Store(next)
}

// Set gives a module a level, in use while Use says so.
func (l *Levels) Set(name string, v slog.Level) { l.change(func(s *partLevels) { s.of[name] = v }) }

// Use puts the levels of modules in use.
func (l *Levels) Use(on bool) { l.change(func(s *partLevels) { s.on = on }) }

// Of returns the level in use for a module, if it has one.
func (l *Levels) Of(name string) (v slog.Level, ok bool) {
	if s := l.load(); s != nil && s.on {
		v, ok = s.of[name]
	}
	return v, ok
}

// SetFacility gives the lines of a module a facility of the system log, in use while UseFacilities says so.
func (l *Levels) SetFacility(name, facility string) {
	l.change(func(s *partLevels) { s.facilities[name] = facility })
}

// UseFacilities puts the facilities of modules in use.
func (l *Levels) UseFacilities(on bool) { l.change(func(s *partLevels) { s.facilityOn = on }) }

// Facility returns the facility in use for the lines of a module, "" for the common one.
func (l *Levels) Facility(name string) string {
	if s := l.load(); s != nil && s.facilityOn {
		return s.facilities[name]
	}
	return ""
}

func (l *Levels) load() *partLevels {
	if l == nil {
		return nil
	}
	return l.state.Load()
}

// Wants tells whether some module wants lines of that level.
func (l *Levels) Wants(v slog.Level) bool {
	s := l.load()
	return s != nil && s.on && v >= s.lowest
}

// Passes tells whether a line of a module is written, common being the level of those without one of their own.
func (l *Levels) Passes(name string, v, common slog.Level) bool {
	if s := l.load(); s != nil && s.on {
		if own, ok := s.of[name]; ok {
			return v >= own
		}
		return v >= common
	}
	return true
}
