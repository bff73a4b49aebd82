// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// luaFunctions are the functions of KSR that the core brings. Many are the
// native ones; those that only Lua has stand for tests of the language
// (method==INVITE) and for statements.
func luaFunctions() []module.Function {
	return append(append(append(append(luaLog(), luaTests()...), luaFlags()...), luaURI()...), append(headerFunctions(), variableFunctions()...)...)
}

// str and num declare arguments.
func str(name, doc string) module.Arg { return module.Arg{Name: name, Doc: doc} }
func num(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }

func luaLog() []module.Function {
	text := str("text", "the text")
	at := func(name string, level slog.Level) module.Function {
		return module.Function{Name: name, Lua: name + " none", Args: []module.Arg{text}, Doc: "Logs a text at level " + name + ".",
			Run: func(c *module.Call, a module.Args) module.Result { return luaWrite(c, level, a.Str(0)) }}
	}
	return []module.Function{
		at("dbg", module.LevelDebug), at("info", module.LevelInfo), at("notice", module.LevelNotice), at("warn", module.LevelWarn),
		at("err", module.LevelErr), at("crit", module.LevelCrit),
		{Name: "log", Lua: "log none", Args: []module.Arg{str("level", "dbg, info, notice, warn, err or crit"), text}, Run: luaLogAt, Doc: "Logs a text."},
		{Name: "get_debug", Run: logLevel, Doc: "The log level that counts for the message, -5 to 3."},
	}
}

func luaWrite(c *module.Call, level slog.Level, text string) module.Result {
	if c.Log().Enabled(c.Context(), level) {
		c.Log().Log(c.Context(), level, strings.TrimRight(text, "\n"))
	}
	return module.True
}

var luaLevels = map[string]slog.Level{"dbg": module.LevelDebug, "info": module.LevelInfo, "notice": module.LevelNotice, "warn": module.LevelWarn,
	"crit": module.LevelCrit}

// luaLogAt is KSR.log: what is no level is err.
func luaLogAt(c *module.Call, a module.Args) module.Result {
	level, ok := luaLevels[a.Str(0)]
	if !ok {
		level = module.LevelErr
	}
	return luaWrite(c, level, a.Str(1))
}

// logLevel finds the lowest level that is written.
func logLevel(c *module.Call, _ module.Args) module.Result {
	for n := 3; n > -5; n-- {
		if c.Log().Enabled(c.Context(), module.LevelOf(n)) {
			return module.Result(n)
		}
	}
	return -5
}

// test makes a function that returns true or false.
func test(name, doc string, f func(c *module.Call) bool) module.Function {
	return module.Function{Name: name, Lua: name + " bool", Doc: doc,
		Run: func(c *module.Call, _ module.Args) module.Result { return module.Bool(f(c)) }}
}

