// SPDX-License-Identifier: Apache-2.0

package sanity

import (
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const complete = `Digest username="bob", realm="example.com", nonce="84a4cc6f,3082", uri="sip:example.com", response="7587245234b3434cc3412213e5f113a5", algorithm=MD5`

func register(credentials string) string {
	return "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\nFrom: <sip:bob@example.com>;tag=1\r\n" +
		"To: <sip:bob@example.com>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\nAuthorization: " + credentials + "\r\nContent-Length: 0\r\n\r\n"
}

func TestDigestsComplete(t *testing.T) {
	for _, row := range []struct {
		credentials string
		want        bool
	}{
		{complete, true},
		{`digest USERNAME=bob,REALM=h,Nonce=x,uri=y,response=z`, true},
		{`Basic Zm9vOmJhcg==`, true},
		{`Digest`, false},
		{`Digest username="bob"`, false},
		{`Digest username="", realm="h", nonce="n", uri="u", response="r"`, false},
		{`Digest username=bob, realm="h", nonce="n", uri="u", response`, false},
		{`Digest username=bob, realm="h", nonce="n", uri="u", response="r", nonce=""`, false},
		{`Digest username="", realm="h", nonce="n", uri="u", response="r", username=bob`, true},
	} {
		var m sip.Message
		if err := m.Parse([]byte(register(row.credentials))); err != nil {
			t.Fatal(err)
		}
		if got := digestsComplete(&m, sip.HeaderProxyAuthorization, sip.HeaderAuthorization); got != row.want {
			t.Errorf("%s: got %v, want %v", row.credentials, got, row.want)
		}
	}
}

// TestAllocations: all checks of a REGISTER with credentials take no memory.
func TestAllocations(t *testing.T) {
	c := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{}).Call(t, register(complete))
	s := New()
	run := func() {
		if f := s.find(c, 2*checkVia-1, uriRequest|uriFrom|uriTo|uriContact); f != nil {
			t.Fatal(f)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
