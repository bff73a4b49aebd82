// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// fakeDB answers each query with the same rows, or an error.
type fakeDB struct {
	db.Database
	rows [][]db.Value
	err  error
}

func (d *fakeDB) Select(_ context.Context, _ db.Query, each func([]db.Value) error) error {
	for _, r := range d.rows {
		if err := each(r); err != nil {
			return err
		}
	}
	return d.err
}

const head = `loadmodule "pv.so"
loadmodule "mtree.so"
`

func rows(pairs ...string) (out [][]db.Value) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, []db.Value{pairs[i], pairs[i+1]})
	}
	return out
}

// start loads a configuration whose trees come from d.
func start(t testing.TB, cfg string, d db.Database) (*Mtree, *scripttest.Env, error) {
	t.Helper()
	var m *Mtree
	env := scripttest.Load(head+cfg, scripttest.Options{Modules: map[string]module.New{"mtree": func() module.Module { m = New(); return m }}})
	if err := env.Errors.Err(); err != nil {
		return nil, nil, err
	}
	env.Host.DB = d
	return m, env, m.Start(t.Context(), env.Host)
}

func TestParseSpec(t *testing.T) {
	for _, row := range []struct {
		text string
		want spec
	}{
		{"name=a;dbtable=b", spec{name: "a", table: "b"}},
		{" dbtable=b ; name=a; type=2;multi=1;", spec{name: "a", table: "b", kind: integers, multi: true}},
		{"name=a;dbtable=b;cols='k, v1,v2';type=0", spec{name: "a", table: "b", columns: []string{"k", "v1", "v2"}}},
	} {
		if got, err := parseSpec(row.text); err != nil || !reflect.DeepEqual(*got, row.want) {
			t.Errorf("%q: got %+v, %v, want %+v", row.text, got, err, row.want)
		}
	}
	for _, text := range []string{"", "name", "name=a", "dbtable=b", "name=a;dbtable=b;type=3", "name=a;dbtable=b;type=x", "name=a;dbtable=b;multi=2",
		"name=a;dbtable=b;cols='k'", "name=a;dbtable=b;cols='k,v", "name=a;dbtable=b;cols='k,v'x", "name=a;dbtable=b;cols='k,v';type=1", "name=a;dbtable=b;color=red"} {
		if got, err := parseSpec(text); err == nil {
			t.Errorf("%q is taken: %+v", text, got)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("name=a;dbtable=b;cols='k, v1,v2';type=0;multi=0")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := parseSpec(text); err == nil && (s.name == "" || s.table == "" || s.kind > integers) {
			t.Fatalf("%q: %+v", text, s)
		}
	})
}

