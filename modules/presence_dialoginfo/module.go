// SPDX-License-Identifier: Apache-2.0

// Package presence_dialoginfo is the event package "dialog": the states of the calls of somebody.
package presence_dialoginfo

import (
	"context"
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_dialoginfo", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	log *slog.Logger
	// oldestFirst is the order of publications that a database keeps.
	oldestFirst bool

	// Parameters.
	forceSingle, forceDummy, defaultExpires int
}

// New returns the module with its defaults.
func New() *Module { return &Module{defaultExpires: 3600} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Has presence serve the event package dialog (RFC 4235): what is published of the calls of somebody goes to watchers as one document.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "force_single_dialog", Set: &m.forceSingle, Min: 0, Max: 1, Doc: "1 shows one dialog only, the one of most interest: early before confirmed, proceeding, trying, terminated"},
			{Name: "force_dummy_dialog", Set: &m.forceDummy, Min: 0, Max: 1, Doc: "1 shows a dialog that is terminated where nothing is published, for phones that expect one"},
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: 1<<31 - 1, Unit: "s", Doc: "lifetime of a subscription that names none"},
		},
	}
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "presence_dialoginfo")
	p, err := module.Needed[*presence.Presence](h, "presence")
	if err != nil {
		return err
	}
	m.oldestFirst = !p.InMemory()
	e := &presence.Event{Name: "dialog", ContentType: "application/dialog-info+xml", DefaultExpires: m.defaultExpires, Aggregate: m.aggregate,
		PerWatcher: number}
	if m.forceDummy != 0 {
		e.Empty = dummy
	}
	return p.AddEvent(e)
}
