// SPDX-License-Identifier: Apache-2.0

// Package setting holds the values that an operator may change while the
// server runs (cfg.set, $sel(cfg_get.group.name)).
package setting

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Errors of Registry.
var (
	ErrUnknown  = errors.New("no such setting")
	ErrType     = errors.New("wrong type of value")
	ErrRange    = errors.New("value out of range")
	ErrReadOnly = errors.New("the setting is read-only")
)

// Int is an integer that many workers read while a command may write it.
type Int struct{ v atomic.Int64 }

// Get returns the value.
func (i *Int) Get() int64 { return i.v.Load() }

// Set stores the value.
func (i *Int) Set(v int64) { i.v.Store(v) }

// Str is a string that many workers read while a command may write it.
type Str struct{ v atomic.Pointer[string] }

// Get returns the value.
func (s *Str) Get() string {
	if p := s.v.Load(); p != nil {
		return *p
	}
	return ""
}

// Set stores the value.
func (s *Str) Set(v string) { s.v.Store(&v) }

// Entry declares one setting. Exactly one of Int and Str is set.
type Entry struct {
	Group, Name string
	Doc         string
	Int         *Int
	Str         *Str
	// Min and Max bound an integer; both zero means no bounds.
	Min, Max int64
	ReadOnly bool
	// Changed, if set, is called after each change, on the goroutine of
	// the command.
	Changed func()

	initial string
}

// Registry knows all settings by group and name. Safe for concurrent use.
type Registry struct {
	mu      sync.RWMutex
	entries map[string]map[string]*Entry // guarded by mu
	delayed []change                     // guarded by mu
}

type change struct {
	entry *Entry
	value any
}

// New returns an empty registry.
func New() *Registry { return &Registry{entries: map[string]map[string]*Entry{}} }

// Declare adds entries. A name that is declared again is replaced: a new
// generation of the configuration brings its own.
func (r *Registry) Declare(entries ...Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		g := r.entries[e.Group]
		if g == nil {
			g = map[string]*Entry{}
			r.entries[e.Group] = g
		}
		e.initial = e.Text()
		g[e.Name] = &e
	}
}

// Lookup returns the entry, or nil.
func (r *Registry) Lookup(group, name string) *Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.entries[group][name]
}

// Text returns the value as text.
func (e *Entry) Text() string {
	if e.Int != nil {
		return fmt.Sprint(e.Int.Get())
	}
	return e.Str.Get()
}

// Set changes the setting; value is an int64 or a string.
func (r *Registry) Set(group, name string, value any) error {
	e := r.Lookup(group, name)
	if e == nil {
		return ErrUnknown
	}
	return e.set(value)
}

// SetDelayed keeps the change until Commit or Rollback.
func (r *Registry) SetDelayed(group, name string, value any) error {
	e := r.Lookup(group, name)
	if e == nil {
		return ErrUnknown
	}
	if err := e.check(value); err != nil {
		return err
	}
	r.mu.Lock()
	r.delayed = append(r.delayed, change{e, value})
	r.mu.Unlock()
	return nil
}

// Commit carries the delayed changes out, in their order.
func (r *Registry) Commit() error {
	r.mu.Lock()
	pending := r.delayed
	r.delayed = nil
	r.mu.Unlock()
	for _, c := range pending {
		if err := c.entry.set(c.value); err != nil {
			return err
		}
	}
	return nil
}

// Rollback forgets the delayed changes.
func (r *Registry) Rollback() {
	r.mu.Lock()
	r.delayed = nil
	r.mu.Unlock()
}

// Delayed calls f for each change that waits for Commit.
func (r *Registry) Delayed(f func(e *Entry, value any)) {
	r.mu.RLock()
	pending := slices.Clone(r.delayed)
	r.mu.RUnlock()
	for _, c := range pending {
		f(c.entry, c.value)
	}
}

// Reset gives the setting the value that it was declared with.
func (r *Registry) Reset(group, name string) error {
	e := r.Lookup(group, name)
	if e == nil {
		return ErrUnknown
	}
	if e.Int != nil {
		var n int64
		fmt.Sscan(e.initial, &n)
		return e.set(n)
	}
	return e.set(e.initial)
}

// All returns the entries, sorted by group and name.
func (r *Registry) All() []*Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []*Entry
	for _, g := range r.entries {
		for _, e := range g {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *Entry) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (e *Entry) check(value any) error {
	if e.ReadOnly {
		return ErrReadOnly
	}
	switch v := value.(type) {
	case int64:
		if e.Int == nil {
			return ErrType
		}
		if (e.Min != 0 || e.Max != 0) && (v < e.Min || v > e.Max) {
			return ErrRange
		}
	case string:
		if e.Str == nil {
			return ErrType
		}
	default:
		return ErrType
	}
	return nil
}

func (e *Entry) set(value any) error {
	if err := e.check(value); err != nil {
		return err
	}
	if n, ok := value.(int64); ok {
		e.Int.Set(n)
	} else {
		e.Str.Set(value.(string))
	}
	if e.Changed != nil {
		e.Changed()
	}
	return nil
}
