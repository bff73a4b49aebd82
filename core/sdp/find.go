// SPDX-License-Identifier: Apache-2.0

package sdp

import (
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// mime is the type of a session description.
const mime = "application/sdp"

// Find returns where the description of a message begins and ends in it: its body,
// or the part of a multipart body that is of the type.
func Find(m *sip.Message) (start, end int, ok bool) {
	content, params, _ := strings.Cut(m.Value(sip.HeaderContentType), ";")
	content = strings.TrimSpace(content)
	start, end = m.BodyStart(), len(m.Raw())
	if body := len(m.Body()); body < end-start {
		end = start + body
	}
	switch {
	case start >= end:
		return 0, 0, false
	case sip.EqualFold(content, mime):
		return start, end, true
	case len(content) < 10 || !sip.EqualFold(content[:10], "multipart/"):
		return 0, 0, false
	}
	boundary, _ := sip.Params(params).Lookup("boundary")
	if boundary = sip.Unquote(boundary); boundary == "" {
		return 0, 0, false
	}
	return findPart(m.Raw(), start, end, "--"+boundary)
}

// findPart looks for the part among those between delimiters (RFC 2046 5.1). The
// line end before a delimiter, which the RFC counts to it, is taken for that of the
// last line of the description: so it is with nearly all who send such bodies.
func findPart(raw string, start, end int, delimiter string) (int, int, bool) {
	inside, header, found, content := false, false, false, 0
	for l := range Lines(raw[start:end]) {
		if strings.HasPrefix(l.Text, delimiter) {
			if inside && found && !header {
				return start + content, start + l.Start, true
			}
			inside, header, found = !strings.HasPrefix(l.Text, delimiter+"--"), true, false
			continue
		}
		if !inside || !header {
			continue
		}
		name, value, _ := strings.Cut(l.Text, ":")
		switch {
		case l.Text == "":
			header, content = false, l.End
		case sip.EqualFold(strings.TrimSpace(name), "Content-Type"):
			kind, _, _ := strings.Cut(value, ";")
			found = sip.EqualFold(strings.TrimSpace(kind), mime)
		}
	}
	return 0, 0, false
}
