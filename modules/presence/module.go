// SPDX-License-Identifier: Apache-2.0

// Package presence takes publications of state and tells those who watch it (RFC 3903, RFC 6665).
package presence

import "sync/atomic"

// Presence is the module.
type Presence struct {
	events []*Event // fixed when the modules have started
	ready  atomic.Bool
}
