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
		return module.Transformation{Class: class, Name: name, Doc: doc, TakesNull: true,
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
			s := text(c, v)
			return build(c, func(b []byte) []byte { return appendJSON(b, s) })
		}),
		step("val", "jsonqe", "a string of JSON in quotes", func(c *module.Call, v module.Value) module.Value {
			s := text(c, v)
			return build(c, func(b []byte) []byte { return append(appendJSON(append(b, '"'), s), '"') })
		}),
		step("sql", "val", "a value of SQL: NULL, a number, or a string in quotes", sqlValue("NULL")),
		step("sql", "val.str", "the same with '' for null", sqlValue("''")),
		step("sql", "val.int", "the same with 0 for null", sqlValue("0")),
		webStep("path", "path of a web address", func(path, _ string) string { return path }),
		webStep("querystring", "what follows the question mark of a web address", func(_, query string) string { return query }),
	}
}

func sqlValue(null string) func(c *module.Call, v module.Value) module.Value {
	return func(c *module.Call, v module.Value) module.Value {
		switch s := text(c, v); v.Kind {
		case avp.Null:
			return avp.String(null)
		case avp.Int:
			return avp.String(s)
		default:
			return build(c, func(b []byte) []byte { return append(escapeSQL(append(b, '\''), s), '\'') })
		}
	}
}

// escapeSQL doubles quotes: unlike a backslash before them, as the reference has
// it, that means the same to every database. Backslashes are doubled for those to
// which they mean something.
func escapeSQL(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '\'', '\\':
			b = append(b, s[i])
		case 0:
			b = append(b, '\\', '0')
			continue
		}
		b = append(b, s[i])
	}
	return b
}

func webStep(name, doc string, part func(path, query string) string) module.Transformation {
	return module.Transformation{Class: "url", Name: name, Doc: doc, Run: func(_ *module.Call, v module.Value, _ module.Args) module.Value {
		if v.Kind == avp.Int {
			return v
		}
		path, query, _ := strings.Cut(v.Str, "?")
		return avp.String(part(path, query))
	}}
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
