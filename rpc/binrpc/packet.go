// SPDX-License-Identifier: Apache-2.0

// Package binrpc reads and writes the binary control protocol that kamcmd
// speaks.
//
// A packet is a header and a body of records, all numbers big-endian:
//
//	octet 0      0xA in the high half, version 1 in the low half
//	octet 1      kind in the high half (0 request, 1 reply, 3 fault); bits
//	             2-3 octets of the length less one; bits 0-1 octets of the
//	             cookie less one
//	length       octets of the body
//	cookie       chosen by the client, repeated in the reply
//
// A record begins with one octet: the type in bits 0-3, in bits 4-6 the number
// of octets that follow. With bit 7 set, bits 4-6 say how many octets hold that
// number. Bit 7 with a number of zero ends a structure or an array.
//
//	0 integer    two's complement in four octets, leading zero octets left out
//	1 string     with a zero octet at its end, which counts
//	2 float      integer of thousandths
//	3 structure  members until its end
//	4 array      values until its end
//	5 name       of a member, a string; the value follows
//	6 bytes      a string without the zero octet
//
// The body of a request is the name of the method and its arguments, that of a
// fault a code and a text.
package binrpc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/kahea-sip/kahea/core/module"
)

// Kind tells what a packet is.
type Kind uint8

// The kinds of packets.
const (
	Request Kind = 0
	Reply   Kind = 1
	Fault   Kind = 3
)

const (
	magic     = 0xA1
	maxHeader = 2 + 4 + 4
	// MaxRequest is the longest body of a request that a server takes, in
	// octets.
	MaxRequest = 64 << 10
	// MaxReply is the longest body of a reply that a client takes, in octets.
	MaxReply = 256 << 20
)

// Errors of packets and records. Their texts are the ones that clients of the
// protocol know.
var (
	ErrMagic    = errors.New("not a binrpc packet")
	ErrTooLong  = errors.New("packet too long")
	ErrCorrupt  = errors.New("corrupted packet")
	ErrEnd      = errors.New("end of packet encountered")
	ErrMismatch = errors.New("record doesn't match type")
)

// Packet is one packet. Its slices are views of what it was read from.
type Packet struct {
	Kind   Kind
	Cookie []byte // one to four octets
	Body   []byte
}

// header is the decoded beginning of a packet.
type header struct {
	kind           Kind
	length, cookie int // octets of the body, of the cookie
	size           int // octets before the cookie
}

// parseHeader decodes the octets before the cookie. ok is false when b is too
// short to tell.
func parseHeader(b []byte) (h header, ok bool, err error) {
	if len(b) >= 1 && b[0] != magic {
		return h, true, ErrMagic
	}
	if len(b) < 2 {
		return h, false, nil
	}
	n := int(b[1]>>2&3) + 1
	h = header{kind: Kind(b[1] >> 4), cookie: int(b[1]&3) + 1, size: 2 + n}
	if len(b) < h.size {
		return h, false, nil
	}
	for _, c := range b[2:h.size] {
		h.length = h.length<<8 | int(c)
	}
	return h, true, nil
}

// Parse decodes the packet that a datagram holds.
func Parse(b []byte) (Packet, error) {
	h, ok, err := parseHeader(b)
	if err != nil {
		return Packet{}, err
	}
	if !ok || len(b) < h.size+h.cookie+h.length {
		return Packet{}, ErrCorrupt
	}
	b = b[h.size:]
	return Packet{Kind: h.kind, Cookie: b[:h.cookie], Body: b[h.cookie : h.cookie+h.length]}, nil
}

// Read reads one packet from a stream; a body longer than limit octets is
// ErrTooLong. The end of the stream before the first octet is io.EOF.
func Read(r *bufio.Reader, limit int) (Packet, error) {
	var b [maxHeader]byte
	for n := 0; ; n++ {
		h, ok, err := parseHeader(b[:n])
		if err != nil {
			return Packet{}, err
		}
		if ok {
			return readRest(r, h, limit)
		}
		if b[n], err = r.ReadByte(); err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Packet{}, err
		}
	}
}

func readRest(r *bufio.Reader, h header, limit int) (Packet, error) {
	if h.length > limit {
		return Packet{}, fmt.Errorf("%w: %d octets, at most %d are taken", ErrTooLong, h.length, limit)
	}
	p := Packet{Kind: h.kind, Cookie: make([]byte, h.cookie)}
	if _, err := io.ReadFull(r, p.Cookie); err != nil {
		return p, unexpected(err)
	}
	body, err := io.ReadAll(io.LimitReader(r, int64(h.length)))
	if err != nil {
		return p, err
	}
	if len(body) < h.length {
		return p, io.ErrUnexpectedEOF
	}
	p.Body = body
	return p, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendPacket appends a packet to dst. The cookie has one to four octets.
func AppendPacket(dst []byte, k Kind, cookie, body []byte) []byte {
	var l [4]byte
	binary.BigEndian.PutUint32(l[:], uint32(len(body)))
	length := l[:]
	for len(length) > 1 && length[0] == 0 {
		length = length[1:]
	}
	dst = append(dst, magic, byte(k)<<4|byte(len(length)-1)<<2|byte(len(cookie)-1))
	dst = append(dst, length...)
	dst = append(dst, cookie...)
	return module.AppendLarge(dst, body)
}
