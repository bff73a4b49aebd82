// SPDX-License-Identifier: Apache-2.0

// Package standard lists the modules that ship.
package standard

import (
	_ "github.com/kahea-sip/kahea/modules/kex"
	_ "github.com/kahea-sip/kahea/modules/maxfwd"
	_ "github.com/kahea-sip/kahea/modules/rr"
	_ "github.com/kahea-sip/kahea/modules/sanity"
	_ "github.com/kahea-sip/kahea/modules/xlog"
)
