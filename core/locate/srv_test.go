// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func ports(rr []Record) string {
	var out []uint16
	for _, r := range rr {
		out = append(out, r.Port)
	}
	return fmt.Sprint(out)
}

func TestOrderSRV(t *testing.T) {
	rr := []Record{srv(20, 5, 1, "a"), srv(10, 0, 2, "b"), srv(10, 7, 3, "c"), srv(10, 7, 4, "d"), srv(5, 0, 5, "e")}
	orderSRV(rr, nil)
	if got := ports(rr); got != "[5 3 4 2 1]" {
		t.Errorf("got %s", got)
	}
	orderSRV(nil, nil)
	orderSRV(nil, rand.New(rand.NewPCG(1, 1)))
}

// TestDraw: with RFC 2782's draw each record comes first as often as its
// weight says, and priorities are kept.
func TestDraw(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	const rounds = 20000
	first := map[uint16]int{}
	second := map[uint16]int{}
	for range rounds {
		rr := []Record{srv(1, 0, 10, "z"), srv(2, 9, 99, "later"), srv(1, 100, 11, "a"), srv(1, 300, 12, "b"), srv(1, 600, 13, "c")}
		orderSRV(rr, rnd)
		if rr[4].Port != 99 {
			t.Fatalf("a lower priority came before: %s", ports(rr))
		}
		first[rr[0].Port]++
		if rr[0].Port == 13 {
			second[rr[1].Port]++
		}
	}
	for port, want := range map[uint16]float64{10: 1.0 / 1001, 11: 100.0 / 1001, 12: 300.0 / 1001, 13: 600.0 / 1001} {
		if got := float64(first[port]) / rounds; math.Abs(got-want) > 0.012 {
			t.Errorf("port %d came first in %.3f of the draws, want %.3f", port, got, want)
		}
	}
	if first[10] == 0 {
		t.Error("weight 0 must have a small chance")
	}
	if got := float64(second[12]) / float64(first[13]); math.Abs(got-0.75) > 0.02 {
		t.Errorf("after the heaviest, the next came second in %.3f of the draws, want 0.75", got)
	}
}

func FuzzOrderSRV(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0, 0, 255, 1, 1}, uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		var rr []Record
		for i := 0; i+1 < len(b); i += 2 {
			rr = append(rr, srv(uint16(b[i]&3), uint16(b[i+1])<<(b[i]>>4&7), uint16(i), "x"))
		}
		orderSRV(rr, rand.New(rand.NewPCG(seed, 0)))
		seen := map[uint16]bool{}
		for i, r := range rr {
			if i > 0 && rr[i-1].Priority > r.Priority {
				t.Fatal("priorities are out of order")
			}
			seen[r.Port] = true
		}
		if len(seen) != len(rr) {
			t.Fatal("a record is lost")
		}
	})
}
