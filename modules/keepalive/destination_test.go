// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestWhole(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "sip:192.0.2.1", "sip.example.org:5070": "sip:sip.example.org:5070", "sips:h": "sips:h", "sip:a@h;transport=tcp": "sip:a@h;transport=tcp",
		"": "", "bad uri": "", "sip:": "", "tel:+1": "", "sip:h\r\nX: y": "", "sip:<h>": "",
	} {
		if got, err := whole(text); got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
	}
}

func FuzzWhole(f *testing.F) {
	f.Add("192.0.2.1:5060")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := whole(text)
		if err != nil {
			return
		}
		if u, err := sip.ParseURI(got); err != nil || u.Host == "" || strings.ContainsAny(got, "\r\n ") {
			t.Errorf("%q is %q", text, got)
		}
	})
}
