// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

var errKey = errors.New("write it as result=>rows, cols, [row,col] or colname[col]")

// bindResult makes $dbr(result=>key).
func (s *SQLOps) bindResult(b module.Binder, inner string) (module.Accessor, error) {
	name, key, ok := strings.Cut(inner, "=>")
	if !ok {
		return nil, errKey
	}
	number, err := s.result(strings.TrimSpace(name))
	if err != nil {
		return nil, err
	}
	of := func(c *module.Call) *table { return s.state(c).of(number) }
	key = strings.TrimSpace(key)
	switch key {
	case "rows":
		return module.Getter(func(c *module.Call) module.Value { return avp.Number(int64(len(of(c).rows))) }), nil
	case "cols":
		return module.Getter(func(c *module.Call) module.Value { return avp.Number(int64(len(of(c).columns))) }), nil
	}
	if index, ok := strings.CutPrefix(key, "colname"); ok {
		return bindName(b, index, of)
	}
	list, ok := bracketed(key)
	row, column, comma := cutIndex(list)
	if !ok || !comma {
		return nil, errKey
	}
	atRow, err := bindIndex(b, row)
	if err != nil {
		return nil, err
	}
	atColumn, err := bindIndex(b, column)
	return module.Getter(func(c *module.Call) module.Value {
		i, ok := atRow(c)
		j, ok2 := atColumn(c)
		if !ok || !ok2 {
			return avp.Value{}
		}
		v, _ := of(c).at(i, j)
		return v
	}), err
}

// bindName makes $dbr(result=>colname[col]).
func bindName(b module.Binder, index string, of func(*module.Call) *table) (module.Accessor, error) {
	text, ok := bracketed(index)
	if !ok {
		return nil, errKey
	}
	at, err := bindIndex(b, text)
	return module.Getter(func(c *module.Call) module.Value {
		t := of(c)
		if i, ok := at(c); ok && i >= 0 && i < int64(len(t.columns)) {
			return avp.String(t.columns[i])
		}
		return avp.Value{}
	}), err
}

// bracketed returns what stands between brackets.
func bracketed(text string) (string, bool) {
	inner, ok := strings.CutPrefix(text, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	return inner, ok && ok2
}

// cutIndex divides at the first comma outside of parentheses.
func cutIndex(text string) (row, column string, ok bool) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return text[:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// bindIndex makes the function that returns an index: a number, or what a
// variable has.
func bindIndex(b module.Binder, text string) (func(c *module.Call) (int64, bool), error) {
	text = strings.TrimSpace(text)
	if n, ok := avp.ParseInt(text); ok && text[0] != '-' {
		return func(*module.Call) (int64, bool) { return n, true }, nil
	}
	if !strings.HasPrefix(text, "$") {
		return nil, fmt.Errorf("index %q is no number and no variable", text)
	}
	v, err := b.Var(text)
	if err != nil {
		return nil, err
	}
	return func(c *module.Call) (int64, bool) { return v.Get(c, module.Index{}).Number() }, nil
}

// bindAffected makes $sqlrows(connection).
func (s *SQLOps) bindAffected(_ module.Binder, inner string) (module.Accessor, error) {
	con := s.connection(strings.TrimSpace(inner))
	if con == nil {
		return nil, errConnection
	}
	return module.Getter(func(c *module.Call) module.Value { return avp.Number(s.state(c).affected[con.number]) }), nil
}
