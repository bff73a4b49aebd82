// SPDX-License-Identifier: Apache-2.0

package check

import (
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/script/expr"
)

// selval resolves selval(condition, then, else), whose value is one of the
// last two.
func (c *checker) selval(x *syntax.Call) expr.Node {
	if len(x.Args) != 3 {
		c.errs.AddSpan(x.Name.Span, "write selval(condition, then, else)", "selval takes 3 arguments, found %d", len(x.Args))
		return nil
	}
	n := &expr.Choose{Cond: c.condition(x.Args[0]), Then: c.value(x.Args[1]), Else: c.value(x.Args[2])}
	if n.Cond == nil || n.Then == nil || n.Else == nil {
		return nil
	}
	return n
}
