// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"net/netip"
	"testing"
)

func TestParseURI(t *testing.T) {
	tests := []struct {
		name, text string
		want       URI
		err        error
	}{
		{"plain", "sip:alice@example.com", URI{Scheme: SchemeSIP, User: "alice", Host: "example.com", HasUser: true}, nil},
		{"everything", "sips:a:pw@h.example:5061;transport=tcp;lr?To=x&Y=z", URI{Scheme: SchemeSIPS, User: "a", Password: "pw", Host: "h.example",
			PortText: "5061", Port: 5061, Params: "transport=tcp;lr", Headers: "To=x&Y=z", HasUser: true, HasPassword: true}, nil},
		{"no user", "sip:example.com", URI{Scheme: SchemeSIP, Host: "example.com"}, nil},
		{"scheme in capitals", "SIP:a@b", URI{Scheme: SchemeSIP, User: "a", Host: "b", HasUser: true}, nil},
		{"empty password", "sip:a:@b", URI{Scheme: SchemeSIP, User: "a", Host: "b", HasUser: true, HasPassword: true}, nil},
		{"ipv6", "sip:a@[2001:db8::10]:5070;x", URI{Scheme: SchemeSIP, User: "a", Host: "[2001:db8::10]", PortText: "5070", Port: 5070, Params: "x", HasUser: true}, nil},
		{"ipv6 with ipv4", "sip:[::ffff:192.0.2.1]", URI{Scheme: SchemeSIP, Host: "[::ffff:192.0.2.1]"}, nil},
		{"semicolon in the user", "sip:user;par=u%40example.net@example.com", URI{Scheme: SchemeSIP, User: "user;par=u%40example.net", Host: "example.com", HasUser: true}, nil},
		{"odd characters in the user", "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com", URI{Scheme: SchemeSIP, User: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", Host: "example.com", HasUser: true}, nil},
		{"headers without parameters", "sip:h?x=y", URI{Scheme: SchemeSIP, Host: "h", Headers: "x=y"}, nil},
		{"quoted parameter", `sip:a@h;+sip.instance="<urn:uuid:1>"`, URI{Scheme: SchemeSIP, User: "a", Host: "h", Params: `+sip.instance="<urn:uuid:1>"`, HasUser: true}, nil},
		{"tel", "tel:+1-201-555-0123;phone-context=example.com", URI{Scheme: SchemeTel, User: "+1-201-555-0123", Params: "phone-context=example.com"}, nil},
		{"local tel", "tel:*70#", URI{Scheme: SchemeTel, User: "*70#"}, nil},
		{"urn", "urn:service:sos", URI{Scheme: SchemeURN, User: "service:sos"}, nil},
		{"unknown scheme", "nobodyKnowsThisScheme:totallyopaquecontent", URI{Scheme: SchemeOther, User: "totallyopaquecontent"}, nil},
		{"http", "http://example.com/x", URI{Scheme: SchemeOther, User: "//example.com/x"}, nil},

		{"empty", "", URI{}, ErrURIScheme},
		{"no scheme", "alice@example.com", URI{}, ErrURIScheme},
		{"path", "/RPC", URI{}, ErrURIScheme},
		{"bracket", "<sip:a@b>", URI{}, ErrURIScheme},
		{"no host", "sip:", URI{}, ErrURI},
		{"no host behind the user", "sip:a@", URI{}, ErrURI},
		{"no user before the at sign", "sip:@b", URI{}, ErrURI},
		{"empty port", "sip:a@b:", URI{}, ErrURI},
		{"port too great", "sip:a@b:65536", URI{}, ErrURI},
		{"port no number", "sip:a@b:5x", URI{}, ErrURI},
		{"ipv6 without brackets", "sip:2001:db8::10", URI{}, ErrURI},
		{"ipv6 without end", "sip:[2001:db8::10", URI{}, ErrURI},
		{"ipv6 with a name", "sip:[xyz::1]", URI{}, ErrURI},
		{"two at signs", "sip:a@b@c", URI{}, ErrURI},
		{"blank", "sip:a@b; lr", URI{}, ErrURI},
		{"line end", "sip:a@b\r\n", URI{}, ErrURI},
		{"tel without digits", "tel:abc-xyz", URI{}, ErrURI},
		{"empty tel", "tel:", URI{}, ErrURI},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseURI(tt.text)
			if err != tt.err {
				t.Fatalf("err %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			text := got.Raw
			got.Raw, got.SchemeText = "", ""
			if got != tt.want {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
			if u, _ := ParseURI(text); u.String() != tt.text {
				t.Errorf("prints %q", u.String())
			}
		})
	}
}

func TestURIAccessors(t *testing.T) {
	u, err := ParseURI("sip:alice;day=tuesday@[2001:db8::1];transport=TLS;maddr=239.1.1.1;user=phone;LR")
	if err != nil {
		t.Fatal(err)
	}
	if u.Transport() != TransportTLS || u.Maddr() != "239.1.1.1" || !u.PhoneUser() || !u.LooseRouting() {
		t.Errorf("parameters of %s", u.Raw)
	}
	if u.UserWithoutParams() != "alice" || u.UserParams() != "day=tuesday" {
		t.Errorf("user %q, %q", u.UserWithoutParams(), u.UserParams())
	}
	if a, ok := u.Addr(); !ok || a != netip.MustParseAddr("2001:db8::1") {
		t.Errorf("address %v", a)
	}
	u.User, u.Port = "bob", 5070
	if got := u.String(); got != "sip:bob;day=tuesday@[2001:db8::1]:5070;transport=TLS;maddr=239.1.1.1;user=phone;LR" {
		t.Errorf("changed: %s", got)
	}
}

func TestParseHostAddr(t *testing.T) {
	for _, s := range []string{"192.0.2.1", "[2001:db8::1]", "2001:db8::1", "[::]"} {
		if _, ok := ParseHostAddr(s); !ok {
			t.Errorf("%q is no address", s)
		}
	}
	for _, s := range []string{"", "example.com", "a.b", "1.2.3", "[]", "[fe80::1%eth0]", "1.2.3.4.5", "dead"} {
		if a, ok := ParseHostAddr(s); ok {
			t.Errorf("%q is address %v", s, a)
		}
	}
}

func TestEscapes(t *testing.T) {
	if got := string(AppendUnescaped(nil, "sip%3Auser%40x%4")); got != "sip:user@x%4" {
		t.Errorf("unescaped %q", got)
	}
	if got := string(AppendEscapedUser(nil, "a b@c%é;")); got != "a%20b%40c%25%C3%A9;" {
		t.Errorf("escaped %q", got)
	}
}

func TestURIsEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		// The examples of RFC 3261 19.1.4.
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		// Beyond the examples.
		{"sip:a@b", "sips:a@b", false},
		{"sip:a@b;maddr=1.2.3.4", "sip:a@b", false},
		{"sip:a@b;ttl=1", "sip:a@b", false},
		{"sip:a@b;user=phone", "sip:a@b", false},
		{"sip:a@b", "sip:a:@b", false},
		{"sip:a%40b@c", "sip:a%40b@C", true},
		{"sip:a%3Bb@c", "sip:a;b@c", false},
		{"sip:%61@c", "sip:%41@c", false},
		{"tel:+1-201-555-0123", "tel:+1(201)5550123", true},
		{"tel:+12015550123", "tel:12015550123", false},
		{"tel:7042;phone-context=example.com", "tel:7042;Phone-Context=Example.com", true},
		{"tel:7042;phone-context=+1-9", "tel:7042;phone-context=+19", true},
		{"tel:7042;phone-context=example.com", "tel:7042", false},
		{"urn:service:sos", "urn:service:sos", true},
		{"urn:service:sos", "urn:service:SOS", false},
		{"garbage", "garbage", true},
		{"garbage", "sip:a@b", false},
	}
	for _, tt := range tests {
		if got := URIsEqual(tt.a, tt.b); got != tt.want {
			t.Errorf("%s = %s: %v", tt.a, tt.b, got)
		}
		if got := URIsEqual(tt.b, tt.a); got != tt.want {
			t.Errorf("%s = %s: %v", tt.b, tt.a, got)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"sip:a:b@c:5;x=y?z", "tel:+1;a", "sip:[::1]", "urn:x", "sips:a@b?c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		printed := u.String()
		v, err := ParseURI(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", s, printed, err)
		}
		if v.String() != printed {
			t.Fatalf("%q prints as %q, then as %q", s, printed, v.String())
		}
		if (u.IsSIP() || u.IsTel()) && !u.Equal(&v) && !duplicateParams(u) {
			t.Fatalf("%q is not equal to its print %q", s, printed)
		}
		u.Addr()
	})
}

// duplicateParams: a URI whose parameters or headers repeat a name is not equal to itself part by part.
func duplicateParams(u URI) bool {
	seen := map[string]bool{}
	for p, rest, ok := u.Params.Next(); ok; p, rest, ok = rest.Next() {
		if p.Name = string(AppendUnescaped(nil, p.Name)); seen[p.Name] {
			return true
		}
		seen[p.Name] = true
	}
	return len(seen) > 1
}
