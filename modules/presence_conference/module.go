// SPDX-License-Identifier: Apache-2.0

// Package presence_conference is the event package "conference": who is in a conference.
package presence_conference

import (
	"context"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_conference", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	log *slog.Logger

	// Parameters.
	defaultExpires, partialStates int
}

// New returns the module with its defaults.
func New() *Module { return &Module{defaultExpires: 3600} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Has presence serve the event package conference (RFC 4575): who is in a conference, as its mixer publishes it.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: 1<<31 - 1, Unit: "s", Doc: "lifetime of a subscription that names none"},
			{Name: "use_partial_states", Set: &m.partialStates, Min: 0, Max: 1, Notice: "watchers get full states, as from Kamailio whatever it says", Doc: "1 is for partial states"},
		},
	}
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "presence_conference")
	p, err := module.Needed[*presence.Presence](h, "presence")
	if err != nil {
		return err
	}
	return p.AddEvent(&presence.Event{Name: "conference", ContentType: "application/conference-info+xml", DefaultExpires: m.defaultExpires,
		Aggregate: m.aggregate, PerWatcher: number})
}
