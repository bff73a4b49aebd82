// SPDX-License-Identifier: Apache-2.0

package auth

import "crypto/sha256"

// key is a key of HMAC-SHA256 (RFC 2104), ready to be put in front of a text.
type key struct{ inner, outer [sha256.BlockSize]byte }

func newKey(secret []byte) *key {
	if len(secret) > sha256.BlockSize {
		s := sha256.Sum256(secret)
		secret = s[:]
	}
	k := new(key)
	copy(k.inner[:], secret)
	copy(k.outer[:], secret)
	for i := range k.inner {
		k.inner[i] ^= 0x36
		k.outer[i] ^= 0x5c
	}
	return k
}

// macRoom is the text that sum takes without the heap.
const macRoom = 448

// sum is the HMAC of a text.
//
// Hot path: crypto/hmac has its state on the heap and would need a pool; here
// the text of a nonce and both blocks of the key stay on the stack.
func (k *key) sum(text []byte) [sha256.Size]byte {
	var mem [sha256.BlockSize + macRoom]byte
	inner := sha256.Sum256(append(append(mem[:0], k.inner[:]...), text...))
	var last [sha256.BlockSize + sha256.Size]byte
	copy(last[:], k.outer[:])
	copy(last[sha256.BlockSize:], inner[:])
	return sha256.Sum256(last[:])
}
