// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync/atomic"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// framing cuts what a client sends into frames (RFC 6455 5) and those into
// messages of SIP, one in each (RFC 7118 5.1), and dresses what is sent to it.
//
// The reader of the connection calls Next; Wrap and Farewell come from whoever
// sends, one at a time.
type framing struct {
	// max bounds a frame with its header, and the frames of one message
	// together, in bytes.
	max    int
	count  *counters
	client witness

	// These are the reader's.
	header   bytes.Reader
	room     [ws.MaxHeaderSize]byte
	parts    []byte // of a message whose last frame has not come
	pending  ws.OpCode
	together bool // parts are of a message
	empty    int  // frames without data among them
	answer   []byte

	// left tells that a Close was sent: nothing may follow it.
	left atomic.Bool
	// why is what Next has found wrong: the next Close tells it.
	why atomic.Pointer[error]

	out []byte // guarded by the lock of the connection, under which Wrap is called
}

var _ transport.Framing = (*framing)(nil)

// witness is told that a connection is in use.
type witness interface {
	// used tells of a frame that came, or of a message that goes.
	used()
	// ponged tells of a Pong.
	ponged()
}

// fault is why a connection is given up: the status of the Close frame and what
// it says.
type fault struct {
	code   ws.StatusCode
	reason string
}

// Error implements error.
func (f *fault) Error() string { return f.reason }

// The faults of what is no SIP; those of frames that break RFC 6455 itself are
// ws.ProtocolError.
var (
	errTooLarge   = &fault{ws.StatusMessageTooBig, "the message is larger than tcp_rd_buf_size and 64 KiB"}
	errNotUTF8    = &fault{ws.StatusInvalidFramePayloadData, "a text message is not UTF-8"}
	errCutOff     = &fault{ws.StatusInvalidFramePayloadData, "a WebSocket message ends before its SIP message does"}
	errSeveral    = &fault{ws.StatusInvalidFramePayloadData, "a WebSocket message holds more than one SIP message"}
	errNoCode     = &fault{ws.StatusProtocolError, "a Close frame has half a status"}
	errNotMinimal = &fault{ws.StatusProtocolError, "the length of a frame is written longer than needed"} // RFC 6455 5.2
	errEmpty      = &fault{ws.StatusProtocolError, "a message has too many frames without data"}
	errReason     = &fault{ws.StatusInvalidFramePayloadData, "the reason of a Close frame is not UTF-8"}
)

// gone is what the peer's Close says.
type gone struct{ code ws.StatusCode }

// Error implements error.
func (*gone) Error() string { return "the client has closed the connection" }

// Next implements transport.Framing.
func (f *framing) Next(buf []byte) (transport.Frame, error) {
	h, size, err := f.head(buf)
	if err != nil {
		return transport.Frame{}, f.fail(err)
	}
	if size == 0 || len(buf) < size {
		return transport.Frame{}, nil
	}
	payload := buf[size-int(h.Length) : size]
	ws.Cipher(payload, h.Mask, 0)
	f.count.received.Inc()
	f.client.used()
	frame := transport.Frame{Size: size, Partial: f.together}
	switch {
	case h.OpCode == ws.OpClose:
		return frame, f.fail(peerClose(payload))
	case f.left.Load(): // RFC 6455 5.5.1: what comes behind our Close counts for nothing
		return frame, nil
	case h.OpCode == ws.OpPing:
		frame.Answer = f.reply(ws.OpPong, payload)
		return frame, nil
	case h.OpCode == ws.OpPong:
		f.client.ponged()
		return frame, nil
	}
	return f.data(frame, h, payload)
}

// head reads the header of a frame; size is that of the whole frame, 0 while it
// is not known.
func (f *framing) head(buf []byte) (h ws.Header, size int, err error) {
	f.header.Reset(buf)
	h, err = ws.ReadHeaderBuffer(&f.header, f.room[:])
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		return h, 0, nil
	default:
		return h, 0, &fault{ws.StatusProtocolError, err.Error()}
	}
	state := ws.StateServerSide
	if f.together {
		state |= ws.StateFragmented
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return h, 0, err
	}
	length := len(buf) - f.header.Len()
	if length > ws.HeaderSize(h) {
		return h, 0, errNotMinimal
	}
	if room := f.max - length; !f.together && h.Length > int64(room) || f.together && h.OpCode.IsData() && h.Length > int64(room-len(f.parts)) {
		return h, 0, errTooLarge
	}
	return h, length + int(h.Length), nil
}

// partsKeep bounds the memory that a connection keeps from one message for the
// next, in bytes.
const partsKeep = 4 << 10

// emptyMax bounds the frames without data of one message: its size does not.
const emptyMax = 100

