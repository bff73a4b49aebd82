// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// Template is a string with variables, compiled.
type Template struct {
	source string
	text   string // of a template without variables
	parts  []part
}

// part is a text, followed by a variable unless ref is nil.
type part struct {
	text string
	ref  *Ref
}

var _ module.Template = (*Template)(nil)

// Literal makes a template of a text in which nothing is a variable.
func Literal(text string) *Template { return &Template{source: text, text: text} }

// OfRef makes a template of one variable.
func OfRef(r *Ref) *Template { return &Template{source: r.source, parts: []part{{ref: r}}} }

// ParseTemplate compiles a string with variables. The error is an *Error.
func ParseTemplate(t Table, text string) (*Template, error) {
	tpl := &Template{source: text}
	var lit strings.Builder
	for i := 0; i < len(text); {
		j := strings.IndexByte(text[i:], '$')
		if j < 0 {
			lit.WriteString(text[i:])
			break
		}
		lit.WriteString(text[i : i+j])
		i += j
		if strings.HasPrefix(text[i:], "$$") {
			lit.WriteByte('$')
			i += 2
			continue
		}
		ref, n, err := parse(t, text, i)
		if err != nil {
			return nil, err
		}
		tpl.parts = append(tpl.parts, part{lit.String(), ref})
		lit.Reset()
		i += n
	}
	if len(tpl.parts) == 0 {
		tpl.text = lit.String()
	} else if lit.Len() > 0 {
		tpl.parts = append(tpl.parts, part{text: lit.String()})
	}
	return tpl, nil
}

// Const reports whether there are no variables.
func (t *Template) Const() bool { return len(t.parts) == 0 }

// String returns the source text.
func (t *Template) String() string { return t.source }

// Text returns the text of a template without variables: its source with each
// "$$" made one.
func (t *Template) Text() string { return t.text }

// Ref returns the variable of a template that is nothing but one variable.
func (t *Template) Ref() *Ref {
	if len(t.parts) == 1 && t.parts[0].text == "" {
		return t.parts[0].ref
	}
	return nil
}

// Value is Eval, but keeps type and null of a template that is one variable.
func (t *Template) Value(c *module.Call) module.Value {
	if r := t.Ref(); r != nil {
		return r.Value(c)
	}
	return avp.String(t.Eval(c))
}

// Eval returns the text for a message.
func (t *Template) Eval(c *module.Call) string {
	switch len(t.parts) {
	case 0:
		return t.text
	case 1:
		if t.parts[0].text == "" {
			v := t.parts[0].ref.Value(c)
			if v.IsNull() {
				return t.parts[0].ref.nullText()
			}
			return Text(c, v)
		}
	}
	// All variables are asked before the text is put together: they may use
	// the message's scratch themselves.
	var few [8]module.Value
	values := few[:0]
	if len(t.parts) > len(few) {
		values = make([]module.Value, 0, len(t.parts))
	}
	for i := range t.parts {
		if r := t.parts[i].ref; r != nil {
			values = append(values, r.Value(c))
		}
	}
	b := c.Mem.Begin()
	for i := range t.parts {
		b = append(b, t.parts[i].text...)
		if t.parts[i].ref == nil {
			continue
		}
		if v := values[i]; v.IsNull() {
			b = append(b, t.parts[i].ref.nullText()...)
		} else {
			b = AppendText(b, v)
		}
	}
	return c.Mem.Keep(b)
}
