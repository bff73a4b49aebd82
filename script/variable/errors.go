// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"fmt"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Error says what is wrong in the text of a variable or of a string with
// variables.
type Error struct {
	// Offset is where in the text, in bytes, and Length how much of it.
	Offset, Length int
	// Message says what was found; Advice how to mend it, or is empty.
	Message, Advice string
	// Rule is the kind of the mistake where it is another than that of a variable.
	Rule source.Rule
}

// Error implements error.
func (e *Error) Error() string {
	if e.Advice != "" {
		return e.Message + " (" + e.Advice + ")"
	}
	return e.Message
}

func errorf(offset, length int, format string, args ...any) *Error {
	return &Error{Offset: offset, Length: length, Message: fmt.Sprintf(format, args...)}
}

// shift moves the place of an error that came from a part of the text.
func shift(err error, by, length int) *Error {
	if e, ok := err.(*Error); ok {
		moved := *e
		moved.Offset += by
		return &moved
	}
	return &Error{Offset: by, Length: length, Message: err.Error()}
}
