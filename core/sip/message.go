// SPDX-License-Identifier: Apache-2.0

package sip

import "net/netip"

// MagicCookie begins every branch parameter of RFC 3261 (8.1.1.7).
const MagicCookie = "z9hG4bK"

// Version is the protocol version in first lines and Vias.
const Version = "SIP/2.0"

// Message is one SIP request or response (or an HTTP request, which arrives on the same sockets) as it arrived, with the edits that
// wait to be printed. The zero value is ready for Parse; a Message is meant to be pooled and parsed into again. It belongs to one
// goroutine at a time.
type Message struct {
	// Method is the request's method as a bit; of a response MethodNone (see CSeq for the method it answers).
	Method Method
	// MethodName is the method as written; "" of a response.
	MethodName string
	// RequestURI as written; "" of a response.
	RequestURI string
	// Proto is the version as written: "SIP/2.0".
	Proto string
	// Status is the response code, 100 to 699; 0 of a request.
	Status int
	// Reason is the reason phrase as written; "" of a request.
	Reason string

	// Source is where the message came from. Parse clears it; whoever received the message sets it. It decides over received and rport
	// of the topmost Via (RFC 3261 18.2.1, RFC 3581 4).
	Source netip.AddrPort
	// ForceRport adds received and rport to the topmost Via even when the client did not ask.
	ForceRport bool

	raw   string
	index []headerRef
	first [HeaderCount]uint16 // index of the first header of a type plus one
	line  int                 // end of the first line, line end included
	body  int                 // start of the body

	edits Edits
	cache cache
}

// headerRef is one header of the index; offsets into raw. No pointers, so that the collector passes it over.
type headerRef struct {
	start, end     uint32 // the whole header, line end included
	value, valueTo uint32 // the value, trimmed
	nameLen        uint16
	typ            HeaderType
}

// cache keeps what was interpreted of the current text.
type cache struct{}

// Parse forgets everything and reads buf, which the message views until the next Parse or Reset. It finds the first line and the
// headers in one pass; what headers say is looked at when asked. Line ends may be CRLF or a bare LF. The error is a *ParseError; after
// an error the headers found so far can still be read, so that a response may be built where Via, From, To, CSeq and Call-ID are there.
func (m *Message) Parse(buf []byte) error { return nil }

// Reset forgets the text and everything known of it, keeping memory for the next Parse.
func (m *Message) Reset() {}

// IsRequest says whether the message is a request.
func (m *Message) IsRequest() bool { return m.Method != MethodNone }

// IsHTTP says whether the first line speaks HTTP/1.x.
func (m *Message) IsHTTP() bool { return false }

// Raw is the whole text as it arrived.
func (m *Message) Raw() string { return m.raw }

// FirstLine is the first line without its line end.
func (m *Message) FirstLine() string { return "" }

// FirstLineEnd is the offset of the first header.
func (m *Message) FirstLineEnd() int { return m.line }

// HeadersEnd is the offset of the empty line that ends the headers: where a new last header goes.
func (m *Message) HeadersEnd() int { return 0 }

// Body is what follows the empty line, as far as it arrived.
func (m *Message) Body() string { return "" }

// BodyStart is the offset of the body.
func (m *Message) BodyStart() int { return m.body }

// Offset is where s, a view of this message's text, begins in it; -1 when s is no such view.
func (m *Message) Offset(s string) int { return -1 }

// Apply prints the message with its edits into dst and parses dst[len(dst0):] in place of the old text: afterwards readers see the
// edits. The caller keeps the returned buffer alive instead of the old one. Source and ForceRport are kept; no Via is added or changed.
func (m *Message) Apply(dst []byte) ([]byte, error) { return dst, nil }

// CopyTo parses a private copy of the message's text (appended to buf[:0]) into dst, with its edits, Source and ForceRport. It returns
// the buffer that dst now views.
func (m *Message) CopyTo(dst *Message, buf []byte) []byte { return buf }
