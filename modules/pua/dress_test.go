// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

func TestCountVersion(t *testing.T) {
	r := &record{version: 7}
	for _, row := range []struct{ doc, want string }{
		{`<d version="1"/>`, `<d version="7"/>`},
		{`<d a='b'>t</d>`, `<d version="7" a='b'>t</d>`},
		{"<?xml version=\"1.0\"?>\n<!-- <d version='2'/> -->\n<x:d xmlns:x='y' version='3'><e version='4'/></x:d>", "<?xml version=\"1.0\"?>\n<!-- <d version='2'/> -->\n<x:d xmlns:x='y' version='7'><e version='4'/></x:d>"},
		{`<d`, ""},
		{`<!DOCTYPE d><d/>`, ""},
	} {
		got, err := countVersion(always)(New(), row.doc, r)
		if got != row.want || (err != nil) != (row.want == "") {
			t.Errorf("%s: got %s, %v", row.doc, got, err)
		}
	}
	if got, err := countVersion(ofDialog)(New(), "no XML", r); got != "no XML" || err != nil {
		t.Errorf("without the parameter: %q, %v", got, err)
	}
}

func TestNoteTuple(t *testing.T) {
	for _, row := range []struct{ doc, tuple string }{
		{`<presence><tuple id="a"/><tuple id="b"/></presence>`, "a"},
		{`<p:presence xmlns:p="x"><p:tuple id="c"/></p:presence>`, "c"},
		{`<presence><tuple/></presence>`, ""},
		{`<presence/>`, ""},
		{`x`, ""},
	} {
		var r record
		got, err := noteTuple(nil, row.doc, &r)
		if r.tuple != row.tuple || (err == nil) != (row.tuple != "") || err == nil && got != row.doc {
			t.Errorf("%s: %q %q %v", row.doc, got, r.tuple, err)
		}
	}
}

// What was XML stays XML.
func FuzzCountVersion(f *testing.F) {
	f.Add(`<d version="1"/>`)
	f.Add(`<x:d xmlns:x='y' a="version='3'"><e/></x:d>`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := countVersion(always)(New(), text, &record{version: 12})
		if err != nil {
			return
		}
		limits := xmldoc.Usual
		limits.Size += 100
		doc, err := xmldoc.Parse(got, limits)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		if v, _ := doc.Root.Attr("version"); v != "12" {
			t.Errorf("%q became %q", text, got)
		}
	})
}
