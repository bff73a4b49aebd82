// SPDX-License-Identifier: Apache-2.0

// Package mi_fifo stands for the module of Kamailio 4 that served control commands on a FIFO.
package mi_fifo

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/jsonrpcs"
)

func init() { module.Register("mi_fifo", func() module.Module { return New() }) }

// MIFIFO is the module: the FIFO of jsonrpcs under the parameters of Kamailio 4.
type MIFIFO struct {
	*jsonrpcs.Jsonrpcs
	indent string
}

var (
	_ module.Preparer = (*MIFIFO)(nil)
	_ module.Starter  = (*MIFIFO)(nil)
	_ module.Stopper  = (*MIFIFO)(nil)
)

// New returns the module with its defaults.
func New() *MIFIFO { return &MIFIFO{Jsonrpcs: jsonrpcs.FIFO()} }

// Exports implements module.Module.
func (m *MIFIFO) Exports() module.Exports {
	return module.Exports{
		Doc:   "Stands for the module of Kamailio 4: the FIFO takes JSON-RPC, as kamctl of Kamailio 5 speaks it.",
		After: []string{"jsonrpcs"},
		Params: []module.Param{
			m.Param("fifo_name", "fifo_name"), m.Param("fifo_mode", "fifo_mode"), m.Param("fifo_user", "fifo_user"),
			m.Param("fifo_group", "fifo_group"), m.Param("fifo_reply_dir", "reply_dir"),
			{Name: "reply_indent", Set: &m.indent, Notice: "replies are JSON", Doc: "what replies were indented with"},
		},
	}
}

// Start implements module.Starter.
func (m *MIFIFO) Start(ctx context.Context, h module.Host) error {
	return m.StartFor(ctx, h, "mi_fifo")
}
