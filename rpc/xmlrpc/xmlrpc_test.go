// SPDX-License-Identifier: Apache-2.0

package xmlrpc

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
)

var documents = []struct {
	doc  string
	want Call
	bad  bool
}{
	{doc: `<?xml version="1.0"?><methodCall><methodName>core.echo</methodName></methodCall>`, want: Call{Method: "core.echo"}},
	{doc: "<methodCall>\n<methodName> a </methodName><params>\n<param><value>bare</value></param><param><value><string>x&amp;y </string></value></param>" +
		"<param><value><int>-5</int></value></param><param><value><i4>6</i4></value></param><param><value><boolean>1</boolean></value></param><param><value> <double>1.5</double></value></param></params></methodCall>",
		want: Call{"a", []any{"bare", "x&y ", int64(-5), int64(6), int64(1), 1.5}}},
	{doc: "<methodCall><methodName>a</methodName><params><param><value><array><data><value>1</value><value><int>2</int></value></data></array></value></param></params></methodCall>",
		want: Call{"a", []any{module.List{"1", int64(2)}}}},
	{doc: "<methodCall><methodName>a</methodName><params><param><value><struct><member><name>n</name><value>v</value></member></struct></value></param></params></methodCall>",
		want: Call{"a", []any{(&module.Struct{}).Add("n", "v")}}},
	{doc: "", bad: true},
	{doc: "abcd", bad: true},
	{doc: "<methodResponse/>", bad: true},
	{doc: "<methodCall/>", bad: true},
	{doc: "<methodCall><methodName>a</methodName>", bad: true},
	{doc: "<methodCall><methodName>a</methodCall></methodName>", bad: true},
	{doc: "<methodCall><methodName>a</methodName></methodCall><methodCall/>", bad: true},
	{doc: "<methodCall><methodName>a</methodName><params><param/></params></methodCall>", bad: true},
	{doc: "<methodCall><methodName>a</methodName><params><param><value><int>x</int></value></param></params></methodCall>", bad: true},
	{doc: "<methodCall><methodName>a</methodName><params><param><value><other>x</other></value></param></params></methodCall>", bad: true},
	{doc: `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><methodCall><methodName>&b;</methodName></methodCall>`, bad: true},
	{doc: "<methodCall><methodName>a</methodName><params><param>" + strings.Repeat("<value><array><data>", 200) + strings.Repeat("</data></array></value>", 200) + "</param></params></methodCall>", bad: true},
}

func TestParse(t *testing.T) {
	for _, tc := range documents {
		got, err := Parse([]byte(tc.doc))
		if (err != nil) != tc.bad || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%.200s: got %v %v, want %v", tc.doc, got, err, tc.want)
		}
	}
}

func TestPrint(t *testing.T) {
	p := Printer{EscapeCR: true}
	for _, tc := range []struct {
		reply rpc.Reply
		want  string
	}{
		{rpc.Reply{}, "<value><array><data>\n</data></array></value>\n"},
		{rpc.Reply{Values: []any{"a<b\r\x01"}}, "<value><string>a&lt;b&#xD;?</string>\n</value>\n"},
		{rpc.Reply{Values: []any{"a"}, Array: true}, "<value><array><data>\n<value><string>a</string></value>\n</data></array></value>\n"},
		{rpc.Reply{Values: []any{int64(1), 1.5}}, "<value><array><data>\n<value><int>1</int></value>\n<value><double>1.500000</double></value>\n</data></array></value>\n"},
		{rpc.Reply{Values: []any{(&module.Struct{}).Add("n", "v").Add("l", module.List{int64(1)})}},
			"<value><struct><member><name>n</name><value><string>v</string></value></member><member><name>l</name><value><array><data><value><int>1</int></value></data></array></value></member></struct>\n</value>\n"},
	} {
		if got, want := string(p.Reply(tc.reply)), head+"<params>\n<param>\n"+tc.want+"</param>\n</params>\n</methodResponse>"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := (Printer{}).text(nil, "\r"); string(got) != "\r" {
		t.Errorf("got %q", got)
	}
	if got := string(p.Fault(400, "a & b")); !strings.Contains(got, "<int>400</int>") || !strings.Contains(got, "a &amp; b") {
		t.Errorf("got %s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, tc := range documents {
		f.Add([]byte(tc.doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		call, err := Parse(doc)
		if err != nil {
			return
		}
		out := Printer{EscapeCR: true}.Reply(rpc.Reply{Values: append(call.Args, call.Method)})
		if err := xml.Unmarshal([]byte(strings.ToValidUTF8(string(out), "?")), new(struct {
			XMLName xml.Name `xml:"methodResponse"`
		})); err != nil && !strings.Contains(err.Error(), "illegal character") {
			t.Errorf("%v: %q", err, out)
		}
	})
}
