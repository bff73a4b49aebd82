// SPDX-License-Identifier: Apache-2.0

package counter

import "errors"

// Errors of [Set.Declare].
var (
	// ErrName: a group or name is empty, or has a colon, a space or a control
	// character in it.
	ErrName = errors.New("not a name for a statistic")
	// ErrKind: an entry has both or neither of Counter and Gauge.
	ErrKind = errors.New("a statistic is either a counter or a gauge")
)
