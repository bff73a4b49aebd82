// SPDX-License-Identifier: Apache-2.0

package presence_mwi

import (
	"strings"
	"testing"
)

var summaries = []struct {
	name, body string
	good       bool
}{
	{"yes", "Messages-Waiting: yes\r\n", true},
	{"no", "Messages-Waiting: no\r\n", true},
	{"capitals", "messages-waiting: YES\r\n", true},
	{"no space", "Messages-Waiting:yes\r\n", true},
	{"spaces", "Messages-Waiting \t:  yes \r\n", true},
	{"account and counts", "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nVoice-Message: 2/8 (0/2)\r\n\r\nTo:\t<a@b>\r\n", true},
	{"nothing", "", false},
	{"no line end", "Messages-Waiting: yes", false},
	{"another value", "Messages-Waiting: maybe\r\n", false},
	{"no value", "Messages-Waiting:\r\n", false},
	{"another name", "Voice-Message: 2/8\r\n", false},
	{"no colon", "Messages-Waiting yes\r\n", false},
	{"control", "Messages-Waiting: yes\r\nX: \x00\r\n", false},
	{"byte", "Messages-Waiting: yes\r\nX: \xe9\r\n", false},
	{"last line without end", "Messages-Waiting: yes\r\nX: y", false},
	{"bare line feed", "Messages-Waiting: yes\nX: y\r\n", false},
}

func TestSummary(t *testing.T) {
	for _, tc := range summaries {
		if err := checkSummary(tc.body); (err == nil) != tc.good {
			t.Errorf("%s: got %v", tc.name, err)
		}
	}
}

func FuzzSummary(f *testing.F) {
	for _, tc := range summaries {
		f.Add(tc.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if checkSummary(body) != nil {
			return
		}
		if !strings.HasSuffix(body, "\r\n") || !strings.EqualFold(body[:16], "Messages-Waiting") {
			t.Errorf("%q is taken", body)
		}
	})
}
