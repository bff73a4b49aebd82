// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"net/netip"
	"strings"
	"testing"
)

// TestRules changes the rules of the process, so nothing runs beside it.
func TestRules(t *testing.T) {
	defer rules.Store(nil)
	const odd, phone = "sip:bob@ex~ample.org;x=1", "sip:+1;isub=2@example.org;user=phone"
	if u, err := ParseURI(odd); err == nil {
		t.Errorf("%s is a URI without a rule: host %q", odd, u.Host)
	}
	if u, _ := ParseURI(phone); u.User != "+1" || u.PhoneParams != "isub=2" {
		t.Errorf("%s: user %q, parameters %q", phone, u.User, u.PhoneParams)
	}
	SetRules(Rules{HostChars: "~", PhoneParams: true})
	if u, err := ParseURI(odd); err != nil || u.Host != "ex~ample.org" || u.Params != "x=1" {
		t.Errorf("%s: host %q, %v", odd, u.Host, err)
	}
	if v, err := ParseVia("SIP/2.0/UDP ex~ample.org:5070;branch=x"); err != nil || v.Host != "ex~ample.org" || v.Port != 5070 {
		t.Errorf("a Via has the host %q, port %d, %v", v.Host, v.Port, err)
	}
	if u, err := ParseURI("sip:bob@ex!ample.org"); err == nil {
		t.Errorf("a sign without a rule: host %q", u.Host)
	}
	if u, _ := ParseURI(phone); u.User != "+1;isub=2" || u.PhoneParams != "" {
		t.Errorf("%s: user %q, parameters %q", phone, u.User, u.PhoneParams)
	}
}

// TestIPv6Form changes the rules of the process, so nothing runs beside it.
func TestIPv6Form(t *testing.T) {
	defer rules.Store(nil)
	for form, want := range map[IPv6Form][3]string{
		IPv6Compact:  {"2001:db8::a", "[2001:db8::a]:5060", "fe80::1%eth0"},
		IPv6Full:     {"2001:db8:0:0:0:0:0:a", "[2001:db8:0:0:0:0:0:a]:5060", "fe80:0:0:0:0:0:0:1%eth0"},
		IPv6Capitals: {"2001:DB8:0:0:0:0:0:A", "[2001:DB8:0:0:0:0:0:A]:5060", "FE80:0:0:0:0:0:0:1%eth0"},
	} {
		SetRules(Rules{IPv6: form})
		a := netip.MustParseAddr("2001:db8::a")
		got := [3]string{AddrText(a), string(AppendAddrPort(nil, netip.AddrPortFrom(a, 5060))), AddrText(netip.MustParseAddr("fe80::1%eth0"))}
		if got != want {
			t.Errorf("form %d: got %v, want %v", form, got, want)
		}
		if got := string(AppendAddrPort(nil, netip.MustParseAddrPort("192.0.2.1:5060"))); got != "192.0.2.1:5060" {
			t.Errorf("form %d: IPv4 is %s", form, got)
		}
		for addr, host := range map[string]string{"2001:db8::a": strings.TrimSuffix(want[1], ":5060"), "fe80::1%eth0": "[" + strings.TrimSuffix(want[2], "%eth0") + "]", "192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1"} {
			if got := string(AppendHost(nil, netip.MustParseAddr(addr))); got != host {
				t.Errorf("form %d: the host of %s is %s, want %s", form, addr, got, host)
			}
		}
	}
}
