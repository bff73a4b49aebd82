// SPDX-License-Identifier: Apache-2.0

package sip

// Reply is a response that the server gives to a request itself.
type Reply struct {
	// Code is the response code, Reason its phrase; "" takes StatusText.
	Code   int
	Reason string
	// ToTag is added to To where the request has no tag; "" adds none (RFC 3261 8.2.6.2).
	ToTag string
	// Headers are complete header fields with their CRLF.
	Headers string
	// Contact is a Contact value; "" prints none.
	Contact string
	// Server is the whole Server header field without line end; "" prints none.
	Server string
	// ContentType and Body; a body without type is printed without Content-Type.
	ContentType, Body string
}

// AppendReply appends a response to request m (RFC 3261 8.2.6).
func AppendReply(dst []byte, m *Message, r *Reply) []byte { return dst }