func luaTests() []module.Function {
	var list []module.Function
	for _, m := range []sip.Method{sip.MethodAck, sip.MethodBye, sip.MethodCancel, sip.MethodInfo, sip.MethodInvite, sip.MethodMessage,
		sip.MethodNotify, sip.MethodOptions, sip.MethodPrack, sip.MethodPublish, sip.MethodRefer, sip.MethodRegister, sip.MethodSubscribe, sip.MethodUpdate,
		sip.MethodDelete, sip.MethodGet, sip.MethodKDMQ, sip.MethodPost, sip.MethodPut} {
		name := m.String()
		list = append(list, test("is_"+name, "True when the method, of a reply that of its CSeq, is "+name+".", func(c *module.Call) bool {
			bit, _ := methodOf(c)
			return bit == m
		}))
	}
	for _, p := range []struct {
		name   string
		protos []transport.Proto
	}{
		{"UDP", []transport.Proto{transport.UDP}}, {"TCP", []transport.Proto{transport.TCP}}, {"TLS", []transport.Proto{transport.TLS}},
		{"SCTP", []transport.Proto{transport.SCTP}}, {"WS", []transport.Proto{transport.WS}}, {"WSS", []transport.Proto{transport.WSS}},
		{"WSX", []transport.Proto{transport.WS, transport.WSS}},
		{"TCPX", []transport.Proto{transport.TCP, transport.TLS, transport.WS, transport.WSS}},
	} {
		list = append(list, test("is_"+p.name, "True when the message came over "+p.name+".", func(c *module.Call) bool { return among(p.protos, receivedOver(c)) }))
		if p.name != "TCPX" {
			list = append(list, test("to_"+p.name, "True in onsend_route when the message goes out over "+p.name+".", func(c *module.Call) bool {
				d := sendingTo(c)
				return d != nil && among(p.protos, d.Proto)
			}))
		}
	}
	return append(list,
		test("is_IPv4", "True when the message came over IPv4.", func(c *module.Call) bool { return isIPv4(c.Packet.Src.Addr()) }),
		test("is_IPv6", "True when the message came over IPv6.", func(c *module.Call) bool { return !isIPv4(c.Packet.Src.Addr()) }),
		test("to_IPv4", "True unless, in onsend_route, the message goes out over IPv6.", func(c *module.Call) bool { d := sendingTo(c); return d == nil || isIPv4(d.Addr.Addr()) }),
		test("to_IPv6", "True in onsend_route when the message goes out over IPv6.", func(c *module.Call) bool { d := sendingTo(c); return d != nil && !isIPv4(d.Addr.Addr()) }),
		test("is_myself_ruri", "True when the Request-URI names this server.", func(c *module.Call) bool { return isMyself(c, c.Target.URI) }),
		test("is_myself_duri", "True when the next hop ($du) names this server.", func(c *module.Call) bool { return isMyself(c, c.Target.DstURI) }),
		test("is_myself_nhuri", "True when where the request would go names this server.", func(c *module.Call) bool {
			if c.Target.DstURI != "" {
				return isMyself(c, c.Target.DstURI)
			}
			return isMyself(c, c.Target.URI)
		}),
		test("is_myself_furi", "True when the URI of From names this server.", func(c *module.Call) bool {
			a, err := c.Msg.From()
			return err == nil && isMyself(c, a.URI)
		}),
		test("is_myself_turi", "True when the URI of To names this server.", func(c *module.Call) bool {
			a, err := c.Msg.To()
			return err == nil && isMyself(c, a.URI)
		}),
		test("is_myself_srcip", "True when the source address is one of this server.", func(c *module.Call) bool {
			return c.Host.Transport().IsMyself(addrText(c, c.Packet.Src.Addr()), 0, transport.ProtoNone)
		}),
		test("is_myself_suri", "True when source address, port and protocol are those of this server.", func(c *module.Call) bool {
			return c.Host.Transport().IsMyself(addrText(c, c.Packet.Src.Addr()), int(c.Packet.Src.Port()), receivedOver(c))
		}),
		module.Function{Name: "is_myself", Lua: "is_myself bool", Args: []module.Arg{str("uri", "SIP URI or address")},
			Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(isMyself(c, a.Str(0))) }, Doc: "True when the URI names this server."},
		module.Function{Name: "is_method", Lua: "is_method bool", Args: []module.Arg{{Name: "method", Compile: methodNames, Doc: `method, or several separated by "|"`}},
			Run: isMethodNamed, Doc: "True when the method, of a reply that of its CSeq, is one of these."},
		module.Function{Name: "is_method_in", Lua: "is_method_in bool", Args: []module.Arg{str("letters", "I INVITE, A ACK, B BYE, C CANCEL, R REGISTER, M MESSAGE, O OPTIONS, S SUBSCRIBE, P PUBLISH, N NOTIFY, U UPDATE, K KDMQ, G GET, T POST, V PUT, D DELETE, F REFER, E PRACK")},
			Run: isMethodIn, Doc: "True when the method, of a reply that of its CSeq, is one of those with these letters."},
		module.Function{Name: "is_proto", Lua: "is_proto bool", Args: []module.Arg{str("letters", "U udp, T tcp, S tls, E sctp, W ws and wss, in any case; or the name of one")},
			Run: isProto, Doc: "True when the message came over one of the protocols."},
		module.Function{Name: "is_src_port", Lua: "is_src_port bool", Args: []module.Arg{num("port", "the port")},
			Run: func(c *module.Call, a module.Args) module.Result {
				return module.Bool(int(c.Packet.Src.Port()) == a.Int(0, 0))
			}, Doc: "True when the message came from the port."},
		module.Function{Name: "is_dst_port", Lua: "is_dst_port bool", Args: []module.Arg{num("port", "the port")},
			Run: func(c *module.Call, a module.Args) module.Result {
				return module.Bool(int(c.Packet.Dst.Port()) == a.Int(0, 0))
			}, Doc: "True when the message came to the port."},
	)
}

