// SPDX-License-Identifier: Apache-2.0

// Package presence_mwi brings the event package message-summary (RFC 3842).
package presence_mwi

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/presence"
)

func init() { module.Register("presence_mwi", func() module.Module { return New() }) }

// MWI is the module.
type MWI struct{ defaultExpires int }

// New returns the module with its defaults.
func New() *MWI { return &MWI{defaultExpires: 3600} }

var _ module.Starter = (*MWI)(nil)

// Exports implements module.Module.
func (m *MWI) Exports() module.Exports {
	return module.Exports{
		Doc:      "Event package message-summary for presence: lamps that tell of waiting messages.",
		Requires: []string{"presence"},
		Params: []module.Param{
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: 1 << 31, Unit: "s", Doc: "lifetime where a SUBSCRIBE or PUBLISH names none"},
		},
	}
}

// Start implements module.Starter.
func (m *MWI) Start(_ context.Context, h module.Host) error {
	p, err := module.Needed[*presence.Presence](h, "presence")
	if err != nil {
		return err
	}
	return p.AddEvent(&presence.Event{Name: "message-summary", ContentType: "application/simple-message-summary",
		DefaultExpires: m.defaultExpires, CheckPublish: checkPublish})
}
