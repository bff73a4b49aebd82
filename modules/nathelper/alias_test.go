// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestParseAlias(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1~5060~1": "sip:192.0.2.1:5060", "192.0.2.1~5061~3": "sip:192.0.2.1:5061;transport=tls",
		"[2001:db8::1]~5060~2": "sip:[2001:db8::1]:5060;transport=tcp", "2001:db8::1~5060~1": "sip:[2001:db8::1]:5060",
		"192.0.2.1~80~6": "sip:192.0.2.1:80;transport=ws",
		"192.0.2.1~5060": "", "192.0.2.1~5060~7": "", "192.0.2.1~5060~0": "", "192.0.2.1~5060~12": "", "192.0.2.1~~1": "",
		"192.0.2.1~port~1": "", "192.0.2.1~70000~1": "", "host~5060~1": "", "": "",
	} {
		got := ""
		if a, ok := parseAlias(text); ok {
			got = string(a.append(nil, false))
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestLookUp(t *testing.T) {
	n := New()
	for _, k := range []struct {
		params               sip.Params
		last                 bool
		value, before, after string
	}{
		{"alias=a", false, "a", "", ""},
		{"alias=a", true, "a", "", ""},
		{"x;alias=a;y=1", false, "a", "x", "y=1"},
		{"alias=a;x;alias=b;y", false, "a", "", "x;alias=b;y"},
		{"alias=a;x;alias=b;y", true, "b", "alias=a;x", "y"},
		{"alias=a;x;alias=b", true, "b", "alias=a;x", ""},
		{"aliasx=a;ALIAS=b;alias;alias=", false, "", "", ""},
		{"", true, "", "", ""},
	} {
		value, before, after, ok := n.lookUp(k.params, k.last)
		if ok != (k.value != "") || value != k.value || ok && (string(before) != k.before || string(after) != k.after) {
			t.Errorf("%q, last %v: %q, %q, %q, %v", k.params, k.last, value, before, after, ok)
		}
	}
}

// FuzzAlias: no parameter panics, and what is read is a URI.
func FuzzAlias(f *testing.F) {
	f.Add("x;alias=192.0.2.1~5060~1;y")
	f.Fuzz(func(t *testing.T, params string) {
		n := New()
		value, _, _, ok := n.lookUp(sip.Params(params), len(params)%2 == 0)
		if !ok {
			return
		}
		a, ok := parseAlias(value)
		if !ok {
			return
		}
		if u, err := sip.ParseURI(string(a.append(nil, true))); err != nil || u.Port == 0 {
			t.Errorf("%q is no URI: %v", value, err)
		}
	})
}

func TestPrivate(t *testing.T) {
	for text, want := range map[string][2]bool{ // with nat_addr_mode 0 and 1
		"10.0.0.0": {true, true}, "9.255.255.255": {}, "172.16.0.0": {true, true}, "172.32.0.0": {}, "192.168.255.255": {true, true},
		"100.64.0.1": {true, true}, "100.128.0.0": {}, "192.0.0.7": {true, true}, "192.0.0.8": {false, true}, "192.0.1.0": {},
		"::ffff:10.0.0.1": {true, true}, "fd00::1": {}, "127.0.0.1": {},
	} {
		for mode := range want {
			n := New()
			n.addressMode = mode
			if got := n.private(netip.MustParseAddr(text)); got != want[mode] {
				t.Errorf("%s, mode %d: %v", text, mode, got)
			}
		}
	}
}

func TestConnection(t *testing.T) {
	for line, want := range map[string][2]string{
		"c=IN IP4 192.0.2.1": {"IP4", "192.0.2.1"}, "c=IN IP4 224.2.1.1/127/3": {"IP4", "224.2.1.1/127/3"},
		"o=a 1 2 IN IP6 2001:db8::1": {"IP6", "2001:db8::1"}, "a=rtcp:5 IN IP4 10.0.0.1 ": {"IP4", "10.0.0.1"},
		"a=rtcp:5": {}, "c=IN IP4 ": {}, "c=IN IP4": {}, "c=": {},
	} {
		if family, address := connection(line); family != want[0] || address != want[1] {
			t.Errorf("%q has %q, %q", line, family, address)
		}
	}
}

// FuzzConnection: no line panics.
func FuzzConnection(f *testing.F) {
	f.Add("c=IN IP4 192.0.2.1")
	f.Fuzz(func(t *testing.T, line string) {
		if _, address := connection(line); !strings.Contains(line, address) {
			t.Errorf("%q of %q", address, line)
		}
	})
}
