// SPDX-License-Identifier: Apache-2.0

package pdt

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// open makes a database with rows of the table pdt: source domain, prefix and
// domain of each.
func open(t testing.TB, version int, rows ...string) db.Database {
	t.Helper()
	d, err := db_sqlite.New().Open(t.Context(), db.URL{Scheme: "sqlite", Name: ":memory:", Text: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	raw := func(statement string, args ...db.Value) {
		if _, err := d.(db.Querier).Raw(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	raw("CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER)")
	raw("INSERT INTO version VALUES ('pdt', ?)", int64(version))
	raw("CREATE TABLE pdt (id INTEGER PRIMARY KEY, sdomain VARCHAR(255), prefix VARCHAR(32), domain VARCHAR(255))")
	for i := 0; i+2 < len(rows); i += 3 {
		raw("INSERT INTO pdt (sdomain, prefix, domain) VALUES (?, ?, ?)", rows[i], rows[i+1], rows[i+2])
	}
	return d
}

func start(t testing.TB, cfg string, d db.Database) (*PDT, *scripttest.Env, error) {
	t.Helper()
	var p *PDT
	env := scripttest.Load("loadmodule \"pv.so\"\nloadmodule \"pdt.so\"\n"+cfg,
		scripttest.Options{Modules: map[string]module.New{"pdt": func() module.Module { p = New(); return p }}})
	if err := env.Errors.Err(); err != nil {
		return nil, nil, err
	}
	env.Host.DB = d
	env.Host.Core().VersionTable = "version"
	return p, env, p.Start(t.Context(), env.Host)
}

func TestBadTables(t *testing.T) {
	const route = "\nrequest_route { exit; }"
	for _, row := range []struct {
		name, params, want string
		d                  db.Database
	}{
		{"letters", "", `source domain *: 'x' in prefix "1x"`, open(t, 1, "*", "1x", "a")},
		{"a prefix twice", `modparam("pdt", "check_domain", 0)`, `source domain * has prefix "1" twice`, open(t, 1, "*", "1", "a", "*", "1", "b")},
		{"another version", "", "table pdt has version 2, 1 is needed", open(t, 2)},
		{"no table", `modparam("pdt", "db_table", "nowhere")`, "table nowhere has no version", open(t, 1)},
		{"an unknown column", `modparam("pdt", "prefix_column", "nothing")`, "cannot load table pdt", open(t, 1)},
		{"no signs", `modparam("pdt", "char_list", "")`, "parameter char_list", open(t, 1)},
	} {
		if _, _, err := start(t, row.params+route, row.d); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

// TestReload: what is left out, what a reload changes, and that a table which is
// broken leaves the old content.
func TestReload(t *testing.T) {
	d := open(t, 1, "*", "1", "one", "*", "1", "again", "*", "2", "one", "", "3", "x", "*", "", "x", "*", "3", "")
	p, env, err := start(t, "request_route { exit; }", d)
	if err != nil {
		t.Fatal(err)
	}
	list := func() string {
		r := &module.Request{Context: t.Context()}
		if err := p.rpcList(r); err != nil {
			return err.Error()
		}
		var out []string
		for _, f := range r.Reply[0].(*module.Struct).Fields {
			if s, ok := f.Value.(*module.Struct); ok {
				for _, e := range s.Fields {
					entry := e.Value.(*module.Struct)
					out = append(out, fmt.Sprint(entry.Fields[1].Value, "=", entry.Fields[0].Value))
				}
			}
		}
		return strings.Join(out, " ")
	}
	if got := list(); got != "1=one" {
		t.Errorf("got %q", got)
	}
	if n := strings.Count(strings.Join(env.Host.Lines(), "\n"), "is left out"); n != 5 {
		t.Errorf("%d records are told of, want 5", n)
	}
	for _, step := range []struct {
		row  []db.Value
		ok   bool
		want string
	}{
		{[]db.Value{"*", "4", "four"}, true, "1=one 4=four"},
		{[]db.Value{"*", "5y", "five"}, false, "1=one 4=four"},
	} {
		if err := d.Insert(t.Context(), "pdt", []string{"sdomain", "prefix", "domain"}, step.row); err != nil {
			t.Fatal(err)
		}
		if err := p.rpcReload(&module.Request{Context: t.Context()}); (err == nil) != step.ok || list() != step.want {
			t.Errorf("%v: got %v and %q, want %q", step.row, err, list(), step.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	_, env, err := start(t, `request_route { if (prefix2domain("0", "2")) exit; }`, open(t, 1, "*", "12", "star.org", "example.com", "1", "from.org:5070"))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	for uri, want := range map[string]string{
		"sip:123@example.org":                 "sip:23@from.org:5070",
		"tel:1234":                            "sip:234@from.org:5070",
		"sips:1:pw@example.org;transport=tcp": "sips:from.org:5070",
		"sip:1a:pw@example.org;transport=tcp": "sip:a:pw@from.org:5070",
		"sip:example.org":                     "sip:example.org",
		"sip:9@example.org;x=y":               "sip:9@example.org;x=y",
		"urn:service:sos":                     "urn:service:sos",
		"sip:\x00@example.org":                "sip:\x00@example.org",
	} {
		c := env.Call(t, scripttest.Invite)
		c.Target.URI = uri
		env.Program.Run(c, r)
		if c.Target.URI != want {
			t.Errorf("%q: got %q, want %q", uri, c.Target.URI, want)
		}
	}
}

func TestTranslateDoesNotAllocate(t *testing.T) {
	_, env, err := start(t, `modparam("pdt", "char_list", "bo")
request_route { if (!pd_translate("$fd", "2")) { exit; } }`, open(t, 1, "example.com", "bo", "from.org:5070"))
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
