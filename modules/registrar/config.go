// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// config is what the script sets for one call (xavp_cfg).
type config struct {
	q, expires, maxContacts int64
	hasQ, hasExpires        bool
	socket                  string
}

// cfg reads a field of the XAVP that xavp_cfg names.
func (r *Registrar) cfg(c *module.Call, name string) avp.Value {
	if r.xavpCfg == "" {
		return avp.Value{}
	}
	it := c.XAVPs.At(r.xavpCfg, 0)
	if it == nil || it.Fields == nil {
		return avp.Value{}
	}
	if it = it.Fields.At(name, 0); it == nil {
		return avp.Value{}
	}
	return it.Value
}

func (r *Registrar) cfgInt(c *module.Call, name string) (int64, bool) {
	switch v := r.cfg(c, name); v.Kind {
	case avp.Int, avp.Both:
		return v.Int, true
	case avp.Str:
		n, err := strconv.ParseInt(v.Str, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// saveConfig reads what save looks at.
func (r *Registrar) saveConfig(c *module.Call) config {
	k := config{maxContacts: r.maxContacts.Get()}
	if r.xavpCfg == "" {
		return k
	}
	if n, ok := r.cfgInt(c, "q"); ok && n >= 0 && n <= 1000 {
		k.q, k.hasQ = n, true
	}
	if n, ok := r.cfgInt(c, "expires"); ok && n >= 0 {
		k.expires, k.hasExpires = n, true
	}
	if n, ok := r.cfgInt(c, "max_contacts"); ok && n >= 0 {
		k.maxContacts = n
	}
	k.socket = r.cfg(c, "socket").Str
	return k
}
