// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// pattern tells which of n messages pass.
func pattern(p *Pipe, n int) string {
	var b strings.Builder
	for range n {
		if p.Pass() {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// The patterns of RED and TailDrop are those of Kamailio with the same limits.
func TestPatterns(t *testing.T) {
	for _, row := range []struct {
		name    string
		a       Algorithm
		limit   int
		scale   int
		load    Load
		before  int
		want    string
		drop    int64
		control Gains
	}{
		{name: "nothing is limited", a: NOP, before: 99, want: "1111"},
		{name: "tail, per second", a: TailDrop, limit: 2, scale: 3, want: "11111100"},
		{name: "tail, per interval", a: TailDrop, limit: 2, scale: 1, before: 9, want: "1100", drop: 4},
		{name: "tail of nothing", a: TailDrop, scale: 1, want: "00"},
		{name: "red, at first", a: RED, limit: 2, scale: 5, want: "11111"},
		{name: "red, a bit over", a: RED, limit: 2, scale: 5, before: 12, drop: 1, want: "1111"},
		{name: "red, twice over", a: RED, limit: 2, scale: 5, before: 25, drop: 2, want: "01010101"},
		{name: "red, five times over", a: RED, limit: 2, scale: 5, before: 50, drop: 5, want: "00001000010"},
		{name: "red, per interval", a: RED, limit: 4, scale: 1, before: 25, drop: 6, want: "000001000001"},
		{name: "red of nothing", a: RED, scale: 1, before: 9, want: "111"},
		{name: "network, quiet", a: Network, limit: 10, scale: 1, load: Load{Pending: 10}, drop: -1, want: "111"},
		{name: "network, busy", a: Network, limit: 10, scale: 1, load: Load{Pending: 11}, drop: 1, want: "000"},
		{name: "feedback, idle", a: Feedback, limit: 80, scale: 1, load: Load{CPU: 0.2}, control: DefaultGains, want: "1111"},
		{name: "feedback, busy", a: Feedback, limit: 50, scale: 1, load: Load{CPU: 0.9}, control: Gains{I: -50}, drop: 20, want: "1111011110"},
	} {
		p := NewPipe(row.a, row.limit, row.scale)
		pattern(p, row.before)
		p.Turn(row.load, row.control)
		if p.Last() != int64(row.before) || p.Drop() != row.drop {
			t.Errorf("%s: last %d, drop %d, want %d and %d", row.name, p.Last(), p.Drop(), row.before, row.drop)
		}
		if got := pattern(p, len(row.want)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

// TestSixteenWorkers: however they meet, no interval lets more pass than the
// limit, and none less where more came.
func TestSixteenWorkers(t *testing.T) {
	const limit, rounds = 100, 50
	p := NewPipe(TailDrop, limit, 1)
	for range rounds {
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 25 {
					if p.Pass() {
						passed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if passed.Load() != limit {
			t.Fatalf("%d messages passed, want %d", passed.Load(), limit)
		}
		p.Turn(Load{}, Gains{})
		if p.Last() != 400 {
			t.Fatalf("%d messages are counted, want 400", p.Last())
		}
	}
}

// TestTurnLosesNothing: messages that meet the end of an interval are counted
// once.
func TestTurnLosesNothing(t *testing.T) {
	p := NewPipe(TailDrop, 1, 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { pattern(p, 1000) })
	}
	all := int64(0)
	for range 100 {
		p.Turn(Load{}, Gains{})
		all += p.Last()
	}
	wg.Wait()
	if all += p.Count(); all != 8000 {
		t.Errorf("%d messages are counted, want 8000", all)
	}
}

func TestIdle(t *testing.T) {
	p := NewPipe(TailDrop, 1, 1)
	p.Turn(Load{}, Gains{})
	p.Turn(Load{}, Gains{})
	if p.Idle() != 2 {
		t.Errorf("idle for %d intervals, want 2", p.Idle())
	}
	p.Pass()
	p.Turn(Load{}, Gains{})
	if p.Idle() != 0 {
		t.Errorf("idle for %d intervals, want 0", p.Idle())
	}
}

// TestFeedbackDrifts: with a machine whose load follows from what passes, the
// load comes to the limit and stays there.
func TestFeedbackDrifts(t *testing.T) {
	p := NewPipe(Feedback, 60, 1)
	load := 1.0
	for range 60 {
		p.Turn(Load{CPU: load}, DefaultGains)
		load = 1.2 * float64(strings.Count(pattern(p, 200), "1")) / 200
	}
	if load < 0.57 || load > 0.63 {
		t.Errorf("the load is %.2f, want about 0.60", load)
	}
}

func TestParseAlgorithm(t *testing.T) {
	for name, want := range map[string]Algorithm{"NOP": NOP, "red": RED, "TailDrop": TailDrop, "FEEDBACK": Feedback, "NETWORK": Network} {
		if got, ok := ParseAlgorithm(name); !ok || got != want || !strings.EqualFold(got.String(), name) {
			t.Errorf("%s: got %v, %v", name, got, ok)
		}
	}
	if a, ok := ParseAlgorithm("XX"); ok {
		t.Errorf("XX is %v", a)
	}
}

func BenchmarkPass(b *testing.B) {
	p := NewPipe(TailDrop, 100, 1)
	b.ReportAllocs()
	for b.Loop() {
		p.Pass()
	}
}
