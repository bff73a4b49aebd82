// SPDX-License-Identifier: Apache-2.0

package digest

import (
	"strings"
	"testing"
)

// sdp is the body of draft-smith-sipping-auth-examples.
var sdp = strings.Join([]string{"v=0", "o=bob 2890844526 2890844526 IN IP4 media.biloxi.com", "s=-", "c=IN IP4 media.biloxi.com", "t=0 0",
	"m=audio 49170 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "m=video 51372 RTP/AVP 31", "a=rtpmap:31 H261/90000",
	"m=video 53000 RTP/AVP 32", "a=rtpmap:32 MPV/90000", ""}, "\r\n")

// TestVectors has the examples of RFC 2617 3.5, RFC 7616 3.9 (with erratum
// 4897) and draft-smith-sipping-auth-examples.
func TestVectors(t *testing.T) {
	const sip = `Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com"`
	const sipQOP = sip + `, nc=00000001, cnonce="0a4f113b", `
	const web = `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ` +
		`nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", `
	tests := []struct{ name, user, password, method, credentials string }{
		{"RFC 2617", "Mufasa", "Circle Of Life", "GET", `Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
			uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"`},
		{"RFC 7616 MD5", "Mufasa", "Circle of Life", "GET", web + `algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec"`},
		{"RFC 7616 SHA-256", "Mufasa", "Circle of Life", "GET", web + `algorithm=SHA-256, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`},
		{"RFC 7616 SHA-512-256", "J\u00e4s\u00f8n Doe", "Secret, or not?", "GET", `Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
			realm="api@example.org", uri="/doe.json", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc=00000001,
			cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop=auth, response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
			opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", userhash=true`},
		{"no qop", "bob", "zanzibar", "INVITE", sip + `, response="bf57e4e0d0bffc0fbaedce64d59add5e"`},
		{"auth", "bob", "zanzibar", "INVITE", sipQOP + `qop=auth, response="89eb0059246c02b2f6ee02c7961d5ea3"`},
		{"auth-int", "bob", "zanzibar", "INVITE", sipQOP + `qop=auth-int, algorithm=MD5, response="bdbeebb2da6adb6bca02599c2239e192"`},
		{"MD5-sess auth", "bob", "zanzibar", "INVITE", sipQOP + `qop=auth, algorithm=MD5-sess, response="e4e4ea61d186d07a92c9e1f6919902e9"`},
		{"MD5-sess auth-int", "bob", "zanzibar", "INVITE", sipQOP + `qop="auth-int", algorithm="md5-SESS", response="91984da2d8663716e91554859c22ca70"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseCredentials(tt.credentials)
			if err != nil {
				t.Fatal(err)
			}
			ha1 := c.Algorithm.HA1(tt.user, c.Realm, tt.password)
			if h := c.Algorithm.UserHash(tt.user, c.Realm); c.UserHash && !h.Equal(c.Username) {
				t.Errorf("the user name hashes to %s, want %s", h.String(), c.Username)
			}
			if got := c.Expected(ha1, tt.method, sdp); !got.Equal(c.Response) || !c.Check(ha1, tt.method, sdp) {
				t.Errorf("got %s, want %s", got.String(), c.Response)
			}
			for name, wrong := range map[string]bool{
				"password": c.Check(c.Algorithm.HA1(tt.user, c.Realm, tt.password+"x"), tt.method, sdp),
				"user":     c.Check(c.Algorithm.HA1(tt.user+"x", c.Realm, tt.password), tt.method, sdp),
				"method":   c.Check(ha1, "REGISTER", sdp),
				"body":     c.QOP == AuthInt && c.Check(ha1, tt.method, sdp[1:]),
			} {
				if wrong {
					t.Errorf("the response counts with another %s", name)
				}
			}
		})
	}
}

func TestSessionHashes(t *testing.T) {
	r := Request{Method: "INVITE", URI: "sip:b@c", Nonce: "n", CNonce: "c", NC: "00000001", QOP: Auth}
	seen := map[string]Algorithm{}
	for a := MD5; a < Unknown; a++ {
		h := a.Response(a.HA1("u", "r", "p"), &r)
		if h.Len() != a.HexLen() {
			t.Errorf("%v: %d digits, want %d", a, h.Len(), a.HexLen())
		}
		if other, again := seen[h.String()]; again {
			t.Errorf("%v and %v give the same", a, other)
		}
		seen[h.String()] = a
		if ParseAlgorithm(strings.ToLower(a.String())) != a {
			t.Errorf("%v is not found by its name", a)
		}
	}
	if ParseAlgorithm("") != MD5 || ParseAlgorithm("SHA-1") != Unknown || Unknown.String() != "unknown" {
		t.Error("names of algorithms")
	}
	if h := Unknown.HA1("u", "r", "p"); h.Len() != 0 || h.Equal("") {
		t.Error("an unknown algorithm has a hash")
	}
}

// TestResponseAuth computes A2 = ":" uri as RFC 7616 3.5 says.
func TestResponseAuth(t *testing.T) {
	r := Request{Method: "GET", URI: "/x", Nonce: "n", CNonce: "c", NC: "00000001", QOP: Auth}
	ha1 := MD5.HA1("u", "r", "p")
	ha2 := MD5.sum([]byte(":/x"))
	want := MD5.sum([]byte(ha1.String() + ":n:00000001:c:auth:" + ha2.String()))
	if got := MD5.ResponseAuth(ha1, &r); got != want || r.Method != "GET" {
		t.Errorf("got %s, want %s", got.String(), want.String())
	}
}

func TestParseHex(t *testing.T) {
	h, err := ParseHex("0123456789ABCDEF0123456789abcdef")
	if err != nil || h.String() != "0123456789abcdef0123456789abcdef" {
		t.Errorf("%q, %v", h.String(), err)
	}
	for _, s := range []string{"", "0", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("g", 32), strings.Repeat("0", 128), "0x" + strings.Repeat("0", 30)} {
		if _, err := ParseHex(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

// TestNoAllocation: a check of credentials allocates nothing.
func TestNoAllocation(t *testing.T) {
	const header = `Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com", qop=auth-int, ` +
		`nc=00000001, cnonce="0a4f113b", algorithm=SHA-256-sess, response="89eb0059246c02b2f6ee02c7961d5ea389eb0059246c02b2f6ee02c7961d5ea3"`
	for a := MD5; a < Unknown; a++ {
		if n := testing.AllocsPerRun(100, func() {
			c, err := ParseCredentials(header)
			c.Algorithm = a
			if err != nil || c.Check(a.HA1("bob", c.Realm, "zanzibar"), "INVITE", sdp) {
				t.Fatal("the wrong response counts, or is none", err)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations", a, n)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	const header = `Digest username="bob", realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com", qop=auth, ` +
		`nc=00000001, cnonce="0a4f113b", response="89eb0059246c02b2f6ee02c7961d5ea3"`
	ha1 := MD5.HA1("bob", "biloxi.com", "zanzibar")
	b.ReportAllocs()
	for b.Loop() {
		c, err := ParseCredentials(header)
		if err != nil || !c.Check(ha1, "INVITE", "") {
			b.Fatal("the response does not count")
		}
	}
}
