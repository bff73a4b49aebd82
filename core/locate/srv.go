// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// orderSRV puts SRV records in the order in which they are tried: by priority,
// and within one priority, with rnd, by the draw of RFC 2782 in which a
// record comes first as often as its weight says; without rnd by weight.
func orderSRV(rr []Record, rnd *rand.Rand) {
	slices.SortStableFunc(rr, func(a, b Record) int {
		if c := cmp.Compare(a.Priority, b.Priority); c != 0 || rnd == nil {
			return cmp.Or(c, cmp.Compare(b.Weight, a.Weight))
		}
		// RFC 2782: those of weight 0 stand first, so that they have a small
		// chance.
		return cmp.Compare(min(a.Weight, 1), min(b.Weight, 1))
	})
	if rnd == nil {
		return
	}
	for i := 0; i < len(rr); {
		j := i + 1
		for j < len(rr) && rr[j].Priority == rr[i].Priority {
			j++
		}
		draw(rr[i:j], rnd)
		i = j
	}
}

// draw orders records of one priority. What is not drawn keeps its order.
func draw(rr []Record, rnd *rand.Rand) {
	sum := 0
	for _, r := range rr {
		sum += int(r.Weight)
	}
	for ; len(rr) > 1; rr = rr[1:] {
		n := rnd.IntN(sum + 1)
		i := 0
		for n -= int(rr[0].Weight); n > 0; n -= int(rr[i].Weight) {
			i++
		}
		drawn := rr[i]
		copy(rr[1:], rr[:i])
		rr[0] = drawn
		sum -= int(drawn.Weight)
	}
}