func TestBadTables(t *testing.T) {
	for _, row := range []struct{ name, params, want string }{
		{"a prefix twice", "", `prefix "12" is there twice`},
		{"letters", "", `'x' in prefix "1x" is none of the signs`},
		{"a long prefix", "", "has more than 63 signs"},
		{"no integers", ";type=2", `value "a" of prefix "1" is no integer`},
		{"no table", "", "no such table"},
	} {
		d := &fakeDB{rows: map[string][][]db.Value{
			"a prefix twice": rows("12", "a", "12", "b"), "letters": rows("1x", "a"), "a long prefix": rows(strings.Repeat("1", 64), "a"),
			"no integers": rows("1", "a"),
		}[row.name]}
		if d.rows == nil {
			d.err = fmt.Errorf("x: %w", db.ErrNoTable)
		}
		_, _, err := start(t, `modparam("mtree", "mtree", "name=t;dbtable=x`+row.params+`")
request_route { exit; }`, d)
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "tree t of table x") {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
	for params, want := range map[string]string{
		"": "no tree is defined",
		`modparam("mtree", "db_table", "x") modparam("mtree", "char_list", "00")`:                       "is there twice",
		`modparam("mtree", "db_table", "x") modparam("mtree", "pv_value", "$rc")`:                       "cannot be assigned",
		`modparam("mtree", "mtree", "name=x")`:                                                          "no dbtable",
		`modparam("mtree", "mtree", "name=x;dbtable=y") modparam("mtree", "mtree", "name=x;dbtable=z")`: "defined twice",
	} {
		if _, _, err := start(t, params+"\nrequest_route { exit; }", &fakeDB{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", params, err, want)
		}
	}
}

// TestReloadKeepsTheOldTree: what cannot be read leaves the trees as they were.
func TestReloadKeepsTheOldTree(t *testing.T) {
	for _, params := range []string{`modparam("mtree", "mtree", "name=t;dbtable=x")`, `modparam("mtree", "db_table", "x")`} {
		d := &fakeDB{rows: rows("12", "a")}
		add := func(values ...string) {
			d.rows = rows(values...)
			if strings.Contains(params, "db_table") {
				for i, r := range d.rows {
					d.rows[i] = append([]db.Value{"t"}, r...)
				}
			}
		}
		add("12", "a")
		m, env, err := start(t, params+"\nrequest_route { exit; }", d)
		if err != nil {
			t.Fatal(err)
		}
		match := func() string {
			r := &module.Request{Context: t.Context(), Host: env.Host, Args: []any{"t", "123", int64(0)}}
			if err := m.rpcMatch(r); err != nil {
				return err.Error()
			}
			return r.Reply[1].(*module.Struct).Fields[1].Value.(string)
		}
		reload := func() error {
			return m.rpcReload(&module.Request{Context: t.Context(), Host: env.Host})
		}
		for _, broken := range []func(){func() { add("12", "b", "1y", "c") }, func() { add("12", "b"); d.err = errors.New("gone") }} {
			broken()
			if err := reload(); err == nil || match() != "a" {
				t.Errorf("%s: got %v and value %s, want an error and the old value", params, err, match())
			}
		}
		d.err = nil
		if err := reload(); err != nil || match() != "b" {
			t.Errorf("%s: got %v and value %s, want b", params, err, match())
		}
	}
}

// TestMatchDoesNotAllocate: neither the look-up nor what it assigns to $var.
func TestMatchDoesNotAllocate(t *testing.T) {
	_, env, err := start(t, `modparam("mtree", "mtree", "name=t;dbtable=x")
modparam("mtree", "char_list", "bo")
modparam("mtree", "pv_value", "$var(v)")
request_route { if (!mt_match("t", "$rU", "0") || $var(v) != "gw") { exit; } }`, &fakeDB{rows: rows("b", "x", "bob", "gw")})
	if err != nil {
		t.Fatal(err)
	}
	c := env.Call(t, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	n := testing.AllocsPerRun(100, func() {
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if env.Program.Run(c, r).Exit {
			t.Fatal("the route took a wrong way")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per message", n)
	}
}

// BenchmarkMillion loads a million prefixes and finds them.
func BenchmarkMillion(b *testing.B) {
	d := &fakeDB{}
	for i := range 1_000_000 {
		d.rows = append(d.rows, []db.Value{fmt.Sprint(1_000_000 + i*7), fmt.Sprint("gw", i%100)})
	}
	m, _, err := start(b, `modparam("mtree", "mtree", "name=t;dbtable=x")
request_route { exit; }`, d)
	if err != nil {
		b.Fatal(err)
	}
	t := m.forest.Load().find("t")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % 1_000_000
		it, ok := t.longest(d.rows[i][0].(string))
		if v := t.value(it); !ok || len(v.Str) < 3 {
			b.Fatal(v)
		}
	}
	b.ReportMetric(float64(t.bytes())/1e6, "MB")
}

// TestSQLite reads a tree of several columns, and those of one table, from a
// real database.
func TestSQLite(t *testing.T) {
	d, err := db_sqlite.New().Open(t.Context(), db.URL{Scheme: "sqlite", Name: ":memory:", Text: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, statement := range []string{
		"CREATE TABLE mtrees (id INTEGER PRIMARY KEY, tname VARCHAR(128), tprefix VARCHAR(32), tvalue VARCHAR(128))",
		"INSERT INTO mtrees (tname, tprefix, tvalue) VALUES ('a', '12', 'one'), ('b', '1', 'two'), ('b', '13', 'three'), (NULL, '1', 'x'), ('a', NULL, 'x')",
	} {
		if _, err := d.(db.Querier).Raw(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ params, tree, number, want string }{
		{`modparam("mtree", "db_table", "mtrees")`, "a", "12", "one"},
		{`modparam("mtree", "db_table", "mtrees")`, "b", "134", "three"},
		{`modparam("mtree", "mtree", "name=b;dbtable=mtrees;multi=1")`, "b", "12", "two"},
		{`modparam("mtree", "mtree", "name=c;dbtable=mtrees;cols='tprefix,tname,tvalue'") modparam("mtree", "mt_allow_duplicates", 1)`, "c", "1", "*,x"},
	} {
		m, _, err := start(t, row.params+"\nrequest_route { exit; }", d)
		if err != nil {
			t.Error(err)
			continue
		}
		tree := m.forest.Load().find(row.tree)
		if it, ok := tree.longest(row.number); !ok || tree.value(it).Str != row.want {
			t.Errorf("%s, tree %s, %s: got %q, want %q", row.params, row.tree, row.number, tree.value(it).Str, row.want)
		}
	}
	if _, _, err := start(t, `modparam("mtree", "db_table", "mtrees") modparam("mtree", "tvalue_column", "nothing")`+"\nrequest_route { exit; }", d); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("an unknown column gives %v", err)
	}
}
