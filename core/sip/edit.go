// SPDX-License-Identifier: Apache-2.0

package sip

import "strings"

// Side says where among the insertions at one place a new one goes.
type Side uint8

const (
	// After puts it behind everything that was already inserted at this place.
	After Side = iota
	// Before puts it in front of everything that was already inserted at this place.
	Before
)

// TextFunc appends text that depends on where the message leaves, as Record-Route does. It must not keep o.
type TextFunc func(dst []byte, o *Outgoing) []byte

// Edits is a list of changes of a message's text: cuts and insertions at offsets of the text as it arrived, applied together when the
// message is printed. Text given to insert is copied. The zero value is an empty list. It belongs to one goroutine at a time.
type Edits struct {
	list  []edit
	order []uint16 // indices of list in the order of printing
	text  []byte   // the inserted texts
}

// maxEdits is far above what any script does to one message; what is over it is not applied.
const maxEdits = 1<<16 - 1

type edit struct {
	at, to       uint32 // of a cut the range, of an insertion at == to
	text, textTo uint32 // in Edits.text
	f            TextFunc
	rank         rank
}

// rank orders what happens at one offset: insertions, then the cut that begins there.
type rank uint8

const (
	rankBefore rank = iota
	rankAfter
	rankCut
)

// Reset forgets all edits, keeping memory.
func (e *Edits) Reset() {
	clear(e.list) // closures must not be kept alive by the memory
	e.list, e.order, e.text = e.list[:0], e.order[:0], e.text[:0]
}

// Len is the number of edits.
func (e *Edits) Len() int { return len(e.list) }

// Delete cuts the text from start to end. Text that is already cut stays cut; insertions within are kept.
func (e *Edits) Delete(start, end int) {
	if start < end {
		e.add(edit{at: uint32(start), to: uint32(end), rank: rankCut})
	}
}

// Insert puts text at an offset.
func (e *Edits) Insert(at int, side Side, text string) {
	if text == "" {
		return
	}
	from := len(e.text)
	e.text = append(e.text, text...)
	e.add(edit{at: uint32(at), to: uint32(at), text: uint32(from), textTo: uint32(len(e.text)), rank: sideRank(side)})
}

// InsertFunc puts what f appends at an offset; f is asked at each print.
func (e *Edits) InsertFunc(at int, side Side, f TextFunc) {
	e.add(edit{at: uint32(at), to: uint32(at), f: f, rank: sideRank(side)})
}

// DropFuncs takes back what InsertFunc put at an offset.
func (e *Edits) DropFuncs(at int) {
	for i := range e.list {
		if x := &e.list[i]; x.f != nil && x.at == uint32(at) {
			x.f = nil // what is left inserts an empty text
		}
	}
}

// Drop takes back all edits that lie between start and end, both included: what is to be replaced anew.
func (e *Edits) Drop(start, end int) {
	for i := range e.list {
		x := &e.list[i]
		if int(x.at) >= start && int(x.to) <= end {
			x.f, x.text, x.textTo, x.to, x.rank = nil, 0, 0, x.at, rankAfter // what is left inserts an empty text
		}
	}
}

// Replace cuts the text from start to end and puts text in its place, behind what was already put there: two replacements of the same
// range print both texts, as Kamailio does.
func (e *Edits) Replace(start, end int, text string) {
	e.Delete(start, end)
	e.Insert(start, After, text)
}

func sideRank(s Side) rank {
	if s == Before {
		return rankBefore
	}
	return rankAfter
}

// add notes an edit and finds its place in the order. Edits are few, so walking back from the end is quickest.
func (e *Edits) add(x edit) {
	if len(e.list) >= maxEdits {
		return
	}
	n := uint16(len(e.list))
	e.list = append(e.list, x)
	e.order = append(e.order, n)
	i := len(e.order) - 1
	for i > 0 && e.list[e.order[i-1]].follows(&x) {
		e.order[i] = e.order[i-1]
		i--
	}
	e.order[i] = n
}

// follows says whether the older edit y is printed behind the new edit x.
func (y *edit) follows(x *edit) bool {
	if y.at != x.at {
		return y.at > x.at
	}
	return y.rank > x.rank || y.rank == x.rank && x.rank == rankBefore
}

// EditMark is a state of the edits to which EditReset returns.
type EditMark struct{ edits, text int }

// Mark remembers the current edits.
func (e *Edits) Mark() EditMark { return EditMark{len(e.list), len(e.text)} }

// ResetTo takes back all edits made after the mark.
func (e *Edits) ResetTo(mark EditMark) {
	if mark.edits >= len(e.list) {
		return
	}
	kept := e.order[:0]
	for _, i := range e.order {
		if int(i) < mark.edits {
			kept = append(kept, i)
		}
	}
	e.order = kept
	clear(e.list[mark.edits:])
	e.list, e.text = e.list[:mark.edits], e.text[:mark.text]
}

// CopyTo makes dst a copy of the list, reusing its memory.
func (e *Edits) CopyTo(dst *Edits) {
	dst.Reset()
	dst.list = append(dst.list, e.list...)
	dst.order = append(dst.order, e.order...)
	dst.text = append(dst.text, e.text...)
}

