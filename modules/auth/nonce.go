// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"math/bits"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// A nonce is, in base64:
//
//	kind     1 byte    what it holds: the bits below
//	created  4 bytes   seconds since the epoch
//	id       6 bytes   with kindTracked: its number
//	bound    9 bytes   with kindBound: HMAC over the parts of the request
//	mac     16 bytes   HMAC over all before
//
// The HMACs have one key, so nobody makes a nonce or changes its time. What
// they are over begins with a byte that no other use has. A nonce with a number
// is of this process alone, as the arrays are: the last bytes of its HMAC cover
// a word by chance as well. One whose others are right is of an earlier process
// with the same secret, and stale.
const (
	kindTracked = 1 << iota
	kindBound
)

const (
	macSize, boundSize, idSize = 16, 9, 6
	bootSize                   = 4 // of macSize
	headSize                   = 5
	nonceSize                  = headSize + idSize + boundSize + macSize
	// nonceText is the longest nonce as text.
	nonceText = (nonceSize + 2) / 3 * 4
)

// nonces makes and checks them. It outlives a configuration.
type nonces struct {
	key   *key
	boot  [16]byte
	track tracker
}

func (m *Auth) newNonces() *nonces {
	n := &nonces{}
	random := m.host.Rand()
	for i := 0; i < len(n.boot); i += 8 {
		binary.LittleEndian.PutUint64(n.boot[i:], random.Uint64())
	}
	secret := []byte(m.secret)
	if len(secret) == 0 {
		for range 4 {
			secret = binary.LittleEndian.AppendUint64(secret, random.Uint64())
		}
	}
	n.key = newKey(secret)
	if m.nonceCount != 0 {
		n.track.count = newCounts(order(m.countSize, m.countOrder))
	}
	if m.oneTime != 0 {
		n.track.once = newBits(order(m.onceSize, m.onceOrder))
	}
	return n
}

// maxOrder bounds the arrays.
const maxOrder = 28

// order is the power of two of an array: of its size rounded down, where that is given.
func order(size, order int) int {
	if size > 0 {
		return max(5, bits.Len(uint(size))-1)
	}
	return order
}

// appendNonce appends a nonce for the request of c.
func (m *Auth) appendNonce(dst []byte, c *module.Call) []byte {
	n := m.nonces
	var mem [nonceSize]byte
	b := mem[:headSize]
	binary.BigEndian.PutUint32(b[1:], m.now())
	if n.track.on() {
		b[0] |= kindTracked
		var id [8]byte
		binary.BigEndian.PutUint64(id[:], n.track.add())
		b = append(b, id[8-idSize:]...)
	}
	if checks := m.checks(c); checks != 0 {
		b[0] |= kindBound
		bound := n.bound(b, c, checks)
		b = append(b, bound[:]...)
	}
	mac := n.mac(b)
	b = append(b, mac[:]...)
	return base64.StdEncoding.AppendEncode(dst, b)
}

// use checks the nonce of credentials and counts its use; nc is noCount where
// the credentials have none.
func (m *Auth) use(c *module.Call, text string, nc int64) module.Result {
	n := m.nonces
	var mem [nonceSize + 2]byte // room for what padding stands for
	if len(text) > nonceText {
		return failed
	}
	size, err := base64.StdEncoding.Decode(mem[:], []byte(text))
	if err != nil || size < headSize+macSize {
		return failed
	}
	b := mem[:size]
	body, mac := b[:size-macSize], b[size-macSize:]
	want := n.mac(body)
	const own = macSize - bootSize
	if subtle.ConstantTimeCompare(want[:own], mac[:own]) != 1 || len(body) != bodySize(b[0]) {
		return failed
	}
	if subtle.ConstantTimeCompare(want[own:], mac[own:]) != 1 {
		if b[0]&kindTracked != 0 {
			return stale
		}
		return failed
	}
	if age := int64(m.now()) - int64(binary.BigEndian.Uint32(b[1:])); age > int64(m.expire) || -age > int64(m.drift) {
		return stale
	}
	tracked := b[0]&kindTracked != 0
	switch {
	case n.track.on() && !tracked:
		return stale // made before the arrays were asked for
	case nc == noCount || n.track.count == nil:
		if !n.isBound(body, c, m.checks(c)) {
			return stale
		}
	}
	if !tracked {
		return module.True
	}
	var id [8]byte
	copy(id[8-idSize:], b[headSize:])
	return n.track.use(binary.BigEndian.Uint64(id[:]), nc)
}

// bodySize is the size of a nonce of a kind, without its MAC.
func bodySize(kind byte) int {
	size := headSize
	if kind&kindTracked != 0 {
		size += idSize
	}
	if kind&kindBound != 0 {
		size += boundSize
	}
	return size
}

// mac is the HMAC of a nonce.
func (n *nonces) mac(body []byte) (mac [macSize]byte) {
	var mem [1 + nonceSize + 16]byte
	text := append(append(mem[:0], 'n'), body...)
	sum := n.key.sum(text)
	copy(mac[:], sum[:])
	if body[0]&kindTracked != 0 {
		sum = n.key.sum(append(text, n.boot[:]...))
		copy(mac[macSize-bootSize:], sum[:])
	}
	return mac
}

// Bits of auth_checks_register and its kin.
const (
	checkURI = 1 << iota
	checkCallID
	checkFromTag
	checkSource
)

// checks is what a nonce of this request is bound to.
func (m *Auth) checks(c *module.Call) int {
	if m.checksRegister|m.checksNoDialog|m.checksInDialog == 0 {
		return 0
	}
	switch {
	case c.Msg.Method == sip.MethodRegister:
		return m.checksRegister
	case c.Msg.ToTag() == "":
		return m.checksNoDialog
	}
	return m.checksInDialog
}

// isBound tells whether a nonce was made for a request like this one.
func (n *nonces) isBound(body []byte, c *module.Call, checks int) bool {
	if checks == 0 {
		return true
	}
	if body[0]&kindBound == 0 {
		return false
	}
	at := len(body) - boundSize
	want := n.bound(body[:at], c, checks)
	return subtle.ConstantTimeCompare(want[:], body[at:]) == 1
}

// bound is the HMAC over the parts of the request. Each part has its length in
// front, so that nothing moves from one to the next.
func (n *nonces) bound(head []byte, c *module.Call, checks int) (bound [boundSize]byte) {
	var mem [macRoom]byte
	b := append(append(append(mem[:0], 'b'), head...), byte(checks))
	if checks&checkURI != 0 {
		b = appendPart(b, c.Msg.RequestURI)
	}
	if checks&checkCallID != 0 {
		b = appendPart(b, c.Msg.CallID())
	}
	if checks&checkFromTag != 0 {
		b = appendPart(b, c.Msg.FromTag())
	}
	if checks&checkSource != 0 {
		a := c.Packet.Src.Addr().As16()
		b = append(b, a[:]...)
	}
	sum := n.key.sum(b)
	copy(bound[:], sum[:])
	return bound
}

func appendPart(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...)
}

func (m *Auth) now() uint32 { return uint32(m.host.Clock().Now().Unix()) }
