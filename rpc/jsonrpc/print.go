// SPDX-License-Identifier: Apache-2.0

package jsonrpc

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/core/module"
)

// printer writes JSON in one of two forms: without any space, or pretty as
// Kamailio does it, where members stand on lines of their own behind tabs and
// arrays on the line of their name.
type printer struct {
	b      []byte
	pretty bool
}

// Append appends the JSON of a value: int64, float64, string, *module.Struct,
// module.List, module.Rows or module.Stream; nil is null.
func Append(dst []byte, v any, pretty bool) []byte {
	p := printer{dst, pretty}
	p.value(v, 0)
	return p.b
}

func (p *printer) value(v any, depth int) {
	switch v := v.(type) {
	case int64:
		p.b = strconv.AppendInt(p.b, v, 10)
	case float64:
		p.float(v)
	case string:
		p.text(v)
	case *module.Struct:
		p.object(len(v.Fields), depth, func(i int) (string, any) { return v.Fields[i].Name, v.Fields[i].Value })
	case module.Rows:
		p.array(v.List().Seq(), depth)
	case module.List:
		p.array(v.Seq(), depth)
	case module.Stream:
		p.array(v, depth)
	case raw:
		p.b = append(p.b, v...)
	default:
		p.b = append(p.b, "null"...)
	}
}

// raw is a value that is JSON already.
type raw string

func (p *printer) object(n, depth int, field func(int) (string, any)) {
	p.b = append(p.b, '{')
	for i := range n {
		if i > 0 {
			p.b = append(p.b, ',')
		}
		p.line(depth + 1)
		name, v := field(i)
		p.text(name)
		p.b = append(p.b, ':')
		if p.pretty {
			p.b = append(p.b, '\t')
		}
		p.value(v, depth+1)
	}
	p.line(depth)
	p.b = append(p.b, '}')
}

func (p *printer) line(depth int) {
	if !p.pretty {
		return
	}
	p.b = append(p.b, '\n')
	for range depth {
		p.b = append(p.b, '\t')
	}
}

func (p *printer) array(l module.Stream, depth int) {
	p.b = append(p.b, '[')
	first := true
	for v := range l {
		if !first {
			p.b = append(p.b, ',')
			if p.pretty {
				p.b = append(p.b, ' ')
			}
		}
		first = false
		p.b = module.Room(p.b, module.ValueRoom)
		p.value(v, depth+1)
	}
	p.b = append(p.b, ']')
}

// float writes what C's %.0f, %f or %e would, by size.
func (p *printer) float(v float64) {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		p.b = append(p.b, "null"...)
	case v == math.Trunc(v) && a < 1e15:
		p.b = strconv.AppendFloat(p.b, v, 'f', 0, 64)
	case a < 1e-6 || a > 1e9:
		p.b = strconv.AppendFloat(p.b, v, 'e', 6, 64)
	default:
		p.b = strconv.AppendFloat(p.b, v, 'f', 6, 64)
	}
}

const hex = "0123456789abcdef"

func (p *printer) text(s string) {
	p.b = append(p.b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			p.b = utf8.AppendRune(p.b, r)
			i += n
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			p.b = append(p.b, '\\', c)
		case c == '\b':
			p.b = append(p.b, '\\', 'b')
		case c == '\f':
			p.b = append(p.b, '\\', 'f')
		case c == '\n':
			p.b = append(p.b, '\\', 'n')
		case c == '\r':
			p.b = append(p.b, '\\', 'r')
		case c == '\t':
			p.b = append(p.b, '\\', 't')
		case c < 0x20:
			p.b = append(p.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			p.b = append(p.b, c)
		}
	}
	p.b = append(p.b, '"')
}
