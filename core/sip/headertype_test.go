// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"testing"
)

func TestParseHeaderType(t *testing.T) {
	for h := HeaderOther + 1; h < HeaderCount; h++ {
		name := h.String()
		if name == "" {
			t.Fatalf("type %d has no name", h)
		}
		for _, s := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			if got := ParseHeaderType(s); got != h {
				t.Errorf("%q is %v", s, got)
			}
		}
		if got := ParseHeaderType(name + "x"); got != HeaderOther {
			t.Errorf("%q is %v", name+"x", got)
		}
	}
	compact := map[string]HeaderType{"v": HeaderVia, "F": HeaderFrom, "t": HeaderTo, "i": HeaderCallID, "m": HeaderContact, "l": HeaderContentLength,
		"c": HeaderContentType, "k": HeaderSupported, "o": HeaderEvent, "u": HeaderAllowEvents, "r": HeaderReferTo, "b": HeaderReferredBy,
		"s": HeaderSubject, "x": HeaderSessionExpires, "y": HeaderIdentity, "e": HeaderContentEncoding, "a": HeaderAcceptContact,
		"j": HeaderRejectContact, "d": HeaderRequestDisposition, "n": HeaderIdentityInfo}
	for s, want := range compact {
		if got := ParseHeaderType(s); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"", "z", "1", "@", "\xff", "X-Custom", "Vi", "Froms"} {
		if got := ParseHeaderType(s); got != HeaderOther {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestHeaderChainsAreShort(t *testing.T) {
	for h := HeaderOther + 1; h < HeaderCount; h++ {
		n := 0
		for x := headerIndex.slots[hashName(headerNames[h])]; x != HeaderOther; x = headerIndex.chain[x] {
			n++
		}
		if n > 4 {
			t.Errorf("%v shares its hash with %d others", h, n-1)
		}
	}
}
