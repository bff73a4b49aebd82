// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

func documents(bodies ...string) (list []presence.Document) {
	for _, b := range bodies {
		list = append(list, presence.Document{Body: b})
	}
	return list
}

func TestAggregate(t *testing.T) {
	const (
		one   = "<presence xmlns=\"urn:p\" entity=\"sip:b@x\">\n  <tuple id=\"1\"><a/></tuple>\n</presence>\n"
		two   = `<p:presence xmlns:p="urn:p" xmlns:r="urn:r" entity="sip:b@x"><p:tuple id="2"><r:b r:c=""/></p:tuple><p:note>x</p:note></p:presence>`
		empty = `<presence xmlns="urn:p" entity="sip:b@x"/>`
	)
	who := presence.Presentity{URI: "sip:b@x"}
	x := New()
	gone := func(list []presence.Document, i int) []presence.Document { list[i].Gone = true; return list }
	for name, tc := range map[string]struct {
		docs []presence.Document
		want string
	}{
		"one stays as it is": {documents(one), one},
		"the last comes first": {documents(two, one),
			"<presence xmlns=\"urn:p\" entity=\"sip:b@x\">\n  <tuple id=\"1\"><a/></tuple>\n  <p:tuple xmlns:p=\"urn:p\" xmlns:r=\"urn:r\" id=\"2\"><r:b r:c=\"\"/></p:tuple>\n  <p:note xmlns:p=\"urn:p\">x</p:note>\n</presence>\n"},
		"the same id once": {documents(one, one), one},
		"behind an empty one": {documents(one, empty),
			"<presence xmlns=\"urn:p\" entity=\"sip:b@x\">\n  <tuple xmlns=\"urn:p\" id=\"1\"><a/></tuple>\n</presence>"},
		"gone": {gone(documents(one), 0),
			"<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:b@x\">\n  <tuple xmlns=\"urn:ietf:params:xml:ns:pidf\" id=\"1\">\n    <status xmlns=\"urn:ietf:params:xml:ns:pidf\">\n      <basic>closed</basic>\n    </status>\n  </tuple>\n</presence>\n"},
		"gone, without tuples":       {gone(documents(empty), 0), ""},
		"one that cannot be read":    {documents("<x", one), one},
		"none that can be read":      {documents("<x", "<y"), ""},
		"one alone is not looked at": {documents("<x"), "<x"},
	} {
		if got := x.aggregate(who, tc.docs); got != tc.want {
			t.Errorf("%s: got %q\nwant %q", name, got, tc.want)
		}
	}
}

func TestSingleBody(t *testing.T) {
	doc := func(note string) string { return "<presence><tuple><note>" + note + "</note></tuple></presence>" }
	x := New()
	x.singleBody = 1
	f := func(want string, notes ...string) {
		t.Helper()
		var docs []presence.Document
		for _, n := range notes {
			docs = append(docs, presence.Document{Body: doc(n)})
		}
		if got := x.aggregate(presence.Presentity{}, docs); got != doc(want) {
			t.Errorf("got %s, want %s", got, doc(want))
		}
	}
	f("Ringing", "Available", "Ringing", "Available")
	f("On the Phone", "On the Phone", "Ringing", "Available")
	f("else", "Available", "else")
	f("Ringing", "else", "Ringing", "something")
}

// FuzzAggregate: whatever is published, what comes out is XML, and has what the
// newest document has.
func FuzzAggregate(f *testing.F) {
	f.Add(rich, "<presence xmlns='urn:p'><a:b xmlns:a='urn:a'/></presence>", false)
	f.Add("<x/>", rich, true)
	f.Add("<x:y xmlns:x='a'><z xmlns:x='b' x:c=''/></x:y>", "<q><tuple id='&lt;'/></q>", true)
	x := New()
	limits := xmldoc.Limits{Size: 4 * xmldoc.Usual.Size, Depth: xmldoc.Usual.Depth + 1, Elements: 4 * xmldoc.Usual.Elements}
	f.Fuzz(func(t *testing.T, a, b string, gone bool) {
		docs := documents(a, b)
		docs[0].Gone = gone
		for i := range docs {
			if _, err := xmldoc.Parse(docs[i].Body, xmldoc.Usual); err != nil {
				return
			}
		}
		out := x.aggregate(presence.Presentity{URI: "sip:b@x"}, docs)
		doc, err := xmldoc.Parse(out, limits)
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		newest, _ := xmldoc.Parse(b, xmldoc.Usual)
		if len(doc.Root.Children) < len(newest.Root.Children) {
			t.Fatalf("%q has less than %q", out, b)
		}
	})
}
