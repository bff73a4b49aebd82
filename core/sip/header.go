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
func (m *Message) Header(i int) Header { return Header{} }

// HeaderTypeAt is the type of the i-th header field, cheaper than Header(i).Type.
func (m *Message) HeaderTypeAt(i int) HeaderType { return m.index[i].typ }

// First is the index of the first header of type t, -1 when there is none.
func (m *Message) First(t HeaderType) int { return -1 }

// Next is the index of the next header of type t after index i, -1 when there is none.
func (m *Message) Next(t HeaderType, i int) int { return -1 }

// Last is the index of the last header of type t, -1 when there is none.
func (m *Message) Last(t HeaderType) int { return -1 }

// Count is the number of headers of type t.
func (m *Message) Count(t HeaderType) int { return 0 }

// HasHeader says whether a header of type t is there.
func (m *Message) HasHeader(t HeaderType) bool { return m.first[t] != 0 }

// Value is the value of the first header of type t, "" when there is none.
func (m *Message) Value(t HeaderType) string { return "" }

// FirstNamed is the index of the first header with this name, in any case and either form (compact or full); -1 when there is none.
func (m *Message) FirstNamed(name string) int { return -1 }

// NextNamed is the index of the next header with this name after index i; i -1 begins. -1 when there is none.
func (m *Message) NextNamed(name string, i int) int { return -1 }

// ValueNamed is the value of the first header with this name, "" when there is none.
func (m *Message) ValueNamed(name string) string { return "" }

// CallID is the value of Call-ID, "" when there is none.
func (m *Message) CallID() string { return m.Value(HeaderCallID) }

// MaxForwards is the value of Max-Forwards; ErrAbsent when there is none, ErrMaxForwards when it is no number of 0 to 255.
func (m *Message) MaxForwards() (int, error) { return 0, nil }

// ContentLength is the value of Content-Length; ErrAbsent when there is none, ErrContentLength when it is no number.
func (m *Message) ContentLength() (int, error) { return 0, nil }

// Expires is the value of Expires in seconds; ErrAbsent when there is none, ErrExpires when it is no number. A number over 2^32-1
// counts as 2^32-1 (RFC 3261 20.19).
func (m *Message) Expires() (uint32, error) { return 0, nil }

// HasOption says whether the option tag stands in any header of type t (Supported, Require, Proxy-Require, Unsupported).
func (m *Message) HasOption(t HeaderType, tag string) bool { return false }

// AllowedMethods is the set of methods of all Allow headers.
func (m *Message) AllowedMethods() Method { return 0 }