// SetStatusCode is SetStatus with the reason that the response has when printed.
func (m *Message) SetStatusCode(code int) {
	if m.newReason == "" {
		m.newReason = m.Reason
	}
	m.SetStatus(code, m.newReason)
}

// Deleted says whether any part of start to end is cut.
func (e *Edits) Deleted(start, end int) bool {
	for i := range e.list {
		if x := &e.list[i]; x.rank == rankCut && int(x.at) < end && int(x.to) > start {
			return true
		}
	}
	return false
}

// insertsHeader says whether an inserted text holds a header field with this name at the beginning of a line.
func (e *Edits) insertsHeader(name string) bool {
	for i := range e.list {
		x := &e.list[i]
		for text := string(e.text[x.text:x.textTo]); len(text) > len(name); {
			if equalFold(text[:len(name)], name) && strings.HasPrefix(trim(text[len(name):]), ":") {
				return true
			}
			_, text = cutAt(text, '\n')
		}
	}
	return false
}

// appendEdit appends what an edit inserts.
func (e *Edits) appendEdit(dst []byte, x *edit, o *Outgoing) []byte {
	if x.f != nil {
		return x.f(dst, o)
	}
	return append(dst, e.text[x.text:x.textTo]...)
}

// Edits is the message's list of edits.
func (m *Message) Edits() *Edits { return &m.edits }

// Delete cuts the text from start to end; see Edits.Delete.
func (m *Message) Delete(start, end int) { m.edits.Delete(start, end) }

// Insert puts text at an offset.
func (m *Message) Insert(at int, side Side, text string) { m.edits.Insert(at, side, text) }

// InsertFunc puts what f appends at an offset; f is asked at each print.
func (m *Message) InsertFunc(at int, side Side, f TextFunc) { m.edits.InsertFunc(at, side, f) }

// Replace cuts the text from start to end and puts text in its place; see Edits.Replace.
func (m *Message) Replace(start, end int, text string) { m.edits.Replace(start, end, text) }

// DeleteHeader cuts the i-th header field.
func (m *Message) DeleteHeader(i int) {
	m.edits.Delete(int(m.index[i].start), int(m.index[i].end))
}

// AppendHeader inserts text (complete header fields with their CRLF) behind the last header field.
func (m *Message) AppendHeader(text string) { m.edits.Insert(m.end, After, text) }

// PrependHeader inserts text (complete header fields with their CRLF) in front of the first header field, behind what was already put
// there, as Kamailio's insert_hf does.
func (m *Message) PrependHeader(text string) { m.edits.Insert(m.line, After, text) }

// DeleteListValue cuts value, a view as handed out by the accessors of header i, out of a comma-separated list together with a comma;
// the whole header field when nothing else is left of it, other such cuts counted.
func (m *Message) DeleteListValue(i int, value string) {
	r := &m.index[i]
	at := m.Offset(value)
	if at < int(r.value) || at >= int(r.valueTo) {
		return
	}
	list := m.value(r)
	start, end := -1, at+len(value) // of the run of cut values that value belongs to
	before, after := -1, -1         // end of the kept value before it, begin of the one behind
	kept, done := false, false
	for v, rest, ok := NextListValue(list); ok; v, rest, ok = NextListValue(rest) {
		o := m.Offset(v)
		gone := o == at || m.edits.Deleted(o, o+len(v))
		kept = kept || !gone
		switch {
		case !gone && !done:
			before, start = o+len(v), -1
		case !gone && after < 0:
			after = o
		case gone && after < 0:
			if start < 0 {
				start = o
			}
			end = o + len(v)
		}
		done = done || o == at
	}
	switch {
	case !kept:
		m.DeleteHeader(i)
	case after >= 0:
		m.edits.Delete(start, after)
	default:
		m.edits.Delete(before, end)
	}
}

// SetBody replaces the whole body and what was changed of it before; Content-Length follows when printed, Content-Type is the caller's.
func (m *Message) SetBody(body string) {
	m.edits.Drop(m.body, len(m.raw))
	m.edits.Replace(m.body, len(m.raw), body)
}

// SetStatus changes code and reason of a response when printed. It does nothing to a request.
func (m *Message) SetStatus(code int, reason string) {
	if m.Status == 0 || code < 100 || code > 699 {
		return
	}
	at := len(m.Proto) + 1
	line := make([]byte, 0, 64)
	line = appendUint(line, uint64(code))
	line = append(line, ' ')
	line = append(line, reason...)
	end := at + len(trim(m.raw[at:m.line]))
	m.newReason = reason
	m.edits.Drop(at, end)
	m.edits.Replace(at, end, string(line))
}

// Deleted says whether any part of start to end is cut.
func (m *Message) Deleted(start, end int) bool { return m.edits.Deleted(start, end) }

// EditMark remembers the current edits.
func (m *Message) EditMark() EditMark { return m.edits.Mark() }

// EditReset takes back all edits made after the mark.
func (m *Message) EditReset(mark EditMark) { m.edits.ResetTo(mark) }

// CloneEdits copies the message's edits into dst, reusing its memory, for a branch that is printed on its own.
func (m *Message) CloneEdits(dst *Edits) { m.edits.CopyTo(dst) }

// Edited says whether there is any edit.
func (m *Message) Edited() bool { return len(m.edits.list) > 0 }
