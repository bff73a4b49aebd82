// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"fmt"
	"strconv"
)

// Error says why a request could not be sent, and what a reply about it says.
type Error struct {
	// Status and Reason are the reply.
	Status int
	Reason string
	// Number is the error's number, as replies name it in brackets; the relay
	// functions return it negated.
	Number int
	// General tells that only the transaction reports this error; a reply
	// without state (sl_reply_error) names the general one.
	General bool
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Reason, e.Status) }

// Text is the reason phrase of the reply, with the error's number and who
// sends it: "TM" or "SL".
func (e *Error) Text(who string) string {
	return e.Reason + " (" + strconv.Itoa(e.Number) + "/" + who + ")"
}

const sorry = "I'm terribly sorry, server error occurred"

// The errors of sending.
var (
	ErrGeneral      = &Error{500, sorry, 1, true}
	ErrNoBranch     = &Error{500, sorry, 1, true}
	ErrNoTarget     = &Error{500, sorry, 6, false}
	ErrDropped      = &Error{500, sorry, 6, false}
	ErrNoSocket     = &Error{500, sorry, 7, false}
	ErrTooMany      = &Error{500, "Forking capacity exceeded", 12, false}
	ErrFinished     = &Error{500, sorry, 1, true}
	ErrCanceled     = &Error{500, sorry, 1, true}
	ErrFull         = &Error{500, sorry, 2, true}
	ErrLoop         = &Error{482, "Loop Detected", 482, false}
	ErrBreadth      = &Error{440, "Max-Breadth Exceeded", 440, false}
	ErrUnresolvable = &Error{478, "Unresolvable destination", 478, false}
	ErrBadURI       = &Error{478, "Unresolvable destination", 478, true}
	ErrRequestURI   = &Error{479, "Regretfully, we were not able to process the URI", 479, false}
	ErrSend         = &Error{477, "Unfortunately error on sending to next hop occurred", 477, false}
	// ErrTooLarge is ErrSend for what no datagram takes.
	ErrTooLarge = &Error{477, "Unfortunately error on sending to next hop occurred", 477, false}
)

// Errors of suspended transactions.
var (
	ErrSuspended    = errors.New("the transaction is suspended already")
	ErrNotSuspended = errors.New("the transaction is not suspended")
	ErrUnknown      = errors.New("no such transaction")
)
