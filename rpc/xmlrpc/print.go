// SPDX-License-Identifier: Apache-2.0

package xmlrpc

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
)

const head = "<?xml version=\"1.0\"?>\n<methodResponse>\n"

// Printer prints answers.
type Printer struct {
	// EscapeCR writes a carriage return as &#xD;, without which it would be taken for part of a line end.
	EscapeCR bool
}

// Reply prints what a command answered.
func (p Printer) Reply(r rpc.Reply) []byte {
	b := append([]byte(head), "<params>\n<param>\n"...)
	if len(r.Values) == 1 && !r.Array {
		b = append(p.value(append(b, "<value>"...), r.Values[0]), "\n</value>\n"...)
	} else {
		b = append(b, "<value><array><data>\n"...)
		for _, v := range r.Values {
			b = append(p.value(append(b, "<value>"...), v), "</value>\n"...)
		}
		b = append(b, "</data></array></value>\n"...)
	}
	return append(b, "</param>\n</params>\n</methodResponse>"...)
}

// Fault prints an error.
func (p Printer) Fault(code int, text string) []byte {
	b := append([]byte(head), "<fault>\n<value>\n<struct>\n<member>\n<name>faultCode</name>\n<value><int>"...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, "</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>"...)
	b = p.text(b, text)
	return append(b, "</string></value>\n</member>\n</struct>\n</value>\n</fault>\n</methodResponse>"...)
}

// value prints what stands between the tags of a value.
func (p Printer) value(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "<string></string>"...)
	case int64:
		return append(strconv.AppendInt(append(b, "<int>"...), v, 10), "</int>"...)
	case float64:
		return append(strconv.AppendFloat(append(b, "<double>"...), v, 'f', 6, 64), "</double>"...)
	case string:
		return append(p.text(append(b, "<string>"...), v), "</string>"...)
	case *module.Struct:
		b = append(b, "<struct>"...)
		for _, f := range v.Fields {
			b = append(p.text(append(b, "<member><name>"...), f.Name), "</name><value>"...)
			b = append(p.value(b, f.Value), "</value></member>"...)
		}
		return append(b, "</struct>"...)
	case module.Rows:
		return p.list(b, v.List())
	case module.List:
		return p.list(b, v)
	case module.Stream:
		return p.list(b, v.List())
	}
	return append(b, "<string></string>"...)
}

func (p Printer) list(b []byte, l module.List) []byte {
	b = append(b, "<array><data>"...)
	for _, v := range l {
		b = append(p.value(append(b, "<value>"...), v), "</value>"...)
	}
	return append(b, "</data></array>"...)
}

// text escapes a text. What no document of XML may have, controls besides tab and line ends, becomes a question mark.
func (p Printer) text(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '\r' && p.EscapeCR:
			b = append(b, "&#xD;"...)
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			b = append(b, '?')
		default:
			b = append(b, c)
		}
	}
	return b
}
