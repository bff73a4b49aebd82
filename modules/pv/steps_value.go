// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// valueSteps are {val.…}, {sql.…} and {url.…}: they see a null value.
func valueSteps() []module.Transformation {
	step := func(class, name, doc string, f func(c *module.Call, v module.Value) module.Value) module.Transformation {
		return module.Transformation{Class: class, Name: name, Doc: doc,
			Run: func(c *module.Call, v module.Value, _ module.Args) module.Value { return f(c, v) }}
	}
	return []module.Transformation{
		step("val", "n0", "0 for null", func(_ *module.Call, v module.Value) module.Value {
			if v.IsNull() {
				return number(0)
			}
			return v
		}),
		step("val", "ne", "the empty string for null", func(_ *module.Call, v module.Value) module.Value {
			if v.IsNull() {
				return avp.String("")
			}
			return v
		}),
		step("val", "json", "escaped for a string of JSON", func(c *module.Call, v module.Value) module.Value {
			return build(c, func(b []byte) []byte { return appendJSON(b, v.Str) })
		}),
		step("val", "jsonqe", "a string of JSON in quotes", func(c *module.Call, v module.Value) module.Value {
			s := text(c, v)
			return build(c, func(b []byte) []byte { return append(appendJSON(append(b, '"'), s), '"') })
		}),
		step("sql", "val", "a value of SQL: NULL, a number, or a string in quotes", func(c *module.Call, v module.Value) module.Value {
			if v.Kind == avp.Int {
				return v
			}
			return sqlString(c, v)
		}),
		step("sql", "val.str", "a string of SQL in quotes, NULL for null", sqlString),
		step("sql", "val.int", "a number of SQL, 0 for what is none", func(_ *module.Call, v module.Value) module.Value {
			n, _ := v.Number()
			return avp.Number(n)
		}),
		onText("url", "path", "path of a web address", nil, func(_ *module.Call, s string, _ module.Args) module.Value {
			path, _, _ := strings.Cut(s, "?")
			return avp.String(path)
		}),
		onText("url", "querystring", "what follows the question mark of a web address", nil, func(_ *module.Call, s string, _ module.Args) module.Value {
			_, query, _ := strings.Cut(s, "?")
			return avp.String(query)
		}),
	}
}

func sqlString(c *module.Call, v module.Value) module.Value {
	if v.IsNull() {
		return avp.String("NULL")
	}
	s := text(c, v)
	return build(c, func(b []byte) []byte { return append(escapeCommon(append(b, '\''), s), '\'') })
}

// appendJSON escapes a text for a string of JSON (RFC 8259 7).
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}
