// SPDX-License-Identifier: Apache-2.0

// Package sip reads, edits and prints SIP messages (RFC 3261).
//
// # Memory
//
// A [Message] is a view of the buffer that it was parsed from. Every string that it hands out lies in that buffer and dies when the
// buffer is reused or the message is parsed anew: whatever must outlive the message is copied with strings.Clone. Pointers that the
// typed accessors return (*NameAddr, *Via, *CSeq) lie in the Message and live as long; they are read-only.
//
// # Laziness
//
// Parse looks at the first line and finds where headers begin and end. A header is interpreted when first asked for, and what was found
// is kept until the next Parse.
//
// # Edits
//
// Readers always see the message as it arrived. Changes are noted as cuts and insertions (see [Edits]) and applied when the message is
// printed.
package sip
