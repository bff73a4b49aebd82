// SPDX-License-Identifier: Apache-2.0

package transport

import "testing"

// FuzzSplitSocketText: no name of a socket makes its reader panic, and its
// port is one.
func FuzzSplitSocketText(f *testing.F) {
	for _, s := range []string{"udp:127.0.0.1:5060", "[::1]:5", "tcp:h", ":", "udp:", "a:b:c", "]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, host, port, ok := splitSocketText(s); ok && (host == "" || port < 0 || port > 65535) {
			t.Errorf("%q is %q %d", s, host, port)
		}
	})
}
