// SPDX-License-Identifier: Apache-2.0

// Package path puts a proxy on the way to phones that register through it (RFC 3327).
package path

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("path", func() module.Module { return New() }) }

// Path is the module.
type Path struct {
	useReceived    int
	receivedFormat int
	receivedName   string
	two            int
	socketName     int
	flows          flows // nil without outbound
}

// flows is what path needs of outbound.
type flows interface {
	// Token is the user of the Path URI, "" where it names no flow.
	Token(c *module.Call) string
}

// New returns the module with its defaults.
func New() *Path { return &Path{receivedName: "received"} }

var (
	_ module.Preparer = (*Path)(nil)
	_ module.Starter  = (*Path)(nil)
)

// Exports implements module.Module.
func (p *Path) Exports() module.Exports {
	user := module.Arg{Name: "user", Optional: true, Doc: "user part of the URI, may be empty"}
	params := module.Arg{Name: "params", Optional: true, Doc: "parameters of the URI without the first semicolon"}
	address := module.Arg{Name: "address", Doc: "host and port of the URI"}
	own, given := []module.Arg{user, params}, []module.Arg{address, user, params}
	return module.Exports{
		Doc:   "Adds Path headers to registrations, and finds phones behind NAT by them.",
		After: []string{"rr", "outbound"},
		Params: []module.Param{
			{Name: "use_received", Set: &p.useReceived, Min: 0, Max: 1, Doc: "1 makes loose_route() of rr set the next hop to the received address in our Route"},
			{Name: "received_format", Set: &p.receivedFormat, Min: 0, Max: 1, Doc: "how the received address is written: 0 as an escaped URI, 1 as address~port~number of the protocol, like the alias parameter of nathelper"},
			{Name: "received_name", Set: &p.receivedName, Doc: "name of the parameter with the received address"},
			{Name: "enable_r2", Set: &p.two, Min: 0, Max: 1, Doc: "1 adds two Path headers with r2=on: of the socket that the request leaves by, and of the one that it came in by"},
			{Name: "sockname_mode", Set: &p.socketName, Min: 0, Max: 1, Doc: "1 adds the name of the socket as parameter sn, where it has one"},
		},
		Functions: []module.Function{
			{Name: "add_path", Args: own, Routes: module.RequestRoute, Run: p.add(false), Lua: "add_path; add_path_user(str); add_path_user_params(str,str)",
				Doc: "Adds a Path header with the address that the request leaves by."},
			{Name: "add_path_received", Args: own, Routes: module.RequestRoute, Run: p.add(true), Lua: "add_path_received; add_path_received_user(str); add_path_received_user_params(str,str)",
				Doc: "The same, with the address that the request came from as a parameter."},
			{Name: "add_path_advertised_address", Args: given, Routes: module.RequestRoute, Run: p.addGiven(false), Lua: "add_path_advertised_address; add_path_advertised_address_user(str,str); add_path_advertised_address_user_params(str,str,str)",
				Doc: "Adds a Path header with a given address."},
			{Name: "add_path_received_advertised_address", Args: given, Routes: module.RequestRoute, Run: p.addGiven(true), Lua: "add_path_received_advertised_address; add_path_received_advertised_address_user(str,str); add_path_received_advertised_address_user_params(str,str,str)",
				Doc: "The same, with the address that the request came from as a parameter."},
		},
	}
}

// router is what path needs of rr: to be told of each Route of ours that is
// followed.
type router interface {
	OnRoute(f func(c *module.Call, params string))
}

// Prepare implements module.Preparer.
func (p *Path) Prepare(b module.Binder) error {
	if p.receivedName == "" {
		return errors.New("path: received_name is empty")
	}
	if p.useReceived != 0 && b.Module("rr") == nil {
		return errors.New("path: use_received needs the module rr")
	}
	return nil
}

// Start implements module.Starter.
func (p *Path) Start(_ context.Context, h module.Host) error {
	if r, ok := h.Module("rr").(router); ok && p.useReceived != 0 {
		r.OnRoute(p.followReceived)
	}
	p.flows, _ = h.Module("outbound").(flows)
	return nil
}
