// SPDX-License-Identifier: Apache-2.0

// Package setting holds the values that an operator may change while the
// server runs (cfg.set, $sel(cfg_get.group.name)).
package setting

import (
	"errors"
	"strconv"
	"sync/atomic"
)

// Errors of Registry.
var (
	ErrUnknown  = errors.New("no such setting")
	ErrType     = errors.New("wrong type of value")
	ErrRange    = errors.New("value out of range")
	ErrReadOnly = errors.New("the setting is read-only")
	// ErrGroup tells that the name of a group is not of the form "group" or
	// "group[number]", or not of the one of the two that is needed.
	ErrGroup = errors.New("wrong group syntax")
	// ErrInstance tells that the group has no such instance.
	ErrInstance = errors.New("no such group instance")
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

	initial any
}

// Value returns the value, an int64 or a string.
func (e *Entry) Value() any {
	if e.Int != nil {
		return e.Int.Get()
	}
	return e.Str.Get()
}

// Text returns the value as text.
func (e *Entry) Text() string { return text(e.Value()) }

func text(v any) string {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	return v.(string)
}

// convert returns value as the setting's type: a number becomes its decimal
// text, a text that is a number the number.
func (e *Entry) convert(value any) (any, error) {
	if e.ReadOnly {
		return nil, ErrReadOnly
	}
	switch v := value.(type) {
	case int64:
		if e.Int == nil {
			return text(v), nil
		}
		return v, e.bounds(v)
	case string:
		if e.Int == nil {
			return v, nil
		}
		n, err := strconv.ParseInt(v, 0, 64)
		if err != nil {
			return nil, ErrType
		}
		return n, e.bounds(n)
	}
	return nil, ErrType
}

func (e *Entry) bounds(n int64) error {
	if (e.Min != 0 || e.Max != 0) && (n < e.Min || n > e.Max) {
		return ErrRange
	}
	return nil
}

// store carries a change out; value is what convert returned.
func (e *Entry) store(value any) {
	if n, ok := value.(int64); ok {
		e.Int.Set(n)
	} else {
		e.Str.Set(value.(string))
	}
	if e.Changed != nil {
		e.Changed()
	}
}
