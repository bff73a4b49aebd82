// SPDX-License-Identifier: Apache-2.0

// Package ctl serves control commands over the binrpc protocol, to kamcmd and
// its like.
package ctl

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
)

func init() { module.Register("ctl", func() module.Module { return New() }) }

// Ctl is the module.
type Ctl struct {
	binrpc      []string
	mode        int
	user, group string
	ignored     struct{ buffer, body, structBody, conversion int }

	addresses []listen.Address
	server    *binrpc.Server
	open      []endpoint
}

var (
	_ module.Preparer = (*Ctl)(nil)
	_ module.Starter  = (*Ctl)(nil)
	_ module.Stopper  = (*Ctl)(nil)
)

// New makes the module with its defaults.
func New() *Ctl {
	c := &Ctl{mode: 0o600}
	c.ignored.buffer, c.ignored.body, c.ignored.structBody = 1024, 32, 8
	return c
}

// Exports implements module.Module.
func (c *Ctl) Exports() module.Exports {
	return module.Exports{
		Doc: "Serves control commands over the binrpc protocol, to kamcmd and its like.",
		Params: []module.Param{
			{Name: "binrpc", Set: &c.binrpc,
				Doc: "address to listen on: unixs:PATH, unixd:PATH, udp:HOST:PORT or tcp:HOST:PORT; may be set several times; without any, the file kamailio_ctl in the run folder"},
			{Name: "mode", Set: &c.mode, Min: 0, Max: 0o777, Doc: "permission bits of the socket files; 0600 by default"},
			{Name: "user", Set: listen.ID(&c.user), Doc: "name or number of the owner of the socket files"},
			{Name: "group", Set: listen.ID(&c.group), Doc: "name or number of the group of the socket files"},
			{Name: "fifo", Set: refuseFIFO, Doc: "address of the obsolete FIFO protocol, which is not served"},
			{Name: "autoconversion", Set: &c.ignored.conversion, Doc: "conversion of command arguments",
				Notice: "arguments are always converted between integers and text where a command asks for it"},
			{Name: "binrpc_buffer_size", Set: &c.ignored.buffer, Unit: "bytes", Doc: "size of a buffer",
				Notice: "replies grow as needed"},
			{Name: "binrpc_max_body_size", Set: &c.ignored.body, Unit: "KiB", Doc: "size of a buffer",
				Notice: "replies grow as needed"},
			{Name: "binrpc_struct_max_body_size", Set: &c.ignored.structBody, Unit: "KiB", Doc: "size of a buffer",
				Notice: "replies grow as needed"},
		},
		RPC: []module.Command{
			{Name: "ctl.connections", Doc: "Returns the number of open binrpc connections.", Run: c.connections},
			{Name: "ctl.listen", Doc: "Lists the binrpc sockets: protocol, transport, address, port.", Array: true, Run: c.listen},
			{Name: "ctl.who", Doc: "Lists the open binrpc connections: protocol, transport, peer and own address with port.", Array: true, Run: c.who},
		},
	}
}

func refuseFIFO(string) error {
	return errors.New("the FIFO protocol of ctl is not served; use the FIFO of module jsonrpcs, or binrpc")
}

// Prepare implements module.Preparer.
func (c *Ctl) Prepare(module.Binder) error {
	c.addresses = nil
	var errs []error
	for _, text := range c.binrpc {
		a, err := listen.Parse(text, defaultPort)
		if err != nil {
			errs = append(errs, err)
		}
		c.addresses = append(c.addresses, a)
	}
	if _, _, err := c.access().IDs(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *Ctl) access() listen.Access {
	return listen.Access{Mode: fs.FileMode(c.mode), User: c.user, Group: c.group}
}

// Start implements module.Starter.
func (c *Ctl) Start(ctx context.Context, h module.Host) error {
	if len(c.binrpc) == 0 {
		c.addresses = []listen.Address{{Network: "unix", Path: filepath.Join(h.Core().RunDir, "kamailio_ctl")}}
	}
	return c.serve(ctx, h)
}

// Parts implements rpc.Working.
func (c *Ctl) Parts() []string { return []string{"ctl handler"} }

// Stop implements module.Stopper.
func (c *Ctl) Stop(context.Context) error { return c.close() }
