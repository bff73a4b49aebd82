// SPDX-License-Identifier: Apache-2.0

package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Parse reads a packet. Payload is a part of data.
func Parse(data []byte) (Version, Packet, error) {
	switch {
	case len(data) < 6:
		return 0, Packet{}, errShort
	case string(data[:4]) == "HEP3":
		p, err := parseChunks(data)
		return V3, p, err
	case data[0] == byte(V1) || data[0] == byte(V2):
		p, err := parseOld(data)
		return Version(data[0]), p, err
	}
	return 0, Packet{}, errVersion
}

func parseOld(data []byte) (p Packet, err error) {
	size := 4
	switch data[2] {
	case family4:
	case family6:
		size = 16
	default:
		return p, errFamily
	}
	end := 8 + 2*size
	if int(data[1]) != end {
		return p, errShort
	}
	version := Version(data[0])
	if version == V2 {
		end += 12
	}
	if len(data) < end {
		return p, errShort
	}
	p.Kind, p.Proto = SIP, data[3]
	src, _ := netip.AddrFromSlice(data[8 : 8+size])
	dst, _ := netip.AddrFromSlice(data[8+size : 8+2*size])
	p.Src = netip.AddrPortFrom(src.Unmap(), binary.BigEndian.Uint16(data[4:]))
	p.Dst = netip.AddrPortFrom(dst.Unmap(), binary.BigEndian.Uint16(data[6:]))
	if p.Src.Addr().Is4() != p.Dst.Addr().Is4() {
		return p, errFamily
	}
	if version == V2 {
		more := data[8+2*size:]
		if p.Time, err = moment(binary.LittleEndian.Uint32(more), binary.LittleEndian.Uint32(more[4:])); err != nil {
			return p, err
		}
		p.CaptureID = uint32(binary.LittleEndian.Uint16(more[8:]))
	}
	p.Payload = data[end:]
	return p, nil
}

func moment(seconds, micros uint32) (time.Time, error) {
	if micros >= 1e6 {
		return time.Time{}, errTime
	}
	return time.Unix(int64(seconds), int64(micros)*1000), nil
}

// chunks are the values of a packet of version 3 by type; of those that come
// twice the last one.
type chunks [chunkCorrelation + 1][]byte

func parseChunks(data []byte) (p Packet, err error) {
	n := int(binary.BigEndian.Uint16(data[4:]))
	if n < 6 || n > len(data) {
		return p, errShort
	}
	var c chunks
	for rest := data[6:n]; len(rest) > 0; {
		if len(rest) < 6 {
			return p, errShort
		}
		vendor, kind, size := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:]), int(binary.BigEndian.Uint16(rest[4:]))
		if size < 6 || size > len(rest) {
			return p, errShort
		}
		if vendor == 0 && int(kind) < len(c) {
			c[kind] = rest[6:size]
		}
		rest = rest[size:]
	}
	p.Proto, p.Kind = uint8(c.number(chunkProto)), Kind(c.number(chunkKind))
	src, dst := c[chunkSrc4], c[chunkDst4]
	if c.number(chunkFamily) == family6 {
		src, dst = c[chunkSrc6], c[chunkDst6]
	}
	from, ok1 := netip.AddrFromSlice(src)
	to, ok2 := netip.AddrFromSlice(dst)
	from, to = from.Unmap(), to.Unmap()
	if !ok1 || !ok2 || from.Is4() != to.Is4() {
		return p, errFamily
	}
	p.Src = netip.AddrPortFrom(from, uint16(c.number(chunkSrcPort)))
	p.Dst = netip.AddrPortFrom(to, uint16(c.number(chunkDstPort)))
	if p.Time, err = moment(c.number(chunkSeconds), c.number(chunkMicros)); err != nil {
		return p, err
	}
	p.CaptureID = c.number(chunkCaptureID)
	p.AuthKey, p.CorrelationID = string(c[chunkAuthKey]), string(c[chunkCorrelation])
	p.Payload = c[chunkPayload]
	return p, nil
}

// number is a value of at most four bytes; 0 where there is none.
func (c *chunks) number(kind int) (n uint32) {
	for _, b := range c[kind] {
		n = n<<8 | uint32(b)
	}
	return n
}
