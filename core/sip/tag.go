// SPDX-License-Identifier: Apache-2.0

package sip

import "math/bits"

// Hash64 is SipHash-2-4 of the parts, each followed by a zero byte, under a key made from seed: without the seed nobody can tell the
// result. It is for tags, branches and anything else that must be the same for every retransmission.
func Hash64(seed uint64, parts ...string) uint64 {
	h := newSipHash(seed)
	for _, s := range parts {
		for i := 0; i < len(s); i++ {
			h.write(s[i])
		}
		h.write(0)
	}
	return h.sum()
}

// sipHash is the state of SipHash-2-4 (Aumasson, Bernstein 2012).
type sipHash struct {
	v0, v1, v2, v3 uint64
	word           uint64
	n              int
}

func newSipHash(seed uint64) sipHash {
	k0, k1 := seed, bits.RotateLeft64(seed*0x9e3779b97f4a7c15, 32)^0xd1b54a32d192ed03
	return sipHash{v0: k0 ^ 0x736f6d6570736575, v1: k1 ^ 0x646f72616e646f6d, v2: k0 ^ 0x6c7967656e657261, v3: k1 ^ 0x7465646279746573}
}

func (h *sipHash) round() {
	h.v0 += h.v1
	h.v1 = bits.RotateLeft64(h.v1, 13) ^ h.v0
	h.v0 = bits.RotateLeft64(h.v0, 32)
	h.v2 += h.v3
	h.v3 = bits.RotateLeft64(h.v3, 16) ^ h.v2
	h.v0 += h.v3
	h.v3 = bits.RotateLeft64(h.v3, 21) ^ h.v0
	h.v2 += h.v1
	h.v1 = bits.RotateLeft64(h.v1, 17) ^ h.v2
	h.v2 = bits.RotateLeft64(h.v2, 32)
}

func (h *sipHash) write(c byte) {
	h.word |= uint64(c) << (8 * (h.n & 7))
	if h.n++; h.n&7 == 0 {
		h.block()
	}
}

func (h *sipHash) block() {
	h.v3 ^= h.word
	h.round()
	h.round()
	h.v0 ^= h.word
	h.word = 0
}

func (h *sipHash) sum() uint64 {
	h.word |= uint64(h.n&255) << 56
	h.block()
	h.v2 ^= 0xff
	h.round()
	h.round()
	h.round()
	h.round()
	return h.v0 ^ h.v1 ^ h.v2 ^ h.v3
}

// AppendTag appends a tag of 16 hexadecimal digits made from a seed (kept secret by the server) and what tells the request from others
// (Call-ID, From tag, CSeq number, topmost branch), so that every retransmission of the request gets the same tag without state (RFC
// 3261 8.2.7, 19.3).
func AppendTag(dst []byte, seed uint64, m *Message) []byte {
	branch := ""
	if v, err := m.Via(0); err == nil {
		branch = v.Branch
	}
	number := ""
	if c, err := m.CSeq(); err == nil {
		number = c.NumberText
	}
	h := Hash64(seed, m.CallID(), m.FromTag(), number, branch)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[h>>shift&15])
	}
	return dst
}
