// SPDX-License-Identifier: Apache-2.0

package ipops

import (
	"math/rand/v2"
	"testing"

	"github.com/kahea-sip/kahea/core/locate"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]form{
		"1.2.3.4": ipv4, "::1": ipv6, "[::1]": reference, "::ffff:1.2.3.4": ipv6, "": none, "1.2.3": none,
		"[1.2.3.4]": none, "example.org": none, "fe80::1%eth0": none, "[::1": none, "256.1.1.1": none,
	} {
		if _, f := parse(text); f != want {
			t.Errorf("%q has form %d, want %d", text, f, want)
		}
	}
}

func FuzzParseNetworks(f *testing.F) {
	f.Add("10.0.0.0/8, 2001:db8::/32,x")
	f.Fuzz(func(t *testing.T, text string) {
		l := parseNetworks(text)
		for _, p := range l.networks {
			if !p.IsValid() {
				t.Errorf("%q has an invalid network", text)
			}
		}
	})
}

// TestSRVOrder: records of one priority come first as often as their weight says.
func TestSRVOrder(t *testing.T) {
	rr := []locate.Record{{Name: "last", Priority: 20}, {Name: "often", Priority: 10, Weight: 300}, {Name: "seldom", Priority: 10, Weight: 100}}
	chance := rand.New(rand.NewPCG(1, 2))
	first := 0
	for range 4000 {
		list := bySRVOrder(rr, chance)
		if list[2].Name != "last" || len(list) != 3 {
			t.Fatalf("order %v", list)
		}
		if list[0].Name == "often" {
			first++
		}
	}
	if first < 2850 || first > 3150 {
		t.Errorf("the heavier record is first %d times of 4000, want about 3000", first)
	}
	if rr[0].Name != "last" {
		t.Error("what the cache holds was changed")
	}
}

func BenchmarkKind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		a, _ := parse("192.168.10.20")
		if kindOf(a) != "PRIVATE" {
			b.Fatal("the kind is wrong")
		}
	}
}
