// SPDX-License-Identifier: Apache-2.0

package listen

import "testing"

// FuzzParse: an address that is read can be listened on.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"unix:/a/b", "udp:127.0.0.1:2046", "tcp:2046", "[::1]:1", "unixd:x", "/x", ":", "udp:", "[::1", "h:65536"} {
		f.Add(s, 2049)
	}
	f.Fuzz(func(t *testing.T, s string, port int) {
		a, err := Parse(s, port&0xffff)
		if err != nil {
			return
		}
		switch a.Network {
		case "unix", "unixgram":
			if a.Path == "" {
				t.Errorf("%q has no path", s)
			}
		default:
			if a.Port < 0 || a.Port > 65535 {
				t.Errorf("%q has port %d", s, a.Port)
			}
		}
		_ = a.String()
		a.Dial()
	})
}
