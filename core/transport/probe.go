// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Prober answers the messages of STUN that clients send to the sockets of SIP: to
// learn their address, and to keep a flow open (RFC 5626 4.4.2). The first byte of
// one is below 4, which that of a message of SIP never is (RFC 7983).
type Prober interface {
	// Probe appends the answer to data, which came from src, to dst; nothing
	// where there is none. It keeps neither.
	Probe(dst, data []byte, src netip.AddrPort, p Proto) []byte
}

// SetProber sets the prober. It is for the start, before the first message.
func (l *Layer) SetProber(p Prober) { l.prober = p }

const (
	probeByte   = 4  // a first byte below it makes a probe
	probeHeader = 20 // bytes
	// maxProbe is the greatest message of STUN that a connection takes.
	maxProbe    = 1024
	probeCookie = 0x2112A442
)

var errProbe = errors.New("what begins as a message of STUN is none")

// probes tells whether the prober takes the bytes. Hot path: without a prober it
// is a comparison.
func (l *Layer) probes(data []byte) bool {
	return l.prober != nil && len(data) > 0 && data[0] < probeByte
}

// probe answers a datagram. scratch is the reader's, for the answer.
func (l *Layer) probe(s *Socket, src netip.AddrPort, data []byte, scratch *[]byte) {
	*scratch = l.prober.Probe((*scratch)[:0], data, src, s.Proto)
	if len(*scratch) > 0 && s.packets.send(*scratch, src) != nil {
		l.count.sendErrors.Inc()
	}
}

// probe takes a message of STUN between those of SIP.
func (f *sipFraming) probe(buf []byte) (Frame, error) {
	if len(buf) < probeHeader {
		return Frame{}, nil
	}
	size := probeHeader + int(binary.BigEndian.Uint16(buf[2:]))
	if size > maxProbe || binary.BigEndian.Uint32(buf[4:]) != probeCookie {
		return Frame{}, errProbe
	}
	if len(buf) < size {
		return Frame{}, nil
	}
	return Frame{Size: size, Answer: f.prober.Probe(nil, buf[:size], f.remote, f.proto)}, nil
}
