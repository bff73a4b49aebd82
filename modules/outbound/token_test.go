// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"testing"

	"github.com/kahea-sip/kahea/core/transport"
)

func TestToken(t *testing.T) {
	addr := netip.MustParseAddrPort
	o, other := &Outbound{key: []byte("one")}, &Outbound{key: []byte("two")}
	for _, row := range []struct {
		flow
		size int
		uri  string
	}{
		{flow{transport.UDP, addr("192.0.2.1:5060"), addr("198.51.100.7:1024")}, 32, "sip:198.51.100.7:1024;transport=udp"},
		{flow{transport.TCP, addr("192.0.2.1:5060"), addr("198.51.100.7:65535")}, 32, "sip:198.51.100.7:65535;transport=tcp"},
		{flow{transport.TLS, addr("[2001:db8::1]:5061"), addr("[2001:db8::2]:1")}, 64, "sip:[2001:db8::2]:1;transport=tls"},
		{flow{transport.WSS, addr("[2001:db8::1]:443"), addr("192.0.2.9:4000")}, 64, "sip:192.0.2.9:4000;transport=wss"},
	} {
		token := string(o.appendToken(nil, row.flow))
		if len(token) != row.size {
			t.Errorf("%v: token %q has %d bytes, want %d", row.flow, token, len(token), row.size)
		}
		if f, s := o.open(token); s != goodToken || f != row.flow {
			t.Errorf("%v comes back as %v, state %d", row.flow, f, s)
		}
		if _, s := other.open(token); s != badToken {
			t.Errorf("%v: state %d with another key", row.flow, s)
		}
		if got := string(row.appendURI(nil)); got != row.uri {
			t.Errorf("%v is %q, want %q", row.flow, got, row.uri)
		}
		raw, _ := base64.StdEncoding.DecodeString(token)
		for i := range raw {
			raw[i] ^= 0x80
			if _, s := o.open(base64.StdEncoding.EncodeToString(raw)); s != badToken {
				t.Errorf("%v: byte %d is changed, state %d", row.flow, i, s)
			}
			raw[i] ^= 0x80
		}
		for _, user := range []string{token[:len(token)-4], token + "AAAA", "." + token[1:], token[:len(token)-1]} {
			if _, s := o.open(user); s != noToken {
				t.Errorf("%q: state %d, want that of a name", user, s)
			}
		}
	}
	for _, user := range []string{"", "alice", "+4930123456", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if _, s := o.open(user); s != noToken {
			t.Errorf("%q: state %d, want that of a name", user, s)
		}
	}
}

// TestSecret: a token outlives the server where the secret is the same.
func TestSecret(t *testing.T) {
	f := flow{transport.UDP, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("198.51.100.7:1024")}
	for _, row := range []struct {
		before, after string
		want          state
	}{{"a secret", "a secret", goodToken}, {"a secret", "another", badToken}, {"", "", badToken}} {
		before, after := New(), New()
		before.secret, after.secret = row.before, row.after
		if err := errors.Join(before.makeKey(), after.makeKey()); err != nil {
			t.Fatal(err)
		}
		if _, s := after.open(string(before.appendToken(nil, f))); s != row.want {
			t.Errorf("secrets %q and %q: state %d, want %d", row.before, row.after, s, row.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	o := &Outbound{key: []byte("one")}
	flowV4 := flow{transport.UDP, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("198.51.100.7:1024")}
	f.Add(string(o.appendToken(nil, flowV4)))
	f.Add("alice")
	f.Fuzz(func(t *testing.T, user string) {
		got, s := o.open(user)
		if s == goodToken && string(o.appendToken(nil, got)) != user {
			t.Errorf("%q is the token of %v, whose token is another", user, got)
		}
	})
}
