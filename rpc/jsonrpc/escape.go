// SPDX-License-Identifier: Apache-2.0

package jsonrpc

import (
	"encoding/json"
	"fmt"
)

// forgiven is a document with what escaped mends, nil where it is no JSON then.
func forgiven(text []byte) []byte {
	if doc, size := escaped(text); size == len(text) && json.Valid(doc) {
		return doc
	}
	return nil
}

// escaped copies the document at the begin of a text with the control characters
// within its strings escaped, and tells how long it was; 0 where its end is not there.
// RFC 8259 does not allow them as they are, but kamctl sends header fields with
// the ends of their lines (kamctl ping), and Kamailio takes that.
func escaped(text []byte) (doc []byte, size int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			doc = append(doc, c, text[i])
			continue
		case quoted && c < ' ':
			doc = fmt.Appendf(doc, `\u%04x`, c)
			continue
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		doc = append(doc, c)
		if depth <= 0 && !quoted {
			return doc, i + 1
		}
	}
	return doc, 0
}
