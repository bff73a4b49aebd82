// SPDX-License-Identifier: Apache-2.0

package stun

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// A message has a header of 20 bytes (type, length, magic cookie, transaction ID),
// and attributes that are filled up to a multiple of four (RFC 5389 6, 15). One
// without the cookie is of RFC 3489: its whole ID has 16 bytes, and it knows only
// MAPPED-ADDRESS.

const (
	headerSize    = 20
	cookie        = 0x2112A442
	fingerprintOf = 0x5354554e // what the CRC is mixed with

	bindingRequest    = 0x0001
	bindingIndication = 0x0011
	bindingSuccess    = 0x0101
	bindingError      = 0x0111
)

// The attributes. A client may ignore those from 0x8000 on.
const (
	mappedAddress     = 0x0001
	responseAddress   = 0x0002
	changeRequest     = 0x0003
	sourceAddress     = 0x0004
	changedAddress    = 0x0005
	username          = 0x0006
	messageIntegrity  = 0x0008
	errorCode         = 0x0009
	unknownAttributes = 0x000A
	reflectedFrom     = 0x000B
	realm             = 0x0014
	nonce             = 0x0015
	xorMappedAddress  = 0x0020
	optional          = 0x8000
	software          = 0x8022
	fingerprint       = 0x8028
)

// kind is what a packet is.
type kind int

const (
	isNothing kind = iota
	isRequest
	isIndication
)

// maxUnknown bounds the attributes that an error names: more than a client sends.
const maxUnknown = 8

// request is a packet as far as it is looked at.
type request struct {
	id            [16]byte // cookie and transaction ID
	classic       bool     // of RFC 3489
	fingerprinted bool
	unknown       int // how many of unknowns are set
	unknowns      [maxUnknown]uint16
}

// parse reads a packet; what is broken in any way is nothing (RFC 5389 7.3).
func (r *request) parse(data []byte) kind {
	if len(data) < headerSize || len(data)%4 != 0 || int(binary.BigEndian.Uint16(data[2:])) != len(data)-headerSize {
		return isNothing
	}
	copy(r.id[:], data[4:])
	r.classic = binary.BigEndian.Uint32(data[4:]) != cookie
	for at := headerSize; at < len(data); {
		typ, size := binary.BigEndian.Uint16(data[at:]), int(binary.BigEndian.Uint16(data[at+2:]))
		end := at + 4 + (size+3)&^3
		if end > len(data) || r.fingerprinted {
			return isNothing // cut short, or behind what must be the last
		}
		switch {
		case typ == fingerprint && !r.classic:
			if size != 4 || binary.BigEndian.Uint32(data[at+4:]) != checksum(data[:at]) {
				return isNothing
			}
			r.fingerprinted = true
		case !known(typ) && r.unknown < maxUnknown:
			r.unknowns[r.unknown] = typ
			r.unknown++
		}
		at = end
	}
	switch binary.BigEndian.Uint16(data) {
	case bindingRequest:
		return isRequest
	case bindingIndication:
		return isIndication
	}
	return isNothing
}

// known tells whether a request with this attribute can be answered. There are no
// passwords: those of authentication are passed over. So is what asks for an answer
// from or to another address (RFC 3489 11.2): the server has no other, an answer to
// whom the client names would be an attack, and the client still wants to know its own.
func known(typ uint16) bool {
	switch typ {
	case mappedAddress, responseAddress, changeRequest, sourceAddress, changedAddress, reflectedFrom, username, messageIntegrity, errorCode, unknownAttributes, realm, nonce, xorMappedAddress:
		return true
	}
	return typ >= optional
}

func checksum(message []byte) uint32 { return crc32.ChecksumIEEE(message) ^ fingerprintOf }

// appendSuccess appends the answer with the address that the request came from.
func (r *request) appendSuccess(dst []byte, src netip.AddrPort, product string) []byte {
	start := len(dst)
	dst = r.appendHeader(dst, bindingSuccess)
	addr := src.Addr().Unmap()
	ip16, family := addr.As16(), byte(2)
	ip := ip16[:]
	if addr.Is4() {
		ip, family = ip16[12:], 1 // an IPv4 address in IPv6 has it at the end
	}
	typ, port := uint16(xorMappedAddress), src.Port()
	if r.classic {
		typ = mappedAddress
	} else {
		port ^= cookie >> 16
		for i := range ip {
			ip[i] ^= r.id[i]
		}
	}
	dst = binary.BigEndian.AppendUint16(dst, typ)
	dst = binary.BigEndian.AppendUint16(dst, uint16(4+len(ip)))
	dst = append(dst, 0, family)
	dst = binary.BigEndian.AppendUint16(dst, port)
	return r.finish(append(dst, ip...), start, product)
}

// appendError appends the answer that names the attributes that are not known
// (RFC 5389 7.3.1).
func (r *request) appendError(dst []byte, product string) []byte {
	const reason = "Unknown Attribute"
	start := len(dst)
	dst = r.appendHeader(dst, bindingError)
	dst = binary.BigEndian.AppendUint16(dst, errorCode)
	dst = binary.BigEndian.AppendUint16(dst, 4+uint16(len(reason)))
	dst = fill(append(append(dst, 0, 0, 4, 20), reason...), start)
	dst = binary.BigEndian.AppendUint16(dst, unknownAttributes)
	dst = binary.BigEndian.AppendUint16(dst, uint16(2*r.unknown))
	for _, typ := range r.unknowns[:r.unknown] {
		dst = binary.BigEndian.AppendUint16(dst, typ)
	}
	return r.finish(fill(dst, start), start, product)
}

func (r *request) appendHeader(dst []byte, typ uint16) []byte {
	dst = binary.BigEndian.AppendUint16(dst, typ)
	return append(append(dst, 0, 0), r.id[:]...)
}

// fill fills up to a multiple of four bytes.
func fill(dst []byte, start int) []byte {
	for (len(dst)-start)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// maxSoftware bounds what an answer says of this server, in bytes: an answer shall
// not be much larger than its request.
const maxSoftware = 64

// finish appends what made the message that begins at start, writes its length, and
// its fingerprint where the request has one: the length counts that already.
func (r *request) finish(dst []byte, start int, product string) []byte {
	if product != "" && !r.classic {
		dst = binary.BigEndian.AppendUint16(dst, software)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(product)))
		dst = fill(append(dst, product...), start)
	}
	size := len(dst) - start - headerSize
	if r.fingerprinted {
		size += 8
	}
	binary.BigEndian.PutUint16(dst[start+2:], uint16(size))
	if !r.fingerprinted {
		return dst
	}
	sum := checksum(dst[start:])
	dst = binary.BigEndian.AppendUint16(dst, fingerprint)
	dst = binary.BigEndian.AppendUint16(dst, 4)
	return binary.BigEndian.AppendUint32(dst, sum)
}
