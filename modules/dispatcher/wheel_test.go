// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPercents: the sum of 100 is as the documentation of Kamailio says, also
// where the first gateway of a set has no weight, with which Kamailio 5.6.3 sends
// everything to that.
func TestPercents(t *testing.T) {
	for _, c := range []struct{ weights, want []int }{
		{[]int{50, 30, 20}, []int{50, 30, 20}},
		{[]int{30, 50}, []int{30, 70}},
		{[]int{40, 30, 50}, []int{40, 30, 30}}, // 50 goes beyond 100; the rest is the last one's
		{[]int{60, 50, 40}, []int{60, 0, 40}},
		{[]int{20, 50, 0}, []int{20, 50, 30}},
		{[]int{0, 1, 1, 3, 5}, []int{0, 1, 1, 3, 95}},
		{[]int{0, 0}, []int{0, 0}},
		{[]int{100}, []int{100}},
	} {
		if got := percents(c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.weights, got, c.want)
		}
	}
}

// TestShares: of any 1,000 calls in a row each gateway gets its share to within
// one call.
func TestShares(t *testing.T) {
	for _, weights := range [][]int{{5, 3, 1, 1, 0}, {1, 1, 1}, {1}, {1, 2, 1}, {100, 1}, {7, 11, 13, 17, 19, 23}, {50, 50, 33}, {0, 1, 0}, {3, 3, 3, 3, 3, 3, 3}} {
		t.Run(fmt.Sprint(weights), func(t *testing.T) {
			window(t, newRelativeWheel(weights), weights, 1000, 1)
		})
	}
	many := rand.New(rand.NewPCG(6, 6))
	for range 20 { // weights whose sum is beyond 1,000
		weights := make([]int, 11+many.IntN(40))
		for i := range weights {
			weights[i] = 1 + many.IntN(100)
		}
		window(t, newRelativeWheel(weights), weights, 1000, 1)
	}
	for _, weights := range [][]int{{50, 30, 20}, {5, 3, 1, 91}, {33, 33, 34}} {
		t.Run(fmt.Sprint(weights), func(t *testing.T) {
			w := newWheel(percents(weights))
			window(t, w, weights, 100, 0)
			window(t, w, weights, 1000, 0)
			window(t, w, weights, 10, 2) // and evenly spread
		})
	}
}

// window takes from a wheel and holds each run of size calls to the shares.
func window(t *testing.T, w *wheel, weights []int, size int, tolerance float64) {
	t.Helper()
	total := 0
	for _, n := range weights {
		total += n
	}
	taken := make([]int, 3*size)
	counts := make([]int, len(weights))
	for i := range taken {
		taken[i] = w.take()
		counts[taken[i]]++
		if i >= size {
			counts[taken[i-size]]--
		}
		if i < size-1 {
			continue
		}
		for j, n := range counts {
			if want := float64(size) * float64(weights[j]) / float64(total); math.Abs(float64(n)-want) > tolerance {
				t.Fatalf("calls %d to %d: gateway %d has %d, its share is %.2f", i-size+1, i, j, n, want)
			}
		}
	}
}

// TestManyWeights: a gateway that works has a slot, however small its share.
func TestManyWeights(t *testing.T) {
	d := New()
	d.flags = flagFailover
	s := &set{}
	for range 60 {
		s.destinations = append(s.destinations, &destination{set: s, health: new(health), attrs: attrs{rweight: 100}})
	}
	s.destinations[7].attrs.rweight = 1
	d.reweigh(s)
	if n := len(s.relative.Load().slots); n != 1000 || !slices.Contains(s.relative.Load().slots, 7) {
		t.Errorf("%d slots, and none for the small one", n)
	}
	weights := make([]int, 1500) // more than there are slots
	for i := range weights {
		weights[i] = 1 + i%2
	}
	w := newRelativeWheel(weights)
	for i := range weights {
		if !slices.Contains(w.slots, uint16(i)) {
			t.Fatalf("gateway %d has none of %d slots", i, len(w.slots))
		}
	}
}

// TestCongestion: a gateway whose latency is above the average gets less, none
// beyond its tolerance; when all are beyond it, those with less of it get
// more.
func TestCongestion(t *testing.T) {
	d := New()
	s := &set{}
	for range 2 {
		s.destinations = append(s.destinations, &destination{set: s, health: new(health), attrs: attrs{rweight: 50, weight: 50, congestion: true}})
	}
	shares := func(a, b int64) string {
		s.destinations[0].congestion.Store(a)
		s.destinations[1].congestion.Store(b)
		d.reweigh(s)
		n := [2]int{}
		for _, i := range s.relative.Load().slots {
			n[i]++
		}
		return fmt.Sprintf("%d:%d", n[0], n[1])
	}
	for _, c := range []struct {
		a, b int64
		want string
	}{{0, 0, "500:500"}, {25, 0, "333:667"}, {50, 0, "0:1000"}, {60, 20, "0:1000"}, {60, 60, "500:500"}, {60, 180, "750:250"}} {
		if got := shares(c.a, c.b); got != c.want {
			t.Errorf("congestion of %d and %d ms: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
