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
	// Warning is printed where it is set (sip_warning).
	Warning *Warning
	// ContentType and Body; a body without type is printed without Content-Type.
	ContentType, Body string
}

// AppendReply appends a response to request m (RFC 3261 8.2.6): the request's Via, From, To, Call-ID, CSeq and, in 18x and 2xx,
// Record-Route fields in their order and spelling, then ours. Content-Length is always there.
func AppendReply(dst []byte, m *Message, r *Reply) []byte {
	dst = append(dst, "SIP/2.0 "...)
	dst = appendUint(dst, uint64(r.Code))
	dst = append(dst, ' ')
	reason := r.Reason
	if reason == "" {
		reason = StatusText(r.Code)
	}
	dst = append(dst, reason...)
	dst = append(dst, "\r\n"...)
	dst = appendCopied(dst, m, r)
	if r.ContentType != "" {
		dst = appendField(dst, "Content-Type: ", r.ContentType)
	}
	dst = append(dst, r.Headers...)
	if r.Contact != "" {
		dst = appendField(dst, "Contact: ", r.Contact)
	}
	if r.Server != "" {
		dst = appendField(dst, "", r.Server)
	}
	dst = append(dst, "Content-Length: "...)
	dst = appendUint(dst, uint64(len(r.Body)))
	dst = append(dst, "\r\n"...)
	if r.Warning != nil {
		dst = r.Warning.append(dst, m)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// appendCopied appends the fields that a response has from its request.
func appendCopied(dst []byte, m *Message, r *Reply) []byte {
	record := r.Code >= 180 && r.Code < 300
	seenVia, seenTo := false, false
	for i := range m.index {
		h := &m.index[i]
		switch h.typ {
		case HeaderVia:
			if !seenVia {
				seenVia = true
				dst = m.appendTopVia(dst, h)
				break
			}
			dst = append(dst, m.field(h)...)
		case HeaderTo:
			dst = append(dst, m.field(h)...)
			if !seenTo && r.ToTag != "" && m.ToTag() == "" {
				dst = append(dst, ";tag="...)
				dst = append(dst, r.ToTag...)
			}
			seenTo = true
		case HeaderRecordRoute:
			if !record {
				continue
			}
			dst = append(dst, m.field(h)...)
		case HeaderFrom, HeaderCallID, HeaderCSeq:
			dst = append(dst, m.field(h)...)
		default:
			continue
		}
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// field is a whole header field without its line end, blanks at its end kept.
func (m *Message) field(h *headerRef) string {
	s := m.raw[h.start:h.end]
	for s[len(s)-1] == '\n' || s[len(s)-1] == '\r' {
		s = s[:len(s)-1]
	}
	return s
}

// appendTopVia appends the first Via field without its line end, its first value completed with received and rport. rport keeps its
// place; what is new stands at the value's end.
func (m *Message) appendTopVia(dst []byte, h *headerRef) []byte {
	field := m.field(h)
	v, err := m.Via(0)
	if err != nil || !m.Source.IsValid() {
		return append(dst, field...)
	}
	received, rport := m.received(v)
	base := m.Offset(v.Raw) - int(h.start)
	pos := 0
	for at := 0; at < 2; at++ {
		// Both parameters may be there, in either order.
		rportNext := rport && v.HasRport && base+int(v.rportAt) >= pos
		receivedNext := received && v.HasReceived && base+int(v.receivedAt) >= pos
		switch {
		case rportNext && (!receivedNext || v.rportAt < v.receivedAt):
			dst = append(dst, field[pos:base+int(v.rportAt)]...)
			dst = appendRport(dst, m)
			pos = base + int(v.rportTo)
		case receivedNext:
			dst = append(dst, field[pos:base+int(v.receivedAt)]...)
			pos = base + int(v.receivedTo)
		}
	}
	end := base + len(v.Raw)
	if end == int(h.valueTo-h.start) {
		end = len(field)
	}
	dst = append(dst, field[pos:end]...)
	if rport && !v.HasRport {
		dst = appendRport(dst, m)
	}
	if received {
		dst = appendReceived(dst, m)
	}
	return append(dst, field[end:]...)
}
