// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

type session struct {
	name           string
	request, reply []byte
	printed        string
}

func sessions(t testing.TB) []session {
	t.Helper()
	data, err := os.ReadFile("testdata/kamcmd.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []session
	for line := range strings.Lines(string(data)) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(col) != 4 {
			continue
		}
		req, err1 := hex.DecodeString(col[1])
		rep, err2 := hex.DecodeString(col[2])
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		list = append(list, session{col[0], req, rep, strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(col[3])})
	}
	if len(list) == 0 {
		t.Fatal("no sessions")
	}
	return list
}

// TestRecorded reads what kamcmd and Kamailio said to each other, and writes it
// again octet by octet.
func TestRecorded(t *testing.T) {
	for _, s := range sessions(t) {
		t.Run(s.name, func(t *testing.T) {
			p, err := Parse(s.request)
			if err != nil {
				t.Fatal(err)
			}
			name, args, err := p.Method()
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Fields(s.name)[0]; name != want {
				t.Errorf("method %q, want %q", name, want)
			}
			if got := AppendRequest(nil, p.Cookie, name, args...); !bytes.Equal(got, s.request) {
				t.Errorf("request written again\n%x\nwant\n%x", got, s.request)
			}
			p, err = Read(bufio.NewReader(bytes.NewReader(s.reply)), MaxReply)
			if err != nil {
				t.Fatal(err)
			}
			values, err := p.Values()
			var f *module.Fault
			var got []byte
			var printed strings.Builder
			if errors.As(err, &f) {
				got = AppendFault(nil, p.Cookie, f)
				fmt.Fprintf(&printed, "error: %d - %s\n", f.Code, f.Text)
			} else {
				got = AppendReply(nil, p.Cookie, values)
				for _, v := range values {
					show(&printed, "", v)
				}
			}
			if !bytes.Equal(got, s.reply) {
				t.Errorf("reply written again\n%x\nwant\n%x", got, s.reply)
			}
			if s.printed != "" && printed.String() != s.printed {
				t.Errorf("reply says\n%s\nwant\n%s", printed.String(), s.printed)
			}
		})
	}
}

// show prints a value the way kamcmd does.
func show(w io.Writer, indent string, v any) {
	s, ok := v.(*module.Struct)
	if !ok {
		fmt.Fprintf(w, "%v\n", v)
		return
	}
	fmt.Fprint(w, "{\n")
	for _, f := range s.Fields {
		fmt.Fprintf(w, "%s\t%s: ", indent, f.Name)
		show(w, indent+"\t", f.Value)
	}
	fmt.Fprintf(w, "%s}\n", indent)
}

func TestRecord(t *testing.T) {
	for _, tc := range []struct {
		name string
		v    any
		want string
		back any
	}{
		{"zero", int64(0), "00", int64(0)},
		{"octet", int64(127), "107f", int64(127)},
		{"no sign in three octets", int64(0xFFFFFF), "30ffffff", int64(0xFFFFFF)},
		{"minus one", int64(-1), "40ffffffff", int64(-1)},
		{"smallest", int64(-1 << 31), "4080000000", int64(-1 << 31)},
		{"above 32 bits", int64(1 << 31), "910b" + hex.EncodeToString([]byte("2147483648")) + "00", "2147483648"},
		{"float", 2.5, "2209c4", 2.5},
		{"negative float", -0.5, "91" + "0a" + hex.EncodeToString([]byte("-0.500000")) + "00", "-0.500000"},
		{"empty string", "", "1100", ""},
		{"six octets", "abcdef", "7161626364656600", "abcdef"},
		{"seven octets", "abcdefg", "91086162636465666700", "abcdefg"},
		{"nil", nil, "910e" + hex.EncodeToString([]byte("<null string>")) + "00", "<null string>"},
		{"struct", (&module.Struct{}).Add("a", 1), "032561001001" + "83", (&module.Struct{}).Add("a", 1)},
		{"list of structs", module.List{(&module.Struct{}).Add("a", 1), (&module.Struct{}).Add("a", 2)},
			"032561001001" + "2561001002" + "83", (&module.Struct{}).Add("a", 1).Add("a", 2)},
		{"rows", module.Rows{(&module.Struct{}).Add("a", 1)}, "03" + "03" + "2561001001" + "83" + "83",
			module.Rows{(&module.Struct{}).Add("a", 1)}},
		{"stream of structs", module.List{(&module.Struct{}).Add("a", 1), (&module.Struct{}).Add("a", 2)}.Seq(),
			"032561001001" + "2561001002" + "83", (&module.Struct{}).Add("a", 1).Add("a", 2)},
		{"list of values", module.List{"x", int64(2)}, "03" + "253000" + "217800" + "253100" + "1002" + "83",
			(&module.Struct{}).Add("0", "x").Add("1", 2)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := Append(nil, tc.v)
			if got := hex.EncodeToString(b); got != tc.want {
				t.Errorf("got %s want %s", got, tc.want)
			}
			back, err := Decode(b)
			if err != nil || len(back) != 1 || !reflect.DeepEqual(back[0], tc.back) {
				t.Errorf("read back %#v %v, want %#v", back, err, tc.back)
			}
		})
	}
}

func TestDecodeOnly(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []any
		err      error
	}{
		{"string without zero octet", "31616263", []any{"abc"}, nil},
		{"octets", "36616263", []any{"abc"}, nil},
		{"long integer keeps its end", "500100000002", []any{int64(2)}, nil},
		{"array", "04100110028400", []any{module.List{int64(1), int64(2)}, int64(0)}, nil},
		{"record beyond the end", "73", nil, ErrCorrupt},
		{"size beyond the end", "f1", nil, ErrCorrupt},
		{"size of five octets", "d10000000001", nil, ErrCorrupt},
		{"open struct", "03", nil, ErrEnd},
		{"member without name", "03100183", nil, ErrMismatch},
		{"struct closed as array", "0384", nil, ErrMismatch},
		{"array closed as struct", "0483", nil, ErrCorrupt},
		{"end without begin", "83", nil, ErrCorrupt},
		{"end of an integer", "80", nil, ErrCorrupt},
		{"name alone", "256100", nil, ErrMismatch},
		{"unknown type", "0f", nil, ErrMismatch},
		{"too deep", strings.Repeat("04", maxDepth+1), nil, ErrCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := hex.DecodeString(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b)
			if !errors.Is(err, tc.err) || err == nil && !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %#v %v, want %#v %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestMethodFaults(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "a1030001020304", "400 bad request method: end of packet encountered"},
		{"no name", "a10302010203041005", "400 bad request method: record doesn't match type"},
		{"reply", "a1130b010203049109636f72652e70776400", "400 bad request: corrupted packet"},
		{"bad argument", "a1030601020304216100" + "100273", "400 error at parameter 1: corrupted packet"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, _ := hex.DecodeString(tc.in)
			p, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err = p.Method(); err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"other protocol", "474554", ErrMagic},
		{"header cut", "a103", io.ErrUnexpectedEOF},
		{"cookie cut", "a1030001", io.ErrUnexpectedEOF},
		{"body cut", "a103050102030461", io.ErrUnexpectedEOF},
		{"too long", "a10bffffff01020304", ErrTooLong},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, _ := hex.DecodeString(tc.in)
			if _, err := Read(bufio.NewReader(bytes.NewReader(b)), MaxRequest); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	if _, err := Parse([]byte{magic, 3, 5, 1, 2, 3, 4}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("short datagram: %v", err)
	}
}
