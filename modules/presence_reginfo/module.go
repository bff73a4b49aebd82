// SPDX-License-Identifier: Apache-2.0

// Package presence_reginfo is the event package "reg": the registrations of somebody.
package presence_reginfo

import (
	"context"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_reginfo", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	log *slog.Logger

	// Parameters.
	defaultExpires, aggregated int
}

// New returns the module with its defaults.
func New() *Module { return &Module{defaultExpires: 3600} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Has presence serve the event package reg (RFC 3680): the registrations of somebody.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: 1<<31 - 1, Unit: "s", Doc: "lifetime of a subscription that names none"},
			{Name: "aggregate_presentities", Set: &m.aggregated, Min: 0, Max: 1, Doc: "1 shows all registrations that are published in one document, 0 what was published last"},
		},
	}
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "presence_reginfo")
	p, err := module.Needed[*presence.Presence](h, "presence")
	if err != nil {
		return err
	}
	e := &presence.Event{Name: "reg", ContentType: "application/reginfo+xml", DefaultExpires: m.defaultExpires}
	if m.aggregated != 0 {
		e.Aggregate, e.PerWatcher = m.aggregate, number
	}
	return p.AddEvent(e)
}
