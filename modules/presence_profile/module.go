// SPDX-License-Identifier: Apache-2.0

// Package presence_profile is the event package "ua-profile": the settings of phones.
package presence_profile

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_profile", func() module.Module { return New() }) }

// Module is the module.
type Module struct{ defaultExpires int }

// New returns the module with its defaults.
func New() *Module { return &Module{defaultExpires: 3600} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Has presence serve the event package ua-profile (RFC 6080): the document with the settings of a phone, as it was published.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: 1<<31 - 1, Unit: "s", Doc: "lifetime of a subscription that names none"},
		},
	}
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	p, err := module.Needed[*presence.Presence](h, "presence")
	if err != nil {
		return err
	}
	return p.AddEvent(&presence.Event{Name: "ua-profile", ContentType: "text/xml", DefaultExpires: m.defaultExpires})
}
