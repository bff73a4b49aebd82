// SPDX-License-Identifier: Apache-2.0

package path

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestAppendAlias(t *testing.T) {
	for alias, want := range map[string]string{
		"192.0.2.1~5060~1": "sip:192.0.2.1:5060", "192.0.2.1~5061~2": "sip:192.0.2.1:5061;transport=tcp",
		"[2001:db8::1]~5060~5": "sip:[2001:db8::1]:5060;transport=ws",
		"192.0.2.1~5060":       "", "192.0.2.1~5060~9": "", "192.0.2.1~x~1": "", "host~5060~1": "", "": "", "192.0.2.1~~1": "",
	} {
		uri, ok := appendAlias(nil, alias)
		if ok != (want != "") || ok && string(uri) != want {
			t.Errorf("%q is %q, %v, want %q", alias, uri, ok, want)
		}
	}
}

func FuzzAppendAlias(f *testing.F) {
	f.Add("192.0.2.1~5060~1")
	f.Fuzz(func(t *testing.T, alias string) {
		uri, ok := appendAlias(nil, alias)
		if !ok {
			return
		}
		if u, err := sip.ParseURI(string(uri)); err == nil && strings.Contains(u.Host, "~") {
			t.Errorf("%q is %q", alias, uri)
		}
	})
}
