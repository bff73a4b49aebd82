// SPDX-License-Identifier: Apache-2.0

package json

import "strconv"

// Member returns the value of a member of an object, nil where there is none.
func (v *Value) Member(name string) *Value {
	for i := range v.Members {
		if v.Members[i].Name == name {
			return v.Members[i].Value
		}
	}
	return nil
}

// Set gives a member a value; a new one comes last.
func (v *Value) Set(name string, to *Value) {
	for i := range v.Members {
		if v.Members[i].Name == name {
			v.Members[i].Value = to
			return
		}
	}
	v.Members = append(v.Members, Member{name, to})
}

// Style says how documents are written.
type Style struct {
	// Blank is what stands behind a colon and a comma, and inside of braces and
	// brackets that are not empty: nothing, or a blank.
	Blank string
	// EscapeSlash writes a slash with a backslash.
	EscapeSlash bool
	// Number, if set, writes a number.
	Number func(dst []byte, text string) []byte
}

// Append appends the document.
func (v *Value) Append(dst []byte, s *Style) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case False:
		return append(dst, "false"...)
	case True:
		return append(dst, "true"...)
	case Number:
		if s.Number != nil {
			return s.Number(dst, v.Text)
		}
		return append(dst, v.Text...)
	case String:
		return AppendString(dst, v.Text, s.EscapeSlash)
	case Array:
		return s.list(dst, '[', ']', len(v.Items), func(dst []byte, i int) []byte { return v.Items[i].Append(dst, s) })
	}
	return s.list(dst, '{', '}', len(v.Members), func(dst []byte, i int) []byte {
		dst = append(AppendString(dst, v.Members[i].Name, s.EscapeSlash), ':')
		return v.Members[i].Value.Append(append(dst, s.Blank...), s)
	})
}

func (s *Style) list(dst []byte, open, shut byte, n int, one func(dst []byte, i int) []byte) []byte {
	dst = append(dst, open)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(append(dst, s.Blank...), i)
	}
	return append(append(dst, s.Blank...), shut)
}

// AppendString appends a text as a string of JSON.
func AppendString(dst []byte, text string, slash bool) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"', c == '\\', c == '/' && slash:
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c < ' ':
			const digits = "0123456789abcdef"
			dst = append(dst, `\u00`...)
			dst = append(dst, digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// Int returns a number that is written as an integer.
func (v *Value) Int() (int64, bool) {
	if v.Kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}
