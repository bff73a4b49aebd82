// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func (m *Text) rpcDump(r *module.Request) error {
	if err := m.dump(); err != nil {
		return err
	}
	r.Add("Dump OK")
	return nil
}

// rpcQuery answers in the words of the reference: a failure is a line, too.
func (m *Text) rpcQuery(r *module.Request) error {
	text, _ := r.Str(0)
	u, err := db.ParseURL(m.connection)
	var d *database
	if err == nil {
		d, err = m.database(u)
	}
	if err != nil {
		m.log.Error("db_text.query has no database", "default_connection", m.connection, "err", err)
		r.Printf("invalid connection : %s", m.connection)
		return nil
	}
	s, err := parseStatement(text, nil)
	var result *db.Result
	var columns []column
	if err == nil {
		result, err = d.Raw(r.Context, text)
	}
	if err == nil && s.verb == "select" && !s.count {
		columns, err = d.columns(r.Context, s.query.Table, s.query.Columns)
	}
	if err != nil {
		m.log.Error("db_text.query failed", "err", err)
		r.Add("error executing sql statement")
		return nil
	}
	switch {
	case s.verb != "select":
		r.Printf("%d affected rows", result.Affected)
	case len(result.Rows) == 0:
		r.Add("statement returned 0 rows")
	default:
		m.list(r, columns, result)
	}
	return nil
}

// list replies with rows as a file has them.
func (m *Text) list(r *module.Request, columns []column, result *db.Result) {
	head := "count(*)"
	if columns != nil {
		head = string(appendColumns(nil, columns))
	}
	r.Add(head)
	r.Add("")
	for _, row := range result.Rows {
		r.Add(string(m.format().appendRow(nil, row)))
	}
	r.Add("")
	r.Printf("total rows %d / %d", len(result.Rows), len(result.Rows))
}
