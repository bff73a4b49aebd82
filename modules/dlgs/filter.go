// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/wildcard"
)

// field is what of a call is compared; nil for nothing, as any call matches.
type field func(c *call) string

var fields = map[string]field{
	"src":  func(c *call) string { return c.src },
	"dst":  func(c *call) string { return c.dst },
	"data": func(c *call) string { return c.data },
	"any":  nil,
}

// operator makes the comparison with a text.
type operator func(data string) (func(s string) bool, error)

var operators = map[string]operator{
	"eq": func(data string) (func(string) bool, error) { return func(s string) bool { return s == data }, nil },
	"ne": func(data string) (func(string) bool, error) { return func(s string) bool { return s != data }, nil },
	"sw": func(data string) (func(string) bool, error) {
		return func(s string) bool { return strings.HasPrefix(s, data) }, nil
	},
	"fm": func(data string) (func(string) bool, error) {
		return func(s string) bool { return wildcard.Match(data, s, false) }, nil
	},
	"re": func(data string) (func(string) bool, error) {
		re, err := ere.Compile(data, 0)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	},
}

func compileField(text string) (any, error) {
	f, ok := fields[text]
	if !ok {
		return nil, errors.New("the field is none of src, dst, data, any")
	}
	return f, nil
}

func compileOperator(text string) (any, error) {
	o, ok := operators[text]
	if !ok {
		return nil, errors.New("the operator is none of eq, ne, re, sw, fm")
	}
	return o, nil
}

// checkFilter looks at a regular expression that is constant.
func checkFilter(_ module.Binder, a module.Args) error {
	if o, ok := a[1].Data.(operator); ok && a[2].Const {
		_, err := o(a.Str(2))
		return err
	}
	return nil
}

// filter makes what dlgs_count and commands look for.
func filter(of field, compare operator, data string) (func(c *call) bool, error) {
	if of == nil {
		return func(*call) bool { return true }, nil
	}
	matches, err := compare(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", data, err)
	}
	return func(c *call) bool { return matches(of(c)) }, nil
}
