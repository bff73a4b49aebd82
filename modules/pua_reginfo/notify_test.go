// SPDX-License-Identifier: Apache-2.0

package pua_reginfo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func of(registrations string) string {
	return `<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="full">` + registrations + `</reginfo>`
}

func TestRead(t *testing.T) {
	for _, row := range []struct{ name, doc, want string }{
		{"a contact", of(`<registration aor="sip:a@b" id="1" state="active"><contact id="2" state="active" event="created" expires="60" q="0.5" callid="c" cseq="7" received="sip:r" path="&lt;sip:p;lr&gt;" user_agent="ua"><uri> sip:a@1.2.3.4 </uri></contact></registration>`),
			"sip:a@b false [sip:a@1.2.3.4 60 500 c 7 sip:r <sip:p;lr> ua false]"},
		{"defaults", of(`<registration aor="sip:a@b"><contact><uri>sip:x</uri></contact></registration>`), "sip:a@b false [sip:x 3600 -1  0    false]"},
		{"a contact that is over", of(`<registration aor="sip:a@b" state="active"><contact state="terminated"><uri>sip:x</uri></contact></registration>`), "sip:a@b false [sip:x 3600 -1  0    true]"},
		{"a registration that is over", of(`<registration aor="sip:a@b" state="terminated"/>`), "sip:a@b true []"},
		{"prefixes, and what is not known", `<r:reginfo xmlns:r="x"><r:other/><r:registration aor="sip:a@b"><r:unknown/></r:registration></r:reginfo>`, "sip:a@b false []"},
		{"none", of(""), ""},
		{"no reginfo", "<presence/>", "error: the document is no reginfo"},
		{"no XML", "x", "error: text stands outside of the root element"},
		{"a DTD", "<!DOCTYPE a [<!ENTITY b 'c'>]><reginfo/>", "error: the XML document has a document type definition or entities, which are not read"},
		{"no aor", of(`<registration/>`), "error: a registration has no SIP URI as aor, or a contact no uri"},
		{"no uri", of(`<registration aor="sip:a@b"><contact/></registration>`), "error: a registration has no SIP URI as aor, or a contact no uri"},
		{"a line end", of(`<registration aor="sip:a@b"><contact path="a&#13;b"><uri>sip:x</uri></contact></registration>`), "error: a registration has no SIP URI as aor, or a contact no uri"},
		{"no number", of(`<registration aor="sip:a@b"><contact expires="x"><uri>sip:x</uri></contact></registration>`), `error: expires of a contact: strconv.ParseUint: parsing "x": invalid syntax`},
		{"too many contacts", of(`<registration aor="sip:a@b">` + strings.Repeat(`<contact><uri>sip:x</uri></contact>`, 101) + `</registration>`), "error: the document has too many registrations or contacts"},
		{"too many registrations", of(strings.Repeat(`<registration aor="sip:a@b"/>`, 101)), "error: the document has too many registrations or contacts"},
	} {
		list, err := read(row.doc)
		var got []string
		for _, r := range list {
			var contacts []string
			for _, k := range r.contacts {
				contacts = append(contacts, fmt.Sprint(k.URI, " ", k.life, " ", k.Q, " ", k.CallID, " ", k.CSeq, " ", k.Received, " ", k.Path, " ", k.UserAgent, " ", k.over))
			}
			got = append(got, fmt.Sprint(r.uri, " ", r.terminated, " ", contacts))
		}
		text := strings.Join(got, "; ")
		if err != nil {
			text = "error: " + err.Error()
		}
		if text != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.name, text, row.want)
		}
	}
}

// What one server publishes, another one can read.
func FuzzDocument(f *testing.F) {
	f.Add("sip:a@b", "sip:a@1.2.3.4:5060;x=\"y\"", "call", "<sip:p;lr>", "ua & <more>", 500, int64(60))
	f.Fuzz(func(t *testing.T, aor, uri, callID, path, agent string, q int, expires int64) {
		if u, err := sip.ParseURI(aor); err != nil || !u.IsSIP() || xmldoc.Printable(aor) != aor {
			return
		}
		if _, err := sip.ParseURI(uri); err != nil || strings.ContainsAny(uri, "<> \t\r\n") || xmldoc.Printable(uri) != uri {
			return
		}
		c := usrloc.Contact{URI: uri, CallID: callID, Path: path, UserAgent: agent, Q: q%1001 + 1, Expires: expires%1000 + 1000}
		list, err := read(document(aor, []usrloc.Contact{c}, occasion{event: "created", contact: &c}, 0))
		if err != nil || len(list) != 1 || len(list[0].contacts) != 1 || list[0].uri != aor || list[0].contacts[0].URI != uri {
			t.Fatalf("%q %q: %+v %v", aor, uri, list, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(of(`<registration aor="sip:a@b"><contact q="0.5"><uri>sip:x</uri></contact></registration>`))
	f.Fuzz(func(t *testing.T, text string) {
		list, err := read(text)
		if err != nil {
			return
		}
		for _, r := range list {
			for _, k := range r.contacts {
				if strings.ContainsAny(k.URI+k.Path+k.CallID+k.Received+k.UserAgent, "\r\n") {
					t.Errorf("%q has a line end", text)
				}
			}
		}
	})
}
