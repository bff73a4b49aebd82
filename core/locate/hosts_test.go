// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const hostsText = `# comment
127.0.0.1	localhost
192.0.2.1   pbx.example  PBX # the old one
192.0.2.2 pbx
::ffff:192.0.2.3 mapped
fe80::1%eth0 zoned
not-an-address name
192.0.2.4
192.0.2.5 bad_name ok-name bad/name
`

func TestHosts(t *testing.T) {
	h, err := ReadHosts(strings.NewReader(hostsText))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"pbx": "[192.0.2.1 192.0.2.2]", "Pbx.Example.": "[192.0.2.1]", "mapped": "[192.0.2.3]", "localhost": "[127.0.0.1]",
		"zoned": "[]", "name": "[]", "bad/name": "[]", "ok-name": "[192.0.2.5]", "": "[]",
	} {
		if got := fmt.Sprint(h.Addrs(name)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := fmt.Sprint(h.Names(netip.MustParseAddr("::ffff:192.0.2.1"))); got != "[pbx.example pbx]" {
		t.Errorf("names: got %s", got)
	}
	var none *Hosts
	for _, h := range []*Hosts{none, new(Hosts)} {
		if got := fmt.Sprint(h.Addrs("LOCALHOST")); got != "[127.0.0.1 ::1]" || h.Addrs("pbx") != nil || h.Names(loopback[0]) != nil {
			t.Errorf("without a file: got %s", got)
		}
	}
}

func FuzzReadHosts(f *testing.F) {
	f.Add(hostsText)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadHosts(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, addrs := range h.addrs {
			for _, a := range addrs {
				if !strings.Contains(" "+strings.Join(h.Names(a), " ")+" ", " "+name+" ") {
					t.Errorf("%s has %s, but not the reverse", name, a)
				}
			}
		}
	})
}
