// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"fmt"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

func TestRaw(t *testing.T) {
	d, _ := openWith(t, nil)
	for _, row := range []struct {
		text string
		args []db.Value
		want string
	}{
		{"select * from people where id=1", nil, "[id name q flags since] 1:Nick:0.50:5:100 0"},
		{"SELECT name, `id` FROM people WHERE id >= 2 AND q IS NULL", nil, "[name id] Cole:2 0"},
		{"select id from people where name='nick' or name=\"bob\" order by id desc limit 1", nil, "[id] 3 0"},
		{"select id from people where q is not null and flags & 4", nil, "[id] 1 0"},
		{"select id from people where name=? and id<>?", []db.Value{"cole", int64(1)}, "[id] 2 0"},
		{"select count(*) from people where id>1", nil, "[count(*)] 2 0"},
		{`insert into people (name, q) values ('it''s', -0.5), ("a\"\\b", NULL)`, nil, "[]  2"},
		{"select name from people where id > 3", nil, `[name] it's a"\\b 0`},
		{"update people set flags=7, q=null where id=4", nil, "[]  1"},
		{"delete from people where id!=4", nil, "[]  4"},
		{"select * from people", nil, "[id name q flags since] 4:it's::7: 0"},
		{"delete from people", nil, "[]  1"},

		{"", nil, `statement "": "" is no statement: select, insert, update and delete are`},
		{"drop table people", nil, `statement "drop table people": "drop" is no statement: select, insert, update and delete are`},
		{"select * from people; delete from people", nil, `statement "select * from people; delete from people": ";" is not expected here`},
		{"select * from people where name='a' or 1=1", nil, `table people: there is no column "1"`},
		{"select * from people where name='a", nil, `statement "select * from people where name='a": the text 'a has no end`},
		{"select * from people where id=1 and id=2 or id=3", nil, `statement "select * from people where id=1 and id=2 or id=3": "or" is not expected here`},
		{"delete from people where id=1 or id=2", nil, `statement "delete from people where id=1 or id=2": "or" is not expected here`},
		{"select * from people where name like 'a%'", nil, `statement "select * from people where name like 'a%'": a comparison is expected before "like"`},
		{"select * from people where id=?", nil, `statement "select * from people where id=?": a value is expected before "?"`},
		{"select * from people", []db.Value{"x"}, `statement "select * from people": there are more values than question marks`},
		{"select * from people limit x", nil, `statement "select * from people limit x": a number is expected behind limit`},
		{"select age from people", nil, `table people: there is no column "age"`},
		{"insert into people (name) values ('a','b')", nil, "table people: row is refused: there are 2 values for 1 columns"},
		{"update people set name=name", nil, `statement "update people set name=name": a value is expected before "name"`},
	} {
		r, err := d.Raw(t.Context(), row.text, row.args...)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			for i, one := range r.Rows {
				if i > 0 {
					got += " "
				}
				got += string(colon.appendRow(nil, one))
			}
			got = fmt.Sprint(r.Columns, " ", got, " ", r.Affected)
		}
		if got != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.text, got, row.want)
		}
	}
}

func FuzzStatement(f *testing.F) {
	f.Add("select a,b from t where a='x\\'y' or b>=? order by a desc limit 5")
	f.Add("insert into t (a) values (\"x\"\"y\"), (-1.5)")
	f.Add("update t set a=null where b is not null")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStatement(text, []db.Value{"x"})
		if err == nil && s.query.Table == "" {
			t.Fatalf("%q has no table", text)
		}
	})
}
