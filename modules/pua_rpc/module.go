// SPDX-License-Identifier: Apache-2.0

// Package pua_rpc lets programs publish states, and subscribe to them, by commands.
package pua_rpc

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/pua"
)

func init() { module.Register("pua_rpc", func() module.Module { return New() }) }

// Module is the module.
type Module struct {
	host module.Host
	pua  *pua.Module
}

// New returns the module.
func New() *Module { return &Module{} }

var _ module.Starter = (*Module)(nil)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Publishes states, and subscribes to them, by commands.",
		Requires: []string{"pua"},
		RPC: []module.Command{
			{Name: "pua.publish", Run: m.publishAndWait, Doc: "Publishes a state and waits for the reply: URI, expires, event package, content type, id, entity tag, outbound proxy, header fields, body; \".\" stands for nothing."},
			{Name: "pua.send_publish", Run: m.publish, Doc: "The same without waiting for the reply."},
			{Name: "pua.subscribe", Run: m.subscribe, Doc: "Subscribes to a state: URI, watcher, event package, expires."},
		},
	}
}

// Start implements module.Starter.
func (m *Module) Start(_ context.Context, h module.Host) error {
	m.host = h
	var err error
	if m.pua, err = module.Needed[*pua.Module](h, "pua"); err != nil {
		return err
	}
	return nil
}
