// SPDX-License-Identifier: Apache-2.0

package pike

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// blockedAt sends packets of an address until one is blocked and returns its
// number, at most 200.
func blockedAt(t *tree, a string) int {
	ip := netip.MustParseAddr(a)
	for i := 1; i <= 200; i++ {
		if v := t.check(ip, 1000); v != pass {
			return i
		}
	}
	return 0
}

// TestWhichPacketBlocks has what Kamailio 5.6.3 did in one period.
func TestWhichPacketBlocks(t *testing.T) {
	for _, tt := range []struct{ limit, first, neighbour, cousin, second int }{
		{4, 8, 5, 6, 7}, {5, 9, 6, 7, 8}, {8, 12, 9, 10, 11}, {30, 39, 31, 32, 33},
	} {
		tree := newTree(tt.limit, 120)
		for _, step := range []struct {
			a    string
			want int
		}{{"10.1.1.1", tt.first}, {"10.1.1.2", tt.neighbour}, {"10.1.2.1", tt.cousin}, {"10.2.1.1", tt.second}, {"11.1.1.1", tt.first}} {
			if got := blockedAt(tree, step.a); got != step.want {
				t.Errorf("limit %d: %s is blocked at packet %d, want %d", tt.limit, step.a, got, step.want)
			}
		}
	}
	tree := newTree(30, 120)
	tree.check(netip.MustParseAddr("11.1.1.1"), 1000)
	if got := blockedAt(tree, "11.1.1.2"); got != 38 {
		t.Errorf("after a packet of its neighbour an address is blocked at packet %d, want 38", got)
	}
	if got := blockedAt(tree, "::1"); got != 51 {
		t.Errorf("an IPv6 address is blocked at packet %d, want 51", got)
	}
}

// TestPeriods: an address is blocked while it was too much in this period or the
// one before, and afterwards its neighbours take a quarter of the limit again.
func TestPeriods(t *testing.T) {
	tree := newTree(30, 120)
	a := netip.MustParseAddr("10.1.1.1")
	blockedAt(tree, "10.1.1.1")
	var told []netip.Addr
	next := func() { tree.nextPeriod(func(a netip.Addr) { told = append(told, a) }) }
	if v := tree.check(a, 1000); v != stillHot {
		t.Errorf("verdict %d, want still hot", v)
	}
	next()
	if v := tree.check(a, 1001); v != stillHot || len(told) != 0 {
		t.Errorf("in the next period: verdict %d, want still hot; %v are told", v, told)
	}
	next()
	if v := tree.check(a, 1002); v != pass || len(told) != 1 || told[0] != a {
		t.Errorf("two periods later: verdict %d, want pass; %v are told", v, told)
	}
	if got := blockedAt(tree, "10.1.1.2"); got != 37 {
		t.Errorf("a neighbour is blocked at packet %d, want 37", got)
	}
}

func TestForget(t *testing.T) {
	tree := newTree(4, 10)
	for _, a := range []string{"10.1.1.1", "10.1.1.2", "192.0.2.1", "2001:db8::1"} {
		blockedAt(tree, a)
	}
	count := func() (n int) {
		for i := range tree.shards {
			n += tree.shards[i].used
		}
		return n
	}
	before := count()
	tree.forget(1009)
	if count() != before {
		t.Errorf("%d of %d nodes are left before their time", count(), before)
	}
	tree.forget(1010)
	if count() != 0 {
		t.Errorf("%d nodes are left", count())
	}
	if got := blockedAt(tree, "10.1.1.1"); got != 8 {
		t.Errorf("a forgotten address is blocked at packet %d, want 8", got)
	}
}

// TestBounded sends from far more addresses than there is room for: an address
// that floods stays blocked, and the memory is bounded.
func TestBounded(t *testing.T) {
	tree := newTree(4, 120)
	tree.spare = 100
	flood := netip.MustParseAddr("2001:db8::1")
	blockedAt(tree, "2001:db8::1")
	for i := range uint64(20000) {
		b := flood.As16()
		binary.BigEndian.PutUint64(b[4:], i/7*0x9E3779B97F4A7C15)
		tree.check(netip.AddrFrom16(b), 1000)
		if v := tree.check(flood, 1000); v != stillHot {
			t.Fatalf("after %d packets from elsewhere the flood is %d, want still hot", i, v)
		}
	}
	if s := &tree.shards[0x20%shards]; s.used > 100 || len(s.nodes) > 101 {
		t.Errorf("%d nodes, want at most 100", s.used)
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	tree := newTree(30, 120)
	a, i := addresses(500), 0
	for range 100 * len(a) {
		tree.check(a[i%len(a)], 1000)
		i++
	}
	if n := testing.AllocsPerRun(1000, func() { tree.check(a[i%len(a)], 1000); i++ }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func addresses(n int) []netip.Addr {
	list := make([]netip.Addr, n)
	for i := range list {
		list[i] = netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(i * 7)})
	}
	return list
}

func BenchmarkCheck(b *testing.B) {
	for name, a := range map[string][]netip.Addr{"flood from 500": addresses(500), "flood from 50000": addresses(50000)} {
		b.Run(name, func(b *testing.B) {
			tree := newTree(30, 120)
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				tree.check(a[i%len(a)], uint32(1000+i/20000))
				i++
			}
		})
	}
	b.Run("flood from 2^64", func(b *testing.B) {
		tree := newTree(30, 120)
		ip := netip.MustParseAddr("2001:db8::").As16()
		i := uint64(0)
		b.ReportAllocs()
		for b.Loop() {
			i += 0x9E3779B97F4A7C15
			binary.BigEndian.PutUint64(ip[4:], i)
			tree.check(netip.AddrFrom16(ip), uint32(1000+i/20000))
		}
	})
}
