// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// Stream says how a stream protocol differs from plain TCP.
type Stream struct {
	// Server and Client secure a connection that was accepted on s, or
	// opened to d; nil leaves it as it is. They may wait for the peer: the
	// connection is closed when it takes too long.
	Server func(c net.Conn, s *Socket) (net.Conn, error)
	Client func(ctx context.Context, c net.Conn, d Destination) (net.Conn, error)
	// Lifetime says how long a connection may stay unused, where it has none of
	// its own (KeepConn); negative is for ever. Nil is TCPOptions.Lifetime.
	Lifetime func() time.Duration
	// Framing makes the framing of a connection; nil is that of SIP over TCP.
	Framing func() Framing
	// Upgraded tells that connections of the protocol come about by
	// Layer.Upgrade alone, as those of WebSocket do: nobody listens for them,
	// and without Client none is opened.
	Upgraded bool
}

// Use makes a stream protocol available, before Listen.
func (l *Layer) Use(p Proto, s Stream) { l.streams.protos[p] = s }

// Framing cuts what a connection receives into messages, and dresses those that
// are sent. Each connection has its own.
type Framing interface {
	// Next looks at buf, the unread bytes of the stream. It may change them.
	// An error closes the connection; Message is then what is left to answer
	// before, nil for nothing.
	Next(buf []byte) (Frame, error)
	// Wrap returns msg as the stream carries it, valid until the next call.
	// It may be msg itself.
	Wrap(msg []byte) []byte
	// Farewell returns what is sent before the connection is closed from here,
	// valid until the next call; nil for nothing. err says why it is closed:
	// what Next has returned, ErrStopped, or nil where somebody wants it.
	Farewell(err error) []byte
}

// Frame is what Framing.Next has found.
type Frame struct {
	// Size is the number of bytes taken; 0 asks for more bytes behind the
	// same ones.
	Size int
	// Message is a whole message, nil when the bytes were none. It lies in
	// the bytes taken, or in memory that is valid until the next call.
	Message []byte
	// Answer is to be sent back as it is, with Size 0 before more bytes come.
	Answer []byte
	// Partial tells that the message that was begun goes on behind the bytes
	// taken: the time that it may take runs.
	Partial bool
}

// sipFraming is SIP over TCP (RFC 3261 18.3, RFC 5626 3.5.1).
type sipFraming struct {
	framer sip.Framer
	noPong bool
	prober Prober // nil for none
	remote netip.AddrPort
	proto  Proto
}

var pong = []byte("\r\n")

// goOn has a client of HTTP send the body that it holds back. A 1xx has no Content-Length (RFC 9110 8.6).
var goOn = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// lineEnd ends a request line of HTTP that is cut off at the limit, so that it can be read, and answered.
const lineEnd = " HTTP/1.1\r\n"

func (f *sipFraming) Next(buf []byte) (Frame, error) {
	if f.prober != nil && len(buf) > 0 && buf[0] < probeByte {
		return f.probe(buf)
	}
	n, kind, err := f.framer.Next(buf)
	switch {
	case err == sip.ErrURITooLong && n > len(lineEnd):
		copy(buf[n-len(lineEnd):n], lineEnd)
		return Frame{Size: n, Message: buf[:n]}, err
	case err != nil && n > 0:
		return Frame{Size: n, Message: buf[:n]}, err
	case err != nil:
		return Frame{}, err
	case kind == sip.FrameMessage:
		return Frame{Size: n, Message: buf[:n]}, nil
	case kind == sip.FramePing && !f.noPong:
		return Frame{Size: n, Answer: pong}, nil
	case kind == sip.FrameIncomplete && f.framer.Continue():
		return Frame{Answer: goOn}, nil
	}
	return Frame{Size: n}, nil
}

func (f *sipFraming) Wrap(msg []byte) []byte { return msg }

func (f *sipFraming) Farewell(error) []byte { return nil }

// newFraming makes the framing of a connection of protocol p with remote.
func (t *streams) newFraming(p Proto, remote netip.AddrPort) Framing {
	if f := t.protos[p].Framing; f != nil {
		return f()
	}
	o := &t.layer.opt.TCP
	return &sipFraming{
		framer: sip.Framer{MaxHeader: t.maxMessage, MaxBody: t.maxMessage, MaxMessage: t.maxMessage, NoContentLength: o.AcceptNoContentLength},
		noPong: o.NoCRLFPing,
		prober: t.layer.prober, remote: remote, proto: p,
	}
}
