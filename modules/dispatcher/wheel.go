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

// newRelativeWheel makes a wheel of relative weights; nil where all are 0. Who has
// a weight has a slot: where there are so many small ones that 1,000 slots are
// too few, there are more.
func newRelativeWheel(weights []int) *wheel {
	for slots := relativeSlots; ; slots += relativeSlots {
		counts := shares(weights, slots)
		starving := false
		for i, n := range counts {
			starving = starving || n == 0 && weights[i] > 0
		}
		if !starving {
			return newWheel(counts)
		}
	}
}

// shares divides slots by weight: each gets the whole part of its share. Of what is
// left one goes to each whose share is less than a slot, then to those with the
// largest rests.
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
	urgency := func(i int) int {
		if counts[i] == 0 && weights[i] > 0 {
			return total // more than any rest
		}
		return weights[i] * slots % total
	}
	slices.SortStableFunc(order, func(a, b int) int { return urgency(b) - urgency(a) })
	for _, i := range order[:left] {
		counts[i]++
	}
	return counts
}
