// SPDX-License-Identifier: Apache-2.0

package digest

import (
	"errors"
	"strings"
	"testing"
)

func TestParseChallenge(t *testing.T) {
	tests := []struct {
		in   string
		want Challenge
		err  error
	}{
		{in: `Digest realm="a", nonce="b"`, want: Challenge{Realm: "a", Nonce: "b"}},
		{in: "  dIGEST\trealm=a\r\n ,nonce = \"b\" ,, ", want: Challenge{Realm: "a", Nonce: "b"}},
		{in: `Digest nonce="b",realm="x, \"y\"",qop="auth, auth-int,token",stale=TRUE,opaque="",algorithm=SHA-256,domain="sip:a",charset=UTF-8,userhash=true,x=y`,
			want: Challenge{Realm: `x, \"y\"`, Nonce: "b", QOP: Auth | AuthInt | OtherQOP, Stale: true, Algorithm: SHA256, AlgorithmName: "SHA-256",
				Domain: "sip:a", Charset: "UTF-8", UserHash: true}},
		{in: `Digest realm="a", nonce="b", algorithm=AKAv1-MD5, qop=auth, stale="false"`,
			want: Challenge{Realm: "a", Nonce: "b", Algorithm: Unknown, AlgorithmName: "AKAv1-MD5", QOP: Auth}},
		{in: `Digest realm="", nonce="b"`, want: Challenge{Nonce: "b"}},
		{in: `Basic realm="a"`, err: ErrScheme},
		{in: `Digest`, err: ErrScheme},
		{in: ``, err: ErrScheme},
		{in: `Digestrealm="a", nonce="b"`, err: ErrScheme},
		{in: `Digest `, err: ErrMissing},
		{in: `Digest realm="a"`, err: ErrMissing},
		{in: `Digest nonce="a"`, err: ErrMissing},
		{in: `Digest realm="a", nonce`, err: ErrSyntax},
		{in: `Digest realm="a" nonce="b"`, err: ErrSyntax},
		{in: `Digest realm="a, nonce="b"`, err: ErrSyntax},
		{in: `Digest realm="a", nonce="b`, err: ErrSyntax},
		{in: `Digest realm="a", nonce="b\"`, err: ErrSyntax},
		{in: `Digest realm=a b, nonce=c`, err: ErrSyntax},
		{in: `Digest =a, realm="a", nonce=c`, err: ErrSyntax},
		{in: `Digest re(alm="a", nonce=c`, err: ErrSyntax},
	}
	for _, tt := range tests {
		got, err := ParseChallenge(tt.in)
		if !errors.Is(err, tt.err) || err == nil && got != tt.want {
			t.Errorf("%s:\n got %+v, %v\nwant %+v, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestParseCredentials(t *testing.T) {
	const whole = `Digest username="u", realm="r", nonce="n", uri="sip:a", response="x"`
	for in, want := range map[string]error{
		whole:                                          nil,
		whole + `, qop=auth, nc=1, cnonce=c`:           nil,
		whole + `, qop=auth, cnonce="c"`:               ErrMissing,
		whole + `, qop=auth, nc=1`:                     ErrMissing,
		strings.Replace(whole, `nonce="n",`, "", 1):    ErrMissing,
		strings.Replace(whole, `username="u",`, "", 1): ErrMissing,
		strings.Replace(whole, `uri="sip:a",`, "", 1):  ErrMissing,
		strings.Replace(whole, `response="x"`, "", 1):  ErrMissing,
		strings.Replace(whole, `"r"`, `""`, 1):         nil,
		strings.Replace(whole, `"r"`, `"r`, 1):         ErrSyntax,
		strings.Replace(whole, `Digest`, `NTLM`, 1):    ErrScheme,
	} {
		if _, err := ParseCredentials(in); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
	c, _ := ParseCredentials(whole + `, qop=token, nc=1, cnonce=c`)
	if c.Check(MD5.HA1("u", "r", "p"), "INVITE", "") || c.QOP != OtherQOP {
		t.Error("a quality that nobody knows can be checked")
	}
}

func TestQuoting(t *testing.T) {
	for in, want := range map[string]string{`a"b\c`: `a\"b\\c`, "a\r\nX: y": "a  X: y", "ü": "ü", "": ""} {
		if got := string(AppendQuoted(nil, in)); got != want {
			t.Errorf("%q is quoted as %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{`a\"b\\c`: `a"b\c`, `a\`: `a\`, "ab": "ab"} {
		if got := Unescape(in); got != want {
			t.Errorf("%q means %q, want %q", in, got, want)
		}
	}
}

// FuzzParse: what parses as one or the other prints, and parses to the same.
func FuzzParse(f *testing.F) {
	f.Add(`Digest realm="a\"b", nonce="b", qop="auth,auth-int", stale=true, opaque="x", algorithm=MD5-sess, domain="sip:a", userhash=true, charset=UTF-8`)
	f.Add(`Digest username="u", realm="r", nonce="n", uri="sip:a", response="x", qop=auth, nc=00000001, cnonce="c", algorithm=SHA-256, opaque=o`)
	f.Add("digest\trealm=a\r\n ,nonce = \"b\" ,, ")
	f.Add(`Digest realm="a, nonce="b"`)
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseChallenge(s); err == nil {
			printed := string(c.Append(nil))
			again, err := ParseChallenge(printed)
			c.QOP &^= OtherQOP
			if err != nil || printable(c.AlgorithmName, c.Charset) && again != c {
				t.Fatalf("%q printed as %q: %+v, %v; want %+v", s, printed, again, err, c)
			}
		}
		if c, err := ParseCredentials(s); err == nil {
			c.Check(MD5.HA1(c.Username, c.Realm, "p"), "INVITE", s)
			printed := string(c.Append(nil))
			again, err := ParseCredentials(printed)
			if printable(c.AlgorithmName, c.QOPName, c.NC) && (err != nil || again != c) {
				t.Fatalf("%q printed as %q: %+v, %v; want %+v", s, printed, again, err, c)
			}
		}
	})
}

// printable says whether values can stand without quotes.
func printable(values ...string) bool {
	for _, v := range values {
		if v != "" && !isToken(v) {
			return false
		}
	}
	return true
}

// FuzzQuoting: what is quoted means what it was made of.
func FuzzQuoting(f *testing.F) {
	f.Add(`a"b\c`)
	f.Fuzz(func(t *testing.T, s string) {
		q := string(AppendQuoted(nil, s))
		if strings.ContainsAny(q, "\r\n") || quoted(`"`+q+`"`) != len(q)+2 {
			t.Fatalf("%q is quoted as %q", s, q)
		}
		if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) && Unescape(q) != s {
			t.Fatalf("%q means %q", q, Unescape(q))
		}
	})
}

// FuzzTrim compares with the plain forms.
func FuzzTrim(f *testing.F) {
	f.Add(" \t\r\na b\n ")
	f.Add("token(")
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := skip(s), strings.TrimLeft(s, blanks); got != want {
			t.Errorf("front of %q: %q, want %q", s, got, want)
		}
		if got, want := trimEnd(s), strings.TrimRight(s, blanks); got != want {
			t.Errorf("end of %q: %q, want %q", s, got, want)
		}
		plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
		})
		if got := isToken(s); got != plain {
			t.Errorf("%q: token %v, want %v", s, got, plain)
		}
	})
}
