// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// expires is how long a contact is registered, in seconds; 0 removes it (RFC 3261
// 10.2.1.1: the parameter, else the header, else what the server chooses). A
// parameter that is no number counts as the server's choice (10.2.1.1).
func (r *Registrar) expires(c *module.Call, k *sip.Contact, cfg *config, exact bool) (int64, *rejection) {
	n, chosen := r.asked(c, k, cfg)
	if n == 0 && !chosen {
		return 0, nil
	}
	least, most := r.minExpires.Get(), r.maxExpires.Get()
	if !chosen && n < least && r.minExpiresMode != 0 {
		return 0, errBrief
	}
	share := r.expiresRange.Get()
	if chosen {
		share = r.defaultExpiresRange.Get()
	}
	if part := n * share / 100; part > 0 && !exact {
		n -= r.host.Rand().Int64N(part + 1)
	}
	n = max(n, least)
	if most > 0 {
		n = min(n, most)
	}
	return n, nil
}

// asked is the time before the limits; chosen tells that the server chose it.
func (r *Registrar) asked(c *module.Call, k *sip.Contact, cfg *config) (n int64, chosen bool) {
	switch {
	case cfg.hasExpires:
		return cfg.expires, false
	case k.HasExpires:
		return int64(k.Expires), false
	}
	if v, ok := k.Params.Lookup("expires"); !ok || v == "" {
		if n, err := c.Msg.Expires(); err == nil {
			return int64(n), false
		}
	}
	return r.defaultExpires.Get(), true
}
