// SPDX-License-Identifier: Apache-2.0

package kex

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// uniqueID is $sruid: another text each time that it is read, which no restart
// repeats: the time of the start, the serial number and chance.
func (k *Kex) uniqueID(c *module.Call) module.Value {
	b := fmt.Appendf(c.Mem.Begin(), "srid-%x-%x-%x", c.Host.Core().Started, k.serial.Add(1), c.Host.Rand().Uint32())
	return avp.String(c.Mem.Keep(b))
}
