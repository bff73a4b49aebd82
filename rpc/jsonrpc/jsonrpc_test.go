// SPDX-License-Identifier: Apache-2.0

package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

type session struct{ request, reply string }

func sessions(t testing.TB) []session {
	t.Helper()
	data, err := os.ReadFile("testdata/kamailio.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []session
	for line := range strings.Lines(string(data)) {
		request, reply, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		var s session
		s.request = request
		if err := json.Unmarshal([]byte(reply), &s.reply); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		t.Fatal("no sessions")
	}
	return list
}

// TestRecorded reads what Kamailio sent and prints it again octet by octet.
func TestRecorded(t *testing.T) {
	for _, s := range sessions(t) {
		t.Run(s.request, func(t *testing.T) {
			if _, errs, batch, err := Parse([]byte(s.request)); err != nil || errs[0] != nil || batch {
				t.Fatalf("request: %v %v %v", err, errs, batch)
			}
			d := json.NewDecoder(strings.NewReader(s.reply))
			d.UseNumber()
			v, err := ordered(d)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(Append(nil, v, true)); got != s.reply {
				t.Errorf("got\n%s\nwant\n%s", got, s.reply)
			}
			plain := Append(nil, v, false)
			var compact bytes.Buffer
			if err := json.Compact(&compact, []byte(s.reply)); err != nil || compact.String() != string(plain) {
				t.Errorf("without spaces: got\n%s\nwant\n%s", plain, compact.String())
			}
		})
	}
}

func TestServe(t *testing.T) {
	h := rpctest.New(
		module.Command{Name: "echo", Array: true, Run: func(r *module.Request) error {
			for _, a := range r.Args {
				r.Add(a)
			}
			return nil
		}},
		module.Command{Name: "many", Run: func(r *module.Request) error {
			for i := range r.Len() {
				r.Add(i)
			}
			return nil
		}},
		module.Command{Name: "fault", Run: func(*module.Request) error { return module.Faultf(400, "bad\n") }},
	)
	for _, tc := range []struct {
		name, doc string
		code      int
		want      string
	}{
		{"array", `{"jsonrpc":"2.0","method":"echo","params":["a",5,-1,2.5,true,null,5000000000],"id":1}`, 200,
			`{"jsonrpc":"2.0","result":["a",5,-1,2.500000,1,"",5000000000],"id":1}`},
		{"object keeps its order", `{"jsonrpc":"2.0","method":"echo","params":{"z":1,"a":"b"},"id":"x"}`, 200,
			`{"jsonrpc":"2.0","result":[1,"b"],"id":"x"}`},
		{"no params", `{"jsonrpc":"2.0","method":"echo"}`, 200, `{"jsonrpc":"2.0","result":[]}`},
		{"nothing", `{"jsonrpc":"2.0","method":"many","id":1.5}`, 200, `{"jsonrpc":"2.0","result":{},"id":1.5}`},
		{"one value", `{"jsonrpc":"2.0","method":"many","params":[0],"id":null}`, 200, `{"jsonrpc":"2.0","result":0,"id":null}`},
		{"two values", `{"jsonrpc":"2.0","method":"many","params":[0,0],"id":1}`, 200, `{"jsonrpc":"2.0","result":[0,1],"id":1}`},
		{"fault", `{"jsonrpc":"2.0","method":"fault","id":1}`, 400, `{"jsonrpc":"2.0","error":{"code":400,"message":"bad\n"},"id":1}`},
		{"unknown", `{"jsonrpc":"2.0","method":"nix","id":1}`, 500, `{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}`},
		{"batch", `[{"jsonrpc":"2.0","method":"many","id":1},{"method":"many","id":2}]`, CodeInvalid,
			`[{"jsonrpc":"2.0","result":{},"id":1},{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":2}]`},
		{"empty batch", `[]`, CodeInvalid, `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}`},
		{"no json", `{ not json`, CodeParse, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}`},
		{"nothing at all", " \n", CodeParse, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}`},
		{"method is a number", `{"jsonrpc":"2.0","method":5,"id":1}`, CodeInvalid, `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":1}`},
		{"id is an array", `{"jsonrpc":"2.0","method":"many","id":[1]}`, CodeInvalid, `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}`},
		{"params are text", `{"jsonrpc":"2.0","method":"echo","params":"x","id":1}`, CodeInvalidParams,
			`{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params: not an array or object"},"id":1}`},
		{"param is an object", `{"jsonrpc":"2.0","method":"echo","params":[1,{"a":2}],"id":1}`, CodeInvalidParams,
			`{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params: parameter 1 is no string or number"},"id":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Serve(t.Context(), h, []byte(tc.doc), false)
			if string(r.Body) != tc.want || r.Code != tc.code {
				t.Errorf("got %d\n%s\nwant %d\n%s", r.Code, r.Body, tc.code, tc.want)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	for _, tc := range []struct {
		v    any
		want string
	}{
		{1.0, "1"}, {0.5, "0.500000"}, {1e-9, "1.000000e-09"}, {12345678901.5, "1.234568e+10"},
		{"\b\f\r\t\x01\x7f<>&\u2028", `"\b\f\r\t\u0001` + "\x7f<>&\u2028" + `"`},
		{"bad \xff octet", "\"bad \uFFFD octet\""},
		{module.List{int64(1), "x"}.Seq(), `[1, "x"]`}, {module.Stream(func(func(any) bool) {}), "[]"},
	} {
		if got := string(Append(nil, tc.v, true)); got != tc.want {
			t.Errorf("%v: got %s want %s", tc.v, got, tc.want)
		}
	}
}

func TestSplitter(t *testing.T) {
	var s Splitter
	var got []string
	for _, part := range []string{`{"a":`, "\n1}{\"b\":2}\n{bad\n{\"c\"", ":3}\n", "x\x00", "\n[1,\n2]", "{\"d\":\"From: a\r\n\\\"b\\\"\t{\"}\n{\"e\":\"\\\r\n\"}\n", "{\"f\":\"a\r", "\nb\"}", "\n"} {
		s.Write([]byte(part))
		for {
			doc, err := s.Next()
			if errors.Is(err, ErrEnd) {
				break
			}
			if err != nil {
				got = append(got, "bad")
				continue
			}
			got = append(got, strings.ReplaceAll(string(doc), "\n", ""))
		}
	}
	want := []string{`{"a":1}`, `{"b":2}`, "bad", `{"c":3}`, "bad", "[1,2]", `{"d":"From: a\u000d\u000a\"b\"\u0009{"}`, "bad", "bad", `{"f":"a\u000d\u000ab"}`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q want %q", got, want)
	}
	s.Write([]byte(`["` + strings.Repeat("x", MaxRequest+1)))
	if _, err := s.Next(); err == nil || errors.Is(err, ErrEnd) {
		t.Errorf("a document without end is kept: %v", err)
	}
	if _, err := s.Next(); !errors.Is(err, ErrEnd) {
		t.Errorf("what is left of it: %v", err)
	}
}

// FuzzServe: no document makes the server panic, and every reply is JSON.
func FuzzServe(f *testing.F) {
	for _, s := range sessions(f) {
		f.Add([]byte(s.request))
	}
	f.Add([]byte(`[{"jsonrpc":"2.0","method":"core.echo","params":["a"]},5]`))
	h := rpctest.New(module.Command{Name: "core.echo", Array: true, Run: func(r *module.Request) error {
		for _, a := range r.Args {
			r.Add(a)
		}
		return nil
	}})
	f.Fuzz(func(t *testing.T, doc []byte) {
		var s Splitter
		s.Write(doc)
		for {
			if _, err := s.Next(); errors.Is(err, ErrEnd) {
				break
			}
		}
		for _, pretty := range []bool{false, true} {
			if r := Serve(t.Context(), h, doc, pretty); !json.Valid(r.Body) {
				t.Fatalf("reply is no JSON: %s", r.Body)
			}
		}
	})
}
