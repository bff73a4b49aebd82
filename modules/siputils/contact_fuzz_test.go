// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"encoding/base64"
	"testing"
)

// FuzzDecoded: what contact_param_encode hides is found again, and no URI
// panics.
func FuzzDecoded(f *testing.F) {
	f.Add("sip:a@b;x=c2lw", "x")
	f.Add("sip:a@b", "")
	f.Add("sip:a@b;x==", "x")
	f.Fuzz(func(t *testing.T, uri, name string) {
		decoded(uri, name)
		if uri == "" {
			return
		}
		hidden := "sip:h;x=" + base64.RawURLEncoding.EncodeToString([]byte(uri))
		if got, err := decoded(hidden, "x"); err != nil || got != uri {
			t.Errorf("%q comes back as %q, %v", uri, got, err)
		}
	})
}
