// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

// FuzzSave: each REGISTER is answered, and no lookup of what it saved panics.
func FuzzSave(f *testing.F) {
	for _, s := range []string{"Contact: <sip:a@h>;q=0.5;expires=60\nExpires: 3", "Contact: *\nExpires: 0", "Contact: <sip:a@h>, <sip:b@h>;reg-id=1;+sip.instance=\"<urn:x>\"\nSupported: path, gruu, outbound\nPath: <sip:p;lr>",
		"Contact: ", "To: <sip:b@c>\nContact: sip:", "Contact: <sip:a@h>;expires=99999999999\nUser-Agent: x\nPath: <"} {
		f.Add(s)
	}
	h := newHost(f, func(r *Registrar) { r.usePath, r.gruu = 1, 1 }).start(f)
	f.Fuzz(func(t *testing.T, headers string) {
		wire := strings.ReplaceAll(headers, "\n", "\r\n")
		if strings.ContainsAny(headers, "\r") || new(sip.Message).Parse([]byte("REGISTER sip:h SIP/2.0\r\n"+wire+"\r\n\r\n")) != nil {
			return
		}
		if _, reply := h.register(headers+"\n", 0); reply == "" {
			t.Errorf("%q has no answer", headers)
		}
		h.reg.lookup(h.call("INVITE", "sip:bob@example.org", ""), args(2, "location"))
	})
}
