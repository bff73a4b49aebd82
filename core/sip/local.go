// SPDX-License-Identifier: Apache-2.0

package sip

// LocalRequest is a request that the server makes itself.
type LocalRequest struct {
	// Method and RequestURI of the first line.
	Method, RequestURI string
	// Via describes our own Via.
	Via *Outgoing
	// From and To are whole values, tags included.
	From, To string
	CallID   string
	CSeq     uint32
	// MaxForwards is printed when positive.
	MaxForwards int
	// Route is the route set, values separated by commas; "" prints none.
	Route string
	// UserAgent is the whole User-Agent header field without line end; "" prints none.
	UserAgent string
	// Headers are complete header fields with their CRLF.
	Headers string
	Body    string
}

// AppendLocalRequest appends a request made by the server.
func AppendLocalRequest(dst []byte, r *LocalRequest) []byte { return dst }

// AppendACK appends the ACK for a negative final response to an INVITE that was sent as the bytes sent (RFC 3261 17.1.1.3). to is the
// To value of the response.
func AppendACK(dst, sent []byte, to string) []byte { return dst }

// AppendCANCEL appends the CANCEL of a request that was sent as the bytes sent (RFC 3261 9.1). headers are further header fields with
// their CRLF (Reason, User-Agent).
func AppendCANCEL(dst, sent []byte, headers string) []byte { return dst }
