// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/sip"
)

// Bits of rich_redirect.
const (
	richFlags = 1 << iota
	richPath
)

// RedirectHeader is the Contact field of a 3xx reply: the target set, of which
// the Request-URI is a part only when it was changed. rich adds the branch
// flags (1) and the path (2). Empty for an empty set.
func RedirectHeader(m *sip.Message, s *State, rich int) string {
	var b []byte
	if s.Target.URI != m.RequestURI && s.Target.URI != "" {
		b = appendContact(b, &s.Target, rich)
	}
	for i := range s.Branches {
		b = appendContact(b, &s.Branches[i], rich)
	}
	if b == nil {
		return ""
	}
	return string(append(b, "\r\n"...))
}

func appendContact(b []byte, t *Target, rich int) []byte {
	if b == nil {
		b = append(b, "Contact: <"...)
	} else {
		b = append(b, ", <"...)
	}
	b = append(b, t.URI...)
	if rich&richPath != 0 && t.Path != "" {
		b = append(b, "?Route="...)
		b = sip.AppendEscapedUser(b, t.Path)
	}
	b = append(b, '>')
	if t.Q != QUnset {
		b = append(b, ";q="...)
		b = appendQ(b, int(t.Q))
	}
	if rich&richFlags != 0 && t.Flags != 0 {
		b = append(b, ";flags="...)
		b = strconv.AppendUint(b, uint64(t.Flags), 10)
	}
	return b
}

// appendQ appends a q value without needless zeros: 0.5, 1, 0.125.
func appendQ(b []byte, q int) []byte {
	b = strconv.AppendInt(b, int64(q/1000), 10)
	if q %= 1000; q == 0 {
		return b
	}
	b = append(b, '.')
	for unit := 100; q > 0; unit /= 10 {
		b = append(b, byte('0'+q/unit))
		q %= unit
	}
	return b
}
