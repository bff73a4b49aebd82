// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// values tells that each type comes back as it went in, and what is near to it
// as the column's type.
func (s *suite) values(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	large := bytes.Repeat(everyByte, 256)
	for _, row := range []struct {
		name     string
		in, want []db.Value
	}{
		{"each type",
			[]db.Value{int64(1), int64(-42), 0.25, "alice", Moment, everyByte},
			[]db.Value{int64(1), int64(-42), 0.25, "alice", Moment, everyByte}},
		{"the ends",
			[]db.Value{int64(math.MaxInt64), int64(math.MinInt64), -1.5e300, strings.Repeat("ü", 64), time.Date(1970, 1, 2, 0, 0, 0, 0, time.Local), large},
			[]db.Value{int64(math.MaxInt64), int64(math.MinInt64), -1.5e300, strings.Repeat("ü", 64), time.Date(1970, 1, 2, 0, 0, 0, 0, time.Local), large}},
		{"empty",
			[]db.Value{int64(2), int64(0), 0.0, "", Moment, []byte{}},
			[]db.Value{int64(2), int64(0), 0.0, "", Moment, []byte{}}},
		{"text of numbers",
			[]db.Value{"3", "7", "2.5", int64(12), Moment, "text"},
			[]db.Value{int64(3), int64(7), 2.5, "12", Moment, []byte("text")}},
		{"numbers for each other",
			[]db.Value{int64(4), int64(7), int64(2), 1.5, Moment, nil},
			[]db.Value{int64(4), int64(7), 2.0, "1.5", Moment, nil}},
		{"a date with another zone",
			[]db.Value{int64(5), nil, nil, nil, Moment.In(time.FixedZone("far", 9*3600)), nil},
			[]db.Value{int64(5), nil, nil, nil, Moment, nil}},
		{"a blob as text",
			[]db.Value{int64(6), nil, nil, []byte("bob"), nil, nil},
			[]db.Value{int64(6), nil, nil, "bob", nil, nil}},
	} {
		s.insert(t, row.in)
		id, _ := db.Int(row.in[0])
		got := s.rows(t, db.Query{Columns: Columns, Where: []db.Cond{db.Is("id", id)}})
		if len(got) != 1 {
			t.Errorf("%s: got %d rows, want 1", row.name, len(got))
			continue
		}
		for i, c := range Columns {
			same(t, row.name+", "+c, got[0][i], row.want[i])
		}
	}
	got := s.rows(t, db.Query{Columns: []string{"id"}, Where: []db.Cond{db.Is("moment", Moment)}})
	same(t, "rows with the date", len(got), 5)
	got = s.rows(t, db.Query{Where: []db.Cond{db.Is("id", int64(1))}})
	same(t, "all columns", len(got[0]), len(Columns))
}

func (s *suite) null(t *testing.T) {
	s.insert(t, []db.Value{int64(1), nil, nil, nil, nil, nil}, []db.Value{int64(2), int64(1), 1.0, "x", Moment, []byte("y")})
	for i, c := range Columns[1:] {
		same(t, c+" of the empty row", s.rows(t, db.Query{Columns: []string{c}, Where: []db.Cond{db.Is("id", int64(1))}}), [][]db.Value{{nil}})
		same(t, c+" is NULL", s.ids(t, db.Query{Where: []db.Cond{db.Is(c, nil)}}), []int64{1})
		same(t, c+" is not NULL", s.ids(t, db.Query{Where: []db.Cond{{Column: c, Op: db.NotEqual}}}), []int64{2})
		if _, err := s.d.Update(t.Context(), Table, []db.Set{{Column: c}}, []db.Cond{db.Is("id", int64(2))}); err != nil {
			t.Error(err)
		}
		same(t, fmt.Sprintf("%s after column %d was set to NULL", c, i+1), s.ids(t, db.Query{Where: []db.Cond{db.Is(c, nil)}}), []int64{1, 2})
	}
}

// hostile are values that mean something to one database or another.
var hostile = []string{
	`'; DROP TABLE things; --`, `" OR ""="`, "`id`", `\'; DELETE FROM things; -- `, `\`, `\\`, `'`, `''`, `"`, `%`, `_`, `?`, `$1`, `:x`, `@x`,
	`/* x */`, `-- x`, "# x", ";", "NULL", "null", "0x41", `\x41`, `\000`, "a\nb\r\nc\td", "ä€𝄞", "\u200f", `E'\''`, `$$x$$`, `{"a":1}`,
}

func (s *suite) metacharacters(t *testing.T) {
	hostile := hostile
	if s.Plain {
		hostile = slices.DeleteFunc(slices.Clone(hostile), func(v string) bool { return v == "null" }) // as NULL
	}
	for i, v := range hostile {
		s.insert(t, []db.Value{int64(i), nil, nil, v, nil, []byte(v)})
	}
	for i, v := range hostile {
		want := []int64{int64(i)}
		same(t, fmt.Sprintf("rows with %q", v), s.ids(t, db.Query{Where: []db.Cond{db.Is("name", v)}}), want)
		same(t, fmt.Sprintf("value %q", v), s.rows(t, db.Query{Columns: []string{"name", "data"}, Where: []db.Cond{db.Is("id", int64(i))}}), [][]db.Value{{v, []byte(v)}})
		n, err := s.d.Update(t.Context(), Table, []db.Set{{Column: "name", Value: v + "x"}}, []db.Cond{db.Is("name", v)})
		if n != 1 || err != nil {
			t.Errorf("change of %q: got %d, %v, want 1", v, n, err)
		}
		if n, err = s.d.Delete(t.Context(), Table, []db.Cond{db.Is("name", v+"x")}); n != 1 || err != nil {
			t.Errorf("delete of %q: got %d, %v, want 1", v, n, err)
		}
	}
	same(t, "rows that are left", s.ids(t, db.Query{}), []int64{})
}
