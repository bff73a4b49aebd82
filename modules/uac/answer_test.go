// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/sip"
)

func reply(t *testing.T, code, headers string) *sip.Message {
	t.Helper()
	m := new(sip.Message)
	if err := m.Parse([]byte("SIP/2.0 " + code + "\r\n" + headers + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAnswer answers challenges and checks the answers as a server does.
func TestAnswer(t *testing.T) {
	const www, proxy = "WWW-Authenticate: Digest ", "Proxy-Authenticate: Digest "
	known := func(realm string) (secret, bool) {
		return secret{username: `al"ice`, password: "p"}, realm == "r" || realm == `q"r`
	}
	for _, row := range []struct {
		name, code, headers string
		want                string // what the answer holds
		err                 error
	}{
		{name: "plain", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\"\r\n", want: `Authorization: Digest username="al\"ice", realm="r", nonce="n", uri="sip:b", response="`},
		{name: "proxy", code: "407 x", headers: proxy + "realm=\"r\", nonce=\"n\"\r\n", want: `Proxy-Authorization: Digest `},
		{name: "auth before auth-int", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", qop=\"auth-int,auth\"\r\n", want: `qop=auth, nc=00000001, cnonce="`},
		{name: "auth-int", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", qop=\"auth-int\", opaque=\"o\"\r\n", want: `opaque="o", qop=auth-int, nc=00000001`},
		{name: "session", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess\r\n", want: `algorithm=MD5-sess`},
		{name: "SHA-256", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256\r\n", want: `algorithm=SHA-256`},
		{name: "SHA-512-256-sess", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-512-256-sess\r\n", want: `algorithm=SHA-512-256-sess`},
		{name: "the first that can be computed", code: "401 x", headers: www + "realm=\"r\", nonce=\"1\", algorithm=X\r\n" + www + "realm=\"other\", nonce=\"2\"\r\n" +
			"WWW-Authenticate: Basic realm=\"r\"\r\n" + www + "realm=\"r\", nonce=\"4\", algorithm=SHA-256\r\n" + www + "realm=\"r\", nonce=\"5\"\r\n", want: `nonce="4"`},
		{name: "escaped realm", code: "401 x", headers: www + "realm=\"q\\\"r\", nonce=\"n\"\r\n", want: `realm="q\"r"`},
		{name: "user hash", code: "401 x", headers: www + "realm=\"r\", nonce=\"n\", userhash=true\r\n", want: `userhash=true`},
		{name: "header of the other code", code: "401 x", headers: proxy + "realm=\"r\", nonce=\"n\"\r\n", err: errNoChallenge},
		{name: "no realm of ours", code: "401 x", headers: www + "realm=\"z\", nonce=\"n\"\r\n", err: errNoSecret},
		{name: "broken", code: "401 x", headers: www + "realm=\"r\", nonce\r\n", err: errNoChallenge},
		{name: "none", code: "401 x", err: errNoChallenge},
		{name: "no challenge", code: "403 x", headers: www + "realm=\"r\", nonce=\"n\"\r\n", err: errNotChallenged},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := digest.Request{Method: "INVITE", URI: "sip:b"}
			line, err := answerTo([]byte("+"), reply(t, row.code, row.headers), &r, func() string { return "body" }, rand.New(rand.NewPCG(1, 2)), known)
			if !errors.Is(err, row.err) {
				t.Fatalf("error %v, want %v", err, row.err)
			}
			if err != nil {
				if string(line) != "+" {
					t.Errorf("an error, and %q", line)
				}
				return
			}
			if !strings.Contains(string(line), row.want) {
				t.Errorf("no %s in %s", row.want, line)
			}
			_, value, _ := strings.Cut(strings.TrimSuffix(string(line[1:]), "\r\n"), ": ")
			c, err := digest.ParseCredentials(value)
			if err != nil {
				t.Fatal(err)
			}
			if ha1 := c.Algorithm.HA1(`al"ice`, digest.Unescape(c.Realm), "p"); !c.Check(ha1, "INVITE", "body") {
				t.Errorf("the answer is wrong: %s", line)
			}
		})
	}
}

func TestAnswerWithHA1(t *testing.T) {
	ha1 := digest.MD5.HA1("u", "r", "p")
	s := secret{username: "u", password: strings.ToUpper(ha1.String()), hashed: true}
	find := func(string) (secret, bool) { return s, true }
	m := reply(t, "401 x", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"m\"\r\n")
	line, err := answerTo(nil, m, &digest.Request{Method: "INVITE", URI: "sip:b"}, nil, rand.New(rand.NewPCG(1, 2)), find)
	if err != nil || !strings.Contains(string(line), `nonce="m"`) {
		t.Errorf("%s, %v: want the answer to the challenge that the hash is for", line, err)
	}
	s.password = "no hash"
	if _, err := answerTo(nil, m, &digest.Request{Method: "INVITE", URI: "sip:b"}, nil, rand.New(rand.NewPCG(1, 2)), find); !errors.Is(err, errHA1) {
		t.Errorf("error %v, want %v", err, errHA1)
	}
}

func TestCredentialParameter(t *testing.T) {
	m := New()
	for _, bad := range []string{"", "u", "u:r", ":r:p"} {
		if m.credential(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := m.credential("u:r:p:with:colons"); err != nil || len(m.credentials) != 1 || m.credentials[0] != (secret{username: "u", realm: "r", password: "p:with:colons"}) {
		t.Errorf("%v, %+v", err, m.credentials)
	}
}

func TestGranted(t *testing.T) {
	const two = "Contact: <sip:other@1.2.3.4>;expires=5, <sip:me@1.2.3.4>;expires=7\r\n"
	for headers, want := range map[string]int64{
		"":                         60,
		"Expires: 30\r\n":          30,
		two:                        7,
		"Expires: 30\r\n" + two:    7,
		"Expires: soon\r\n":        60,
		"Expires: 99999999999\r\n": 60,
		"Contact: <sip:me@1.2.3.4>;expires=x\r\n":  60,
		"Contact: <sip:you@1.2.3.4>;expires=9\r\n": 60,
		"Contact: <<<\r\n":                         60,
	} {
		if got := granted(reply(t, "200 OK", headers), "me", 60); got != want {
			t.Errorf("%q: %d, want %d", headers, got, want)
		}
	}
}
