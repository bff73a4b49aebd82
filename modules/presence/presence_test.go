// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func TestSplitURI(t *testing.T) {
	for _, tc := range []struct{ uri, user, domain string }{
		{"sip:bob@example.org", "bob", "example.org"}, {"sip:example.org", "", "example.org"}, {"sips:a@b;transport=tls", "a", "b"},
		{"sip:a;x=y@b", "a;x=y", "b"}, {"bob@x", "bob", "x"}, {"sip:a@b?h=i", "a", "b"}, {"", "", ""},
	} {
		if user, domain := splitURI(tc.uri); user != tc.user || domain != tc.domain {
			t.Errorf("%q: got %q and %q", tc.uri, user, domain)
		}
	}
}

func TestRoutes(t *testing.T) {
	for _, routes := range []string{"", "<sip:a;lr>", `<sip:a;lr>, "x, y" <sip:b;lr>;z=1, <sip:c>`} {
		if got := readRoutes(recordRoute(routes)); got != routes {
			t.Errorf("%q comes back as %q", routes, got)
		}
	}
}

// Who is reached only by a name waits apart.
func TestDirect(t *testing.T) {
	for _, tc := range []struct {
		contact, route string
		want           bool
	}{
		{"sip:a@192.0.2.1:5070", "", true}, {"sip:a@[2001:db8::1];transport=tcp", "", true}, {"sip:a@phone.example.org", "", false},
		{"sip:a@phone.example.org", "<sip:192.0.2.1;lr>, <sip:other.example.org;lr>", true}, {"sip:a@192.0.2.1", "<sip:proxy.example.org;lr>", false}, {"nonsense", "", true},
	} {
		n := notice{}
		n.r.URI, n.r.Route = tc.contact, tc.route
		if got := n.direct(); got != tc.want {
			t.Errorf("%s by %q: got %v", tc.contact, tc.route, got)
		}
	}
}

func TestOrder(t *testing.T) {
	list := []publication{{etag: "a", priority: 5, received: 3}, {etag: "b", priority: 9, received: 1}, {etag: "c", priority: 5, received: 2}}
	for _, tc := range []struct {
		mode int
		by   string
		want string
	}{
		{0, "", "bca"}, {1, "priority", "acb"}, {1, "priority, received_time", "cab"}, {1, "priority desc,received_time DESC", "bac"}, {1, "etag desc", "cba"},
	} {
		p := New()
		p.retrieveOrder, p.retrieveOrderBy = tc.mode, tc.by
		got := ""
		sorted := slices.Clone(list)
		p.sort(sorted)
		for _, d := range sorted {
			got += d.etag
		}
		if got != tc.want {
			t.Errorf("%d %q: got %s, want %s", tc.mode, tc.by, got, tc.want)
		}
	}
}

