// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"testing"
)

func TestAppendTag(t *testing.T) {
	m := mustParse(t, invite)
	tag := string(AppendTag(nil, 7, m))
	if len(tag) != 16 || !IsToken(tag) || tag != string(AppendTag(nil, 7, mustParse(t, invite))) {
		t.Errorf("tag %q", tag)
	}
	for name, other := range map[string]string{
		"seed":     string(AppendTag(nil, 8, m)),
		"call-id":  string(AppendTag(nil, 7, mustParse(t, strings.Replace(invite, "Call-ID: 3", "Call-ID: 4", 1)))),
		"from tag": string(AppendTag(nil, 7, mustParse(t, strings.Replace(invite, "tag=9", "tag=8", 1)))),
		"cseq":     string(AppendTag(nil, 7, mustParse(t, strings.Replace(invite, "CSeq: 2", "CSeq: 3", 1)))),
		"branch":   string(AppendTag(nil, 7, mustParse(t, strings.Replace(invite, "z9hG4bK7", "z9hG4bK8", 1)))),
	} {
		if other == tag {
			t.Errorf("another %s gives the same tag", name)
		}
	}
}

// TestSipHash checks the core against the vector of the SipHash paper: key 00..0f, message 00..0e.
func TestSipHash(t *testing.T) {
	const k0, k1 = 0x0706050403020100, 0x0f0e0d0c0b0a0908
	h := sipHash{v0: k0 ^ 0x736f6d6570736575, v1: k1 ^ 0x646f72616e646f6d, v2: k0 ^ 0x6c7967656e657261, v3: k1 ^ 0x7465646279746573}
	for i := range byte(15) {
		h.write(i)
	}
	if got := h.sum(); got != 0xa129ca6149be45e5 {
		t.Errorf("got %x", got)
	}
}

func TestHash64PartsAreSeparate(t *testing.T) {
	if Hash64(1, "ab", "c") == Hash64(1, "a", "bc") {
		t.Error("parts run together")
	}
}
