// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"slices"
	"sync/atomic"
)

// wheel gives out the gateways of a set by weight: each has its number of
// slots, evenly spread, and they are taken one after the other. So any run of
// as many calls as there are slots has exactly the shares.
type wheel struct {
	slots []uint16
	next  atomic.Uint64
}

func (w *wheel) take() int {
	n := w.next.Add(1) - 1
	return int(w.slots[n%uint64(len(w.slots))])
}

// newWheel makes a wheel where gateway i has counts[i] slots; nil where there
// are none. In each step all gateways gain their count, and the one with the
// most pays the sum.
func newWheel(counts []int) *wheel {
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return nil
	}
	w := &wheel{slots: make([]uint16, total)}
	credit := make([]int, len(counts))
	for i := range w.slots {
		best := 0
		for j, n := range counts {
			if credit[j] += n; credit[j] > credit[best] {
				best = j
			}
		}
		credit[best] -= total
		w.slots[i] = uint16(best)
	}
	return w
}

// percents are the slots of weights in percent: those with which the sum goes
// beyond 100 are left out, and what is missing to 100 is the last gateway's.
// Without any weight there are no slots.
func percents(weights []int) []int {
	counts, sum := make([]int, len(weights)), 0
	for i, n := range weights {
		if sum+n <= 100 {
			counts[i], sum = n, sum+n
		}
	}
	if sum > 0 {
		counts[len(counts)-1] += 100 - sum
	}
	return counts
}

// relativeSlots is the size of a wheel of relative weights: of 1,000 calls in a
// row each gateway has its share to within one.
const relativeSlots = 1000

// shares divides slots by weight: each gets the whole part of its share, and
// those with the largest rests one more.
func shares(weights []int, slots int) []int {
	counts, total := make([]int, len(weights)), 0
	for _, n := range weights {
		total += n
	}
	if total == 0 {
		return counts
	}
	order, left := make([]int, len(weights)), slots
	for i, n := range weights {
		counts[i] = n * slots / total
		left -= counts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weights[b]*slots%total - weights[a]*slots%total })
	for _, i := range order[:left] {
		counts[i]++
	}
	return counts
}
