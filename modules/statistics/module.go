// SPDX-License-Identifier: Apache-2.0

// Package statistics lets scripts count.
package statistics

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("statistics", func() module.Module { return new(Statistics) }) }

// Statistics is the module.
type Statistics struct {
	host      module.Host
	variables map[string]*variable
}

// variable is a number of a script's own.
type variable struct {
	counter counter.Counter
	// kept is set for no_reset: the number, which nothing but the script changes.
	kept *atomic.Int64
}

var _ module.Starter = (*Statistics)(nil)

// group is that of the numbers.
const group = "script"

// Exports implements module.Module.
func (s *Statistics) Exports() module.Exports {
	name := module.Arg{Name: "name", Doc: "number that variable has declared, or any other counter"}
	return module.Exports{
		Doc:    "Lets scripts declare and change numbers among the statistics.",
		Params: []module.Param{{Name: "variable", Set: s.declare, Doc: "declares a number of the group script; with /no_reset behind its name nothing sets it back to zero. May be set several times"}},
		Functions: []module.Function{
			{Name: "update_stat", Lua: "update_stat(str,int)", Args: []module.Arg{name, {Name: "value", Compile: compileValue, Doc: "number to add, which may be negative"}}, Routes: module.AnyRoute, Run: s.update, Doc: "Adds to a number. False where there is none of that name."},
			{Name: "reset_stat", Args: []module.Arg{name}, Routes: module.RequestRoute | module.BranchRoute | module.FailureRoute | module.AnyReply | module.LocalRoute, Run: s.reset, Doc: "Sets a number to zero, unless it is declared with no_reset. False where there is none of that name."},
		},
	}
}

var (
	errFlag    = errors.New("behind the name of a number there is no_reset, or nothing")
	errValue   = errors.New("it is a number, as 1 or -1")
	errUnknown = errors.New("there is no number of that name: declare it with the parameter variable")
)

// declare is the parameter variable.
func (s *Statistics) declare(text string) error {
	name, flag, flagged := strings.Cut(text, "/")
	switch {
	case !isName(name):
		return fmt.Errorf("%q is no name of a number", name)
	case flagged && flag != "no_reset":
		return errFlag
	}
	if s.variables == nil {
		s.variables = map[string]*variable{}
	}
	s.variables[name] = &variable{}
	if flagged {
		s.variables[name].kept = new(atomic.Int64)
	}
	return nil
}

func compileValue(text string) (any, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return nil, errValue
	}
	return n, nil
}

// Start implements module.Starter.
func (s *Statistics) Start(_ context.Context, h module.Host) error {
	s.host = h
	for name, v := range s.variables {
		e := counter.Entry{Name: name, Doc: "number of the script"}
		if v.kept != nil {
			v.kept = h.Store("statistics/"+name, func() any { return v.kept }).(*atomic.Int64)
			e.Gauge = v.kept.Load
		} else {
			e.Counter = &v.counter
		}
		if err := h.Counters().Declare(group, e); err != nil {
			return err
		}
	}
	return nil
}

// other is a counter that is not of this module, nil where there is none.
func (s *Statistics) other(name string) *counter.Stat { return s.host.Counters().Find(name) }

// update is update_stat(name, value).
func (s *Statistics) update(c *module.Call, a module.Args) module.Result {
	n, ok := a[1].Data.(int64)
	if !ok {
		return c.Fail("update_stat", a[1].Err)
	}
	if v := s.variables[a.Str(0)]; v == nil {
		st := s.other(a.Str(0))
		if st == nil {
			return c.Fail("update_stat", errUnknown)
		}
		st.Counter().Add(n)
	} else if v.kept != nil {
		v.kept.Add(n)
	} else {
		v.counter.Add(n)
	}
	return module.True
}

// reset is reset_stat(name).
func (s *Statistics) reset(c *module.Call, a module.Args) module.Result {
	if v := s.variables[a.Str(0)]; v == nil {
		st := s.other(a.Str(0))
		if st == nil {
			return c.Fail("reset_stat", errUnknown)
		}
		st.Reset()
	} else if v.kept == nil {
		v.counter.Reset()
	}
	return module.True
}

// isName tells whether commands can name a number so.
func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ':' || r == 127 })
}
