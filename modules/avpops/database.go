// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

var (
	errNoURL     = errors.New("parameter db_url is not set: the functions for a database need it")
	errStatement = errors.New("the database takes no statements")
	errScheme    = errors.New("a scheme is only for avp_db_load")
)

// Bits of the type column.
const (
	integerValue = 1 << iota
	integerName
)

// prepareDB is prepare for the functions that need a database.
func (m *AVPOps) prepareDB(b module.Binder, a module.Args) error {
	if m.url == "" {
		return errNoURL
	}
	if s, ok := a[0].Data.(*source); ok {
		if n, ok := a[1].Data.(*stored); ok {
			m.uses = append(m.uses, use{s, n})
		}
	}
	return prepare(b, a)
}

// use is what a call asks for in the database.
type use struct {
	source *source
	stored *stored
}

// check refuses a table that has not the columns which a call asks for.
func (m *AVPOps) check(ctx context.Context, u use) error {
	q := m.queryOf(u.stored, u.source.example(m.useDomain))
	return db.CheckColumns(ctx, m.db, q.Table, q.Named()...)
}

// queryOf asks for what is stored of an identity.
func (m *AVPOps) queryOf(n *stored, id identity) db.Query {
	if n.scheme != nil {
		return n.scheme.query(id, m)
	}
	return db.Query{Table: m.tableOf(n), Columns: []string{m.nameColumn, m.valueColumn, m.typeColumn}, Where: id.where(m.uuidColumn, m.userColumn, m.domainColumn)}
}

// prepareStore is prepareDB for those that take no scheme.
func (m *AVPOps) prepareStore(b module.Binder, a module.Args) error {
	if s, ok := a[1].Data.(*stored); ok && s.scheme != nil {
		return errScheme
	}
	return m.prepareDB(b, a)
}

// arguments returns source and name of a function, and the values of the source
// for the columns uuid, username and domain.
func (m *AVPOps) arguments(c *module.Call, a module.Args) (*stored, identity, error) {
	s, ok := a[0].Data.(*source)
	n, ok2 := a[1].Data.(*stored)
	if !ok || !ok2 || n.matching == 0 && n.avp == nil {
		return nil, identity{}, errPrepared
	}
	id, err := s.identity(c, m.useDomain)
	return n, id, err
}

// load is avp_db_load(source, name).
func (m *AVPOps) load(c *module.Call, a module.Args) module.Result {
	n, id, err := m.arguments(c, a)
	if err != nil {
		return c.Fail("avp_db_load", err)
	}
	q := m.queryOf(n, id)
	if n.scheme == nil && n.matching == 0 {
		q.Where = append(q.Where, db.Is(m.nameColumn, plain(n.avp.Name(c))))
	}
	var rows [][]db.Value
	c.Block(func() { rows, err = db.Rows(c.Context(), m.db, q) })
	if err != nil {
		return c.Fail("avp_db_load", err)
	}
	loaded := 0
	for _, row := range rows {
		name, v, ok := n.read(c, row)
		if ok {
			add(c, name, v)
			loaded++
		}
	}
	return module.Bool(loaded > 0)
}

// read makes an AVP of a row; false where the row is none that is asked for.
func (n *stored) read(c *module.Call, row []db.Value) (name string, v module.Value, ok bool) {
	var kind int64
	if n.scheme != nil {
		name = n.avp.Name(c)
		if n.scheme.integer {
			kind = integerValue
		}
		row = []db.Value{nil, row[0]}
	} else {
		kind, _ = db.Int(row[2])
		if name = db.Text(row[0]); kind&integerName != 0 {
			name = "i:" + name
		}
		if name == "" || n.matching == 0 && name != n.avp.Name(c) || n.matching != 0 && !n.matching.fits(name) {
			return "", v, false
		}
	}
	if row[1] == nil {
		return "", v, false
	}
	if kind&integerValue == 0 {
		return name, avp.String(db.Text(row[1])), true
	}
	number, ok := db.Int(row[1])
	return name, avp.Number(number), ok
}

// plain is the name of an AVP in the database.
func plain(name string) string { return strings.TrimPrefix(name, "i:") }

