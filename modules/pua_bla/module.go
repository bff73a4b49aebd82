// SPDX-License-Identifier: Apache-2.0

// Package pua_bla lets phones share a line: what one of them says of its calls is told to the others.
package pua_bla

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

func init() { module.Register("pua_bla", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host module.Host
	log  *slog.Logger
	pua  *pua.Module
	loc  *usrloc.Usrloc

	// Parameters.
	defaultDomain, headerName, outboundProxy, serverAddress string
}

// New returns the module with its defaults.
func New() *Module { return &Module{} }

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Lets phones share a line (bridged line appearance): subscribes to the calls of each, and publishes what they say for the others.",
		Requires: []string{"pua", "usrloc"},
		After:    []string{"presence"},
		Params: []module.Param{
			{Name: "default_domain", Set: &m.defaultDomain, Doc: "domain of the line where an address of record has none"},
			{Name: "header_name", Set: &m.headerName, Doc: "name of the header field of PUBLISH requests that holds the URI of the phone, so that it is not told what it said itself: Sender for the module presence"},
			{Name: "outbound_proxy", Set: &m.outboundProxy, Doc: "SIP URI that first SUBSCRIBE requests go to instead of the phone"},
			{Name: "server_address", Set: &m.serverAddress, Doc: "SIP URI of this server, which takes the NOTIFYs"},
		},
		Functions: []module.Function{
			{Name: "bla_set_flag", Routes: module.RequestRoute, Run: m.setFlag, Lua: "-", Doc: "Has save() subscribe to the calls of the phones that it stores for this REGISTER."},
			{Name: "bla_handle_notify", Routes: module.RequestRoute, Run: m.handleNotify, Lua: "-", Doc: "Publishes what a phone says of its calls in a NOTIFY. False for a NOTIFY that belongs to no subscription."},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Module) Prepare(module.Binder) error {
	if m.serverAddress == "" {
		return errors.New("pua_bla: server_address must be set")
	}
	for _, p := range []struct{ name, uri string }{{"outbound_proxy", m.outboundProxy}, {"server_address", m.serverAddress}} {
		if u, err := sip.ParseURI(p.uri); p.uri != "" && (err != nil || !u.IsSIP()) {
			return fmt.Errorf("pua_bla: %s: %q is no SIP URI", p.name, p.uri)
		}
	}
	if m.headerName != "" && !sip.IsToken(m.headerName) {
		return fmt.Errorf("pua_bla: header_name: %q is no name of a header field", m.headerName)
	}
	return nil
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "pua_bla")
	var err error
	if m.pua, err = module.Needed[*pua.Module](h, "pua"); err != nil {
		return err
	}
	if m.loc, err = module.Needed[*usrloc.Usrloc](h, "usrloc"); err != nil {
		return err
	}
	m.loc.OnChange(usrloc.Inserted|usrloc.Updated|usrloc.Deleted, m.changed)
	m.loc.OnExpire(func(_, aor string, c *usrloc.Contact) { m.subscribe(aor, c, 0) })
	return nil
}

// mark notes which message was marked.
type mark struct{ serial uint64 }

func (m *Module) mark(c *module.Call) *mark {
	return c.Local(m, func() any { return new(mark) }).(*mark)
}

// setFlag is bla_set_flag().
func (m *Module) setFlag(c *module.Call, _ module.Args) module.Result {
	m.mark(c).serial = c.Serial
	return module.True
}
