// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"slices"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Token returns what stands as the user in the Record-Route or Path URI of a
// request, "" where that is to name no flow. A request from the registrar, which
// brings the token of the phone in its Route, gets the same one: what its dialog
// sends later goes along that flow, too.
func (o *Outbound) Token(c *module.Call) string {
	own := func() string { return c.Mem.Keep(o.appendToken(c.Mem.Begin(), flowOf(&c.Packet))) }
	switch {
	case isSet(c, o.noFlag):
		return ""
	case isSet(c, o.forceFlag):
		return own()
	case c.Msg.Method == sip.MethodRegister:
		if c.Msg.NumVias() == 1 && hasRegID(c.Msg) {
			return own()
		}
		return ""
	}
	if u, ok := topRoute(c); ok && u.Params.Has("ob") {
		if u.User != "" {
			return c.Keep(u.User)
		}
		return own()
	}
	if c.Msg.NumVias() == 1 && hasOB(c.Msg) {
		return own()
	}
	return ""
}

func isSet(c *module.Call, flag int) bool { return flag >= 0 && c.Flags&(1<<flag) != 0 }

func hasRegID(m *sip.Message) bool {
	contacts, err := m.Contacts()
	return err == nil && slices.ContainsFunc(contacts, func(k sip.Contact) bool { return k.Params.Has("reg-id") })
}

// hasOB tells whether a Contact URI has the parameter by which a phone asks for its
// flow (RFC 5626 4.3).
func hasOB(m *sip.Message) bool {
	contacts, err := m.Contacts()
	return err == nil && slices.ContainsFunc(contacts, func(k sip.Contact) bool {
		u, err := sip.ParseURI(k.URI)
		return err == nil && u.Params.Has("ob")
	})
}

// topRoute is the topmost Route, where it names this server.
func topRoute(c *module.Call) (sip.URI, bool) {
	routes, err := c.Msg.Routes()
	if err != nil || len(routes) == 0 {
		return sip.URI{}, false
	}
	u, err := routes[0].ParseURI()
	return u, err == nil && c.Host.Transport().IsMyURI(&u)
}

// The results of Follow.
const (
	// Plain: the user part is no token, or names the flow that the request came by.
	Plain module.Result = 1
	// Followed: the request goes along the flow of the token.
	Followed module.Result = 2
	// Forged: it has the form of a token and is none of ours.
	Forged module.Result = -2
)

// Follow has a request go along the flow that the user part of our Route names
// (RFC 5626 5.3.1). What comes by that flow itself goes where the rest of it says.
func (o *Outbound) Follow(c *module.Call, user string) module.Result {
	f, s := o.open(user)
	switch {
	case s == badToken:
		return Forged
	case s == noToken || f == flowOf(&c.Packet):
		return Plain
	}
	c.Target.DstURI = c.Keep(c.Mem.Keep(f.appendURI(c.Mem.Begin())))
	c.Target.Socket = f.socket(c.Host.Transport().Sockets())
	return Followed
}

// socket is the one that the flow came in by, nil where there is none any more.
func (f *flow) socket(all []*transport.Socket) *transport.Socket {
	i := slices.IndexFunc(all, func(s *transport.Socket) bool {
		a := s.Addr.Addr().Unmap().WithZone("")
		return s.Proto == f.proto && s.Addr.Port() == f.local.Port() && (a == f.local.Addr() || a.IsUnspecified())
	})
	if i < 0 {
		return nil
	}
	return all[i]
}

// appendURI appends the peer as a next hop.
func (f *flow) appendURI(dst []byte) []byte {
	dst = sip.AppendHost(append(dst, "sip:"...), f.peer.Addr())
	dst = strconv.AppendUint(append(dst, ':'), uint64(f.peer.Port()), 10)
	return append(append(dst, ";transport="...), f.proto.String()...)
}

// The results of check_flow_token.
const (
	checkNoRoute  module.Result = -1
	checkForeign  module.Result = -2
	checkNoToken  module.Result = -3
	checkForged   module.Result = -4
	checkGone     module.Result = -5
	checkBadRoute module.Result = -7
)

// check is check_flow_token().
func (o *Outbound) check(c *module.Call, _ module.Args) module.Result {
	routes, err := c.Msg.Routes()
	switch {
	case err != nil:
		return checkBadRoute
	case len(routes) == 0:
		return checkNoRoute
	}
	u, err := routes[0].ParseURI()
	if err != nil {
		return checkBadRoute
	}
	if !c.Host.Transport().IsMyURI(&u) {
		return checkForeign
	}
	if u.User == "" {
		return checkNoToken
	}
	f, s := o.open(u.User)
	if s != goodToken {
		return checkForged
	}
	if f.proto != transport.UDP {
		if _, ok := c.Host.Transport().ConnectionTo(transport.Destination{Proto: f.proto, Addr: f.peer}); !ok {
			return checkGone
		}
	}
	return module.True
}
