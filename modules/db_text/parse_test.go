// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

var colon = format{delim: ':'}

func TestParse(t *testing.T) {
	for _, row := range []struct {
		name, text string
		format     format
		want       [][]db.Value
		printed    string // when it is not text
	}{
		{"types", "i(int) d(double) s(str) t(string) b(blob) m(time)\n-1:-2.5:a b:c:d:1600000000\n", colon,
			[][]db.Value{{int64(-1), -2.5, "a b", "c", []byte("d"), time.Unix(1600000000, 0)}},
			"i(int) d(double) s(str) t(string) b(blob) m(time)\n-1:-2.50:a b:c:d:1600000000\n"},
		{"escapes", `s(str)` + "\n" + `\n\r\t\\\0\:` + "\n", colon, [][]db.Value{{"\n\r\t\\\x00:"}}, ""},
		{"NULL", "i(int,null) s(str,null) t(str)\n::\n::x\n", colon, [][]db.Value{{nil, nil, ""}, {nil, nil, "x"}}, ""},
		{"empty texts", "i(int,null) s(str,null)\n:\n", format{':', true}, [][]db.Value{{nil, ""}}, ""},
		{"other delimiter", "i(int) s(str)\n1|a:\\|\n", format{delim: '|'}, [][]db.Value{{int64(1), "a:|"}}, ""},
		{"auto", "i(int,auto) s(str)\n:a\n7:b\n:c\n", colon, [][]db.Value{{int64(8), "a"}, {int64(7), "b"}, {int64(9), "c"}},
			"i(int,auto) s(str)\n8:a\n7:b\n9:c\n"},
		{"empty lines, no end", "  i(INT) \ts( string )x(int,null,auto)\n\n1:a:\n\n2:b:3", colon, [][]db.Value{{int64(1), "a", nil}, {int64(2), "b", int64(3)}},
			"i(int) s(string) x(int,null)\n1:a:\n2:b:3\n"},
		{"fields missing at the end", "i(int) s(str,null) t(str,null)\n1\n", colon, [][]db.Value{{int64(1), nil, nil}}, "i(int) s(str,null) t(str,null)\n1::\n"},
		{"decimals", "d(double)\n1\n1.5\n1.\n1.12345\n", colon, [][]db.Value{{1.0}, {1.5}, {1.0}, {1.12345}}, "d(double)\n1.00\n1.50\n1.00\n1.12345\n"},
		{"a date is seconds", "d(datetime)\n5\n", colon, [][]db.Value{{time.Unix(5, 0)}}, ""},
		{"no rows", "i(int)", colon, nil, "i(int)\n"},
	} {
		got, err := row.format.parse([]byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if !reflect.DeepEqual(got.rows, row.want) {
			t.Errorf("%s: got %#v, want %#v", row.name, got.rows, row.want)
		}
		if row.printed == "" {
			row.printed = row.text
		}
		if printed := string(row.format.appendTable(nil, got)); printed != row.printed {
			t.Errorf("%s: printed %q, want %q", row.name, printed, row.printed)
		}
	}
}

// badTables are refused, each with a part of what is said about it. The
// reference refuses them, too, or falls over them.
var badTables = []struct{ text, want string }{
	{"", "there are no columns"},
	{"\n", "there are no columns"},
	{"id\n", "a column is name(type)"},
	{"id(int\n", "a column is name(type)"},
	{"# id(int)\n", "a column is name(type)"},
	{"id()\n", `"" is no type`},
	{"id(foo)\n", `"foo" is no type`},
	{"id(int,foo)\n", `"foo" is no attribute`},
	{"id(str,auto)\n", `"auto" is no attribute`},
	{"id(int) id(str)\n", "column id is there twice"},
	{"id(int)\n1\nx\n", `line 3: column id: "x" is no integer`},
	{"id(int)\n+1\n", "no integer"},
	{"id(int)\n1\r\n", "no integer"},
	{"id(int)\n99999999999999999999\n", "no integer"},
	{"id(time)\n2020-01-01\n", "no integer"},
	{"d(double)\n1e3\n", "no number"},
	{"d(double)\n.5\n", "no number"},
	{"d(double)\n1.2.3\n", "no number"},
	{"d(double)\nNaN\n", "no number"},
	{"s(str)\na\\x\n", `\x is no escape`},
	{"s(str)\na\\\n", "nothing behind the backslash"},
	{"i(int) s(str)\n1:a:b\n", "more than 2 fields"},
	{"i(int) s(str)\n1:a:\n", "more than 2 fields"},
	{"i(int) s(str)\n:a\n", "column i cannot be NULL"},
}

func TestParseRefuses(t *testing.T) {
	for _, row := range badTables {
		if got, err := colon.parse([]byte(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, %v, want an error with %q", row.text, got, err, row.want)
		}
	}
}

// FuzzParse: what parses prints, and what is printed parses to the same.
func FuzzParse(f *testing.F) {
	f.Add("i(int,auto) d(double) s(str) b(blob,null) m(time)\n1:2.50:a\\n:b:5\n:1:\\\\::7\n", true)
	for _, row := range badTables {
		f.Add(row.text, false)
	}
	f.Fuzz(func(t *testing.T, text string, emptyString bool) {
		form := format{':', emptyString}
		first, err := form.parse([]byte(text))
		if err != nil {
			return
		}
		printed := form.appendTable(nil, first)
		second, err := form.parse(printed)
		if err != nil {
			t.Fatalf("%q was printed as %q: %v", text, printed, err)
		}
		if again := form.appendTable(nil, second); len(first.rows) != len(second.rows) || !bytes.Equal(again, printed) {
			t.Fatalf("%q was printed as %q, then as %q", text, printed, again)
		}
	})
}

// TestInstalledTables reads the tables that Kamailio's package installs.
func TestInstalledTables(t *testing.T) {
	files, _ := filepath.Glob("/usr/share/kamailio/dbtext/kamailio/*")
	if len(files) == 0 {
		t.Skip("the tables of Kamailio's package are not installed")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := colon.parse(text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
