// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"

	"github.com/kahea-sip/kahea/core/transport"
)

// A token is the protocol of a flow, its address here and its address there, with a
// code in front that only we can make (RFC 5626 5.2): 23 bytes, or 47 with IPv6, in
// base64. Whatever has another size is the user part of somebody's URI.

const (
	codeSize = 10   // bytes of the code
	v6       = 0x80 // bit of the byte with the protocol

	sizeV4 = codeSize + 1 + 2*(4+2)
	sizeV6 = codeSize + 1 + 2*(16+2)
)

// flow is one way to a phone.
type flow struct {
	proto       transport.Proto
	local, peer netip.AddrPort
}

// flowOf is the one that a packet came by.
func flowOf(p *transport.Packet) flow {
	f := flow{local: plain(p.Dst), peer: plain(p.Src)}
	if p.Socket != nil {
		f.proto = p.Socket.Proto
	}
	return f
}

func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// appendToken appends the token of a flow.
func (o *Outbound) appendToken(dst []byte, f flow) []byte {
	var b [sizeV6]byte
	raw := append(b[:codeSize], byte(f.proto))
	if !f.local.Addr().Is4() || !f.peer.Addr().Is4() {
		raw[codeSize] |= v6
	}
	for _, a := range [...]netip.AddrPort{f.local, f.peer} {
		if raw[codeSize]&v6 != 0 {
			ip := a.Addr().As16()
			raw = append(raw, ip[:]...)
		} else {
			ip := a.Addr().As4()
			raw = append(raw, ip[:]...)
		}
		raw = binary.BigEndian.AppendUint16(raw, a.Port())
	}
	code := o.code(raw[codeSize:])
	copy(raw, code[:codeSize])
	return base64.StdEncoding.AppendEncode(dst, raw)
}

func (o *Outbound) code(data []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, o.key)
	mac.Write(data)
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return sum
}

// state is what a user part is.
type state uint8

const (
	noToken state = iota
	badToken
	goodToken
)

// open reads a token.
func (o *Outbound) open(user string) (f flow, s state) {
	var b [sizeV6 + 3]byte
	if base64.StdEncoding.DecodedLen(len(user)) > len(b) {
		return f, noToken
	}
	n, err := base64.StdEncoding.Decode(b[:], []byte(user))
	if err != nil || n != sizeV4 && n != sizeV6 {
		return f, noToken
	}
	raw := b[:n]
	if code := o.code(raw[codeSize:]); !hmac.Equal(code[:codeSize], raw[:codeSize]) {
		return f, badToken
	}
	// From here on it is as we have made it.
	f.proto = transport.Proto(raw[codeSize] &^ v6)
	size, rest := (n-codeSize-1)/2-2, raw[codeSize+1:]
	next := func() netip.AddrPort {
		ip, _ := netip.AddrFromSlice(rest[:size])
		port := binary.BigEndian.Uint16(rest[size:])
		rest = rest[size+2:]
		return netip.AddrPortFrom(ip.Unmap(), port)
	}
	f.local = next()
	f.peer = next()
	return f, goodToken
}
