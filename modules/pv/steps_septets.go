// SPDX-License-Identifier: Apache-2.0

package pv

import "encoding/hex"

// encode7bit packs characters of seven bits without gaps, the first in the
// lowest bits (3GPP TS 23.038 6.1.2.1), and prints the octets in hexadecimal.
func encode7bit(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	var bits uint
	held := 0 // bits that wait for an octet
	put := func(octet byte) { b = append(b, digits[octet>>4], digits[octet&15]) }
	for i := range len(s) {
		bits |= uint(s[i]) << held
		if held += 7; held >= 8 {
			put(byte(bits))
			bits >>= 8
			held -= 8
		}
	}
	if held > 0 {
		put(byte(bits))
	}
	return b
}

// decode7bit is the reverse of encode7bit. Seven bits of 0 that fill the last
// octet are no character.
func decode7bit(s string) ([]byte, error) {
	octets, err := hex.DecodeString(s)
	if err != nil {
		return nil, err
	}
	var out []byte
	var bits uint
	held := 0
	for _, o := range octets {
		bits |= uint(o) << held
		for held += 8; held >= 7; held -= 7 {
			out = append(out, byte(bits&0x7f))
			bits >>= 7
		}
	}
	if n := len(out); n > 0 && n%8 == 0 && out[n-1] == 0 {
		out = out[:n-1]
	}
	return out, nil
}
