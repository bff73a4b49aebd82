// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"strings"
	"testing"
)

func TestParseSpec(t *testing.T) {
	tests := []struct {
		text string
		want spec
		err  string
	}{
		{text: "a=>size=8;", want: spec{name: "a", bits: 8, updateExpire: true, colDelim: ",", colNull: "*"}},
		{text: "a=>", want: spec{name: "a", bits: 3, updateExpire: true, colDelim: ",", colNull: "*"}},
		{text: " b => size=4 ; autoexpire=7200;initval=-1;dmqreplicate=1;updateexpire=0",
			want: spec{name: "b", bits: 4, autoExpire: 7200, hasInit: true, initial: -1, dmqReplicate: 1, colDelim: ",", colNull: "*"}},
		{text: "c=>size=1", want: spec{name: "c", bits: 3, updateExpire: true, colDelim: ",", colNull: "*"}},
		{text: "c=>size=40", want: spec{name: "c", bits: 14, updateExpire: true, colDelim: ",", colNull: "*"}},
		{text: "c=>cols='a;b,c';coldelim=\";\";size=5;dbtable=t;colnull='-';dbmode=1", want: spec{name: "c", bits: 5, updateExpire: true, dbTable: "t", cols: "a;b,c", colDelim: ";", colNull: "-", dbMode: 1}},
		{text: "a", err: "name=>size"},
		{text: "=>size=8", err: "name=>size"},
		{text: "a=>size=x", err: "no number"},
		{text: "a=>size=-1", err: "no number"},
		{text: "a=>autoexpire=1h", err: "no number"},
		{text: "a=>initval=x", err: "no number"},
		{text: "a=>bogus=3", err: "unknown attribute"},
		{text: "a=>cols=key", err: "at least one of values"},
		{text: "a=>colpack=sis", err: "no other way"},
		{text: "a=>dbmode=x", err: "no number"},
	}
	for _, tt := range tests {
		got, err := parseSpec(tt.text)
		switch {
		case tt.err == "" && (err != nil || got != tt.want):
			t.Errorf("%q is %+v, %v, want %+v", tt.text, got, err, tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.err)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("b=>size=4;autoexpire=7200;initval=-1;cols='a;b'")
	f.Add("a=>size=\"")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := parseSpec(text); err == nil && (s.bits < 2 || s.bits > 31 || s.name == "") {
			t.Errorf("%q is %+v", text, s)
		}
	})
}