// data takes a frame of a message.
func (f *framing) data(frame transport.Frame, h ws.Header, payload []byte) (transport.Frame, error) {
	op, message := h.OpCode, payload
	if f.together || !h.Fin {
		if !f.together {
			f.pending, f.empty = h.OpCode, 0
			if f.parts = f.parts[:0]; cap(f.parts) > partsKeep {
				f.parts = nil
			}
		}
		f.together, frame.Partial = !h.Fin, !h.Fin
		if len(payload) == 0 {
			f.empty++
		}
		if f.empty > emptyMax {
			return frame, f.fail(errEmpty)
		}
		f.parts = append(f.parts, payload...)
		if f.together {
			return frame, nil
		}
		op, message = f.pending, f.parts
	}
	if op == ws.OpText && !utf8.Valid(message) {
		return frame, f.fail(errNotUTF8)
	}
	return f.message(frame, op, message)
}

// message takes a whole message. A keep-alive is answered in its own kind of frame, as Kamailio does; one line end alone is such an
// answer.
func (f *framing) message(frame transport.Frame, op ws.OpCode, text []byte) (transport.Frame, error) {
	rest := bytes.TrimLeft(text, "\r\n")
	if len(rest) == 0 {
		if bytes.Equal(text, crlf2) { // RFC 5626 3.5.1
			frame.Answer = f.reply(op, crlf2[:2])
		}
		return frame, nil
	}
	f.count.sipReceived.Inc()
	frame.Message = text
	framer := sip.Framer{MaxHeader: f.max, MaxBody: f.max}
	n, kind, err := framer.Next(rest)
	switch {
	case err != nil:
		// Without Content-Length the body ends with the WebSocket message; what
		// else is wrong with headers is answered further on.
		return frame, nil
	case kind != sip.FrameMessage:
		f.fail(errCutOff)
		return frame, sip.ErrShort // with which a request is answered
	case another(rest[n:]):
		frame.Message = nil
		return frame, f.fail(errSeveral)
	}
	frame.Message = rest[:n]
	return frame, nil
}

// another tells whether there is a message of SIP behind the first one. Anything else
// is left out, as RFC 3261 18.3 has it for datagrams.
func another(rest []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(rest, "\r\n"), crlf2[:2])
	return bytes.Contains(line, []byte(sip.Version))
}

var crlf2 = []byte("\r\n\r\n")

// fail keeps what the next Close tells.
func (f *framing) fail(err error) error {
	f.why.Store(&err)
	return err
}

// statusOf is what the Close frame says that an error asks for.
func statusOf(err error) (ws.StatusCode, string) {
	switch err := err.(type) {
	case nil:
		return ws.StatusNormalClosure, normalReason
	case *gone:
		if err.code == ws.StatusNormalClosure {
			return err.code, normalReason
		}
		return err.code, ""
	case *fault:
		return err.code, err.reason
	case ws.ProtocolError:
		return ws.StatusProtocolError, string(err)
	}
	if err == transport.ErrStopped {
		return ws.StatusGoingAway, "the server stops"
	}
	return ws.StatusInvalidFramePayloadData, "this is no message of SIP"
}

// peerClose is what a Close frame of the client says.
func peerClose(payload []byte) error {
	if len(payload) == 1 {
		return errNoCode
	}
	if len(payload) == 0 {
		return &gone{}
	}
	code, reason := ws.ParseCloseFrameDataUnsafe(payload)
	switch {
	case !mayBeSent(int(code)):
		return ws.ErrProtocolStatusCodeUnknown
	case !utf8.ValidString(reason):
		return errReason
	}
	return &gone{code}
}

// reply makes a frame that the reader answers with.
func (f *framing) reply(op ws.OpCode, payload []byte) []byte {
	f.count.transmitted.Inc()
	f.answer = appendFrame(f.answer[:0], op, payload)
	return f.answer
}

// Wrap implements transport.Framing. What is not UTF-8 may not go as text.
func (f *framing) Wrap(msg []byte) []byte {
	op := ws.OpText
	if !utf8.Valid(msg) {
		op = ws.OpBinary
	}
	f.count.transmitted.Inc()
	f.count.sipTransmitted.Inc()
	f.client.used()
	if cap(f.out) > partsKeep {
		f.out = nil
	}
	f.out = appendFrame(f.out[:0], op, msg)
	return f.out
}

// Farewell implements transport.Framing.
func (f *framing) Farewell(err error) []byte {
	if f.left.Swap(true) {
		return nil
	}
	if why := f.why.Load(); why != nil {
		err = *why
	}
	switch _, peer := err.(*gone); {
	case peer:
		f.count.remoteClosed.Inc()
	case err == nil || err == transport.ErrStopped:
		f.count.localClosed.Inc()
	default:
		f.count.localClosed.Inc()
		f.count.failed.Inc()
	}
	f.count.transmitted.Inc()
	return closeFrame(statusOf(err))
}

// closeFrame makes a Close frame; without a status where the code is 0.
func closeFrame(code ws.StatusCode, reason string) []byte {
	var body []byte
	if code != 0 {
		body = ws.NewCloseFrameBody(code, reason)
	}
	return appendFrame(nil, ws.OpClose, body)
}

// appendFrame appends a frame of the server's: whole, and without a mask.
func appendFrame(dst []byte, op ws.OpCode, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, payload...)
}
