// SPDX-License-Identifier: Apache-2.0

package sanity

import (
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// digestsComplete reports whether all Digest credentials of the given headers
// have what RFC 2617 3.2.2 asks for. Other schemes pass.
func digestsComplete(m *sip.Message, types ...sip.HeaderType) bool {
	for _, t := range types {
		for i := m.First(t); i >= 0; i = m.Next(t, i) {
			if !digestComplete(m.Header(i).Value) {
				return false
			}
		}
	}
	return true
}

// needed are the parameters that each Digest response must have a value for.
var needed = [...]string{"username", "realm", "nonce", "uri", "response"}

// digestComplete checks one header value. Of a parameter that comes twice the
// last one counts.
func digestComplete(credentials string) bool {
	scheme, list, _ := strings.Cut(credentials, " ")
	if !sip.EqualFold(scheme, "Digest") {
		return true
	}
	have := 0 // a bit for each of needed
	for {
		one, rest, ok := sip.NextListValue(list)
		if !ok {
			return have == 1<<len(needed)-1
		}
		list = rest
		name, value, _ := strings.Cut(one, "=")
		name = strings.TrimSpace(name)
		for i, n := range needed {
			if !sip.EqualFold(name, n) {
				continue
			}
			if have &^= 1 << i; sip.Unquote(strings.TrimSpace(value)) != "" {
				have |= 1 << i
			}
		}
	}
}
