// SPDX-License-Identifier: Apache-2.0

package sst

import (
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func message(t testing.TB, headers string) *sip.Message {
	m := new(sip.Message)
	if err := m.Parse([]byte("INVITE sip:a SIP/2.0\r\n" + headers + "\r\n")); err != nil && t != nil {
		t.Fatal(err)
	}
	return m
}

func TestRead(t *testing.T) {
	for headers, want := range map[string]timers{
		"": {},
		"Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n": {1800, 90},
		"x: 60 ; refresher=uas\r\n":                             {expires: 60},
		"Min-SE: 90;lr\r\n":                                     {min: 90},
	} {
		if got, err := read(message(t, headers)); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", headers, got, err, want)
		}
	}
	for _, bad := range []string{"Session-Expires: soon", "Session-Expires: -1", "Session-Expires: 0", "Session-Expires:", "Min-SE: 4294967296", "Min-SE: 1.5"} {
		if got, err := read(message(t, bad+"\r\n")); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestBelow(t *testing.T) {
	for x, want := range map[timers]bool{{}: false, {expires: 89}: true, {expires: 90}: false, {min: 89}: true, {90, 89}: true, {89, 90}: true, {90, 90}: false} {
		if got := x.below(90); got != want {
			t.Errorf("%+v: %v, want %v", x, got, want)
		}
	}
}

func TestSupports(t *testing.T) {
	for headers, want := range map[string]bool{"": false, "Supported: 100rel\r\n": false, "k: 100rel , TIMER\r\n": true, "Supported: 100rel\r\nSupported: timer\r\n": true, "Supported: timers\r\n": false} {
		if got := supports(message(t, headers)); got != want {
			t.Errorf("%q: %v, want %v", headers, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("1800;refresher=uac", "90", "timer")
	f.Add("", " ;", ",,\"")
	f.Fuzz(func(t *testing.T, expires, least, supported string) {
		m := message(nil, "Session-Expires: "+expires+"\r\nMin-SE: "+least+"\r\nSupported: "+supported+"\r\n")
		if x, err := read(m); err == nil && (x.expires < 0 || x.min < 0) {
			t.Fatalf("%q, %q: %+v", expires, least, x)
		}
		supports(m)
	})
}
