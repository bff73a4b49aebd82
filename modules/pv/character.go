// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// characterVariables are characters that are hard to write in a text.
func characterVariables() []module.Variable {
	var list []module.Variable
	for _, c := range [...]struct{ name, text, doc string }{
		{"Eb", "\\", "a backslash"},
		{"En", "\n", "the end of a line, LF"},
		{"Er", "\r", "CR"},
		{"Et", "\t", "a tab"},
		{"Es", " ", "a blank"},
		{"Ec", ",", "a comma"},
		{"Eq", `"`, "a double quote"},
		{"Ek", "'", "a single quote"},
		{"Ei", ":", "a colon"},
		{"Ej", ";", "a semicolon"},
		{"Ev", "`", "a backtick"},
	} {
		v := avp.String(c.text)
		list = append(list, read(c.name, func(*module.Call) module.Value { return v }, c.doc))
	}
	return list
}
