// SPDX-License-Identifier: Apache-2.0

package presence_reginfo

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

func newModule() *Module {
	m := New()
	m.log = slog.New(slog.DiscardHandler)
	return m
}

func of(id string) presence.Document {
	return presence.Document{Body: `<reginfo xmlns="` + space + `" version="0" state="full"><registration id="` + id + `"/></reginfo>`}
}

func TestAggregate(t *testing.T) {
	gone := of("c")
	gone.Gone = true
	for _, row := range []struct {
		name      string
		documents []presence.Document
		want      string
	}{
		{"two, the last one first", []presence.Document{of("a"), of("b")}, `<registration id="b"/>|<registration id="a"/>`},
		{"what is gone", []presence.Document{of("a"), gone}, `<registration id="a"/>`},
		{"no XML", []presence.Document{of("a"), {Body: "<reginfo"}}, `<registration id="a"/>`},
		{"nothing", []presence.Document{gone, {Body: "<reginfo/>"}}, ``},
	} {
		want := ""
		if row.want != "" {
			want = prologue + noNumber + "\" state=\"full\">\n  " + strings.ReplaceAll(row.want, "|", "\n  ") + "\n</reginfo>\n"
		}
		got := newModule().aggregate(presence.Presentity{}, row.documents)
		if got != want {
			t.Errorf("%s: got %q, want %q", row.name, got, want)
		}
		if got := number(presence.Watcher{Version: 3}, got); want != "" && !strings.Contains(got, `version="3"`) {
			t.Errorf("%s: without its number: %q", row.name, got)
		}
	}
}

// Whatever is published, watchers get XML.
func FuzzAggregate(f *testing.F) {
	f.Add(of("a").Body, `<r:reginfo xmlns:r="x"><r:registration r:a="b"/></r:reginfo>`)
	f.Fuzz(func(t *testing.T, a, b string) {
		got := newModule().aggregate(presence.Presentity{}, []presence.Document{{Body: a}, {Body: b}})
		limits := xmldoc.Usual
		limits.Size, limits.Elements = 4*limits.Size, 4*limits.Elements
		if _, err := xmldoc.Parse(got, limits); got != "" && err != nil {
			t.Errorf("%q and %q became %q: %v", a, b, got, err)
		}
	})
}
