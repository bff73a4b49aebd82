// SPDX-License-Identifier: Apache-2.0

// Package pua_usrloc publishes for registered users that they can be reached.
package pua_usrloc

import (
	"context"
	"errors"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/pua"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func init() { module.Register("pua_usrloc", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host module.Host
	log  *slog.Logger
	pua  *pua.Module
	loc  *usrloc.Usrloc

	// Parameters.
	defaultDomain, entityPrefix string
	branchFlag                  int
}

// New returns the module with its defaults.
func New() *Module { return &Module{branchFlag: -1} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Publishes the presence of registered users: open while they are registered.",
		Requires: []string{"pua", "usrloc"},
		Params: []module.Param{
			{Name: "default_domain", Set: &m.defaultDomain, Doc: "domain of the users where an address of record has none"},
			{Name: "entity_prefix", Set: &m.entityPrefix, Doc: "what stands before user@domain, with a colon, in the attribute entity of the documents; empty for nothing"},
			{Name: "branch_flag", Set: &m.branchFlag, Min: -1, Max: 31, Doc: "branch flag that a REGISTER has where its contacts are published; -1 for what pua_set_publish marks"},
		},
		Functions: []module.Function{
			{Name: "pua_set_publish", Routes: module.RequestRoute, Lua: "pua.pua_set_publish()", Run: m.setPublish,
				Doc: "Has the contacts published that save() stores for this REGISTER."},
		},
	}
}

var errDomain = errors.New("it has no domain, and there is no default_domain")

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "pua_usrloc")
	var err error
	if m.pua, err = module.Needed[*pua.Module](h, "pua"); err != nil {
		return err
	}
	if m.loc, err = module.Needed[*usrloc.Usrloc](h, "usrloc"); err != nil {
		return err
	}
	m.loc.OnChange(usrloc.Inserted|usrloc.Updated|usrloc.Deleted, m.changed)
	m.loc.OnExpire(m.expired)
	return nil
}

// mark notes which message was marked.
type mark struct{ serial uint64 }

func (m *Module) mark(c *module.Call) *mark {
	return c.Local(m, func() any { return new(mark) }).(*mark)
}

// setPublish is pua_set_publish().
func (m *Module) setPublish(c *module.Call, _ module.Args) module.Result {
	m.mark(c).serial = c.Serial
	return module.True
}
