// SPDX-License-Identifier: Apache-2.0

package sip

// Side says where among the insertions at one place a new one goes.
type Side uint8

const (
	// After puts it behind everything that was already inserted at this place.
	After Side = iota
	// Before puts it in front of everything that was already inserted at this place.
	Before
)

// Edits is a list of changes of a message's text: cuts and insertions at offsets of the text as it arrived, applied together when the
// message is printed. Text given to insert is copied. The zero value is an empty list.
type Edits struct{ list []edit }

type edit struct{}

// TextFunc appends text that depends on where the message leaves, as Record-Route does. It must not keep o.
type TextFunc func(dst []byte, o *Outgoing) []byte

// EditMark is a state of the edits to which EditReset returns.
type EditMark struct{}

// Edits is the message's list of edits.
func (m *Message) Edits() *Edits { return &m.edits }

// Delete cuts the text from start to end. Text that is already cut stays cut; insertions within are kept.
func (m *Message) Delete(start, end int) {}

// Insert puts text at an offset.
func (m *Message) Insert(at int, side Side, text string) {}

// InsertFunc puts what f appends at an offset; f is asked at each print.
func (m *Message) InsertFunc(at int, side Side, f TextFunc) {}

// Replace cuts the text from start to end and puts text in its place, behind what was already put there: two replacements of the same
// range print both texts, as Kamailio does.
func (m *Message) Replace(start, end int, text string) {}

// DeleteHeader cuts the i-th header field.
func (m *Message) DeleteHeader(i int) {}

// AppendHeader inserts text (a complete header field with its CRLF) behind the last header field.
func (m *Message) AppendHeader(text string) {}

// PrependHeader inserts text (a complete header field with its CRLF) in front of the first header field.
func (m *Message) PrependHeader(text string) {}

// DeleteListValue cuts value, a view as handed out by the accessors of header i, out of a comma-separated list together with a comma;
// the whole header field when it is the only value.
func (m *Message) DeleteListValue(i int, value string) {}

// SetBody replaces the whole body.
func (m *Message) SetBody(body string) {}

// SetStatus changes code and reason of a response when printed.
func (m *Message) SetStatus(code int, reason string) {}

// Deleted says whether any part of start to end is cut.
func (m *Message) Deleted(start, end int) bool { return false }

// EditMark remembers the current edits.
func (m *Message) EditMark() EditMark { return EditMark{} }

// EditReset takes back all edits made after the mark.
func (m *Message) EditReset(mark EditMark) {}

// CloneEdits copies the message's edits into dst, reusing its memory, for a branch that is printed on its own.
func (m *Message) CloneEdits(dst *Edits) {}

// Edited says whether there is any edit.
func (m *Message) Edited() bool { return false }
