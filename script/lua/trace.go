// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// traceText is the traceback of an error in one line, from the inside out. It stands
// in the state from which the failed function was called: what the engine called has
// the name by which it did, in each script that stands within others, and below it
// stands the guard.
func (s *state) traceText(trace string) string {
	lines := strings.Split(strings.TrimPrefix(trace, "stack traceback:\n"), "\n")
	if n := len(lines) - 1; strings.TrimSpace(lines[n]) == "[G]: ?" {
		lines = lines[:n]
	}
	for i, below := range s.guards() {
		// The guard is one line above those below it.
		at := len(lines) - 2 - below
		if at < 0 || i >= len(s.entries) || elided(lines[at:]) {
			break
		}
		place, _, ok := strings.Cut(lines[at], " in function <")
		switch {
		case !ok:
		case s.entries[i] == "":
			lines[at] = place + " in main chunk"
		default:
			lines[at] = place + " in function '" + s.entries[i] + "'"
		}
	}
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "[G]") {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, " < ")
}

// elided tells whether lines of a traceback were left out.
func elided(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) == "..." {
			return true
		}
	}
	return false
}

// guards tells how many calls stand below the guard of each script that runs, the
// outermost one first. The last is that of the script that just failed, whose calls
// are gone.
func (s *state) guards() []int {
	var calls []glua.LValue
	for {
		frame, ok := s.lua.GetStack(len(calls))
		if !ok {
			break
		}
		fn, err := s.lua.GetInfo("f", frame, glua.LNil)
		if err != nil {
			break
		}
		calls = append(calls, fn)
	}
	var below []int
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i] != s.guard || i+1 < len(calls) && s.protecting(calls[i+1]) {
			continue // a function, or the guard of pcall
		}
		below = append(below, len(calls)-1-i)
	}
	return append(below, len(calls))
}

// protecting tells whether a function is one of those that put a guard below what
// they call.
func (s *state) protecting(fn glua.LValue) bool { return fn == s.pcalls[0] || fn == s.pcalls[1] }
