// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// targets are the variables of sql_pvquery.
type targets struct {
	texts []string
	vars  []target // found when the call is prepared
}

type target struct {
	module.Assignable
	isAVP bool
}

var (
	errTargets = errors.New("the variables must be a constant text")
	errColumns = errors.New("there are more columns than variables")
)

// compileTargets splits a list of variables at semicolons and commas that stand
// outside of parentheses.
func compileTargets(text string) (any, error) {
	t := new(targets)
	depth, from := 0, 0
	add := func(one string) {
		if one = strings.TrimSpace(one); one != "" {
			t.texts = append(t.texts, one)
		}
	}
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ';', ',':
			if depth == 0 {
				add(text[from:i])
				from = i + 1
			}
		}
	}
	add(text[from:])
	if len(t.texts) == 0 {
		return nil, errors.New("no variable is named")
	}
	return t, nil
}

// prepareTargets finds the variables.
func prepareTargets(b module.Binder, a module.Args) error {
	t, ok := a[2].Data.(*targets)
	if !ok {
		return nil // Lua asks for all calls at first
	}
	var vars []target
	for _, text := range t.texts {
		v, err := b.Var(text)
		if err != nil {
			return err
		}
		to, ok := v.(module.Assignable)
		if !ok {
			return fmt.Errorf("%s cannot be assigned", text)
		}
		isAVP := strings.HasPrefix(text, "$avp(") || strings.HasPrefix(text, "$(avp(") || strings.HasPrefix(text, "$avp_")
		vars = append(vars, target{to, isAVP})
	}
	t.vars = vars
	return nil
}

// assign gives the values of a row to the variables.
func (t *targets) assign(c *module.Call, row []module.Value) error {
	for i, v := range row {
		if i >= len(t.vars) {
			return errColumns
		}
		if v.IsNull() && t.vars[i].isAVP {
			continue
		}
		if err := t.vars[i].Set(c, module.Index{}, v); err != nil {
			return err
		}
	}
	return nil
}
