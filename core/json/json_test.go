// SPDX-License-Identifier: Apache-2.0

package json_test

import (
	stdjson "encoding/json"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/json"
)

func compact(v *json.Value) string { return string(v.Append(nil, &json.Style{})) }

func TestParse(t *testing.T) {
	for _, row := range []struct {
		text  string
		rules json.Rules
		want  string // empty for none
	}{
		{` {"b" : 1, "a":[ 1.50,-2e+3 , true,false,null ] } `, 0, `{"b":1,"a":[1.50,-2e+3,true,false,null]}`},
		{`"q\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\u0001"`, 0, `"q\"\\/\b\f\n\r\tä😀\u0001"`},
		{`{}`, 0, `{}`}, {`[]`, 0, `[]`}, {`7`, 0, `7`}, {`-0.0`, 0, `-0.0`},
		{`{"a":1,"a":2}`, 0, `{"a":2}`},
		{`{"a":1,"a":2}`, json.Unique, ``},
		{`{'a':'x"y'}`, 0, ``},
		{`{'a':'x"y\''}`, json.Lax, `{"a":"x\"y'"}`},
		{`{"a":[1,],}junk`, json.Lax, `{"a":[1]}`},
		{`[1,]`, 0, ``}, {`{"a":1,}`, 0, ``}, {`{"a":1}x`, 0, ``}, {`{"a" 1}`, 0, ``}, {`{a:1}`, 0, ``}, {`[1 2]`, 0, ``},
		{``, 0, ``}, {`{`, 0, ``}, {`[`, 0, ``}, {`"`, 0, ``}, {`"\`, 0, ``}, {`"\u00`, 0, ``}, {`"\x"`, 0, ``}, {`"\ud800"`, 0, ``}, {`"\ud800\u0041"`, 0, ``}, {`"\u0000"`, 0, ``},
		{"\"a\nb\"", 0, ``}, {"\"\xff\"", 0, ``}, {`01`, 0, ``}, {`-`, 0, ``}, {`1.`, 0, ``}, {`1e`, 0, ``}, {`.5`, 0, ``}, {`NaN`, 0, ``}, {`tru`, 0, ``},
		{strings.Repeat("[", 400) + strings.Repeat("]", 400), 0, ``},
	} {
		v, err := json.Parse(row.text, row.rules)
		got := ""
		if err == nil {
			got = compact(v)
		}
		if got != row.want {
			t.Errorf("%.60s: got %q, %v, want %q", row.text, got, err, row.want)
		}
	}
}

func TestStyle(t *testing.T) {
	v, err := json.Parse(`{"a":{"b":[1,[],{}]},"c":"x/y"}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(v.Append(nil, &json.Style{Blank: " ", EscapeSlash: true})), `{ "a": { "b": [ 1, [ ], { } ] }, "c": "x\/y" }`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPaths(t *testing.T) {
	const text = `{"a":{"b":[1,[2,3]]},"l":[{"x":1}]}`
	for path, want := range map[string]string{"": text, "a.b[1][0]": "2", "a.b": "[1,[2,3]]", "l[0].x": "1", "a.b[2]": "", "a[0]": "", "l.x": "", "nothing.x": ""} {
		v, _ := json.Parse(text, 0)
		p, err := json.ParsePath(path)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		got := ""
		if v = v.At(p); v != nil {
			got = compact(v)
		}
		if got != want {
			t.Errorf("%q leads to %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{".", ".a", "a.", "a..b", "a[", "a[x]", "a[-1]", "a[]", "a[0]b", "[99999999999]"} {
		if p, err := json.ParsePath(path); err == nil {
			t.Errorf("%q is %v", path, p)
		}
	}
	for _, row := range []struct{ path, want string }{
		{"n.m", `{"a":{"b":[1,[2,3]]},"l":[{"x":1}],"n":{"m":9}}`}, {"a.b[1]", `{"a":{"b":[1,9]},"l":[{"x":1}]}`}, {"l[0].x", `{"a":{"b":[1,[2,3]]},"l":[{"x":9}]}`},
		{"", ""}, {"l[1]", ""}, {"n[0]", ""}, {"n.m[0]", ""}, {"a.b.c", ""}, {"[0]", ""},
	} {
		v, _ := json.Parse(text, 0)
		p, _ := json.ParsePath(row.path)
		ok := v.SetAt(p, &json.Value{Kind: json.Number, Text: "9"})
		if ok != (row.want != "") || ok && compact(v) != row.want || !ok && compact(v) != text {
			t.Errorf("%q set: %v, %s, want %s", row.path, ok, compact(v), row.want)
		}
	}
}

// FuzzParse: what we take the standard library takes, too, and what is printed is
// parsed to the same.
func FuzzParse(f *testing.F) {
	f.Add(`{"a":[1.5,"x\u00e4",true,null]}`)
	f.Add(`[[[]]]`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := json.Parse(text, 0)
		if err != nil {
			return
		}
		if !stdjson.Valid([]byte(text)) {
			t.Fatalf("%q is taken", text)
		}
		printed := compact(v)
		again, err := json.Parse(printed, 0)
		if err != nil || compact(again) != printed {
			t.Errorf("%q is printed as %q, and that parsed: %v", text, printed, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("foo.bar[0][1].baz")
	v, err := json.Parse(`{"foo":{"bar":[[0,{"baz":1}]]}}`, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, path string) {
		if p, err := json.ParsePath(path); err == nil {
			v.At(p)
		}
	})
}
