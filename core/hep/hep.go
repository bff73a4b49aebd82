// SPDX-License-Identifier: Apache-2.0

// Package hep reads and writes packets of HEP, the encapsulation in which SIP
// messages go to a capture server.
//
// The versions are
//
//	1  version, length, family, protocol, ports, addresses
//	2  the same, then seconds, microseconds (low byte first) and capture id
//	3  "HEP3", length, then chunks: vendor, type, length, value
//
// Numbers are in network order but for those of version 2. The rest of a packet of
// version 1 and 2, and the last chunk of version 3, is the message.
package hep

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// Protocols of the Internet header.
const (
	TCP = 6
	UDP = 17
)

// Kind is what a packet carries (chunk 11).
type Kind uint8

// The kinds that are written here.
const (
	SIP Kind = 1
	Log Kind = 100
)

// Packet is a message with where it went.
type Packet struct {
	// Proto is TCP or UDP.
	Proto uint8
	// Src and Dst are of one family.
	Src, Dst netip.AddrPort
	// Time has microseconds; version 1 has none.
	Time time.Time
	// CaptureID is the number of the sender; 16 bits in version 2.
	CaptureID uint32
	// Kind, AuthKey and CorrelationID are of version 3 only; the latter are
	// left out when empty.
	Kind          Kind
	AuthKey       string
	CorrelationID string
	Payload       []byte
}

// Version is the version of a packet.
type Version uint8

// The versions.
const (
	V1 Version = 1 + iota
	V2
	V3
)

// Types of chunks of version 3.
const (
	chunkFamily      = 1
	chunkProto       = 2
	chunkSrc4        = 3
	chunkDst4        = 4
	chunkSrc6        = 5
	chunkDst6        = 6
	chunkSrcPort     = 7
	chunkDstPort     = 8
	chunkSeconds     = 9
	chunkMicros      = 10
	chunkKind        = 11
	chunkCaptureID   = 12
	chunkAuthKey     = 14
	chunkPayload     = 15
	chunkCorrelation = 17
)

// Families of addresses, as Linux numbers them.
const (
	family4 = 2
	family6 = 10
)

var (
	errShort   = errors.New("a HEP packet ends too early")
	errVersion = errors.New("no HEP packet of version 1, 2 or 3")
	errFamily  = errors.New("a HEP packet has no addresses of one family")
	errSize    = errors.New("a HEP packet is too large")
	errTime    = errors.New("a HEP packet has more than a second of microseconds")
)

// Append appends p in a version. Addresses of two families, or a packet that is
// larger than its lengths can tell, are an error.
func Append(b []byte, v Version, p *Packet) ([]byte, error) {
	src, dst := p.Src.Addr().Unmap(), p.Dst.Addr().Unmap()
	if !src.IsValid() || src.Is4() != dst.Is4() {
		return b, errFamily
	}
	switch v {
	case V1, V2:
		return appendOld(b, v, p, src, dst), nil
	case V3:
		return appendChunks(b, p, src, dst)
	}
	return b, errVersion
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return family4
	}
	return family6
}

func appendOld(b []byte, v Version, p *Packet, src, dst netip.Addr) []byte {
	b = append(b, byte(v), byte(8+2*len(src.AsSlice())), family(src), p.Proto)
	b = binary.BigEndian.AppendUint16(b, p.Src.Port())
	b = binary.BigEndian.AppendUint16(b, p.Dst.Port())
	b = append(appendAddr(b, src), dst.AsSlice()...)
	if v == V2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(p.Time.Unix()))
		b = binary.LittleEndian.AppendUint32(b, micros(p.Time))
		b = binary.LittleEndian.AppendUint16(b, uint16(p.CaptureID))
		b = append(b, 0, 0)
	}
	return append(b, p.Payload...)
}

func appendAddr(b []byte, a netip.Addr) []byte { return append(b, a.AsSlice()...) }

func micros(t time.Time) uint32 { return uint32(t.Nanosecond() / 1000) }

func appendChunks(b []byte, p *Packet, src, dst netip.Addr) ([]byte, error) {
	start := len(b)
	b = append(b, "HEP3\x00\x00"...)
	b = append(head(b, chunkFamily, 1), family(src))
	b = append(head(b, chunkProto, 1), p.Proto)
	kind := [2]uint16{chunkSrc4, chunkDst4}
	if src.Is6() {
		kind = [2]uint16{chunkSrc6, chunkDst6}
	}
	b = appendAddr(head(b, kind[0], src.BitLen()/8), src)
	b = appendAddr(head(b, kind[1], dst.BitLen()/8), dst)
	b = binary.BigEndian.AppendUint16(head(b, chunkSrcPort, 2), p.Src.Port())
	b = binary.BigEndian.AppendUint16(head(b, chunkDstPort, 2), p.Dst.Port())
	b = binary.BigEndian.AppendUint32(head(b, chunkSeconds, 4), uint32(p.Time.Unix()))
	b = binary.BigEndian.AppendUint32(head(b, chunkMicros, 4), micros(p.Time))
	b = append(head(b, chunkKind, 1), byte(p.Kind))
	b = binary.BigEndian.AppendUint32(head(b, chunkCaptureID, 4), p.CaptureID)
	if p.CorrelationID != "" {
		b = append(head(b, chunkCorrelation, len(p.CorrelationID)), p.CorrelationID...)
	}
	if p.AuthKey != "" {
		b = append(head(b, chunkAuthKey, len(p.AuthKey)), p.AuthKey...)
	}
	b = append(head(b, chunkPayload, len(p.Payload)), p.Payload...)
	if len(b)-start > 1<<16-1 {
		return b[:start], errSize
	}
	binary.BigEndian.PutUint16(b[start+4:], uint16(len(b)-start))
	return b, nil
}

// head appends the head of a chunk of n bytes.
func head(b []byte, kind uint16, n int) []byte {
	b = append(b, 0, 0) // vendor
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(6+n))
}
