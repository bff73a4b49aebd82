// SPDX-License-Identifier: Apache-2.0

package limit

// Gains are the parameters of the controller of Feedback, a PID controller: how
// much of the share that passes follows from the sum of the errors, from the
// error, and from its change. An error is the limit less the load, both between
// 0 and 1; a result is a percentage of messages that do not pass. So gains that
// are negative let fewer messages pass when the load is too high.
type Gains struct{ I, P, D float64 }

// DefaultGains are those of Kamailio.
var DefaultGains = Gains{I: -25}

// controller has the memory of one limit.
type controller struct {
	// sum is the integral part of the percentage, kept within 0 and 100, so
	// that a long time of rest does not delay the answer to a flood.
	sum, before float64
}

// step returns the percentage of messages that do not pass in the next
// interval.
func (c *controller) step(limit, load float64, g Gains) int64 {
	e := limit - load
	c.sum = min(max(c.sum+g.I*e, 0), 100)
	out := c.sum + g.P*e + g.D*(e-c.before)
	c.before = e
	return int64(min(max(out, 0), 100))
}
