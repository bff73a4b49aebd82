// SPDX-License-Identifier: Apache-2.0

// Package mi_datagram stands for the module of Kamailio 4 that served control commands over datagrams.
package mi_datagram

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/jsonrpcs"
)

func init() { module.Register("mi_datagram", func() module.Module { return New() }) }

// MIDatagram is the module: the datagram socket of jsonrpcs under the
// parameters of Kamailio 4.
type MIDatagram struct {
	*jsonrpcs.Jsonrpcs
	indent string
}

var (
	_ module.Preparer = (*MIDatagram)(nil)
	_ module.Starter  = (*MIDatagram)(nil)
	_ module.Stopper  = (*MIDatagram)(nil)
)

// New returns the module with its defaults.
func New() *MIDatagram { return &MIDatagram{Jsonrpcs: jsonrpcs.Datagrams()} }

// Exports implements module.Module.
func (m *MIDatagram) Exports() module.Exports {
	return module.Exports{
		Doc:   "Stands for the module of Kamailio 4: the socket takes JSON-RPC.",
		After: []string{"jsonrpcs"},
		Params: []module.Param{
			m.Param("dgram_socket", "socket_name"), m.Param("dgram_workers", "children_count"), m.Param("dgram_mode", "unix_socket_mode"),
			m.Param("dgram_user", "unix_socket_user"), m.Param("dgram_group", "unix_socket_group"), m.Param("dgram_timeout", "socket_timeout"),
			{Name: "reply_indent", Set: &m.indent, Notice: "replies are JSON", Doc: "what replies were indented with"},
		},
	}
}

var errNoSocket = errors.New(`mi_datagram: socket_name is missing: modparam("mi_datagram", "socket_name", "FILE") or "udp:HOST:PORT"`)

// Prepare implements module.Preparer.
func (m *MIDatagram) Prepare(b module.Binder) error {
	if _, socket := m.Where(); socket == "" {
		return errNoSocket
	}
	return m.Jsonrpcs.Prepare(b)
}

// Start implements module.Starter.
func (m *MIDatagram) Start(ctx context.Context, h module.Host) error {
	return m.StartFor(ctx, h, "mi_datagram")
}
