// SPDX-License-Identifier: Apache-2.0

package corex

import "testing"

// FuzzParseSubdomain: no value of alias_subdomains panics, and a port is one.
func FuzzParseSubdomain(f *testing.F) {
	for _, s := range []string{"udp:sip.example.org:5060", "example.org", ":", "tcp:", "a:b", "a:70000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseSubdomain(s); err == nil && (d.port < 0 || d.port > 65535) {
			t.Errorf("%q has port %d", s, d.port)
		}
	})
}