// store is avp_db_store(source, name).
func (m *AVPOps) store(c *module.Call, a module.Args) module.Result {
	n, id, err := m.arguments(c, a)
	if err != nil {
		return c.Fail("avp_db_store", err)
	}
	var names []string
	if n.matching != 0 {
		names = n.matching.names(c)
	} else {
		names = []string{n.avp.Name(c)}
	}
	var rows [][]db.Value
	for _, name := range names {
		values := valuesOf(c, name, true)
		for _, v := range slices.Backward(values) { // loaded in this order, the newest is so again
			kind := int64(0)
			if v.Kind == avp.Int {
				kind |= integerValue
			}
			if isNumber(name) {
				kind |= integerName
			}
			rows = append(rows, []db.Value{id.uuid, id.user, id.domain, plain(name), string(v.AppendText(nil)), kind})
		}
	}
	if len(rows) == 0 {
		return module.False
	}
	columns := []string{m.uuidColumn, m.userColumn, m.domainColumn, m.nameColumn, m.valueColumn, m.typeColumn}
	c.Block(func() { err = m.db.Insert(c.Context(), m.tableOf(n), columns, rows...) })
	if err != nil {
		return c.Fail("avp_db_store", err)
	}
	return module.True
}

func (m *AVPOps) tableOf(n *stored) string {
	if n.table == "" {
		return m.table
	}
	return n.table
}

// remove is avp_db_delete(source, name).
func (m *AVPOps) remove(c *module.Call, a module.Args) module.Result {
	n, id, err := m.arguments(c, a)
	if err != nil {
		return c.Fail("avp_db_delete", err)
	}
	where := id.where(m.uuidColumn, m.userColumn, m.domainColumn)
	switch n.matching {
	case 0:
		where = append(where, db.Is(m.nameColumn, plain(n.avp.Name(c))))
	case 'i':
		where = append(where, db.Cond{Column: m.typeColumn, Op: db.GreaterEqual, Value: int64(integerName)})
	case 's':
		where = append(where, db.Cond{Column: m.typeColumn, Op: db.Less, Value: int64(integerName)})
	}
	c.Block(func() { _, err = m.db.Delete(c.Context(), m.tableOf(n), where) })
	if err != nil {
		return c.Fail("avp_db_delete", err)
	}
	return module.True
}

// noRows is $rc of avp_db_query where a statement gives no rows.
const noRows module.Result = -2

// list is the argument $avp(x);$avp(y) of avp_db_query.
type list struct{ avps []avpArg }

func compileList(text string) (any, error) {
	l := new(list)
	for _, one := range strings.Split(text, ";") {
		if one = strings.TrimSpace(one); one != "" {
			l.avps = append(l.avps, avpArg{text: one})
		}
	}
	if len(l.avps) == 0 {
		return nil, errNoAVP
	}
	return l, nil
}

func (l *list) bind(b module.Binder) error {
	for i := range l.avps {
		if err := l.avps[i].bind(b); err != nil {
			return err
		}
	}
	return nil
}

// query is avp_db_query(query [, dest]).
func (m *AVPOps) query(c *module.Call, a module.Args) module.Result {
	q, ok := m.db.(db.Querier)
	if !ok {
		return c.Fail("avp_db_query", errStatement)
	}
	to, _ := a[1].Data.(*list)
	var r *db.Result
	var err error
	c.Block(func() { r, err = q.Raw(c.Context(), a.Str(0)) })
	if err != nil {
		return c.Fail("avp_db_query", err)
	}
	if len(r.Rows) == 0 {
		return noRows
	}
	if to != nil && len(r.Columns) > len(to.avps) {
		return c.Fail("avp_db_query", fmt.Errorf("there are %d columns for %d AVPs", len(r.Columns), len(to.avps)))
	}
	for _, row := range slices.Backward(r.Rows) {
		for i, v := range row {
			if v == nil {
				continue
			}
			name := fmt.Sprint("i:", i+1)
			if to != nil {
				name = to.avps[i].avp.Name(c)
			}
			if n, ok := v.(int64); ok {
				add(c, name, avp.Number(n))
			} else {
				add(c, name, avp.String(db.Text(v)))
			}
		}
	}
	return module.True
}
