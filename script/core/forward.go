// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// The protocols of the forward functions.
const (
	protoOfURI = transport.ProtoNone
	overUDP    = transport.UDP
	overTCP    = transport.TCP
	overTLS    = transport.TLS
	overSCTP   = transport.SCTP
)

// forward makes the function that sends the request on without state
// (RFC 3261 16.11).
func forward(proto transport.Proto) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		hop, err := nextHop(c, a, proto)
		if err != nil {
			return c.Fail("forward", err)
		}
		r := c.Received()
		if err := c.Host.Transactions().Forward(&r, &hop); err != nil {
			// What a request names is nothing to log.
			if !errors.As(err, &c.Err) {
				c.Err = transaction.ErrGeneral
			}
			return module.False
		}
		return module.True
	}
}

// nextHop is what the arguments say of the next hop; without any it is the
// request's own. The error is that of a bad port.
func nextHop(c *module.Call, a module.Args, proto transport.Proto) (h transaction.Hop, err error) {
	h.Proto = proto
	if !a[0].Given {
		return h, nil
	}
	u, bad := sip.ParseURI(c.Target.URI)
	switch {
	case a.Str(0) != "uri:host":
		h.Host = a.Str(0)
		if proto == protoOfURI {
			h.Proto = transport.UDP
		}
	case bad != nil || !u.IsSIP():
		return h, nil // Forward says what is wrong with it
	default:
		h.Host, h.Port = u.Host, u.Port
		if m := u.Maddr(); m != "" {
			h.Host = m
		}
		if proto == protoOfURI {
			h.Proto = u.Transport()
		}
		if proto == protoOfURI && u.Scheme == sip.SchemeSIPS {
			h.Proto = transport.TLS
		}
	}
	switch {
	case a[1].Given && a.Str(1) == "uri:port":
		h.Port = u.Port
	case a[1].Given:
		n, ok := sip.ParseUint(a.Str(1))
		if !ok || n > 65535 {
			return h, errPort
		}
		h.Port = int(n)
	}
	return h, nil
}
