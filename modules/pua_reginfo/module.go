// SPDX-License-Identifier: Apache-2.0

// Package pua_reginfo publishes registrations, and takes over those of other servers.
package pua_reginfo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/pua"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func init() { module.Register("pua_reginfo", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host module.Host
	log  *slog.Logger
	pua  *pua.Module
	loc  *usrloc.Usrloc

	// Parameters.
	defaultDomain, outboundProxy, serverAddress string
	publishing                                  int
}

// New returns the module with its defaults.
func New() *Module { return &Module{publishing: 1} }

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Publishes registrations (RFC 3680), subscribes to those at other servers, and takes these over.",
		Requires: []string{"pua", "usrloc"},
		Params: []module.Param{
			{Name: "default_domain", Set: &m.defaultDomain, Doc: "domain of the users where an address of record has none"},
			{Name: "publish_reginfo", Set: &m.publishing, Min: 0, Max: 1, Doc: "1 publishes each change of a registration"},
			{Name: "outbound_proxy", Set: &m.outboundProxy, Doc: "SIP URI that PUBLISH and SUBSCRIBE requests go to"},
			{Name: "server_address", Set: &m.serverAddress, Doc: "SIP URI of this server, which subscribes and takes the NOTIFYs"},
		},
		Functions: []module.Function{
			{Name: "reginfo_handle_notify", Args: []module.Arg{{Name: "domain", Doc: "table of contacts"}}, Routes: module.RequestRoute, Prepare: m.prepareDomain, Run: m.handleNotify, Lua: "-",
				Doc: "Takes the contacts of a NOTIFY over. 2 when none of them is registered any more, 1 when some are; false for what is no document of reginfo."},
			{Name: "reginfo_subscribe", Args: []module.Arg{{Name: "uri", Doc: "URI of the user at the other server", Means: module.MeansURI}, {Name: "expires", Type: module.ArgInt, Optional: true, Doc: "seconds that the subscription is to last; 3600 where it is left out"}},
				Routes: module.RequestRoute | module.ReplyRoute | module.CoreReplyRoute, Run: m.subscribe, Lua: "-", Doc: "Subscribes to the registrations of a user."},
			{Name: "reginfo_disable_publish", Routes: module.RequestRoute, Run: m.disable, Lua: "-", Doc: "Publishes nothing of what save() changes for this REGISTER."},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Module) Prepare(module.Binder) error {
	for _, p := range []struct{ name, uri string }{{"outbound_proxy", m.outboundProxy}, {"server_address", m.serverAddress}} {
		if u, err := sip.ParseURI(p.uri); p.uri != "" && (err != nil || !u.IsSIP()) {
			return fmt.Errorf("pua_reginfo: %s: %q is no SIP URI", p.name, p.uri)
		}
	}
	return nil
}

// prepareDomain has usrloc make the table.
func (m *Module) prepareDomain(b module.Binder, a module.Args) error {
	loc, ok := b.Module("usrloc").(*usrloc.Usrloc)
	if !ok {
		return errors.New("reginfo_handle_notify needs the module usrloc")
	}
	if a[0].Const {
		loc.Domain(a.Str(0))
	}
	return nil
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "pua_reginfo")
	var err error
	if m.pua, err = module.Needed[*pua.Module](h, "pua"); err != nil {
		return err
	}
	if m.loc, err = module.Needed[*usrloc.Usrloc](h, "usrloc"); err != nil {
		return err
	}
	if m.publishing != 0 {
		m.loc.OnChange(usrloc.Inserted|usrloc.Updated|usrloc.Deleted, m.changed)
		m.loc.OnExpire(m.expired)
	}
	return nil
}

// silence notes for which message nothing is published.
type silence struct{ serial uint64 }

func (m *Module) silence(c *module.Call) *silence {
	return c.Local(m, func() any { return new(silence) }).(*silence)
}

// disable is reginfo_disable_publish().
func (m *Module) disable(c *module.Call, _ module.Args) module.Result {
	m.silence(c).serial = c.Serial
	return module.True
}

var errServer = errors.New("server_address is not set")

// lifetime is how long in seconds a state is published, and a subscription lasts
// that does not say.
const lifetime = 3600

// subscribe is reginfo_subscribe(uri[, expires]).
func (m *Module) subscribe(c *module.Call, a module.Args) module.Result {
	if m.serverAddress == "" {
		return c.Fail("reginfo_subscribe", errServer)
	}
	err := m.pua.Subscribe(&pua.Subscription{URI: c.Lasting(a.Str(0)), Watcher: m.serverAddress, Contact: m.serverAddress, Event: pua.Registration,
		Source: pua.ForRegistrations, Expires: a.Int(1, lifetime), Proxy: m.outboundProxy})
	if err != nil {
		return c.Fail("reginfo_subscribe", err)
	}
	return module.True
}
