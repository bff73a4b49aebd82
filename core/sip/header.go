// SPDX-License-Identifier: Apache-2.0

package sip

// Header is one header field of a message; its strings are views.
type Header struct {
	Type HeaderType
	// Name as written, perhaps compact.
	Name string
	// Value with white space cut from both ends; folded lines inside are kept as written.
	Value string
	// Start and End are the offsets of the whole field, line end included.
	Start, End int
}

// NumHeaders is the number of header fields.
func (m *Message) NumHeaders() int { return len(m.index) }

// Header is the i-th header field, 0 to NumHeaders()-1.
func (m *Message) Header(i int) Header {
	r := &m.index[i]
	return Header{r.typ, m.name(r), m.raw[r.value:r.valueTo], int(r.start), int(r.end)}
}

// HeaderTypeAt is the type of the i-th header field, cheaper than Header(i).Type.
func (m *Message) HeaderTypeAt(i int) HeaderType { return m.index[i].typ }

// HeaderValueAt is the value of the i-th header field, cheaper than Header(i).Value.
func (m *Message) HeaderValueAt(i int) string { return m.value(&m.index[i]) }

func (m *Message) name(r *headerRef) string  { return m.raw[r.start : r.start+uint32(r.nameLen)] }
func (m *Message) value(r *headerRef) string { return m.raw[r.value:r.valueTo] }

// First is the index of the first header of type t, -1 when there is none.
func (m *Message) First(t HeaderType) int { return int(m.first[t]) - 1 }

// Next is the index of the next header of type t after index i, -1 when there is none.
func (m *Message) Next(t HeaderType, i int) int {
	for i++; i < len(m.index); i++ {
		if m.index[i].typ == t {
			return i
		}
	}
	return -1
}

// Last is the index of the last header of type t, -1 when there is none.
func (m *Message) Last(t HeaderType) int {
	for i := len(m.index) - 1; i >= 0; i-- {
		if m.index[i].typ == t {
			return i
		}
	}
	return -1
}

// Count is the number of headers of type t.
func (m *Message) Count(t HeaderType) int {
	n := 0
	for i := m.First(t); i >= 0; i = m.Next(t, i) {
		n++
	}
	return n
}

// HasHeader says whether a header of type t is there.
func (m *Message) HasHeader(t HeaderType) bool { return m.first[t] != 0 }

// Value is the value of the first header of type t, "" when there is none.
func (m *Message) Value(t HeaderType) string {
	if i := m.First(t); i >= 0 {
		return m.value(&m.index[i])
	}
	return ""
}

// FirstNamed is the index of the first header with this name, in any case and either form (compact or full); -1 when there is none.
func (m *Message) FirstNamed(name string) int { return m.NextNamed(name, -1) }

// NextNamed is the index of the next header with this name after index i; i -1 begins. -1 when there is none.
func (m *Message) NextNamed(name string, i int) int {
	t := ParseHeaderType(name)
	if t != HeaderOther {
		if i < 0 {
			return m.First(t)
		}
		return m.Next(t, i)
	}
	for i++; i < len(m.index); i++ {
		if r := &m.index[i]; r.typ == HeaderOther && equalFold(m.name(r), name) {
			return i
		}
	}
	return -1
}

// ValueNamed is the value of the first header with this name, "" when there is none.
func (m *Message) ValueNamed(name string) string {
	if i := m.FirstNamed(name); i >= 0 {
		return m.value(&m.index[i])
	}
	return ""
}

// CallID is the value of Call-ID, "" when there is none.
func (m *Message) CallID() string { return m.Value(HeaderCallID) }

// MaxForwards is the value of Max-Forwards; ErrAbsent when there is none, ErrMaxForwards when it is no number. A number over 255 is one
// that nobody should have written (RFC 3261 20.22), but a proxy that lowers it to its own limit does more good than one that refuses.
func (m *Message) MaxForwards() (int, error) {
	n, err := m.number(HeaderMaxForwards, ErrMaxForwards)
	return int(n), err
}

// ContentLength is the value of Content-Length; ErrAbsent when there is none, ErrContentLength when it is no number.
func (m *Message) ContentLength() (int, error) {
	n, err := m.number(HeaderContentLength, ErrContentLength)
	return int(n), err
}

// Expires is the value of Expires in seconds; ErrAbsent when there is none, ErrExpires when it is no number. A number over 2^32-1
// counts as 2^32-1 (RFC 3261 20.19).
func (m *Message) Expires() (uint32, error) {
	i := m.First(HeaderExpires)
	if i < 0 {
		return 0, ErrAbsent
	}
	n, ok := parseSeconds(m.value(&m.index[i]))
	if !ok {
		return 0, ErrExpires
	}
	return n, nil
}

func (m *Message) number(t HeaderType, bad error) (uint32, error) {
	i := m.First(t)
	if i < 0 {
		return 0, ErrAbsent
	}
	n, ok := ParseUint(m.value(&m.index[i]))
	if !ok {
		return 0, bad
	}
	return n, nil
}

// parseSeconds reads delta-seconds, cutting what is over 2^32-1.
func parseSeconds(s string) (uint32, bool) {
	if n, ok := ParseUint(s); ok {
		return n, true
	}
	return 1<<32 - 1, all(s, classDigit)
}

// HasOption says whether the option tag stands in any header of type t (Supported, Require, Proxy-Require, Unsupported). Option tags
// are compared without regard to case.
func (m *Message) HasOption(t HeaderType, tag string) bool {
	for i := m.First(t); i >= 0; i = m.Next(t, i) {
		list := m.value(&m.index[i])
		for value, rest, ok := NextListValue(list); ok; value, rest, ok = NextListValue(rest) {
			if equalFold(value, tag) {
				return true
			}
		}
	}
	return false
}

// AllowedMethods is the set of methods of all Allow headers.
func (m *Message) AllowedMethods() Method {
	var set Method
	for i := m.First(HeaderAllow); i >= 0; i = m.Next(HeaderAllow, i) {
		set |= ParseMethods(m.value(&m.index[i]), ",")
	}
	return set
}

// MissingHeader is the first header that RFC 3261 8.1.1 demands and that is not there, HeaderOther when all are. Max-Forwards is not
// among them: RFC 2543 did not know it, and a proxy adds it (RFC 3261 16.6 step 3).
func (m *Message) MissingHeader() HeaderType {
	for _, t := range [...]HeaderType{HeaderVia, HeaderFrom, HeaderTo, HeaderCallID, HeaderCSeq} {
		if m.first[t] == 0 {
			return t
		}
	}
	return HeaderOther
}

// RepeatedHeader is the first header that must stand once and stands there twice, HeaderOther when there is none: From, To, Call-ID, CSeq,
// Max-Forwards or Content-Length. Which of the two counts would be a guess, and a neighbour may guess the other (RFC 3261 7.3.1, RFC 4475
// 3.3.8).
func (m *Message) RepeatedHeader() HeaderType { return m.repeated }

// once are the headers of RepeatedHeader.
var once = [HeaderCount]bool{HeaderFrom: true, HeaderTo: true, HeaderCallID: true, HeaderCSeq: true, HeaderMaxForwards: true,
	HeaderContentLength: true}
