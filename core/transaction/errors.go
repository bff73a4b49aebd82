// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"fmt"
)

// Error says why a request could not be sent, and what a reply about it says.
type Error struct {
	// Status and Reason are the reply.
	Status int
	Reason string
	// Number is the error's number, as replies name it in brackets.
	Number int
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Reason, e.Status) }

// The errors of sending.
var (
	ErrUnresolvable = &Error{478, "Unresolvable destination", 478}
	ErrSend         = &Error{477, "Unfortunately error on sending to next hop occurred", 477}
	ErrBadURI       = &Error{400, "Bad Request-URI", 400}
	ErrNoBranch     = &Error{500, "Server error occurred", 1}
	ErrTooMany      = &Error{500, "Too many branches", 1}
	ErrNoSocket     = &Error{500, "No send socket", 1}
	ErrCanceled     = &Error{487, "Request Terminated", 487}
	ErrFinished     = &Error{500, "The transaction is finished", 1}
	ErrFull         = &Error{500, "Too many transactions", 1}
)

// Text is the reason phrase of the reply, with the error's number and who
// sends it.
func (e *Error) Text(who string) string {
	return fmt.Sprintf("%s (%d/%s)", e.Reason, e.Number, who)
}

// Errors of suspended transactions.
var (
	ErrSuspended    = errors.New("the transaction is suspended already")
	ErrNotSuspended = errors.New("the transaction is not suspended")
	ErrUnknown      = errors.New("no such transaction")
)
