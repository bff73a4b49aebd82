// SPDX-License-Identifier: Apache-2.0

package pua_dialoginfo

import (
	"testing"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

const opening = "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" entity=\"sip:a@b\">\n"

func TestDocument(t *testing.T) {
	d := document{state: early, entity: "sip:a@b", id: "1", callID: `c"<&'`, local: party{"sip:a@b", "lt", "sip:x@1.2.3.4"}, remote: party{"sip:r@s", "rt", ""}}
	for _, row := range []struct {
		name string
		with content
		want string
	}{
		{"nothing beside", content{}, opening + "  <dialog id=\"1\" direction=\"recipient\">\n    <state>early</state>\n  </dialog>\n</dialog-info>\n"},
		{"Call-ID", content{callID: true}, opening + "  <dialog id=\"1\" call-id=\"c&quot;&lt;&amp;'\" direction=\"recipient\">\n    <state>early</state>\n  </dialog>\n</dialog-info>\n"},
		{"tags", content{tags: true}, opening + "  <dialog id=\"1\" local-tag=\"lt\" remote-tag=\"rt\" direction=\"recipient\">\n    <state>early</state>\n  </dialog>\n</dialog-info>\n"},
		{"parties", content{parties: true, display: true}, opening + "  <dialog id=\"1\" direction=\"recipient\">\n    <state>early</state>\n" +
			"    <remote>\n      <identity>sip:r@s</identity>\n      <target display=\"r\" uri=\"sip:r@s\"/>\n    </remote>\n" +
			"    <local>\n      <identity>sip:a@b</identity>\n      <target display=\"x\" uri=\"sip:x@1.2.3.4\"/>\n    </local>\n  </dialog>\n</dialog-info>\n"},
	} {
		if got := d.text(row.with); got != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.name, got, row.want)
		}
	}
}

// Whatever a caller writes into his request, what is published is XML.
func FuzzDocument(f *testing.F) {
	f.Add("sip:a@b", "call", "tag", "sip:x@1.2.3.4", true)
	f.Add("sip:<\xff>", "\"]]>", "&\x00", "\ufffe", false)
	f.Fuzz(func(t *testing.T, uri, callID, tag, target string, initiator bool) {
		d := document{state: trying, entity: uri, id: callID, callID: callID, local: party{uri, tag, target}, remote: party{target, tag, uri}, initiator: initiator}
		limits := xmldoc.Usual
		limits.Size = 1 << 24
		doc, err := xmldoc.Parse(d.text(content{true, true, true, true}), limits)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := doc.Root.Attr("entity"); got != xmldoc.Printable(uri) {
			t.Errorf("entity %q became %q", uri, got)
		}
	})
}
