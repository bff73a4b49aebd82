// SPDX-License-Identifier: Apache-2.0

package uac_redirect

import (
	"errors"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

// maxFilters bounds the filters of one kind that a script adds for a message.
const maxFilters = 6

// Kinds of filters.
const (
	accepting = iota
	denying
	kinds
)

// filters are those of one message.
type filters struct {
	serial uint64
	added  [kinds][]*ere.Regexp
	// bare tells that the filter of the parameter does not count.
	bare [kinds]bool
}

func (r *Redirect) filters(c *module.Call) *filters {
	f := c.Local(r, func() any { return new(filters) }).(*filters)
	if f.serial != c.Serial {
		*f = filters{serial: c.Serial}
	}
	return f
}

// reset is what set_deny_filter and set_accept_filter forget first.
type reset struct{ common, added bool }

var (
	errReset   = errors.New("flags are reset_all, reset_default, reset_added, or empty")
	errFilters = errors.New("there are six filters already")
)

func compileReset(text string) (any, error) {
	switch text {
	case "":
		return reset{}, nil
	case "reset_all":
		return reset{true, true}, nil
	case "reset_default":
		return reset{common: true}, nil
	case "reset_added":
		return reset{added: true}, nil
	}
	return nil, errReset
}

// addFilter is set_deny_filter and set_accept_filter(filter, flags).
func (r *Redirect) addFilter(kind int) func(c *module.Call, a module.Args) module.Result {
	name := [...]string{accepting: "set_accept_filter", denying: "set_deny_filter"}[kind]
	return func(c *module.Call, a module.Args) module.Result {
		re, ok := a[0].Data.(*ere.Regexp)
		if !ok {
			return c.Fail(name, a[0].Err)
		}
		first, ok := a[1].Data.(reset)
		if !ok {
			return c.Fail(name, a[1].Err)
		}
		f := r.filters(c)
		if first.added {
			f.added[kind] = nil
		}
		f.bare[kind] = f.bare[kind] || first.common
		if len(f.added[kind]) == maxFilters {
			return c.Fail(name, errFilters)
		}
		f.added[kind] = append(f.added[kind], re)
		return module.True
	}
}

// passes tells whether a Contact is taken.
func (r *Redirect) passes(f *filters, uri string) bool {
	matches := func(kind int, common *ere.Regexp) bool {
		if common != nil && !f.bare[kind] && common.MatchString(uri) {
			return true
		}
		for _, re := range f.added[kind] {
			if re.MatchString(uri) {
				return true
			}
		}
		return false
	}
	return matches(accepting, r.accept) || !r.denyUnlisted && !matches(denying, r.deny)
}
