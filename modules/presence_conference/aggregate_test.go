// SPDX-License-Identifier: Apache-2.0

package presence_conference

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

var room = presence.Presentity{URI: "sip:room@example.org", User: "room", Domain: "example.org"}

func newModule() *Module {
	m := New()
	m.log = slog.New(slog.DiscardHandler)
	return m
}

func of(content string) presence.Document {
	return presence.Document{Body: `<conference-info xmlns="` + space + `" version="9" state="partial" entity="sip:x">` + content + `</conference-info>`}
}

func TestAggregate(t *testing.T) {
	head := prologue + noNumber + `" state="full" entity="room@example.org">` + "\n"
	const declared = ` xmlns="` + space + `"`
	for _, row := range []struct {
		name      string
		documents []presence.Document
		want      string
	}{
		{"all that it holds", []presence.Document{of(`<users><user entity="a"/></users><host-info/>`)}, head + `  <users` + declared + `><user entity="a"/></users>` + "\n  <host-info" + declared + "/>\n</conference-info>\n"},
		{"the last one", []presence.Document{of("<users/>"), of("<host-info/>")}, head + "  <host-info" + declared + "/>\n</conference-info>\n"},
		{"the last one that is XML", []presence.Document{of("<users/>"), of("<host-info>")}, head + "  <users" + declared + "/>\n</conference-info>\n"},
		{"an element of no namespace", []presence.Document{{Body: "<x><y/></x>"}}, head + "  <y xmlns=\"\"/>\n</conference-info>\n"},
		{"none", []presence.Document{{Body: "x"}}, ""},
	} {
		got := newModule().aggregate(room, row.documents)
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		if got := number(presence.Watcher{Version: 3}, got); row.want != "" && !strings.Contains(got, `version="3"`) {
			t.Errorf("%s: without its number: %q", row.name, got)
		}
	}
}

// Whatever is published, watchers get XML.
func FuzzAggregate(f *testing.F) {
	f.Add(of("<users/>").Body)
	f.Add(`<c:x xmlns:c="y"><c:z c:a="b"/>text</c:x>`)
	f.Fuzz(func(t *testing.T, text string) {
		got := newModule().aggregate(room, []presence.Document{{Body: text}})
		limits := xmldoc.Usual
		limits.Size, limits.Elements = 4*limits.Size, 4*limits.Elements
		if _, err := xmldoc.Parse(got, limits); got != "" && err != nil {
			t.Errorf("%q became %q: %v", text, got, err)
		}
	})
}
