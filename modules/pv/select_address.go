// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func firstOf(t sip.HeaderType) func(c *module.Call) (string, error) {
	return func(c *module.Call) (string, error) {
		v, _, ok := sip.NextListValue(c.Msg.Value(t))
		if !ok {
			return "", sip.ErrAbsent
		}
		return v, nil
	}
}

// selectedContact is the contact that Kamailio takes: the last one of the
// first header.
func selectedContact(c *module.Call) (string, error) {
	last, ok := "", false
	eachOf(c.Msg.Value(sip.HeaderContact), func(v string) bool { last, ok = v, true; return true })
	if !ok {
		return "", sip.ErrAbsent
	}
	return last, nil
}

// contactHeader is the first Contact header, null where it cannot be read.
func contactHeader(c *module.Call) module.Value {
	last, err := selectedContact(c)
	if err != nil {
		return null
	}
	if _, err := sip.ParseNameAddr(last); err != nil && last != "*" {
		return null
	}
	return avp.String(c.Msg.Value(sip.HeaderContact))
}

func nextHopURI(c *module.Call) string {
	if c.Target.DstURI != "" {
		return c.Target.DstURI
	}
	return c.Target.URI
}

// sourceAddress is @next_hop.src_ip: the address that the request would leave
// from.
func sourceAddress(c *module.Call) module.Value {
	socket, err := c.Host.Transactions().Source(&c.Target, c.State, &c.Packet, c)
	if err != nil {
		return null
	}
	return build(c, func(b []byte) []byte { return sip.AppendAddr(b, socket.Addr.Addr()) })
}

func uriSelect(of func(c *module.Call) string, rest []word) (getter, error) {
	if len(rest) == 0 {
		return func(c *module.Call) module.Value { return orNull(of(c)) }, nil
	}
	part, err := uriWord(rest)
	if err != nil {
		return nil, err
	}
	return func(c *module.Call) module.Value {
		u, err := c.ParseURI(of(c))
		if err != nil {
			return null
		}
		return part(c, u)
	}, nil
}

// uriWord is a part of a URI in a select.
func uriWord(rest []word) (func(c *module.Call, u *sip.URI) module.Value, error) {
	plain := func(f func(u *sip.URI) module.Value) (func(c *module.Call, u *sip.URI) module.Value, error) {
		return func(_ *module.Call, u *sip.URI) module.Value { return f(u) }, nil
	}
	if rest[0].name == "params" {
		name := rest[0].param
		if name == "" && len(rest) > 1 {
			name = rest[1].name
		}
		if name == "" {
			return plain(func(u *sip.URI) module.Value { return orNull(string(u.Params)) })
		}
		return plain(func(u *sip.URI) module.Value { return param(u.Params, name) })
	}
	if len(rest) > 1 {
		return nil, fmt.Errorf("a URI has no part %q", pathText(rest))
	}
	switch rest[0].name {
	case "user":
		return plain(uriUser)
	case "rn_user":
		return plain(routingNumber)
	case "transport":
		return plain(impliedTransport)
	case "pwd":
		return plain(func(u *sip.URI) module.Value { return orNull(u.Password) })
	case "host":
		return plain(uriHost)
	case "port":
		return plain(func(u *sip.URI) module.Value { return orNull(u.PortText) })
	case "type":
		return plain(func(u *sip.URI) module.Value {
			if u.IsSIP() && u.PhoneUser() {
				return avp.String("tel") // a number, wherever it is
			}
			return uriScheme(u).Plain()
		})
	case "hostport":
		return func(c *module.Call, u *sip.URI) module.Value {
			if u.Host == "" {
				return null
			}
			port := u.Port
			if port == 0 {
				port = u.Transport().DefaultPort()
			}
			return build(c, func(b []byte) []byte { return appendPort(append(b, u.Host...), port) })
		}, nil
	}
	return nil, fmt.Errorf("a URI has no part %q", rest[0].name)
}

// routingNumber is the number that a request is routed by, where it was ported
// (rn, RFC 4694), else the user.
func routingNumber(u *sip.URI) module.Value {
	if !u.IsSIP() && !u.IsTel() {
		return null
	}
	for _, list := range []sip.Params{u.PhoneParams, u.Params} {
		if list.Has("rn") {
			number, _ := list.Lookup("rn")
			return avp.String(number)
		}
	}
	return uriUser(u)
}

// impliedTransport is the transport that a URI asks for or implies; as in Kamailio
// a number implies udp, whatever its scheme, and wss says nothing.
func impliedTransport(u *sip.URI) module.Value {
	t := u.Transport()
	switch {
	case t != sip.TransportNone && t != sip.TransportWSS && t <= sip.TransportWSS:
	case u.Scheme == sip.SchemeSIPS && !u.PhoneUser():
		t = sip.TransportTLS
	default:
		t = sip.TransportUDP
	}
	return avp.String(t.String())
}

// param is the value of a parameter, null where it has none.
func param(list sip.Params, name string) module.Value {
	v, _ := list.Lookup(name)
	return orNull(sip.Unquote(v))
}

