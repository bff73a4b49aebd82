// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/ere"
)

// nameFlags are those of all expressions but the ones that look at a body as
// a whole.
const nameFlags = ere.IgnoreCase | ere.Newline

// compilePattern compiles an expression that may hold variables.
func compilePattern(text string) (any, error) { return ere.Compile(text, nameFlags) }

// compileWhole compiles an expression for a text in which line ends are
// ordinary characters.
func compileWhole(text string) (any, error) { return ere.Compile(text, ere.IgnoreCase) }

// takeAsIs is the Compile of a text in which $ means nothing.
func takeAsIs(string) (any, error) { return nil, nil }

// selection is which headers of a name a function looks at.
type selection byte

const (
	allHeaders  selection = 'a'
	firstHeader selection = 'f'
	lastHeader  selection = 'l'
)

func parseSelection(text string) (any, error) {
	if len(text) == 1 {
		switch s := selection(text[0]); s {
		case allHeaders, firstHeader, lastHeader:
			return s, nil
		}
	}
	return nil, errors.New("unknown flag: it is a (all), f (first) or l (last)")
}

// parseMode compiles the mode of the functions that replace a plain text:
// true replaces all.
func parseMode(text string) (any, error) {
	switch text {
	case "a":
		return true, nil
	case "f":
		return false, nil
	}
	return nil, errors.New("unknown mode: it is a (all) or f (first)")
}
