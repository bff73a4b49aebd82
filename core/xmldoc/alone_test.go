// SPDX-License-Identifier: Apache-2.0

package xmldoc

import "testing"

func TestAlone(t *testing.T) {
	for _, row := range []struct{ name, doc, space, want string }{
		{"the same default namespace", `<r xmlns="u"><a b="c"><d/></a></r>`, "u", `<a b="c"><d/></a>`},
		{"another one", `<r xmlns="v"><a/></r>`, "u", `<a xmlns="v"/>`},
		{"none", `<r><a/></r>`, "u", `<a xmlns=""/>`},
		{"none, and none there", `<r><a/></r>`, "", `<a/>`},
		{"prefixes", `<x:r xmlns:x="u" xmlns:y="w"><x:a y:k="1">t</x:a></x:r>`, "u", `<x:a xmlns:x="u" xmlns:y="w" xmlns="" y:k="1">t</x:a>`},
		{"declared on the element itself", `<r xmlns="u" xmlns:y="w"><a xmlns:y="z"/></r>`, "u", `<a xmlns:y="z"/>`},
		{"the nearest counts", `<r xmlns="u" xmlns:y="1"><m xmlns:y="2"><a/></m></r>`, "u", `<a xmlns:y="2"/>`},
		{"escapes", `<r xmlns="u" xmlns:y="a&amp;b"><a/></r>`, "u", `<a xmlns:y="a&amp;b"/>`},
	} {
		doc, err := Parse(row.doc, Usual)
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Alone(doc.Root.Find("a"), row.space); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

// What stands alone means the same in its new place.
func FuzzAlone(f *testing.F) {
	f.Add(`<r xmlns="u" xmlns:p="v"><p:a p:b="c">t<d/></p:a></r>`)
	f.Add(`<r><a xmlns='1'/></r>`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse(text, Usual)
		if err != nil || len(doc.Root.Children) == 0 {
			return
		}
		e := doc.Root.Children[0]
		again, err := Parse(`<n xmlns="new">`+doc.Alone(e, "new")+`</n>`, Usual)
		if err != nil {
			return // an element that refers to what is not read, as names with several colons
		}
		got := again.Root.Children[0]
		if got.Name != e.Name || got.Space != e.Space || len(got.Children) != len(e.Children) || got.Text != e.Text {
			t.Errorf("%q became %q", doc.Source(e), doc.Alone(e, "new"))
		}
	})
}
