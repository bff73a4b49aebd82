// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

func TestURL(t *testing.T) {
	for _, row := range []struct {
		text string
		want db.URL
		log  string
	}{
		{"mysql://kamailio:kamailiorw@localhost/kamailio",
			db.URL{Scheme: "mysql", User: "kamailio", Password: "kamailiorw", Host: "localhost", Name: "kamailio"},
			"mysql://kamailio:***@localhost/kamailio"},
		{"mysql://u:p@127.0.0.1:3307/n", db.URL{Scheme: "mysql", User: "u", Password: "p", Host: "127.0.0.1", Port: 3307, Name: "n"},
			"mysql://u:***@127.0.0.1:3307/n"},
		{"mysql://u:p@ss/w:rd@[::1]:3307/n", db.URL{Scheme: "mysql", User: "u", Password: "p@ss/w:rd", Host: "::1", Port: 3307, Name: "n"},
			"mysql://u:***@[::1]:3307/n"},
		{"postgres://h/n?sslmode=disable", db.URL{Scheme: "postgres", Host: "h", Name: "n", Options: "sslmode=disable"}, ""},
		{"postgres://u@h", db.URL{Scheme: "postgres", User: "u", Host: "h"}, ""},
		{"sqlite:///var/lib/k.db", db.URL{Scheme: "sqlite", Name: "/var/lib/k.db"}, ""},
		{"sqlite:k.db", db.URL{Scheme: "sqlite", Name: "k.db"}, ""},
		{"mysql://u:p@[group]h:3307/n", db.URL{Scheme: "mysql", User: "u", Password: "p", Group: "group", Host: "h", Port: 3307, Name: "n"},
			"mysql://u:***@[group]h:3307/n"},
		{"mysql://[group]/n", db.URL{Scheme: "mysql", Group: "group", Name: "n"}, ""},
		{"cluster://one", db.URL{Scheme: "cluster", Host: "one"}, ""},
	} {
		got, err := db.ParseURL(row.text)
		row.want.Text = row.text
		if err != nil || got != row.want {
			t.Errorf("%s: got %+v, %v, want %+v", row.text, got, err, row.want)
		}
		if row.log == "" {
			row.log = row.text
		}
		if got.String() != row.log {
			t.Errorf("%s: in the log %s, want %s", row.text, got.String(), row.log)
		}
	}
	for _, text := range []string{"", "mysql", ":x", "mysql://u@h:99999/n", "mysql://u@[::1/n"} {
		if u, err := db.ParseURL(text); err == nil {
			t.Errorf("%q is taken: %+v", text, u)
		}
	}
}
