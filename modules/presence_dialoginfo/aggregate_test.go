// SPDX-License-Identifier: Apache-2.0

package presence_dialoginfo

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

var bob = presence.Presentity{URI: "sip:bob@example.org", User: "bob", Domain: "example.org"}

func newModule(single, dummy int) *Module {
	m := New()
	m.log, m.forceSingle, m.forceDummy = slog.New(slog.DiscardHandler), single, dummy
	return m
}

// of is a document with one dialog.
func of(id, state string) presence.Document {
	return presence.Document{Body: `<?xml version="1.0"?><dialog-info xmlns="` + space + `" version="0" state="full" entity="sip:x@y">` +
		`<dialog id="` + id + `"><state>` + state + `</state></dialog></dialog-info>`}
}

func gone(d presence.Document) presence.Document { d.Gone = true; return d }

const (
	head = `<?xml version="1.0"?>` + "\n" + `<dialog-info xmlns="` + space + `" version="00000000000" state="full" entity="sip:bob@example.org">` + "\n"
	foot = "</dialog-info>\n"
)

func one(id, state string) string {
	return `  <dialog id="` + id + `"><state>` + state + "</state></dialog>\n"
}

func TestAggregate(t *testing.T) {
	for _, row := range []struct {
		name          string
		single, dummy int
		documents     []presence.Document
		want          string
	}{
		{"one", 0, 0, []presence.Document{of("a", "early")}, head + one("a", "early") + foot},
		{"several, the last one first", 0, 0, []presence.Document{of("a", "confirmed"), of("b", "Trying")}, head + one("b", "Trying") + one("a", "confirmed") + foot},
		{"single: early before confirmed", 1, 0, []presence.Document{of("a", "confirmed"), of("b", "early"), of("c", "Trying")}, head + one("b", "early") + foot},
		{"single: confirmed before proceeding", 1, 0, []presence.Document{of("a", "confirmed"), of("b", "proceeding")}, head + one("a", "confirmed") + foot},
		{"single: proceeding before trying", 1, 0, []presence.Document{of("a", "proceeding"), of("b", "trying")}, head + one("a", "proceeding") + foot},
		{"single: trying before terminated", 1, 0, []presence.Document{of("a", "Trying"), of("b", "terminated")}, head + one("a", "Trying") + foot},
		{"single: of equals the last", 1, 0, []presence.Document{of("a", "early"), of("b", "early")}, head + one("b", "early") + foot},
		{"single: an unknown state is the least", 1, 0, []presence.Document{of("a", "terminated"), of("b", "weird")}, head + one("a", "terminated") + foot},
		{"single: an unknown state alone", 1, 0, []presence.Document{of("b", "weird")}, head + one("b", "weird") + foot},
		{"what is gone has ended", 0, 0, []presence.Document{of("a", "confirmed"), gone(of("b", "early"))}, head + one("b", "terminated") + one("a", "confirmed") + foot},
		{"what is gone counts least", 1, 0, []presence.Document{of("a", "Trying"), gone(of("b", "early"))}, head + one("a", "Trying") + foot},
		{"no XML is left out", 0, 0, []presence.Document{of("a", "early"), {Body: "<dialog-info"}}, head + one("a", "early") + foot},
		{"a DTD is left out", 0, 0, []presence.Document{of("a", "early"), {Body: `<!DOCTYPE x [<!ENTITY a "b">]><dialog-info><dialog id="&a;"/></dialog-info>`}}, head + one("a", "early") + foot},
		{"nothing is left", 0, 0, []presence.Document{{Body: "x"}}, ""},
		{"nothing is left, with a dummy", 0, 1, []presence.Document{{Body: "x"}}, dummy(bob)},
		{"a document without dialogs", 0, 0, []presence.Document{{Body: `<dialog-info xmlns="` + space + `"/>`}}, strings.TrimSuffix(head, ">\n") + "/>\n"},
		{"a document without dialogs, with a dummy", 0, 1, []presence.Document{{Body: `<dialog-info xmlns="` + space + `"/>`}}, dummy(bob)},
		{"prefixes", 0, 0, []presence.Document{{Body: `<d:dialog-info xmlns:d="` + space + `"><d:dialog id="a"><d:state>early</d:state></d:dialog></d:dialog-info>`}},
			head + `  <d:dialog xmlns:d="` + space + `" xmlns="" id="a"><d:state>early</d:state></d:dialog>` + "\n" + foot},
	} {
		if got := newModule(row.single, row.dummy).aggregate(bob, row.documents); got != row.want {
			t.Errorf("%s:\ngot  %q\nwant %q", row.name, got, row.want)
		}
	}
}

// Publications that a database keeps come in their order, but the last one is that
// of most interest.
func TestOldestFirst(t *testing.T) {
	documents := []presence.Document{of("a", "early"), of("b", "confirmed"), of("c", "early")}
	for single, want := range []string{head + one("a", "early") + one("b", "confirmed") + one("c", "early") + foot, head + one("c", "early") + foot} {
		m := newModule(single, 0)
		m.oldestFirst = true
		if got := m.aggregate(bob, documents); got != want {
			t.Errorf("force_single_dialog %d:\ngot  %q\nwant %q", single, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	body := newModule(0, 0).aggregate(bob, []presence.Document{of("a", "early")})
	if got := number(presence.Watcher{Version: 4}, body); got != strings.Replace(body, "00000000000", "4", 1) {
		t.Errorf("got %s", got)
	}
	if got := number(presence.Watcher{Version: 4}, "<other/>"); got != "<other/>" {
		t.Errorf("got %s", got)
	}
}

// Whatever is published, watchers get XML.
func FuzzAggregate(f *testing.F) {
	f.Add(of("a", "early").Body, of("b", "Trying").Body, true)
	f.Add(`<d:dialog-info xmlns:d="x"><d:dialog><d:state/></d:dialog></d:dialog-info>`, `<a><dialog xmlns:b="c"/></a>`, false)
	f.Fuzz(func(t *testing.T, a, b string, over bool) {
		for _, single := range []int{0, 1} {
			got := newModule(single, 0).aggregate(bob, []presence.Document{{Body: a}, {Body: b, Gone: over}})
			if got == "" {
				continue
			}
			limits := xmldoc.Usual
			limits.Size, limits.Elements = 4*limits.Size, 4*limits.Elements
			if _, err := xmldoc.Parse(got, limits); err != nil {
				t.Errorf("%q and %q became %q: %v", a, b, got, err)
			}
		}
	})
}