func TestEventOf(t *testing.T) {
	p := New()
	for _, name := range []string{"presence", "dialog", "dialog;sla", "presence.winfo"} {
		if err := p.AddEvent(&Event{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if e := p.Event("presence"); e.winfo != p.Event("presence.winfo") || e.winfo.of != e || e.DefaultExpires != 3600 {
		t.Error("presence and presence.winfo do not know each other")
	}
	if p.AddEvent(&Event{Name: "DIALOG"}) == nil || p.AddEvent(&Event{}) == nil {
		t.Error("a package that is there, or has no name, is taken")
	}
	p.ready.Store(true)
	if p.AddEvent(&Event{Name: "late"}) == nil {
		t.Error("a package is taken when the modules have started")
	}
	for _, tc := range []struct{ header, name, id string }{
		{"presence", "presence", ""}, {"Presence;id=a", "presence", "a"}, {"dialog;sla", "dialog;sla", ""}, {"dialog ; id=1; sla", "dialog;sla", "1"},
		{"dialog;ma", "", ""}, {"dialog;id=x;y=z", "", ""}, {"", "", ""}, {"presence.other", "", ""},
	} {
		var m sip.Message
		if err := m.Parse([]byte("SUBSCRIBE sip:a SIP/2.0\r\nEvent: " + tc.header + "\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		e, id, err := p.eventOf(&m)
		name := ""
		if err == nil {
			name = e.Name
		}
		if name != tc.name || id != tc.id {
			t.Errorf("%q: got %q and %q", tc.header, name, id)
		}
	}
}

// An error of a check that is no Refusal refuses the request with the code of its
// kind, and stays the cause.
func TestChecks(t *testing.T) {
	plain, own := errors.New("plain"), &Refusal{Code: 403, Reason: "Forbidden"}
	for _, tc := range []struct {
		err                error
		publish, subscribe int
	}{{plain, 415, 400}, {own, 403, 403}, {fmt.Errorf("wrapped: %w", own), 403, 403}} {
		check := func(*sip.Message) error { return tc.err }
		p := New()
		if err := p.AddEvent(&Event{Name: "presence", CheckPublish: check, CheckSubscribe: check}); err != nil {
			t.Fatal(err)
		}
		read := func(method string) error {
			var m sip.Message
			if err := m.Parse([]byte(method + " sip:a@b SIP/2.0\r\nEvent: presence\r\nContent-Length: 1\r\n\r\nx")); err != nil {
				t.Fatal(err)
			}
			if method == "SUBSCRIBE" {
				_, err := p.readSubscribe(&m, module.Args{{}})
				return err
			}
			_, err := p.readPublish(&module.Call{Msg: &m}, module.Args{{}})
			return err
		}
		for method, want := range map[string]int{"PUBLISH": tc.publish, "SUBSCRIBE": tc.subscribe} {
			err := read(method)
			var r *Refusal
			if !errors.As(err, &r) || r.Code != want || !errors.Is(err, tc.err) {
				t.Errorf("%s, %v: got %v, want %d", method, tc.err, err, want)
			}
		}
	}
}

// The URI of an argument, as Kamailio takes it, and with the name that a header field
// has.
func TestGivenURI(t *testing.T) {
	for _, tc := range []struct {
		text, user, host string
		ok               bool
	}{
		{"sip:al@example.org", "al", "example.org", true}, {"sips:al@example.org:5061;transport=tls", "al", "example.org", true},
		{`"A" <sip:al@example.org>;tag=1`, "al", "example.org", true}, {"tel:+123", "+123", "", true}, {"urn:service:sos", "service:sos", "", true},
		{text: ""}, {text: "   "}, {text: "nonsense"}, {text: "al@example.org"}, {text: "mailto:al@example.org"}, {text: "sip:"}, {text: "sip:al@"}, {text: "<sip:al@example.org"},
	} {
		a := module.Args{{Given: true}}
		a[0].Value.Str = tc.text
		u, err := givenURI(a)
		if (err == nil) != tc.ok || u.User != tc.user || u.Host != tc.host {
			t.Errorf("%q: got %q, %q and %v", tc.text, u.User, u.Host, err)
		}
	}
	if u, err := givenURI(module.Args{{}}); u.Raw != "" || err != nil {
		t.Errorf("no argument: got %q and %v", u.Raw, err)
	}
}

func TestWatcherinfo(t *testing.T) {
	s := &subscription{of: &presentity{Presentity: Presentity{URI: "sip:a&b@x", Event: &Event{Name: "presence.winfo"}}}, status: Active, version: 7}
	s.note(change{id: "1<", event: eventSubscribe, uri: "sip:c@x", status: Pending})
	s.note(change{id: "2", event: eventSubscribe, uri: "sip:d@x", status: Active})
	s.note(change{id: "1<", event: eventApproved, uri: "sip:c@x", status: Active})
	want := "<?xml version=\"1.0\"?>\n<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"7\" state=\"partial\">\n" +
		"  <watcher-list resource=\"sip:a&amp;b@x\" package=\"presence\">\n    <watcher id=\"1&lt;\" event=\"approved\" status=\"active\">sip:c@x</watcher>\n" +
		"    <watcher id=\"2\" event=\"subscribe\" status=\"active\">sip:d@x</watcher>\n  </watcher-list>\n</watcherinfo>\n"
	if got := s.watcherinfo(dueChange); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if s.news != nil || s.full {
		t.Error("what was told is not forgotten")
	}
}

func TestTable(t *testing.T) {
	e := &Event{Name: "presence"}
	table := newTable(true)
	at := table.take(Presentity{URI: "sip:Bob@X", Event: e})
	subs := make([]*subscription, 3)
	for i := range subs {
		subs[i] = &subscription{of: at, callID: string(rune('a' + i))}
		table.add(subs[i])
	}
	at.mu.Unlock()
	if again := table.find("sip:bob@x", e); again != at {
		t.Fatal("URIs are compared with their case")
	}
	if !table.remove(subs[0]) || table.remove(subs[0]) || !table.remove(subs[2]) {
		t.Error("a subscription is removed once")
	}
	if len(at.subs) != 1 || at.subs[0] != subs[1] || table.dialog(subs[1].id()) != subs[1] || table.dialog(subs[0].id()) != nil {
		t.Error("the wrong one is left")
	}
	table.done(at)
	if len(table.all()) != 1 {
		t.Error("a presentity that is watched is forgotten")
	}
	at.mu.Lock()
	table.remove(subs[1])
	table.done(at)
	if len(table.all()) != 0 || !at.gone {
		t.Error("a presentity of which there is nothing stays")
	}
}

// FuzzEvent: whatever Event says, only a known package is found.
func FuzzEvent(f *testing.F) {
	for _, s := range []string{"presence", "presence;id=1", "dialog;sla", ";", "presence;;id", "presence;id=\"a;b\""} {
		f.Add(s)
	}
	p := New()
	for _, name := range []string{"presence", "dialog;sla"} {
		if err := p.AddEvent(&Event{Name: name}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, header string) {
		var m sip.Message
		if m.Parse([]byte("SUBSCRIBE sip:a SIP/2.0\r\nEvent: "+header+"\r\n\r\n")) != nil {
			return
		}
		if e, _, err := p.eventOf(&m); (e == nil) != (err != nil) {
			t.Errorf("%q: %v and %v", header, e, err)
		}
	})
}
