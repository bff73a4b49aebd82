// SPDX-License-Identifier: Apache-2.0

package dispatcher

import "math"

// Numbers of samples.
const (
	// settled is how many samples there must be before the estimate is more
	// than their average.
	settled = 10
	// given is what a latency from the list counts for.
	given = 10_000
	// remembered bounds the weight of the past in the average: a sample of
	// every ten seconds counts for some weeks.
	remembered = 200_000
)

// latency are the statistics of the round trips of probes, in milliseconds.
type latency struct {
	samples  int
	average  float64
	variance float64 // sum of squares, by Welford
	estimate float64
	max      int
	timeouts int
}

// newLatency begins with a latency that is known.
func newLatency(ms int) latency {
	return latency{samples: given, average: float64(ms), estimate: float64(ms), max: ms}
}

// add takes a sample. alpha is the weight of the newest one in the estimate.
func (l *latency) add(ms int, alpha float64) {
	if l.samples < remembered {
		l.samples++
	} else {
		l.variance -= l.variance / remembered
	}
	x := float64(ms)
	d := x - l.average
	l.average += d / float64(l.samples)
	l.variance += d * (x - l.average)
	l.max = max(l.max, ms)
	if l.samples < settled {
		l.estimate = l.average
		return
	}
	l.estimate = x*alpha + l.estimate*(1-alpha)
}

// deviation is the standard deviation of the average.
func (l *latency) deviation() float64 {
	if l.samples < 2 {
		return 0
	}
	return math.Sqrt(l.variance / float64(l.samples-1))
}

// congestion is by how many milliseconds the estimate is above the average.
func (l *latency) congestion() int { return int(max(0, l.estimate-l.average)) }
