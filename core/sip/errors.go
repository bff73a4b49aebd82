// SPDX-License-Identifier: Apache-2.0

package sip

// ParseError says why a text is not SIP, and what a response to it should say.
type ParseError struct {
	// Status is the response code that RFC 3261 asks for: 400 mostly, 505 for a foreign version, 513 for a text over the limits.
	Status int
	// Reason is the reason phrase for that response.
	Reason string
}

// Error is the reason phrase.
func (e *ParseError) Error() string { return e.Reason }

// Errors of parsing. They are values of type *ParseError, shared and never changed: compare with errors.Is.
var (
	ErrEmpty          error = &ParseError{400, "Empty Message"}
	ErrFirstLine      error = &ParseError{400, "Bad First Line"}
	ErrVersion        error = &ParseError{505, "Version Not Supported"}
	ErrStatusLine     error = &ParseError{400, "Bad Status Line"}
	ErrHeader         error = &ParseError{400, "Bad Header"}
	ErrNoHeaderEnd    error = &ParseError{400, "Missing End Of Headers"}
	ErrTooManyHeaders error = &ParseError{513, "Too Many Headers"}
	ErrTooLarge       error = &ParseError{513, "Message Too Large"}
	// ErrHeadersTooLarge is ErrTooLarge of a request of HTTP whose body has not begun (RFC 6585 5).
	ErrHeadersTooLarge error = &ParseError{431, "Request Header Fields Too Large"}
	// ErrURITooLong is ErrTooLarge of a request of HTTP whose first line has not ended (RFC 9110 15.5.15).
	ErrURITooLong error = &ParseError{414, "URI Too Long"}

	ErrAbsent        error = &ParseError{400, "Missing Header"}
	ErrVia           error = &ParseError{400, "Bad Via"}
	ErrFrom          error = &ParseError{400, "Bad From"}
	ErrTo            error = &ParseError{400, "Bad To"}
	ErrCSeq          error = &ParseError{400, "CSeq number is illegal"}
	ErrCSeqMethod    error = &ParseError{400, "Missing method in CSeq header"}
	ErrContact       error = &ParseError{400, "Bad Contact"}
	ErrRoute         error = &ParseError{400, "Bad Route"}
	ErrMaxForwards   error = &ParseError{400, "Bad Max-Forwards"}
	ErrContentLength error = &ParseError{400, "Bad Content-Length"}
	ErrNoLength      error = &ParseError{400, "Missing Content-Length"}
	ErrShort         error = &ParseError{400, "Content-Length mis-match"}
	ErrExpires       error = &ParseError{400, "Bad Expires"}
	ErrNameAddr      error = &ParseError{400, "Bad Address"}
	ErrURI           error = &ParseError{400, "Bad URI"}
	ErrURIScheme     error = &ParseError{416, "Unsupported URI Scheme"}
	ErrNumber        error = &ParseError{400, "Bad Number"}
)
