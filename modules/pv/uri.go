// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func uriVariables() []module.Variable {
	// Of a reply there is no Request-URI, though its transaction has one.
	target := func(c *module.Call) string {
		if !c.Msg.IsRequest() {
			return ""
		}
		return c.Target.URI
	}
	original := func(c *module.Call) string { return c.Msg.RequestURI }
	next := func(c *module.Call) string { return destinationURI(c).Str }
	return []module.Variable{
		write("ru", requestURI, setRequestURI, "Request-URI"),
		write("ruri", requestURI, setRequestURI, "Request-URI"),
		write("rU", requestUser, setRequestUser, "user of the Request-URI"),
		write("ruri.user", requestUser, setRequestUser, "user of the Request-URI"),
		write("rd", uriPart(target, uriHost), setRequestHost, "host of the Request-URI"),
		write("ruri.domain", uriPart(target, uriHost), setRequestHost, "host of the Request-URI"),
		write("rp", uriPart(target, uriPort), setRequestPort, "port of the Request-URI; 5060 where none is written, 5061 with transport=tls"),
		write("rP", uriPart(target, uriTransport), setRequestTransport, "transport of the Request-URI, UDP where none is written"),
		read("rz", uriPart(target, uriScheme), "scheme of the Request-URI"),
		read("rUl", uriPart(target, uriUserLen), "length of the user of the Request-URI"),
		read("rul", uriPart(target, uriUserLen), "length of the user of the Request-URI"),
		read("ou", originalURI, "Request-URI as it arrived"),
		read("ouri", originalURI, "Request-URI as it arrived"),
		read("oU", uriPart(original, uriUser), "user of the Request-URI as it arrived"),
		read("od", uriPart(original, uriHost), "host of the Request-URI as it arrived"),
		read("op", uriPart(original, uriPort), "port of the Request-URI as it arrived"),
		read("oP", uriPart(original, uriTransport), "transport of the Request-URI as it arrived"),
		read("oUl", uriPart(original, uriUserLen), "length of the user of the Request-URI as it arrived"),
		write("du", destinationURI, setDestinationURI, "next hop URI"),
		write("duri", destinationURI, setDestinationURI, "next hop URI"),
		read("dd", uriPart(next, uriHost), "host of the next hop URI"),
		read("dp", uriPart(next, uriPort), "port of the next hop URI"),
		read("dP", uriPart(next, uriTransport), "transport of the next hop URI"),
		attribute("nh", "parts of the next hop: $du, else $ru", nextHop()),
		write("fs", forcedSocket, setForcedSocket, "socket that the request is sent from"),
		write("fsn", forcedSocketName, setForcedSocketName, "name of the socket that the request is sent from"),
		read("fsp", forcedSocketProto, "number of the protocol of the socket that the request is sent from"),
		write("ruid", func(c *module.Call) module.Value { return orNull(c.Target.RUID) }, nil, "unique id of the location record that the Request-URI came from"),
		read("location_ua", func(c *module.Call) module.Value { return orNull(c.Target.UserAgent) }, "User-Agent that registered the contact"),
	}
}

// requestURI is null where what the script has set cannot be read.
func requestURI(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return null
	}
	if c.Target.URI != c.Msg.RequestURI {
		if u, err := c.ParseURI(c.Target.URI); err != nil || u.Scheme == sip.SchemeOther {
			return null
		}
	}
	return avp.String(c.Target.URI)
}

func originalURI(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return null
	}
	return avp.String(c.Msg.RequestURI)
}

func destinationURI(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return null
	}
	return orNull(c.Target.DstURI)
}

// requestUser is the variable that scripts read most: the URI of the message
// is parsed once only.
func requestUser(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return null
	}
	if c.Target.URI == c.Msg.RequestURI {
		if u, err := c.Msg.RURI(); err == nil && u.Scheme != sip.SchemeOther {
			return uriUser(u)
		}
		return null
	}
	u, err := sip.ParseURI(c.Target.URI)
	if err != nil || u.Scheme == sip.SchemeOther {
		return null
	}
	return uriUser(&u)
}

// uriPart is a part of a URI; null where there is no URI or it cannot be read.
func uriPart(of func(c *module.Call) string, part func(u *sip.URI) module.Value) getter {
	return func(c *module.Call) module.Value {
		s := of(c)
		if s == "" {
			return null
		}
		u, err := c.ParseURI(s)
		if err != nil || u.Scheme == sip.SchemeOther {
			return null
		}
		return part(u)
	}
}

func uriUser(u *sip.URI) module.Value { return orNull(userPart(u)) }
func uriHost(u *sip.URI) module.Value { return orNull(hostPart(u)) }
func uriUserLen(u *sip.URI) module.Value {
	return number(len(userPart(u)))
}

// userPart and hostPart are of urn:service:sos the words service and sos, of
// urn:x nothing and x.
func userPart(u *sip.URI) string {
	if u.Scheme != sip.SchemeURN {
		return u.User
	}
	space, name, ok := strings.Cut(u.User, ":")
	if !ok || name == "" {
		return ""
	}
	return space
}

func hostPart(u *sip.URI) string {
	if u.Scheme != sip.SchemeURN {
		return u.Host
	}
	space, name, _ := strings.Cut(u.User, ":")
	return cmp.Or(name, space)
}

// uriScheme is a text whose number is 1 for sip, 2 for sips, 3 for tel and 5
// for urn.
func uriScheme(u *sip.URI) module.Value {
	return avp.Word(int64(u.Scheme), strings.ToLower(u.SchemeText))
}

