// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"

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
		c.errs.AddSpan(span, v.Advice, "%s", v.Message)
		return
	}
	c.errs.AddSpan(span, "", "%s", err)
}

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
		c.errs.AddSpan(s.Span, v.Advice, "%s", v.Message)
		return
	}
	start := p.Pos.After(p.Raw[:1+v.Offset])
	end := min(v.Offset+max(v.Length, 1), len(p.Value))
	c.errs.AddSpan(source.Span{Pos: start, Fin: p.Pos.After(p.Raw[:1+end])}, v.Advice, "%s", v.Message)
}
