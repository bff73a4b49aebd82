// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"strings"
	"testing"
)

// TestProbe: a tag comes back as it went, and none that was changed does.
func TestProbe(t *testing.T) {
	p := NewProbes()
	want := Probe{"uloc-65a1-1f-3", 0xdeadbeef, 1700000000123456}
	text := string(p.Append(nil, want))
	if got, ok := p.Read(text); !ok || got != want {
		t.Errorf("%q is %v, %v", text, got, ok)
	}
	for i := range text {
		changed := text[:i] + string(text[i]^1) + text[i+1:]
		if got, ok := p.Read(changed); ok && !strings.EqualFold(changed, text) {
			t.Errorf("%q is %v", changed, got)
		}
	}
	if got, ok := NewProbes().Read(text); ok {
		t.Errorf("the tag of another process is %v", got)
	}
	for _, text := range []string{"", "-", "---", "uloc-", "uloc-1", "x-1-2-3"} {
		if _, ok := p.Read(text); ok {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzProbe: no From tag panics or is taken.
func FuzzProbe(f *testing.F) {
	f.Add("uloc-65a1-1f-3-deadbeef-18bcfe56800-1")
	p := NewProbes()
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := p.Read(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	})
}