// uriPort is a string first: $rp + 1 joins. Without a port the transport
// decides, not the scheme.
func uriPort(u *sip.URI) module.Value {
	if u.PortText == "" && u.Transport() == sip.TransportTLS {
		return avp.String("5061")
	}
	return uriWrittenPort(u)
}

func uriWrittenPort(u *sip.URI) module.Value { return avp.String(cmp.Or(u.PortText, "5060")) }

// uriTransport is a text whose number is that of $prid; Kamailio knows no wss
// in a URI.
func uriTransport(u *sip.URI) module.Value {
	if v, ok := u.Params.Lookup("transport"); ok && v != "" {
		n := sip.ParseTransport(v)
		if n > sip.TransportWS {
			n = sip.TransportNone
		}
		return avp.Word(int64(n), v)
	}
	return avp.Word(int64(sip.TransportUDP), "UDP")
}

// setRequestURI takes what is no URI too, as the setters of its parts do: $ru is
// null then, and the request is not sent anywhere.
func setRequestURI(c *module.Call, v module.Value) error {
	if v.Kind != avp.Str {
		return errNeedString
	}
	c.Target.URI = c.Keep(v.Str)
	c.Dropped, c.TargetUsed = transaction.HopURIs{}, false
	return nil
}

func setRequestUser(c *module.Call, v module.Value) error {
	if v.Kind == avp.Int {
		return errNeedString
	}
	return c.SetRequestUser(v.Str)
}

func setRequestHost(c *module.Call, v module.Value) error {
	if v.Kind != avp.Str {
		return errNeedString
	}
	return c.SetRequestHost(v.Str)
}

func setRequestPort(c *module.Call, v module.Value) error {
	return c.SetRequestPort(text(c, v))
}

// setRequestTransport sets or takes away the transport parameter.
func setRequestTransport(c *module.Call, v module.Value) error {
	if v.Kind == avp.Int {
		return errNeedString
	}
	return c.EditRequestURI(func(u *sip.URI) {
		b := c.Mem.Begin()
		for rest := u.Params; ; {
			p, more, ok := rest.Next()
			if !ok {
				break
			}
			rest = more
			if sip.EqualFold(p.Name, "transport") {
				continue
			}
			b = appendParam(b, p)
		}
		if v.Str != "" {
			b = appendParam(b, sip.Param{Name: "transport", Value: v.Str, HasValue: true})
		}
		u.Params = sip.Params(c.Mem.Keep(b))
	})
}

func appendParam(b []byte, p sip.Param) []byte {
	if len(b) > 0 {
		b = append(b, ';')
	}
	b = append(b, p.Name...)
	if p.HasValue {
		b = append(append(b, '='), p.Value...)
	}
	return b
}

func setDestinationURI(c *module.Call, v module.Value) error {
	if v.Kind == avp.Int {
		return errNeedString
	}
	c.Target.DstURI = c.Keep(v.Str)
	return nil
}

// nextHop is $nh(x): lower-case letters as in $ru's family.
func nextHop() map[string]getter {
	uri := func(c *module.Call) string {
		if c.Target.DstURI != "" {
			return c.Target.DstURI
		}
		return c.Target.URI
	}
	return map[string]getter{
		"u": hop(func(c *module.Call) module.Value { return orNull(uri(c)) }, upstreamURI),
		"U": hop(uriPart(uri, uriUser), func(*module.Call) module.Value { return null }),
		"d": hop(uriPart(uri, uriHost), upstreamHost), "p": hop(uriPart(uri, uriWrittenPort), upstreamPort),
		"P": hop(uriPart(uri, uriTransport), upstreamProto),
	}
}

func forcedSocket(c *module.Call) module.Value {
	if c.Target.Socket == nil {
		return null
	}
	return avp.String(c.Target.Socket.Text)
}

func forcedSocketName(c *module.Call) module.Value {
	if c.Target.Socket == nil {
		return null
	}
	return orNull(c.Target.Socket.Name)
}

func forcedSocketProto(c *module.Call) module.Value {
	if c.Target.Socket == nil {
		return number(0)
	}
	return number(int(c.Target.Socket.Proto))
}

// setForcedSocketName takes the name of a listen line; one that no line has is
// told and changes nothing.
func setForcedSocketName(c *module.Call, v module.Value) error {
	switch {
	case v.IsNull():
		c.Target.Socket = nil
	case v.Kind == avp.Int || v.Str == "":
		return errNeedString
	default:
		s := namedSocket(c, v.Str)
		if s == nil {
			c.Log().Warn("$fsn: no listen line has this name, the socket stays", "name", v.Str)
			return nil
		}
		c.Target.Socket = s
	}
	return nil
}

// namedSocket is the socket of the listen line with a name, nil where none has
// it.
func namedSocket(c *module.Call, name string) *transport.Socket {
	for _, s := range c.Host.Transport().Sockets() {
		if s.Name != "" && s.Name == name {
			return s
		}
	}
	return nil
}

// setForcedSocket takes proto:address:port of a listen line, or its name.
func setForcedSocket(c *module.Call, v module.Value) error {
	if v.IsNull() || v.Str == "" {
		c.Target.Socket = nil
		return nil
	}
	s := namedSocket(c, v.Str)
	if s == nil {
		s = c.Host.Transport().SocketByText(v.Str)
	}
	if s == nil {
		return errNoSocket(v.Str)
	}
	c.Target.Socket = s
	return nil
}

type errNoSocket string

func (e errNoSocket) Error() string {
	return "no listen line has the socket " + strconv.Quote(string(e))
}
