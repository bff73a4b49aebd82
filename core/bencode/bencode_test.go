// SPDX-License-Identifier: Apache-2.0

package bencode

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, k := range []struct {
		text string
		err  error
	}{
		{"4:spam", nil}, {"0:", nil}, {"i0e", nil}, {"i-42e", nil}, {"i9223372036854775807e", nil}, {"le", nil}, {"de", nil},
		{"l4:spami3ee", nil}, {"d3:bar4:spam3:fooi42ee", nil}, {"d1:zi1e1:ai2ee", nil}, {"d1:al1:bd1:ci1eeee", nil}, {"3:\x00\xff\n", nil},
		{"", ErrShort}, {"4:spa", ErrShort}, {"4", ErrShort}, {"i3", ErrShort}, {"i", ErrShort}, {"l", ErrShort}, {"l4:spam", ErrShort}, {"d3:bar", ErrShort}, {"d3:ba", ErrShort},
		{"9223372036854775807:x", ErrShort}, {"l", ErrShort}, {"d", ErrShort},
		{"x", ErrSyntax}, {"ie", ErrSyntax}, {"i-0e", ErrSyntax}, {"i03e", ErrSyntax}, {"i+3e", ErrSyntax}, {"i9223372036854775808e", ErrSyntax}, {"-1:x", ErrSyntax},
		{"04:spam", ErrSyntax}, {"di1ei2ee", ErrSyntax}, {"d1:ae", ErrSyntax}, {"d1:ai1e1:ai2ee", ErrSyntax}, {"i1-2e", ErrSyntax}, {"e", ErrSyntax},
		{"i1ei2e", ErrTrailing}, {"4:spam ", ErrTrailing}, {"de0", ErrTrailing},
		{strings.Repeat("l", MaxDepth+2) + strings.Repeat("e", MaxDepth+2), ErrLimit},
		{"l" + strings.Repeat("0:", MaxValues) + "e", ErrLimit},
		{strings.Repeat("l", MaxDepth+1) + strings.Repeat("e", MaxDepth+1), nil},
	} {
		v, err := Parse(k.text)
		if !errors.Is(err, k.err) {
			t.Errorf("%.60q: %v, want %v", k.text, err, k.err)
		}
		if err == nil && string(v.Append(nil)) != k.text {
			t.Errorf("%.60q comes back as %.60q", k.text, v.Append(nil))
		}
	}
}

func TestGet(t *testing.T) {
	v, err := Parse("d6:result2:ok8:durationi1500e4:tagsl1:aee")
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("result"); got.Kind != Text || got.Str != "ok" {
		t.Errorf("result is %v", got)
	}
	if got := v.Get("duration"); got.Kind != Int || got.Int != 1500 {
		t.Errorf("duration is %v", got)
	}
	if got := v.Get("tags"); got.Kind != List || len(got.Items) != 1 || got.Items[0].Str != "a" {
		t.Errorf("tags are %v", got)
	}
	if got := v.Get("none"); got.Kind != None {
		t.Errorf("none is %v", got)
	}
	text := v.Get("result")
	if got := text.Get("x"); got.Kind != None {
		t.Errorf("a text has %v", got)
	}
}

// TestCut: no beginning of a value is one.
func TestCut(t *testing.T) {
	const whole = "d3:sdp10:v=0\r\no=- \n6:result2:ok6:totalsd3:rtpd7:packetsi12eee4:tagsl1:a1:bee"
	if _, err := Parse(whole); err != nil {
		t.Fatal(err)
	}
	for i := range len(whole) {
		if _, err := Parse(whole[:i]); !errors.Is(err, ErrShort) {
			t.Errorf("%q: %v", whole[:i], err)
		}
	}
}

// FuzzParse: nothing panics, and what is taken is printed as it came.
func FuzzParse(f *testing.F) {
	f.Add("d3:bar4:spam3:fooi42e1:ll1:ai-1eee")
	f.Add("l4:spam")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			if v.Kind != None {
				t.Errorf("%q: %v beside an error", text, v)
			}
			return
		}
		if got := string(v.Append(nil)); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}
