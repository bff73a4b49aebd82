// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"math"
	"strings"
	"testing"
)

// run feeds reports to a gateway: words are states of ds_mark_dst, 200 and 503
// the results of probes. It returns the state behind each, with a + or - for an
// event.
func run(mode int, begin uint32, t thresholds, words string) string {
	h := new(health)
	h.state.Store(begin)
	var out []string
	for _, w := range strings.Fields(words) {
		var c change
		switch w {
		case "200", "503":
			c = h.probed(w == "200", t, keepProbing(mode))
		default:
			bits, _ := parseState(w)
			c = h.mark(bits, t)
		}
		text := h.letters()
		if c.down() {
			text += "-"
		}
		if c.up() {
			text += "+"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// TestHealth holds the states to those that Kamailio 5.6.3 showed behind the
// same reports.
func TestHealth(t *testing.T) {
	for _, c := range []struct {
		name        string
		mode        int
		begin       uint32
		t           thresholds
		words, want string
	}{
		{"marks", 0, 0, thresholds{1, 1}, "i a ip a t a tp a d a ap p a I a IP", "IX- AX+ IP- AX+ IX- AX+ IP- AX+ DX- AX+ AP AP AX IX- AX+ IP-"},
		{"marks and thresholds", 0, 0, thresholds{2, 2}, "i a a i t a a d a i d tp t tp ip p a t i a p",
			"IX- IX AX+ IX- IX IX AX+ DX- AX+ IX- IX IP IX IP IP AP+ AX TX IX- IX AP+"},
		{"disabled is not probed", 0, 0, thresholds{1, 1}, "dp", "DX-"},
		{"three failures", 0, 0, thresholds{3, 2}, "t t t t", "TX TX IX- IX"},
		{"a success between failures", 0, 0, thresholds{3, 2}, "t a t t tp", "TX AX TX TX IP-"},
		{"all are probed", probeAll, probing, thresholds{2, 3}, "503 200 503 503 200 200 503 200 200 200 503 200", "TP AP TP IP- IP IP IP IP IP AP+ TP AP"},
		{"once", probeOnce, probing, thresholds{2, 2}, "503", "TX"},
		{"once, it works", probeOnce, probing, thresholds{2, 2}, "200", "AX"},
		{"inactive ones", probeInactive, inactive | probing, thresholds{2, 2}, "503 503 200 200", "IP IP IP AX+"},
		{"marked ones", probeMarked, probing, thresholds{2, 2}, "503 503 200 200 503", "TP IP- IP AP+ TP"},
		{"unmarked by the way", probeAll, 0, thresholds{1, 1}, "200 503 200", "AP IP- AP+"},
		{"disabled while probed", probeAll, disabled, thresholds{1, 1}, "200 503", "DX DX"},
	} {
		if got := run(c.mode, c.begin, c.t, c.words); got != c.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.name, c.words, got, c.want)
		}
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		mode  int
		state uint32
		want  bool
	}{
		{probeOnce, 0, false}, {probeOnce, probing, true}, {probeAll, 0, true}, {probeAll, inactive, true}, {probeAll, disabled, false},
		{probeInactive, probing, false}, {probeInactive, inactive, false}, {probeInactive, inactive | probing, true},
		{probeMarked, inactive, false}, {probeMarked, probing, true}, {probeMarked, probing | disabled, false},
	} {
		if got := due(c.mode, c.state); got != c.want {
			t.Errorf("mode %d, state %d: %v", c.mode, c.state, got)
		}
	}
}

// TestLatency holds the measurements to those that Kamailio 5.6.3 showed behind
// the same round trips.
func TestLatency(t *testing.T) {
	type row struct{ avg, std, est float64 }
	check := func(name string, l latency, alpha float64, samples []int, want []row) {
		for i, ms := range samples {
			l.add(ms, alpha)
			got := row{l.average, l.deviation(), l.estimate}
			near := func(a, b float64) bool { return math.Abs(a-b) < 0.002 }
			if !near(got.avg, want[i].avg) || !near(got.std, want[i].std) || !near(got.est, want[i].est) {
				t.Errorf("%s, sample %d: got %.3f, want %.3f", name, i+1, got, want[i])
			}
		}
	}
	check("new", latency{}, 0.9, []int{102, 50, 201, 20}, []row{{102, 0, 102}, {76, 36.769, 76}, {117.666, 76.709, 117.666}, {93.25, 79.420, 93.25}})
	check("given", newLatency(24), 0.5, []int{101, 50, 200, 20}, []row{{24.007, 0.769, 62.5}, {24.010, 0.812, 56.25}, {24.027, 1.938, 128.125}, {24.027, 1.938, 74.062}})
	var l latency
	for range 9 {
		l.add(64, 0.5)
	}
	if l.add(96, 0.5); l.estimate != 80 {
		t.Errorf("the tenth sample makes an estimate of %.3f, want 80", l.estimate)
	}
	if n := l.congestion(); n != 12 {
		t.Errorf("congestion is %d ms, want 12", n)
	}
}

func TestReplyCodes(t *testing.T) {
	for _, c := range []struct {
		text   string
		code   int
		want   bool
		faults int
	}{
		{"", 200, true, 0}, {"", 202, false, 0}, {"class=4", 404, true, 0}, {"code=488", 404, false, 0}, {"code=404;class=2", 404, true, 0},
		{"code=404;class=2", 202, true, 0}, {"class=400", 404, false, 1}, {"foo", 200, true, 1}, {"code=99; class=3", 302, true, 1},
	} {
		d := New()
		d.replyCodes.Set(c.text)
		if faults := d.readCodes(); len(faults) != c.faults {
			t.Errorf("%q: %q", c.text, faults)
		}
		if got := d.codes.Load().valid(c.code); got != c.want {
			t.Errorf("%q: %d is valid: %v", c.text, c.code, got)
		}
	}
}
