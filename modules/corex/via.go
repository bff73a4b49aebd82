// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
)

// addServerID is via_add_srvid(flags): server_id as parameter of the own Via,
// where it is not 0.
func addServerID(c *module.Call, a module.Args) module.Result {
	id := c.Host.Core().ServerID
	if a.Int(0, 0) == 0 || id == 0 {
		c.ViaParams = ""
		return module.True
	}
	c.ViaParams = c.Keep(";srvid=" + strconv.Itoa(id))
	return module.True
}

// addViaFields is via_add_xavp_params(flags).
func addViaFields(c *module.Call, a module.Args) module.Result {
	c.ViaFromXAVP = a.Int(0, 0)&1 != 0
	return module.True
}

// useViaFields is via_use_xavp_fields(flags).
func useViaFields(c *module.Call, a module.Args) module.Result {
	c.AddressFromXAVP = a.Int(0, 0)&1 != 0
	return module.True
}
