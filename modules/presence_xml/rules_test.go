// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

func rulesText(rules string) string {
	return `<cr:ruleset xmlns="urn:ietf:params:xml:ns:pres-rules" xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:cr="urn:ietf:params:xml:ns:common-policy">` + rules + `</cr:ruleset>`
}

func ruleText(conditions, handling string) string {
	return `<cr:rule id="r"><cr:conditions>` + conditions + `</cr:conditions><cr:actions><pr:sub-handling>` + handling + `</pr:sub-handling></cr:actions></cr:rule>`
}

func TestRules(t *testing.T) {
	alice := `<cr:identity><cr:one id="sip:alice@a.test"/></cr:identity>`
	many := `<cr:identity><cr:many domain="a.test"><cr:except id="sip:mallory@a.test"/></cr:many></cr:identity>`
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		rules, watcher, sphere string
		want                   handling
	}{
		"one":                {ruleText(alice, "allow"), "sip:alice@a.test", "", handlingAllow},
		"one, not":           {ruleText(alice, "allow"), "sip:bob@a.test", "", handlingNone},
		"host in capitals":   {ruleText(alice, "allow"), "sip:alice@A.TEST", "", handlingAllow},
		"no scheme":          {ruleText(`<cr:identity><cr:one id="alice@a.test"/></cr:identity>`, "allow"), "sip:alice@a.test", "", handlingAllow},
		"many":               {ruleText(many, "confirm"), "sip:bob@a.test", "", handlingConfirm},
		"many, excepted":     {ruleText(many, "allow"), "sip:mallory@a.test", "", handlingNone},
		"many, other domain": {ruleText(many, "allow"), "sip:bob@b.test", "", handlingNone},
		"all":                {ruleText(`<cr:identity><cr:many/></cr:identity>`, "allow"), "sip:x@y", "", handlingAllow},
		"all but a domain":   {ruleText(`<cr:identity><cr:many><cr:except domain="a.test"/></cr:many></cr:identity>`, "allow"), "sip:bob@a.test", "", handlingNone},
		"identity of nobody": {ruleText(`<cr:identity/>`, "allow"), "sip:x@y", "", handlingNone},
		"no conditions":      {ruleText("", "polite-block"), "sip:x@y", "", handlingPoliteBlock},
		"sphere":             {ruleText(`<cr:sphere value="work"/>`, "allow"), "sip:x@y", "Work", handlingAllow},
		"other sphere":       {ruleText(`<cr:sphere value="work home"/>`, "allow"), "sip:x@y", "pub", handlingNone},
		"validity":           {ruleText(`<cr:validity><cr:from>2026-01-01T00:00:00Z</cr:from><cr:until>2027-01-01T00:00:00Z</cr:until></cr:validity>`, "allow"), "sip:x@y", "", handlingAllow},
		"second interval":    {ruleText(`<cr:validity><cr:from>2025-01-01T00:00:00Z</cr:from><cr:until>2025-02-01T00:00:00Z</cr:until><cr:from>2026-01-01T00:00:00Z</cr:from><cr:until>2027-01-01T00:00:00Z</cr:until></cr:validity>`, "allow"), "sip:x@y", "", handlingAllow},
		"over":               {ruleText(`<cr:validity><cr:from>2020-01-01T00:00:00Z</cr:from><cr:until>2021-01-01T00:00:00Z</cr:until></cr:validity>`, "allow"), "sip:x@y", "", handlingNone},
		"no time":            {ruleText(`<cr:validity><cr:from>soon</cr:from></cr:validity>`, "allow"), "sip:x@y", "", handlingNone},
		"unknown condition":  {ruleText(`<x:y xmlns:x="urn:x"/>`, "allow"), "sip:x@y", "", handlingNone},
		"unknown handling":   {ruleText("", "whatever"), "sip:x@y", "", handlingBlock},
		"both conditions":    {ruleText(alice+`<cr:sphere value="work"/>`, "allow"), "sip:alice@a.test", "home", handlingNone},
		"the first one":      {ruleText(alice, "block") + ruleText(alice, "allow"), "sip:alice@a.test", "", handlingBlock},
		"behind others":      {ruleText(many, "block") + ruleText(alice, "allow"), "sip:alice@a.test", "", handlingBlock},
	} {
		set, err := parseRules(rulesText(tc.rules))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, domain, _ := strings.Cut(tc.watcher, "@")
		got := handlingNone
		if r := set.first(&asked{watcher: tc.watcher, domain: domain, sphere: tc.sphere, now: now}); r != nil {
			got = r.handling
		}
		if got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

func TestJudgement(t *testing.T) {
	x := New()
	x.deletedReason = "probation;retry-after=5"
	set, err := parseRules(rulesText(ruleText(`<cr:identity><cr:one id="sip:a@x"/></cr:identity>`, "block")))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		watcher string
		was     presence.Status
		want    presence.Judgement
	}{
		"blocked":           {"sip:a@x", 0, presence.Judgement{Status: presence.Terminated, Reason: "rejected"}},
		"new":               {"sip:b@x", 0, presence.Judgement{Status: presence.Pending}},
		"waits":             {"sip:b@x", presence.Pending, presence.Judgement{Status: presence.Pending}},
		"lost its rule":     {"sip:b@x", presence.Active, presence.Judgement{Status: presence.Terminated, Reason: "probation;retry-after=5"}},
		"blocked once more": {"sip:a@x", presence.Active, presence.Judgement{Status: presence.Terminated, Reason: "rejected"}},
	} {
		if got := x.judgement(set, &asked{watcher: tc.watcher, domain: "x"}, presence.Watcher{Status: tc.was}); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

const rich = `<presence xmlns="urn:p" xmlns:r="urn:r" xmlns:d="urn:d" entity="sip:b@x">
<tuple id="t1"><status><basic>open</basic></status><r:class>work</r:class><d:deviceID>urn:1</d:deviceID><contact>sip:b@h</contact><note>n</note></tuple>
<tuple id="t2"><status/><contact>tel:1</contact><r:mood/></tuple>
<d:person id="p1"><r:activities/><r:user-input r:idle-threshold="600" r:last-input='x'>idle</r:user-input><z:odd xmlns:z="urn:z"/></d:person>
<d:device id="d1"><d:deviceID>urn:1</d:deviceID></d:device>
<note>all</note>
</presence>`

func TestPermissions(t *testing.T) {
	cut := func(text string, parts ...string) string {
		for _, p := range parts {
			if !strings.Contains(text, p) {
				t.Fatalf("%q is not there", p)
			}
			text = strings.Replace(text, p, "", 1)
		}
		return text
	}
	const (
		t1     = `<tuple id="t1"><status><basic>open</basic></status><r:class>work</r:class><d:deviceID>urn:1</d:deviceID><contact>sip:b@h</contact><note>n</note></tuple>`
		t2     = `<tuple id="t2"><status/><contact>tel:1</contact><r:mood/></tuple>`
		person = `<d:person id="p1"><r:activities/><r:user-input r:idle-threshold="600" r:last-input='x'>idle</r:user-input><z:odd xmlns:z="urn:z"/></d:person>`
		device = `<d:device id="d1"><d:deviceID>urn:1</d:deviceID></d:device>`
		note   = `<note>all</note>`
		class  = `<r:class>work</r:class>`
		id     = `<d:deviceID>urn:1</d:deviceID>`
	)
	for name, tc := range map[string]struct{ transforms, want string }{
		"nothing":         {``, cut(rich, t1, t2, person, device, note)},
		"all":             {`<provide-services><all-services/></provide-services><provide-persons><all-persons/></provide-persons><provide-devices><all-devices/></provide-devices><provide-all-attributes/>`, cut(rich)},
		"scheme":          {`<provide-services><service-uri-scheme>tel</service-uri-scheme></provide-services>`, cut(rich, t1, `<r:mood/>`, person, device, note)},
		"URI and class":   {`<provide-services><service-uri>sip:b@h</service-uri></provide-services><provide-class>true</provide-class>`, cut(rich, id, `<note>n</note>`, t2, person, device, note)},
		"by class":        {`<provide-services><class>work</class></provide-services><provide-note>1</provide-note><provide-deviceID>true</provide-deviceID>`, cut(rich, class, t2, person, device)},
		"occurrence":      {`<provide-persons><occurrence-id>p1</occurrence-id></provide-persons><provide-activities>true</provide-activities>`, cut(rich, t1, t2, device, note, `<r:user-input r:idle-threshold="600" r:last-input='x'>idle</r:user-input>`, `<z:odd xmlns:z="urn:z"/>`)},
		"input, bare":     {`<provide-persons><all-persons/></provide-persons><provide-user-input>bare</provide-user-input>`, cut(rich, t1, t2, device, note, `<r:activities/>`, ` r:idle-threshold="600"`, ` r:last-input='x'`, `<z:odd xmlns:z="urn:z"/>`)},
		"input, its time": {`<provide-persons><all-persons/></provide-persons><provide-user-input>thresholds</provide-user-input>`, cut(rich, t1, t2, device, note, `<r:activities/>`, ` r:last-input='x'`, `<z:odd xmlns:z="urn:z"/>`)},
		"input, full":     {`<provide-persons><all-persons/></provide-persons><provide-user-input>full</provide-user-input>`, cut(rich, t1, t2, device, note, `<r:activities/>`, `<z:odd xmlns:z="urn:z"/>`)},
		"unknown one":     {`<provide-persons><all-persons/></provide-persons><provide-unknown-attribute ns="urn:z" name="odd">true</provide-unknown-attribute>`, cut(rich, t1, t2, device, note, `<r:activities/>`, `<r:user-input r:idle-threshold="600" r:last-input='x'>idle</r:user-input>`)},
		"device":          {`<provide-devices><deviceID>urn:1</deviceID></provide-devices>`, cut(rich, t1, t2, person, note)},
		"false":           {`<provide-note>false</provide-note>`, cut(rich, t1, t2, person, device, note)},
	} {
		doc, err := xmldoc.Parse(`<t>`+tc.transforms+`</t>`, xmldoc.Usual)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := parsePermissions(doc.Root).Apply(presence.Presentity{}, rich); got != tc.want {
			t.Errorf("%s: got %s\nwant %s", name, got, tc.want)
		}
	}
}

// FuzzRules: rules of any text and a document of any text: nothing that the rules
// do not name is shown, and what is shown is XML.
func FuzzRules(f *testing.F) {
	f.Add(rulesText(ruleText("", "allow")), rich)
	f.Add(rulesText(`<cr:rule><cr:transformations><provide-services><all-services/></provide-services></cr:transformations></cr:rule>`), rich)
	f.Add("<a/>", "<presence/>")
	f.Fuzz(func(t *testing.T, rules, body string) {
		set, err := parseRules(rules)
		if err != nil {
			return
		}
		set.first(&asked{watcher: "sip:a@b", domain: "b"})
		for i := range set.rules {
			p := set.rules[i].transforms
			if p == nil {
				continue
			}
			p.Key()
			shown := p.Apply(presence.Presentity{}, body)
			if shown == "" {
				continue
			}
			doc, err := xmldoc.Parse(shown, xmldoc.Usual)
			if err != nil {
				t.Fatalf("%q: %v", shown, err)
			}
			for _, e := range doc.Root.Children {
				if e.Name == "tuple" && !p.services.all && p.services.by == nil {
					t.Fatalf("%q shows a tuple", shown)
				}
			}
		}
	})
}
