// SPDX-License-Identifier: Apache-2.0

package timer

import "time"

// Clock tells the time and rings alarms. It is given to the engine, never
// reached for: [Real] in a server, [Manual] in a test.
type Clock interface {
	// Now is the time of day, for what is shown to people or kept in tables.
	Now() time.Time
	// Monotonic is the time since a fixed point in the past. It never goes
	// back, whatever is done to the time of day. Cheaper than Now.
	Monotonic() time.Duration
	// At is the time of day at a moment that Monotonic has just told. It may
	// miss for a second that the time of day was changed.
	At(mono time.Duration) time.Time
	// Alarm returns an alarm, not yet set, that calls f when it rings.
	Alarm(f func()) Alarm
}

// Alarm calls its function once after each Set. Its methods are safe for
// concurrent use.
type Alarm interface {
	// Set makes the alarm ring when Monotonic reaches at, and forgets what
	// was set before. A time that has passed rings soon, never within Set.
	Set(at time.Duration)
	// Stop keeps the alarm from ringing. The function may be running.
	Stop()
}
