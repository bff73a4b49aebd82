// SPDX-License-Identifier: Apache-2.0

package xmldoc

import (
	"strings"
	"testing"
)

const sample = "<?xml version='1.0' encoding=\"UTF-8\"?>\n<!-- c --><presence xmlns=\"urn:p\" xmlns:r='urn:r' entity=\"sip:a@b\">\r\n" +
	"  <tuple id = 't&amp;1' r:x=\"1\"><status ><basic>open</basic></status><r:note/></tuple>\n  a<![CDATA[<b>]]>&#99;<r:mood r:x='&lt;'></r:mood></presence>\n"

func TestParse(t *testing.T) {
	d, err := Parse(sample, Usual)
	if err != nil {
		t.Fatal(err)
	}
	tuple := d.Root.Child("tuple")
	note := tuple.Child("note")
	for what, pair := range map[string][2]string{
		"root":      {d.Root.Space + " " + d.Root.Name, "urn:p presence"},
		"source":    {d.Source(d.Root.Path("tuple", "status", "basic")), "<basic>open</basic>"},
		"content":   {d.Content(tuple.Child("status")), "<basic>open</basic>"},
		"empty tag": {d.Source(note), "<r:note/>"},
		"prefix":    {note.Space + " " + note.Prefix, "urn:r r"},
		"default":   {tuple.Space, "urn:p"},
		"text":      {strings.TrimSpace(d.Root.Text), "a<b>c"},
		"tag":       {d.Tag(tuple.Child("status")), "<status >"},
		"found":     {d.Root.Find("basic").Trimmed(), "open"},
		"nothing":   {d.Root.Path("tuple", "nobody", "basic").Trimmed(), ""},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
		}
	}
	if v, _ := tuple.Attr("id"); v != "t&1" {
		t.Errorf("attribute: got %q", v)
	}
	if v, ok := tuple.Attr("x"); v != "1" || !ok || tuple.Attrs[1].Space != "urn:r" {
		t.Errorf("attribute with a prefix: got %q %v %q", v, ok, tuple.Attrs[1].Space)
	}
	if _, ok := d.Root.Attr("p"); ok {
		t.Error("a declaration counts as an attribute")
	}
	if note.Parent != tuple || !note.IsEmptyTag() || tuple.IsEmptyTag() {
		t.Error("parent or form of the tag is wrong")
	}
}

func TestRefused(t *testing.T) {
	bomb := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><x>&b;</x>`
	for name, tc := range map[string]struct{ text, want string }{
		"bomb":              {bomb, ErrDTD.Error()},
		"doctype":           {`<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>`, ErrDTD.Error()},
		"entity":            {`<x>&lol;</x>`, ErrDTD.Error()},
		"deep":              {strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65), ErrDepth.Error()},
		"many":              {"<a>" + strings.Repeat("<b/>", 20000) + "</a>", ErrElements.Error()},
		"attributes":        {"<a>" + strings.Repeat("<b c='' d='' e=''/>", 5000) + "</a>", ErrElements.Error()},
		"large":             {"<a>" + strings.Repeat("x", 256<<10) + "</a>", ErrSize.Error()},
		"empty":             {"", ErrEmpty.Error()},
		"only space":        {" \n", ErrEmpty.Error()},
		"text outside":      {"x<a/>", "outside of the root"},
		"two roots":         {"<a/><b/>", "two root elements"},
		"no end":            {"<a><b></b>", "the element a has no end"},
		"crossed":           {"<a><b></a></b>", "the element b ends as a"},
		"end alone":         {"</a>", "has no beginning"},
		"prefix":            {"<p:a/>", "the prefix p is not declared"},
		"prefix out of use": {"<a><b xmlns:p='u'/><p:c/></a>", "the prefix p is not declared"},
		"prefix of attr":    {"<a p:b=''/>", "the prefix p is not declared"},
		"attribute twice":   {"<a b='1' b='2'/>", "has the attribute b twice"},
		"cut short":         {"<a", "no XML"},
		"UTF-16":            {"<?xml version='1.0' encoding='UTF-16'?><a/>", "UTF-16"},
		"bytes":             {"<a>\xff</a>", "no XML"},
	} {
		_, err := Parse(tc.text, Usual)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
}

func TestEdits(t *testing.T) {
	d, err := Parse(sample, Usual)
	if err != nil {
		t.Fatal(err)
	}
	tuple := d.Root.Child("tuple")
	f := func(want string, edits ...Edit) {
		t.Helper()
		if got := d.Apply(edits...); got != want {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	f(sample)
	f(strings.Replace(sample, "<r:note/>", "", 1), Cut(tuple.Child("note")))
	f(strings.Replace(sample, "<r:note/>", "<r:note>x</r:note>", 1), d.SetContent(tuple.Child("note"), "x"))
	f(strings.Replace(sample, ">open<", ">closed<", 1), d.SetContent(d.Root.Find("basic"), "closed"))
	f(strings.Replace(sample, "'t&amp;1'", "'&lt;&apos;'", 1), d.SetAttr(tuple, "id", "<'"))
	f(strings.Replace(sample, `r:x="1"`, `r:x="2"`, 1), d.SetAttr(tuple, "r:x", "2"))
	f(strings.Replace(sample, "<r:mood r:x", `<r:mood y="3" r:x`, 1), d.SetAttr(d.Root.Child("mood"), "y", "3"))
	f(strings.Replace(sample, d.Source(tuple), "<new/>", 1), Cut(d.Root.Find("basic")), Edit{tuple.Start, tuple.Start, "<new/>"}, Cut(tuple))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{sample, "<a b=\"'\" c='\"'/>", "<a xmlns=''><b xmlns:c='d' c:e='f'/></a>", "\ufeff<a/>", "<a>&#x10;</a>"} {
		f.Add(s)
	}
	limits := Limits{Size: 4096, Depth: 16, Elements: 200}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text, limits)
		if err != nil {
			return
		}
		if d.Apply() != text {
			t.Fatal("the text is not kept")
		}
		d.Root.Walk(func(e *Element) bool {
			if e.Start > e.ContentStart || e.ContentStart > e.ContentEnd && !e.IsEmptyTag() || e.ContentEnd > e.End || text[e.Start] != '<' || text[e.End-1] != '>' {
				t.Fatalf("%s stands at %d %d %d %d", e.Name, e.Start, e.ContentStart, e.ContentEnd, e.End)
			}
			if e.Parent != nil && (e.Start < e.Parent.ContentStart || e.End > e.Parent.ContentEnd) {
				t.Fatalf("%s stands outside of its parent", e.Name)
			}
			return true
		})
		for _, a := range d.Root.Attrs {
			if a.Prefix != "" {
				continue
			}
			again, err := Parse(d.Apply(d.SetAttr(d.Root, a.Name, "x>\"'&<")), limits)
			if err != nil {
				if a.Name == "xmlns" || len(text)+64 > limits.Size {
					continue
				}
				t.Fatalf("with another value of %s: %v", a.Name, err)
			}
			if v, _ := again.Root.Attr(a.Name); v != "x>\"'&<" && a.Name != "xmlns" {
				t.Fatalf("%s is %q", a.Name, v)
			}
		}
	})
}
