// SPDX-License-Identifier: Apache-2.0

package pike

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

type addr = netip.Addr

// The numbers that scripts see when an address floods.
const (
	foundBefore module.Result = -1
	foundNow    module.Result = -2
)

// checkSource is pike_check_req().
func (p *Pike) checkSource(c *module.Call, _ module.Args) module.Result {
	return p.check(c, c.Packet.Src.Addr())
}

// checkAddress is pike_check_ip(ipaddr).
func (p *Pike) checkAddress(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return c.Fail("pike_check_ip", fmt.Errorf("%q is no address", text))
	}
	return p.check(c, ip)
}

func (p *Pike) check(c *module.Call, a addr) module.Result {
	switch p.tree.check(a, uint32(c.Packet.Time.Unix())) {
	case newlyHot:
		p.found.Inc()
		p.blocked.Inc()
		p.log("BLOCK", a)
		return foundNow
	case stillHot:
		p.blocked.Inc()
		return foundBefore
	}
	return module.True
}

// log writes the line that filters of fail2ban look for, as Kamailio has it.
func (p *Pike) log(what string, a addr) {
	p.host.Log().Log(context.Background(), module.LevelOf(p.level), "PIKE - "+what+"ing ip "+a.String(), "module", "pike")
}
