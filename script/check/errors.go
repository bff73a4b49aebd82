// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/script/variable"
)

// errReported stands for a mistake that is in the list already.
var errReported = errors.New("reported")

// fail notes an error about a stretch of text.
func (c *checker) fail(span source.Span, err error) {
	if errors.Is(err, errReported) {
		return
	}
	var v *variable.Error
	if errors.As(err, &v) && v == err {
		c.report(variableRule(v), span, v.Advice, "%s", v.Message)
		return
	}
	c.report(yetOr(source.Script, err), span, "", "%s", err)
}

// report notes a mistake of a kind.
func (c *checker) report(rule source.Rule, span source.Span, advice, format string, args ...any) {
	c.errs.Add(&source.Error{Pos: span.Pos, End: span.Fin, Rule: rule, Advice: advice, Message: fmt.Sprintf(format, args...)})
}

// variableRule is the kind of a mistake in a variable.
func variableRule(v *variable.Error) source.Rule { return cmp.Or(v.Rule, source.Variable) }

// failIn notes an error inside a quoted string: the place within the string
// is that of the text where it stands as written.
func (c *checker) failIn(s *syntax.String, err error) {
	var v *variable.Error
	if !errors.As(err, &v) || len(s.Parts) != 1 {
		c.fail(s.Span, err)
		return
	}
	p := s.Parts[0]
	// Escapes make the written text longer than its value.
	if len(p.Raw) != len(p.Value)+2 || v.Offset > len(p.Value) {
		c.report(variableRule(v), s.Span, v.Advice, "%s", v.Message)
		return
	}
	start := p.Pos.After(p.Raw[:1+v.Offset])
	end := min(v.Offset+max(v.Length, 1), len(p.Value))
	c.report(variableRule(v), source.Span{Pos: start, Fin: p.Pos.After(p.Raw[:1+end])}, v.Advice, "%s", v.Message)
}
