// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

// TestHash holds hashes to what dispatcher.hash of Kamailio 5.6.3 printed.
func TestHash(t *testing.T) {
	for _, c := range []struct {
		k    keys
		want uint32
	}{
		{keys{first: ""}, 1},
		{keys{first: "a"}, 0x6d},
		{keys{first: "ab"}, 0x6d5e},
		{keys{first: "abc"}, 0x6d5f42},
		{keys{first: "abcd"}, 0x6d5f4418},
		{keys{first: "abcde"}, 0x6d5f4481},
		{keys{first: "abcdabcd"}, 0xdabe8832},
		{keys{first: "~~~~"}, 0x71c37657},
		{keys{first: "alice"}, 1834153949},
		{keys{first: "aliceserver.com"}, 1346655853},
		{keys{"alice", "server.com", true}, 1412806172},
		{keys{"alice", "server", true}, 3933259910},
		{keys{"alice", "", true}, 1834153949},
	} {
		if got := c.k.hash(); got != c.want {
			t.Errorf("%+v: %d, Kamailio has %d", c.k, got, c.want)
		}
	}
}

// TestURIKeys: slots are those that Kamailio chose in a set of 97.
func TestURIKeys(t *testing.T) {
	for _, c := range []struct {
		uri              string
		whole, userAlone int
	}{
		{"sip:alice@ex.org", 22, 58},
		{"sip:alice@ex.org:5070", 50, 58},
		{"sip:alice@ex.org:5060", 22, 58},
		{"sips:alice@ex.org:5061", 22, 58},
		{"sips:alice@ex.org:5060", 20, 58},
		{"sip:alice@ex.org:5061", 21, 58},
		{"sip:ex.org", 59, 1},
		{"sip:ex.org:5070", 69, 1},
		{"sip:Alice@EX.org", 42, 79},
		{"sip:al%61:pw@ex.org;transport=tcp", 44, 80},
		{"sip:Alice;p=1@ex.org", 2, 18},
		{"tel:+123", 15, 15},
	} {
		u, err := sip.ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		whole, user := uriKeys(&u, false), uriKeys(&u, true)
		if got := int(whole.hash() % 97); got != c.whole {
			t.Errorf("%s: slot %d, Kamailio has %d", c.uri, got, c.whole)
		}
		if got := int(user.hash() % 97); got != c.userAlone {
			t.Errorf("user of %s: slot %d, Kamailio has %d", c.uri, got, c.userAlone)
		}
	}
}

func TestDigestParam(t *testing.T) {
	for _, c := range []struct{ credentials, want string }{
		{`Digest username="bob@r",realm="r"`, "bob@r"},
		{`Digest realm="a,username=x", username = "bob" , nonce="n"`, "bob"},
		{`Digest realm="a\"b", Username=bob`, "bob"},
		{`Digest username=""`, ""},
		{`Digest username="bob`, ""},
		{`Digest`, ""},
		{``, ""},
		{`Digest realm="r"`, ""},
	} {
		if got := digestParam(c.credentials, "username"); got != c.want {
			t.Errorf("%s: %q, want %q", c.credentials, got, c.want)
		}
	}
}

func FuzzDigestParam(f *testing.F) {
	f.Add(`Digest username="bob@r",realm="r"`)
	f.Add(`Digest realm="a\"b", Username=bob`)
	f.Fuzz(func(t *testing.T, s string) { digestParam(s, "username") })
}

func BenchmarkHash(b *testing.B) {
	b.ReportAllocs()
	k := keys{first: "3848276298220188511@atlanta.example.com"}
	for b.Loop() {
		if k.hash() == 0 {
			b.Fatal("0 is no hash")
		}
	}
}
