// SPDX-License-Identifier: Apache-2.0

// Package slothash computes the hash that places keys in slots as Kamailio does.
//
// Commands and functions show slots: htable.dump prints its entries by slot,
// core_hash() returns one. The hash is weak and anybody can compute it; nothing is
// stored by it alone.
package slothash

// Sum returns the hash of a and b, as core_hash() has it before it is cut to a
// number of slots: each text is added in words of four bytes, the first byte the
// highest; what is left over makes a shorter word.
func Sum(a, b string) uint32 {
	h := add(0, a)
	if b != "" {
		h = add(h, b)
	}
	return h + h>>11 + h>>13 + h>>23
}

func add(h uint32, s string) uint32 {
	for ; len(s) >= 4; s = s[4:] {
		w := uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
		h += w ^ w>>3
	}
	var w uint32
	for i := 0; i < len(s); i++ {
		w = w<<8 | uint32(s[i])
	}
	return h + (w ^ w>>3)
}
