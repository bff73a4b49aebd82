// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/bencode"
)

// appendJSON appends a value as JSON: on one line with depth -1, else as Kamailio lays it out, with a line for each member of an object,
// indented by depth tabs and one more. Bytes that are no UTF-8 are left as they are: it is the relay's text.
func appendJSON(dst []byte, v *bencode.Value, depth int) []byte {
	within := depth
	if depth >= 0 {
		within++
	}
	switch v.Kind {
	case bencode.Text:
		return appendString(dst, v.Str)
	case bencode.Int:
		return strconv.AppendInt(dst, v.Int, 10)
	case bencode.List:
		dst = append(dst, '[')
		for i := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
				if depth >= 0 {
					dst = append(dst, ' ')
				}
			}
			dst = appendJSON(dst, &v.Items[i], within)
		}
		return append(dst, ']')
	case bencode.Dict:
		dst = append(dst, '{')
		for i := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(newLine(dst, within), v.Keys[i]), ':')
			if depth >= 0 {
				dst = append(dst, '\t')
			}
			dst = appendJSON(dst, &v.Items[i], within)
		}
		return append(newLine(dst, depth), '}')
	}
	return append(dst, "null"...)
}

// newLine begins a line, where there are lines.
func newLine(dst []byte, depth int) []byte {
	if depth < 0 {
		return dst
	}
	dst = append(dst, '\n')
	for range depth {
		dst = append(dst, '\t')
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