func isIPv4(a netip.Addr) bool { return a.Is4() || a.Is4In6() }

func addrText(c *module.Call, a netip.Addr) string {
	return c.Mem.Keep(sip.AppendAddr(c.Mem.Begin(), a.Unmap()))
}

func among(list []transport.Proto, p transport.Proto) bool {
	for _, one := range list {
		if one == p {
			return true
		}
	}
	return false
}

func receivedOver(c *module.Call) transport.Proto {
	if c.Packet.Socket == nil {
		return transport.UDP
	}
	return c.Packet.Socket.Proto
}

// sendingTo is where the message of an onsend_route goes, else nil.
func sendingTo(c *module.Call) *transport.Destination {
	if d, ok := c.Event.(*module.Sending); ok {
		return &d.Destination
	}
	return nil
}

// methodOf is the method of a request, or of the CSeq of a reply.
func methodOf(c *module.Call) (sip.Method, string) {
	if c.Msg.IsRequest() {
		return c.Msg.Method, c.Msg.MethodName
	}
	q, err := c.Msg.CSeq()
	if err != nil {
		return sip.MethodNone, ""
	}
	return q.Method, q.MethodName
}

// isMyself tells whether a URI, or what stands for one, names this server.
func isMyself(c *module.Call, uri string) bool {
	if uri == "" {
		return false
	}
	u, err := sip.ParseURI(uri)
	if err != nil || u.Host == "" {
		return c.Host.Transport().IsMyself(uri, 0, transport.ProtoNone)
	}
	return c.Host.Transport().IsMyself(u.Host, u.Port, u.Transport())
}

// methodSet is the compiled argument of is_method.
type methodSet []string

func methodNames(text string) (any, error) {
	var set methodSet
	for name := range strings.SplitSeq(text, "|") {
		set = append(set, strings.TrimSpace(name))
	}
	return set, nil
}

func isMethodNamed(c *module.Call, a module.Args) module.Result {
	set, _ := a[0].Data.(methodSet)
	_, method := methodOf(c)
	for _, name := range set {
		if sip.EqualFold(name, method) {
			return module.True
		}
	}
	return module.False
}

// methodLetters are the letters of is_method_in.
var methodLetters = [256]sip.Method{'I': sip.MethodInvite, 'A': sip.MethodAck, 'B': sip.MethodBye, 'C': sip.MethodCancel, 'R': sip.MethodRegister,
	'M': sip.MethodMessage, 'O': sip.MethodOptions, 'S': sip.MethodSubscribe, 'P': sip.MethodPublish, 'N': sip.MethodNotify,
	'U': sip.MethodUpdate, 'F': sip.MethodRefer, 'E': sip.MethodPrack, 'K': sip.MethodKDMQ, 'G': sip.MethodGet, 'T': sip.MethodPost,
	'V': sip.MethodPut, 'D': sip.MethodDelete}

var errLetter = errors.New("there is no method with this letter")

func isMethodIn(c *module.Call, a module.Args) module.Result {
	bit, _ := methodOf(c)
	letters := a.Str(0)
	for i := 0; i < len(letters); i++ {
		switch methodLetters[letters[i]] {
		case sip.MethodNone:
			c.Fail("KSR.is_method_in", errLetter)
		case bit:
			return module.True
		}
	}
	return module.False
}

// protoLetters are those of is_proto.
var protoLetters = map[byte][]transport.Proto{'u': {transport.UDP}, 't': {transport.TCP}, 's': {transport.TLS}, 'e': {transport.SCTP}, 'w': {transport.WS, transport.WSS}}

func isProto(c *module.Call, a module.Args) module.Result {
	letters := a.Str(0)
	for i := 0; i < len(letters); i++ {
		if among(protoLetters[letters[i]|0x20], receivedOver(c)) {
			return module.True
		}
	}
	return module.False
}
