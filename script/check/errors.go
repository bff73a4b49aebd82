// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
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
// is that of the text where it stands as written. Further mistakes in the
// string are looked for behind it.
func (c *checker) failIn(s *syntax.String, err error) {
	text := s.Value
	for range maxInString {
		v, ok := errors.AsType[*variable.Error](err)
		if !ok || len(s.Parts) != 1 || v.Offset > len(text) {
			c.fail(s.Span, err)
			return
		}
		p := s.Parts[0]
		end := min(v.Offset+max(v.Length, 1), len(text))
		span := source.Span{Pos: p.Pos.After(p.Raw[:preproc.RawOffset(p.Raw, v.Offset)]), Fin: p.Pos.After(p.Raw[:preproc.RawOffset(p.Raw, end)])}
		if preproc.Unquote(p.Raw) != s.Value {
			span = s.Span // substitutions have changed it
		}
		c.report(variableRule(v), span, v.Advice, "%s", v.Message)
		if end <= v.Offset {
			return
		}
		text = text[:v.Offset] + strings.Repeat(" ", end-v.Offset) + text[end:]
		c.nameError = false
		if _, err = variable.ParseTemplate(c, text); err == nil || !c.nameError {
			return
		}
	}
}

// maxInString is how many mistakes are told of one string.
const maxInString = 5
