// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// Listing prints the program, one operation a line with its line in the
// configuration.
func (c *Code) Listing(w io.Writer) {
	for i, r := range c.Routes {
		fmt.Fprintf(w, "%d %s\n", i+1, r.Title)
		for at := range r.Ops {
			text := strings.TrimRight(fmt.Sprintf("%4d  %-7s %s", at, r.Ops[at].Code, r.Ops[at].Operands()), " ")
			fmt.Fprintf(w, "%-60s ; %d\n", text, r.Lines[at].Line)
		}
	}
	if len(c.Vars) > 0 {
		fmt.Fprintf(w, "vars %s\n", strings.Join(c.Vars, " "))
	}
}

var _ module.Operation = (*Op)(nil)

// Name implements module.Operation.
func (o *Op) Name() string { return o.Code.String() }

// Jump implements module.Operation.
func (o *Op) Jump() int {
	switch o.Code {
	case OpJumpUnless, OpLoopUnless, OpJump, OpBreak:
		return int(o.To)
	}
	return -1
}

// Operands implements module.Operation.
func (o *Op) Operands() string {
	switch o.Code {
	case OpCall:
		return o.Call.String()
	case OpRoute:
		return o.Route.String()
	case OpSet:
		return o.Target.String() + " = " + o.X.String()
	case OpJumpUnless, OpLoopUnless:
		return fmt.Sprintf("%s -> %d", o.X, o.To)
	case OpJump, OpBreak:
		return fmt.Sprintf("-> %d", o.To)
	case OpLoop:
		return fmt.Sprintf("counter %d", o.Loop)
	case OpSwitch:
		return o.X.String() + " " + o.Table.text()
	case OpReturn, OpExit, OpDrop:
		if o.X != nil {
			return o.X.String()
		}
		return ""
	case OpTell:
		return o.Action.Name
	case OpEnd:
		return ""
	}
	return "?"
}

func (t *Table) text() string {
	var parts []string
	for _, n := range slices.Sorted(maps.Keys(t.Numbers)) {
		parts = append(parts, fmt.Sprintf("%d -> %d", n, t.Numbers[n]))
	}
	for _, s := range slices.Sorted(maps.Keys(t.Strings)) {
		parts = append(parts, fmt.Sprintf("%q -> %d", s, t.Strings[s]))
	}
	for _, l := range t.Order {
		if l.Match != nil {
			parts = append(parts, fmt.Sprintf("/%s/ -> %d", l.Match.Re, l.To))
		} else {
			parts = append(parts, fmt.Sprintf("%q -> %d", l.String, l.To))
		}
	}
	parts = append(parts, fmt.Sprintf("else -> %d", t.Default))
	return strings.Join(parts, ", ")
}
