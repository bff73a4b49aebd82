// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"testing"
)

// FuzzMAC compares with crypto/hmac.
func FuzzMAC(f *testing.F) {
	f.Add([]byte("key"), []byte("text"))
	f.Add(bytes.Repeat([]byte("k"), 65), bytes.Repeat([]byte("t"), macRoom+1))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, secret, text []byte) {
		h := hmac.New(sha256.New, secret)
		h.Write(text)
		if got := newKey(secret).sum(text); !hmac.Equal(got[:], h.Sum(nil)) {
			t.Errorf("key %q, text %q: %x", secret, text, got)
		}
	})
}
