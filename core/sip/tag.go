// SPDX-License-Identifier: Apache-2.0

package sip

// AppendTag appends a tag made from a seed (kept secret by the server) and a request's identifying parts, so that every retransmission
// of the request gets the same tag without state (RFC 3261 8.2.7, 19.3).
func AppendTag(dst []byte, seed uint64, m *Message) []byte { return dst }
