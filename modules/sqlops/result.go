// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// state is what the module keeps with a Call: as in the reference each worker
// has its own results, which stay from message to message.
type state struct {
	results  []table // by the number of the name
	affected []int64 // by the number of the connection
}

// table is a result: the names of its columns, and the rows.
type table struct {
	columns []string
	rows    [][]module.Value
}

func (s *SQLOps) state(c *module.Call) *state {
	return c.Local(s, func() any { return &state{affected: make([]int64, len(s.connections))} }).(*state)
}

// result returns the number of a name, which it gets when it is new.
func (s *SQLOps) result(name string) (int, error) {
	if name == "" {
		return 0, errors.New("a result needs a name")
	}
	s.mu.RLock()
	i := slices.Index(s.results, name)
	s.mu.RUnlock()
	if i >= 0 {
		return i, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.results, name); i >= 0 {
		return i, nil
	}
	if len(s.results) >= s.maxResults {
		return 0, fmt.Errorf("there are more than %d names of results: see parameter results_maxsize", s.maxResults)
	}
	s.results = append(s.results, strings.Clone(name))
	return len(s.results) - 1, nil
}

func (s *SQLOps) compileResult(name string) (any, error) { return s.result(name) }

// of returns a result for changes.
func (st *state) of(number int) *table {
	for number >= len(st.results) {
		st.results = append(st.results, table{})
	}
	return &st.results[number]
}

// fill takes over what a database answered. As in the reference a result without
// rows has no columns.
func (t *table) fill(r *db.Result) {
	*t = table{}
	if len(r.Rows) == 0 {
		return
	}
	t.columns, t.rows = r.Columns, values(r)
}

// values converts rows for the script.
func values(r *db.Result) [][]module.Value {
	all := make([]module.Value, 0, len(r.Rows)*len(r.Columns))
	rows := make([][]module.Value, len(r.Rows))
	for i, row := range r.Rows {
		from := len(all)
		for _, v := range row {
			all = append(all, value(v))
		}
		rows[i] = all[from:len(all):len(all)]
	}
	return rows
}

// value converts a value of a database: integers and dates, as seconds since the
// epoch, are integers, all else is text.
func value(v db.Value) module.Value {
	switch v := v.(type) {
	case nil:
		return avp.Value{}
	case int64:
		return avp.Number(v)
	case time.Time:
		return avp.Number(v.Unix())
	}
	return avp.String(db.Text(v))
}

// at returns a value; false where there is none.
func (t *table) at(row, column int64) (module.Value, bool) {
	if row < 0 || row >= int64(len(t.rows)) || column < 0 || column >= int64(len(t.rows[row])) {
		return avp.Value{}, false
	}
	return t.rows[row][column], true
}
