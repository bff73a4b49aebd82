// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"math/bits"

	"github.com/kahea-sip/kahea/core/sip"
)

// A branch parameter of ours is
//
//	z9hG4bK SLOT . LABEL CHECK . BRANCH
//
// in small hexadecimal digits: the slot of the transaction in the slot table,
// the label that the slot had for it (8 digits, another one each time that the
// slot is used), a check of both with the layer's secret (8 digits), and the
// index of the branch. A response finds its transaction by the slot alone; the
// label tells whether the transaction is still the same, and the check keeps
// out what was never ours without touching a transaction.

// ID names a transaction as long as the layer lives ($T(id_index),
// $T(id_label)).
type ID struct{ Index, Label uint32 }

const hexDigits = "0123456789abcdef"

func (l *Layer) check(id ID) uint32 {
	return uint32(mix(uint64(id.Index)<<32|uint64(id.Label), l.opt.Secret))
}

// mix is a multiplication with all 128 bits folded together.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xe7037ed1a0b428db)
	return hi ^ lo
}

// appendBranchID appends the branch parameter of a branch.
func (l *Layer) appendBranchID(dst []byte, id ID, branch int) []byte {
	dst = append(dst, sip.MagicCookie...)
	dst = appendHex(dst, id.Index)
	dst = append(dst, '.')
	dst = appendHex8(dst, id.Label)
	dst = appendHex8(dst, l.check(id))
	dst = append(dst, '.')
	return appendHex(dst, uint32(branch))
}

// parseBranchID is the reverse of appendBranchID; ok is false for a branch
// parameter that this layer never made.
func (l *Layer) parseBranchID(s string) (id ID, branch int, ok bool) {
	const cookie = len(sip.MagicCookie)
	if len(s) < cookie+20 || s[:cookie] != sip.MagicCookie {
		return ID{}, 0, false
	}
	index, s, ok := parseHex(s[cookie:], 8)
	if !ok || len(s) < 19 || s[0] != '.' || s[17] != '.' {
		return ID{}, 0, false
	}
	label, rest, ok1 := parseHex(s[1:], 8)
	check, rest, ok2 := parseHex(rest, 8)
	n, rest, ok3 := parseHex(rest[1:], 4)
	id = ID{index, label}
	return id, int(n), ok1 && ok2 && ok3 && rest == "" && check == l.check(id)
}

func appendHex(dst []byte, n uint32) []byte {
	shift := 28
	for shift > 0 && n>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[n>>shift&15])
	}
	return dst
}

func appendHex8(dst []byte, n uint32) []byte {
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[n>>shift&15])
	}
	return dst
}

// parseHex reads up to max digits from the front of s; ok is false when there
// is none.
func parseHex(s string, max int) (n uint32, rest string, ok bool) {
	i := 0
	for ; i < len(s) && i < max; i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint32(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint32(c-'a'+10)
		default:
			return n, s[i:], i > 0
		}
	}
	return n, s[i:], i > 0
}
