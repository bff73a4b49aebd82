// SPDX-License-Identifier: Apache-2.0

package check

import (
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/script/expr"
)

// value resolves an expression; nil when there is a mistake in it, which is
// then in the list.
func (c *checker) value(x syntax.Expr) expr.Node {
	switch x := x.(type) {
	case *syntax.Paren:
		return c.value(x.X)
	case *syntax.Number:
		return expr.Number(x.Value)
	case *syntax.String:
		return expr.String(x.Value)
	case *syntax.Ident:
		return expr.String(x.Name)
	case *syntax.IP:
		return expr.String(x.Text)
	case *syntax.PV:
		if r := c.pv(x); r != nil {
			if r.IsNull() {
				return expr.Const{}
			}
			return expr.Var{Ref: r}
		}
		return nil
	case *syntax.Select:
		return c.selectNode(x)
	case *syntax.Keyword:
		return c.keyword(x)
	case *syntax.Call:
		return c.call(x)
	case *syntax.Unary:
		return c.unary(x)
	case *syntax.Binary:
		return c.binary(x)
	case *syntax.Cast:
		return c.cast(x)
	}
	c.errs.AddSpan(valueSpan(x), "", "%s has no meaning here", describe(x))
	return nil
}

func (c *checker) cast(x *syntax.Cast) expr.Node {
	n := c.value(x.X)
	if n == nil {
		return nil
	}
	to := expr.Str
	if x.Type == "int" {
		to = expr.Int
	}
	return expr.NewCast(to, n)
}

func (c *checker) unary(x *syntax.Unary) expr.Node {
	n := c.value(x.X)
	if n == nil {
		return nil
	}
	u, err := expr.Unary(x.Op, n)
	if err != nil {
		c.fail(valueSpan(x.X), err)
		return nil
	}
	return u
}

func (c *checker) binary(x *syntax.Binary) expr.Node {
	if n, ok := c.keywordTest(x); ok {
		return n
	}
	if x.Op == syntax.OpMatch || x.Op == syntax.OpNotMatch {
		return c.match(x)
	}
	a, b := c.value(x.X), c.value(x.Y)
	if a == nil || b == nil {
		return nil
	}
	c.doubtfulCompare(x, a, b)
	n, err := expr.Binary(x.Op, a, b)
	if err != nil {
		c.report(source.Script, valueSpan(x.Y), negationAdvice(x), "%s", err)
		return nil
	}
	return n
}

// negationAdvice is for who writes ! or not in front of a comparison: it
// belongs to the left side alone.
func negationAdvice(x *syntax.Binary) string {
	if u, ok := x.X.(*syntax.Unary); ok && u.Op == syntax.OpNot {
		return "\"!\" and \"not\" bind tighter than " + x.Op.String() + ": write !(… " + x.Op.String() + " …)"
	}
	return ""
}

func (c *checker) match(x *syntax.Binary) expr.Node {
	a, b := c.value(x.X), c.value(x.Y)
	if a == nil || b == nil {
		return nil
	}
	if a.Type() == expr.Int {
		if _, ok := expr.IsConst(a); ok {
			c.errs.AddSpan(valueSpan(x.X), "", "expected a string on the left of %s, found the number %s", x.Op, a)
			return nil
		}
	}
	if err := expr.Comparable(a, b); err != nil {
		c.report(source.Script, valueSpan(x.Y), negationAdvice(x), "%s", err)
		return nil
	}
	if expr.IsNull(b) {
		// As in Kamailio, the constant is no expression: null alone matches.
		n := &expr.IsNullTest{X: a}
		if x.Op == syntax.OpMatch {
			n.Want = 1
		}
		return n
	}
	n := &expr.Match{X: a, Negated: x.Op == syntax.OpNotMatch}
	v, ok := expr.IsConst(b)
	if !ok {
		n.By = b
		return n
	}
	if v.Kind == avp.Int {
		c.errs.AddSpan(valueSpan(x.Y), "put it in quotes", "expected a regular expression on the right of %s, found the number %s", x.Op, b)
		return nil
	}
	re, err := ere.Compile(v.Str, ere.IgnoreCase)
	if err != nil {
		c.fail(valueSpan(x.Y), err)
		return nil
	}
	n.Re = re
	return n
}
