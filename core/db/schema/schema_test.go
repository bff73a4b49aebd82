// SPDX-License-Identifier: Apache-2.0

package schema_test

import (
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
)

func open(t *testing.T) schema.Database {
	t.Helper()
	u, err := db.ParseURL("sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_sqlite.New().Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.(schema.Database)
}

func differences(t *testing.T, d schema.Database, tables []schema.Table) []string {
	t.Helper()
	found, err := schema.SQLite.On(d).Compare(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, f.Table+" "+f.Text)
	}
	return out
}

func TestCreateAndDrop(t *testing.T) {
	d := open(t)
	all := schema.Tables()
	if got := differences(t, d, all); len(got) != len(all) || got[0] != "version is missing" {
		t.Errorf("the empty database: got %d differences, %q, want %d tables that are missing", len(got), got[0], len(all))
	}
	made, err := schema.SQLite.On(d).Create(t.Context(), all)
	if err != nil || len(made) != len(all) {
		t.Fatalf("got %d tables, %v, want %d", len(made), err, len(all))
	}
	if got := differences(t, d, all); len(got) != 0 {
		t.Errorf("what was made differs: %q", got)
	}
	if made, err = schema.SQLite.On(d).Create(t.Context(), all); err != nil || len(made) != 0 {
		t.Errorf("once more: got %v, %v, want that nothing is to be done", made, err)
	}
	if err := db.CheckVersion(t.Context(), d, "version", "location", 9); err != nil {
		t.Error(err)
	}
	gone, err := schema.SQLite.On(d).Drop(t.Context(), schema.Tables("presence"))
	if err != nil || len(gone) != len(schema.Tables("presence")) {
		t.Errorf("got %v, %v, want the tables of presence", gone, err)
	}
	if gone, err = schema.SQLite.On(d).Drop(t.Context(), all); err != nil || !slices.Contains(gone, "version") {
		t.Errorf("got %v, %v, want all others", gone, err)
	}
	if there, err := schema.SQLite.Inspect(t.Context(), d); err != nil || len(there) != 0 {
		t.Errorf("%v, %v are left", there, err)
	}
}

func TestDropKeepsVersionsOfOthers(t *testing.T) {
	d := open(t)
	if _, err := schema.SQLite.On(d).Create(t.Context(), schema.Tables("standard")); err != nil {
		t.Fatal(err)
	}
	if err := d.Insert(t.Context(), "version", []string{"table_name", "table_version"}, []db.Value{"mine", int64(1)}); err != nil {
		t.Fatal(err)
	}
	if gone, err := schema.SQLite.On(d).Drop(t.Context(), schema.Tables()); err != nil || slices.Contains(gone, "version") {
		t.Errorf("got %v, %v, want that the versions stay", gone, err)
	}
}

func TestCompare(t *testing.T) {
	d := open(t)
	for _, statement := range []string{
		"CREATE TABLE version (id INTEGER PRIMARY KEY NOT NULL, table_name VARCHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL)",
		"CREATE TABLE speed_dial (id INTEGER PRIMARY KEY NOT NULL, username VARCHAR(32) DEFAULT '' NOT NULL, domain VARCHAR(64) DEFAULT 'x' NOT NULL, " +
			"sd_username VARCHAR(64) DEFAULT '' NOT NULL, sd_domain VARCHAR(64) DEFAULT '', new_uri VARCHAR(255) DEFAULT '' NOT NULL, fname VARCHAR(64) DEFAULT '' NOT NULL, mine TEXT)",
		"INSERT INTO version (table_name, table_version) VALUES ('speed_dial', 7)",
	} {
		if _, err := d.Raw(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	versions, _ := schema.Lookup("version")
	dial, _ := schema.Lookup("speed_dial")
	want := []string{
		"version has no version, want 1",
		"version has no unique index of table_name",
		"speed_dial has version 7, want 2",
		"speed_dial has column username of type VARCHAR(32), want VARCHAR(64)",
		`speed_dial has column domain with default "x", want ""`,
		"speed_dial has column sd_domain where NULL is allowed, want that it is not",
		"speed_dial has no column lname",
		"speed_dial has no unique index of username, domain, sd_domain, sd_username",
	}
	got := differences(t, d, []schema.Table{versions, dial})
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("no difference %q in %q", w, got)
		}
	}
}

// Each table has a key of one column, and indexes only of columns that it has.
func TestTables(t *testing.T) {
	names := map[string]bool{}
	for _, table := range schema.Tables() {
		if names[table.Name] {
			t.Errorf("table %s comes twice", table.Name)
		}
		names[table.Name] = true
		keys := 0
		for _, c := range table.Columns {
			if c.Type == schema.Serial {
				keys++
			}
			if c.Type == schema.Varchar != (c.Size > 0) {
				t.Errorf("%s.%s has size %d", table.Name, c.Name, c.Size)
			}
		}
		if keys != 1 {
			t.Errorf("%s has %d keys", table.Name, keys)
		}
		for _, x := range table.Indexes {
			for _, name := range x.Columns {
				if !slices.ContainsFunc(table.Columns, func(c schema.Column) bool { return c.Name == name }) {
					t.Errorf("index %s of %s has column %s", x.Name, table.Name, name)
				}
			}
		}
	}
	if len(names) != 70 {
		t.Errorf("%d tables, want 70", len(names))
	}
}
