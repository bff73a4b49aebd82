// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

// Results of the functions that remove one of several headers, where there
// was none to remove.
const (
	noSuchIndex module.Result = 2
	noMatch     module.Result = -2
)

// removeHeader is remove_hf(hname) and remove_hf_pv(hname).
func removeHeader(c *module.Call, a module.Args) module.Result {
	found := module.False
	name := a.Str(0)
	for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
		c.Msg.DeleteHeader(i)
		found = module.True
	}
	return found
}

// removeHeaderMatch is remove_hf_re(re) and remove_hf_exp(expmatch, expskip),
// with their _pv forms.
func removeHeaderMatch(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("remove_hf_re", a[0].Err)
	}
	var skip *ere.Regexp
	if len(a) > 1 {
		if skip, ok = a[1].Data.(*ere.Regexp); !ok {
			return c.Fail("remove_hf_exp", a[1].Err)
		}
	}
	found := module.False
	for i := range c.Msg.NumHeaders() {
		name := c.Msg.Header(i).Name
		if re.MatchString(name) && (skip == nil || !skip.MatchString(name)) {
			c.Msg.DeleteHeader(i)
			found = module.True
		}
	}
	return found
}

// removeHeaderIndex is remove_hf_idx(hname, idx): 0 is the first, -1 the last.
func removeHeaderIndex(c *module.Call, a module.Args) module.Result {
	name, index := a.Str(0), a.Int(1, 0)
	if index < 0 {
		n := 0
		for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
			n++
		}
		if index += n; index < 0 {
			return module.True
		}
	}
	for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
		if index == 0 {
			c.Msg.DeleteHeader(i)
			return module.True
		}
		index--
	}
	return noSuchIndex
}

// comparison is the compiled operator of remove_hf_match.
type comparison uint8

const (
	equal comparison = iota
	notEqual
	includes
	matches
)

func parseComparison(text string) (any, error) {
	switch text {
	case "eq":
		return equal, nil
	case "ne":
		return notEqual, nil
	case "in":
		return includes, nil
	case "re":
		return matches, nil
	}
	return nil, errors.New("unknown operator: it is eq, ne, in or re")
}

// removeHeaderValue is remove_hf_match(hname, op, expr).
func removeHeaderValue(c *module.Call, a module.Args) module.Result {
	name, expr := a.Str(0), a.Str(2)
	op, ok := a[1].Data.(comparison)
	if !ok {
		return c.Fail("remove_hf_match", a[1].Err)
	}
	var re *ere.Regexp
	if op == matches {
		var err error
		if re, err = ere.Compile(expr, nameFlags); err != nil {
			return c.Fail("remove_hf_match", err)
		}
	}
	found := noMatch
	for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
		if op.holds(c.Msg.HeaderValueAt(i), expr, re) {
			c.Msg.DeleteHeader(i)
			found = module.True
		}
	}
	return found
}

func (op comparison) holds(value, expr string, re *ere.Regexp) bool {
	switch op {
	case equal:
		return value == expr
	case notEqual:
		return value != expr
	case includes:
		return strings.Contains(value, expr)
	}
	return re.MatchString(value)
}
