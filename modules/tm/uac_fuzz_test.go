// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/transaction"
)

// FuzzTexts reads what tm reads of scripts and commands: next hops, and the
// header fields of a request of its own.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"tcp:127.0.0.1:5060", "[::1]:5", "udp", ":", "0x03", "From: <sip:a@b>\r\nCSeq: 1 X\r\nRoute: <sip:c>\r\n folded\r\nX: y", "CSeq:", "Max-Forwards: 300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := proxy(s); err == nil {
			if hop := h.(transaction.Hop); hop.Port < 0 || hop.Port > 65535 {
				t.Errorf("%q has port %d", s, hop.Port)
			}
		}
		proxyOrFlags(s)
		var r transaction.LocalRequest
		if _, err := readHeaders(&r, s); err == nil && r.Headers != "" && !strings.HasSuffix(r.Headers, "\r\n") {
			t.Errorf("%q has the headers %q", s, r.Headers)
		}
	})
}