// addressSelect serves a header with one address; raw is the header itself.
func addressSelect(value func(c *module.Call) (string, error), raw getter, rest []word) (getter, error) {
	if len(rest) == 0 {
		return raw, nil
	}
	part := func(f func(c *module.Call, a *sip.NameAddr) module.Value) getter {
		return func(c *module.Call) module.Value {
			s, err := value(c)
			if err != nil || s == "" {
				return null
			}
			a, err := sip.ParseNameAddr(s)
			if err != nil {
				return null
			}
			return f(c, &a)
		}
	}
	named := func(name string) (getter, error) {
		return part(func(_ *module.Call, a *sip.NameAddr) module.Value { return param(a.Params, name) }), nil
	}
	first := rest[0]
	switch first.name {
	case "uri":
		if len(rest) == 1 {
			return part(func(_ *module.Call, a *sip.NameAddr) module.Value { return nameAddrURI(a) }), nil
		}
		inner, err := uriWord(rest[1:])
		if err != nil {
			return nil, err
		}
		return part(func(c *module.Call, a *sip.NameAddr) module.Value {
			u, err := c.ParseURI(a.URI)
			if err != nil {
				return null
			}
			return inner(c, u)
		}), nil
	case "params":
		name := first.param
		if name == "" && len(rest) == 2 {
			name = rest[1].name
		}
		if name == "" {
			return nil, errors.New(`expected the name of a parameter: params["name"]`)
		}
		return named(name)
	}
	if len(rest) > 1 {
		return nil, fmt.Errorf("an address has no part %q", pathText(rest))
	}
	switch first.name {
	case "name":
		return part(func(_ *module.Call, a *sip.NameAddr) module.Value { return avp.String(a.Display) }), nil
	case "tag", "expires", "q", "received":
		return named(first.name)
	case "method", "methods":
		return named("methods")
	case "instance":
		return named("+sip.instance")
	}
	return nil, fmt.Errorf("an address has no part %q", first.name)
}

// nameAddrSelect is what stands behind nameaddr: name (as written), uri, params.
func nameAddrSelect(value func(c *module.Call) (string, error), rest []word) (getter, error) {
	switch rest[0].name {
	case "params":
		if rest[0].param != "" || len(rest) > 1 {
			return addressSelect(value, nil, rest)
		}
		return func(c *module.Call) module.Value {
			s, err := value(c)
			if err != nil {
				return null
			}
			_, params, _ := strings.Cut(s[addressEnd(s):], ";")
			return orNull(params)
		}, nil
	case "name":
		return func(c *module.Call) module.Value {
			s, err := value(c)
			if err != nil {
				return null
			}
			name, _, ok := strings.Cut(s[:addressEnd(s)], "<")
			if !ok {
				return null
			}
			return orNull(strings.TrimRight(name, " \t"))
		}, nil
	case "uri":
		return addressSelect(value, nil, rest)
	}
	return nil, fmt.Errorf("an address has no part %q", pathText(rest))
}

// addressEnd is where the address of a header value ends.
func addressEnd(s string) int {
	if i := unquotedIndex(s, '>'); i < len(s) {
		return i + 1
	}
	return unquotedIndex(s, ';')
}

// viaSelect counts from 1, backwards from -1.
func viaSelect(first word, rest []word) (getter, error) {
	n := first.index
	part := func(f func(v *sip.Via) module.Value) getter {
		return func(c *module.Call) module.Value {
			at := max(n-1, 0)
			switch {
			case n < 0:
				at = c.Msg.NumVias() + n
			case n == 0 && first.given:
				return null
			}
			v, err := c.Msg.Via(at)
			if err != nil {
				return null
			}
			return f(v)
		}
	}
	if len(rest) == 0 {
		return part(func(v *sip.Via) module.Value { return avp.String(v.Raw) }), nil
	}
	switch name := rest[0].name; name {
	case "name":
		return part(func(*sip.Via) module.Value { return avp.String("SIP") }), nil
	case "version":
		return part(func(*sip.Via) module.Value { return avp.String("2.0") }), nil
	case "host":
		return part(func(v *sip.Via) module.Value { return orNull(v.Host) }), nil
	case "port":
		return part(func(v *sip.Via) module.Value { return orNull(v.PortText) }), nil
	case "transport":
		return part(func(v *sip.Via) module.Value { return orNull(v.TransportText) }), nil
	case "comment":
		return part(func(v *sip.Via) module.Value { return orNull(viaComment(v.Raw)) }), nil
	case "branch", "rport", "received", "i", "alias", "maddr", "ttl":
		return part(func(v *sip.Via) module.Value { return param(viaParams(v), name) }), nil
	case "params":
		n := rest[0].param
		if n == "" && len(rest) == 2 {
			n = rest[1].name
		}
		if n == "" {
			return nil, errors.New(`expected the name of a parameter: via.params["name"]`)
		}
		return part(func(v *sip.Via) module.Value { return param(viaParams(v), n) }), nil
	}
	return nil, fmt.Errorf("a Via has no part %q", rest[0].name)
}

// viaParams are the parameters without a comment behind them.
func viaParams(v *sip.Via) sip.Params {
	list := string(v.Params)
	return sip.Params(strings.TrimRight(list[:unquotedIndex(list, '(')], " \t"))
}

// viaComment is what stands in parentheses behind a Via, as RFC 2543 had it; it
// may have parentheses of its own.
func viaComment(raw string) string {
	_, s, _ := strings.Cut(raw[unquotedIndex(raw, '('):], "(")
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[:i]
			}
		}
	}
	return ""
}
