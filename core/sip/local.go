// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"unsafe"
)

// LocalRequest is a request that the server makes itself.
type LocalRequest struct {
	// Method and RequestURI of the first line.
	Method, RequestURI string
	// Via describes our own Via.
	Via *Outgoing
	// From and To are whole values, tags included.
	From, To string
	// CallID and CSeq number.
	CallID string
	CSeq   uint32
	// MaxForwards is printed when positive.
	MaxForwards int
	// Route is the route set, values separated by commas; "" prints none.
	Route string
	// UserAgent is the whole User-Agent header field without line end; "" prints none.
	UserAgent string
	// Headers are complete header fields with their CRLF.
	Headers string
	// Body; its type is among Headers.
	Body string
}

// AppendLocalRequest appends a request made by the server, fields in the order of Kamailio's t_uac.
func AppendLocalRequest(dst []byte, r *LocalRequest) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.RequestURI...)
	dst = append(dst, " SIP/2.0\r\n"...)
	dst = AppendVia(dst, r.Via)
	dst = appendField(dst, "To: ", r.To)
	dst = appendField(dst, "From: ", r.From)
	dst = append(dst, "CSeq: "...)
	dst = appendUint(dst, uint64(r.CSeq))
	dst = append(dst, ' ')
	dst = appendField(dst, "", r.Method)
	dst = appendField(dst, "Call-ID: ", r.CallID)
	if r.Route != "" {
		dst = appendField(dst, "Route: ", r.Route)
	}
	if r.MaxForwards > 0 {
		dst = append(dst, "Max-Forwards: "...)
		dst = appendUint(dst, uint64(r.MaxForwards))
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = appendUint(dst, uint64(len(r.Body)))
	dst = append(dst, "\r\n"...)
	if r.UserAgent != "" {
		dst = appendField(dst, "", r.UserAgent)
	}
	dst = append(dst, r.Headers...)
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}

// AppendACK appends the ACK for a negative final response to an INVITE that was sent as the bytes sent (RFC 3261 17.1.1.3): same
// Request-URI, topmost Via, From, Call-ID, Max-Forwards and Route fields in their order. to is the To value of the response. dst and sent
// must not share memory.
func AppendACK(dst, sent []byte, to string) []byte {
	return append(appendHopByHop(dst, sent, "ACK", to), "Content-Length: 0\r\n\r\n"...)
}

// AppendCANCEL appends the CANCEL of a request that was sent as the bytes sent (RFC 3261 9.1): same Request-URI, topmost Via, To, From,
// Call-ID, Max-Forwards and Route fields in their order. headers are further header fields with their CRLF (Reason, User-Agent). dst and
// sent must not share memory.
func AppendCANCEL(dst, sent []byte, headers string) []byte {
	dst = append(appendHopByHop(dst, sent, "CANCEL", ""), "Content-Length: 0\r\n"...)
	dst = append(dst, headers...)
	return append(dst, "\r\n"...)
}

// appendHopByHop appends first line and copied fields of an ACK or CANCEL. The request as sent is one of ours, so only its lines are
// looked at: it is not worth a Message.
func appendHopByHop(dst, sent []byte, method, to string) []byte {
	if len(sent) == 0 {
		return dst
	}
	raw := unsafe.String(&sent[0], len(sent))
	p := lineEnd(raw, 0)
	dst = append(dst, method...)
	if sp := strings.IndexByte(raw[:p], ' '); sp >= 0 {
		dst = append(dst, ' ')
		dst = append(dst, trim(raw[sp+1:p])...)
	}
	dst = append(dst, "\r\n"...)
	seenVia := false
	for p < len(raw) && raw[p] != '\r' && raw[p] != '\n' {
		end := lineEnd(raw, p)
		for end < len(raw) && (raw[end] == ' ' || raw[end] == '\t') {
			end = lineEnd(raw, end)
		}
		field := trim(raw[p:end])
		p = end
		colon := strings.IndexByte(field, ':')
		if colon < 0 {
			continue
		}
		switch ParseHeaderType(trim(field[:colon])) {
		case HeaderVia:
			if seenVia {
				continue
			}
			seenVia = true
			dst = appendField(dst, "", field)
		case HeaderTo:
			if to != "" {
				dst = appendField(dst, "To: ", to)
				continue
			}
			dst = appendField(dst, "", field)
		case HeaderFrom, HeaderCallID, HeaderMaxForwards, HeaderRoute:
			dst = appendField(dst, "", field)
		case HeaderCSeq:
			c, _ := ParseCSeq(trim(field[colon+1:]))
			dst = append(dst, "CSeq: "...)
			dst = append(dst, c.NumberText...)
			dst = append(dst, ' ')
			dst = appendField(dst, "", method)
		}
	}
	return dst
}
