// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Template is a string with variables as an argument of a function.
type Template struct{ T *variable.Template }

// Value implements Node: the value of a lone variable, else the text.
func (t *Template) Value(c *module.Call) module.Value {
	v := t.T.Value(c)
	if v.IsNull() {
		// Quoted, a null variable is its text; Kind tells it from a string.
		v.Str = variable.NullText
	}
	return v
}

// Int implements Node.
func (t *Template) Int(c *module.Call) int64 { return intOf(t.T.Value(c)) }

// Type implements Node.
func (t *Template) Type() Type { return Unknown }

// String implements Node.
func (t *Template) String() string { return strconv.Quote(t.T.String()) }

// AsTemplate makes a template of an expression.
func AsTemplate(n Node) module.Template { return nodeTemplate{n} }

type nodeTemplate struct{ Node }

var _ module.Template = nodeTemplate{}

func (t nodeTemplate) Eval(c *module.Call) string {
	v := textValue(c, t.Node)
	if v.Kind == avp.Null {
		return variable.NullText
	}
	return variable.Text(c, v)
}

func (t nodeTemplate) Const() bool { return false }
