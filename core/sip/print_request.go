// SPDX-License-Identifier: Apache-2.0

package sip

// AppendRequest appends request m as it is forwarded (RFC 3261 16.6): own Via on top, received and rport in the one below, Request-URI,
// route set, edits, Content-Length.
func AppendRequest(dst []byte, m *Message, o *Outgoing) []byte { return dst }

// AppendResponse appends response m as it goes upstream (RFC 3261 16.7): without the topmost Via value, edits applied.
func AppendResponse(dst []byte, m *Message, o *Outgoing) []byte { return dst }

// AppendVia appends our own Via header field, line end included.
func AppendVia(dst []byte, o *Outgoing) []byte { return dst }
