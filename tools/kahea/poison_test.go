// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// All end-to-end tests run with released memory overwritten: a string that
// outlives its message shows on the wire.
func init() {
	transport.Poison(true)
	transaction.Poison(true)
}
