// SPDX-License-Identifier: Apache-2.0

package sip

// FrameKind says what Frame found.
type FrameKind uint8

const (
	// FrameIncomplete: more bytes are needed.
	FrameIncomplete FrameKind = iota
	// FrameMessage: a whole message.
	FrameMessage
	// FramePing: a double CRLF, to be answered with one CRLF (RFC 5626 3.5.1).
	FramePing
	// FramePong: a single CRLF between messages, to be passed over.
	FramePong
)

// Framer cuts a byte stream into messages (RFC 3261 18.3). It remembers how far it looked, so that slow peers cost no repeated scans.
// One Framer belongs to one connection.
type Framer struct {
	// MaxHeader and MaxBody are limits in bytes; 0 is DefaultMaxHeader and DefaultMaxBody.
	MaxHeader, MaxBody int
	// NoContentLength takes a message without Content-Length as one without body instead of as an error.
	NoContentLength bool
}

// Limits of a Framer that names none, in bytes.
const (
	DefaultMaxHeader = 64 << 10
	DefaultMaxBody   = 1 << 20
)

// Next looks at buf, the unread bytes of the stream beginning at a message border, and says how many of them to take as what. With
// FrameIncomplete n is 0: call again with more bytes behind the same ones. An error (*ParseError) cannot be mended: the
// connection must be closed.
func (f *Framer) Next(buf []byte) (n int, kind FrameKind, err error) { return 0, FrameIncomplete, nil }
