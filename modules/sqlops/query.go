// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// Results of the functions ($rc) beside True and False.
const (
	noRows    module.Result = 2
	rowsUnfit module.Result = 3 // there are rows, and nowhere to keep them
)

var errStatement = errors.New("the statement is empty")

// ask runs the statement of a function, while another worker takes the place of
// this one.
func (s *SQLOps) ask(c *module.Call, a module.Args) (*db.Result, error) {
	con, ok := a[0].Data.(*connection)
	if !ok {
		return nil, a[0].Err
	}
	if a.Str(1) == "" {
		return nil, errStatement
	}
	var r *db.Result
	var err error
	c.Block(func() { r, err = con.run(c.Context(), s.host, a.Str(1)) })
	if err != nil {
		return nil, err
	}
	affected := r.Affected
	if len(r.Rows) > 0 {
		affected = int64(len(r.Rows))
	}
	s.state(c).affected[con.number] = affected
	return r, nil
}

// query is sql_query(connection, query [, result]).
func (s *SQLOps) query(c *module.Call, a module.Args) module.Result {
	number, keep := a[2].Data.(int)
	if a[2].Given && !keep {
		return c.Fail("sql_query", a[2].Err)
	}
	if keep {
		*s.state(c).of(number) = table{}
	}
	r, err := s.ask(c, a)
	switch {
	case err != nil:
		return c.Fail("sql_query", err)
	case len(r.Rows) == 0:
		return noRows
	case !keep:
		return rowsUnfit
	}
	s.state(c).of(number).fill(r)
	return module.True
}

// xquery is sql_xquery(connection, query, xavp).
func (s *SQLOps) xquery(c *module.Call, a module.Args) module.Result {
	name := a.Str(2)
	if name == "" {
		return c.Fail("sql_xquery", errors.New("the XAVP has no name"))
	}
	r, err := s.ask(c, a)
	if err != nil {
		return c.Fail("sql_xquery", err)
	}
	if len(r.Rows) == 0 {
		return noRows
	}
	rows := values(r)
	name = c.Keep(name)
	for i := len(rows) - 1; i >= 0; i-- { // what is added last stands in front
		fields := new(avp.Tree)
		for j := len(rows[i]) - 1; j >= 0; j-- {
			fields.Add(r.Columns[j], avp.Item{Value: rows[i][j]})
		}
		c.XAVPs.Add(name, avp.Item{Fields: fields})
	}
	return module.True
}

// pvquery is sql_pvquery(connection, query, "$pv;$pv").
func (s *SQLOps) pvquery(c *module.Call, a module.Args) module.Result {
	to, ok := a[2].Data.(*targets)
	if !ok || to.vars == nil {
		if a[2].Err != nil {
			return c.Fail("sql_pvquery", a[2].Err)
		}
		return c.Fail("sql_pvquery", errTargets)
	}
	r, err := s.ask(c, a)
	if err != nil {
		return c.Fail("sql_pvquery", err)
	}
	if len(r.Rows) == 0 {
		return noRows
	}
	rows := values(r)
	for i := len(rows) - 1; i >= 0; i-- {
		if err := to.assign(c, rows[i]); err != nil {
			return c.Fail("sql_pvquery", err)
		}
	}
	return module.True
}

// free is sql_result_free(result).
func (s *SQLOps) free(c *module.Call, a module.Args) module.Result {
	number, ok := a[0].Data.(int)
	if !ok {
		return c.Fail("sql_result_free", a[0].Err)
	}
	*s.state(c).of(number) = table{}
	return module.True
}
