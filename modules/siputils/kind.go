// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// isRequest is is_request().
func isRequest(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.Msg.IsRequest())
}

// isReply is is_reply().
func isReply(c *module.Call, _ module.Args) module.Result {
	return module.Bool(!c.Msg.IsRequest())
}

// isSIP is is_sip().
func isSIP(c *module.Call, _ module.Args) module.Result { return module.Bool(!c.Msg.IsHTTP()) }

// isHTTP is is_http().
func isHTTP(c *module.Call, _ module.Args) module.Result { return module.Bool(c.Msg.IsHTTP()) }

// hasToTag is has_totag().
func hasToTag(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.Msg.ToTag() != "")
}

// isFirstHop is is_first_hop([mode]).
func isFirstHop(c *module.Call, a module.Args) module.Result {
	if c.Msg.IsRequest() {
		if _, err := c.Msg.Via(0); err != nil {
			return module.False
		}
		_, err := c.Msg.Via(1)
		return module.Bool(err == sip.ErrAbsent)
	}
	records, err := c.Msg.RecordRoutes()
	if len(records) == 0 {
		return module.Bool(err == nil)
	}
	u, err := records[0].ParseURI()
	if err != nil || !isMyself(c, &u) {
		return module.False
	}
	if a.Int(0, 0) != 0 {
		return module.True
	}
	// A reply that comes from the very address is in a loop; of a name that
	// cannot be told.
	addr, ok := u.Addr()
	if !ok {
		return module.False
	}
	src := c.Packet.Src
	return module.Bool(addr.Unmap() != src.Addr().Unmap() || port(&u) != int(src.Port()))
}

func port(u *sip.URI) int {
	if u.Port != 0 {
		return u.Port
	}
	if t := u.Transport(); t != sip.TransportNone {
		return t.DefaultPort()
	}
	return 5060
}

// isMyself reports whether a URI names this server.
func isMyself(c *module.Call, u *sip.URI) bool {
	proto := transport.ProtoNone
	if v, ok := u.Params.Lookup("transport"); ok {
		proto = sip.ParseTransport(v)
	}
	return c.Host.Transport().IsMyself(u.Host, u.Port, proto)
}
