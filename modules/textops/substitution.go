// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/subst"
)

// parseSubstitution reads an expression; the variables of its replacement are
// compiled by bindSubstitution.
func parseSubstitution(text string) (any, error) {
	s, err := subst.Parse(text)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bindSubstitution makes the Prepare of a function whose i-th argument is an
// expression.
func bindSubstitution(i int) func(b module.Binder, a module.Args) error {
	return func(b module.Binder, a module.Args) error {
		if s, ok := a[i].Data.(*subst.Expression); ok {
			return s.Bind(b)
		}
		return nil
	}
}
