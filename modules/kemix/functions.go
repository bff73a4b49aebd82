// SPDX-License-Identifier: Apache-2.0

package kemix

import (
	"net/netip"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// reader is a function without arguments.
type reader struct {
	name, doc string
	get       func(c *module.Call) module.Value
}

func (k *Kemix) functions() []module.Function {
	null := module.Value{}
	var list []module.Function
	add := func(name, doc, lua string, get func(c *module.Call) module.Value) {
		list = append(list, module.Function{Name: "kx." + name, Lua: lua, Doc: doc,
			Get: func(c *module.Call, _ module.Args) module.Value { return get(c) }})
	}
	for _, r := range k.texts() {
		for _, form := range []struct {
			way, doc string
			null     module.Value
		}{{"get_", ", nil where there is none", null}, {"gete_", ", the empty string where there is none", avp.String("")}, {"getw_", ", <null> where there is none", avp.String("<null>")}} {
			add(form.way+r.name, r.doc+form.doc+".", "", func(c *module.Call) module.Value {
				if v := r.get(c); !v.IsNull() {
					return v
				}
				return form.null
			})
		}
	}
	for _, r := range plain() {
		add(r.name, r.doc+".", "", r.get)
	}
	for _, r := range numbers() {
		add(r.name, r.doc+".", "kx."+r.name+" int", r.get)
	}
	return append(list, defines()...)
}

// text makes a value of a string, null of an empty one.
func text(s string) module.Value {
	if s == "" {
		return module.Value{}
	}
	return avp.String(s)
}

// part reads a URI.
func part(uri string, of func(u *sip.URI) string) module.Value {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return module.Value{}
	}
	return text(of(&u))
}

// readable is a URI, or nothing for a text that is none of those that can be the
// target of a request.
func readable(uri string) string {
	if u, err := sip.ParseURI(uri); err != nil || u.Scheme == sip.SchemeOther {
		return ""
	}
	return uri
}

func user(u *sip.URI) string { return u.User }
func host(u *sip.URI) string { return u.Host }

// requestURI is the Request-URI; a reply has none.
func requestURI(c *module.Call) string {
	if !c.Msg.IsRequest() {
		return ""
	}
	return c.Target.URI
}

func nextHop(c *module.Call) string {
	if c.Msg.IsRequest() {
		return c.Target.DstURI
	}
	return ""
}

func fromURI(c *module.Call) string {
	if a, err := c.Msg.From(); err == nil {
		return a.URI
	}
	return ""
}

func toURI(c *module.Call) string {
	if a, err := c.Msg.To(); err == nil {
		return a.URI
	}
	return ""
}

func contactURI(c *module.Call) string {
	list, err := c.Msg.Contacts()
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].URI
}

// texts are those that have get, gete and getw.
func (k *Kemix) texts() []reader {
	return []reader{
		{"au", "the user of the credentials", func(c *module.Call) module.Value {
			if k.user == nil {
				return module.Value{}
			}
			return k.user.Get(c, module.Index{})
		}},
		{"body", "the body", func(c *module.Call) module.Value { return text(c.Msg.Body()) }},
		{"cturi", "the URI of the first Contact", func(c *module.Call) module.Value { return text(contactURI(c)) }},
		{"duri", "the next hop ($du)", func(c *module.Call) module.Value { return text(nextHop(c)) }},
		{"fhost", "the host of the URI of From", func(c *module.Call) module.Value { return part(fromURI(c), host) }},
		{"fuser", "the user of the URI of From", func(c *module.Call) module.Value { return part(fromURI(c), user) }},
		{"rhost", "the host of the Request-URI", func(c *module.Call) module.Value { return part(requestURI(c), host) }},
		{"ruser", "the user of the Request-URI", func(c *module.Call) module.Value { return part(requestURI(c), user) }},
		{"thost", "the host of the URI of To", func(c *module.Call) module.Value { return part(toURI(c), host) }},
		{"tuser", "the user of the URI of To", func(c *module.Call) module.Value { return part(toURI(c), user) }},
		{"ua", "the User-Agent", func(c *module.Call) module.Value { return text(c.Msg.Value(sip.HeaderUserAgent)) }},
	}
}

// plain are those that have get alone.
func plain() []reader {
	return []reader{
		{"get_callid", "the Call-ID", func(c *module.Call) module.Value { return text(c.Msg.CallID()) }},
		{"get_furi", "the URI of From", func(c *module.Call) module.Value { return text(fromURI(c)) }},
		{"get_turi", "the URI of To", func(c *module.Call) module.Value { return text(toURI(c)) }},
		{"get_ruri", "the Request-URI, nothing where it cannot be read", func(c *module.Call) module.Value {
			return text(readable(requestURI(c)))
		}},
		{"get_ouri", "the Request-URI as the request came", func(c *module.Call) module.Value { return text(c.Msg.RequestURI) }},
		{"get_nhuri", "where the request goes: the next hop, else the Request-URI", func(c *module.Call) module.Value {
			if d := nextHop(c); d != "" {
				return avp.String(d)
			}
			return text(requestURI(c))
		}},
		{"get_method", "the method, of a reply that of its CSeq", method},
		{"gets_status", "the status code of a reply as text, nil for a request", func(c *module.Call) module.Value {
			if c.Msg.IsRequest() {
				return module.Value{}
			}
			return avp.String(strconv.Itoa(c.Msg.Status))
		}},
		{"get_msgbuf", "the message as it came", func(c *module.Call) module.Value { return text(c.Msg.Raw()) }},
		{"get_proto", "the protocol that the message came over: udp, tcp …", func(c *module.Call) module.Value { return avp.String(proto(c).String()) }},
		{"get_srcip", "the source address", func(c *module.Call) module.Value { return address(c, c.Packet.Src.Addr()) }},
		{"get_srcport", "the source port", func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Src.Port())) }},
		{"get_srcuri", "the source as a URI", func(c *module.Call) module.Value {
			b := appendAddr(append(c.Mem.Begin(), "sip:"...), c.Packet.Src)
			if p := proto(c); p != transport.UDP {
				b = append(append(b, ";transport="...), p.String()...)
			}
			return avp.String(c.Mem.Keep(b))
		}},
		{"get_srcaddr_sock", "the source as proto:address:port", func(c *module.Call) module.Value { return socketText(c, c.Packet.Src) }},
		{"get_rcvip", "the address that the message came to", func(c *module.Call) module.Value { return address(c, c.Packet.Dst.Addr()) }},
		{"get_rcvport", "the port that the message came to", func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Dst.Port())) }},
		{"get_rcvaddr_sock", "where the message came to, as proto:address:port", func(c *module.Call) module.Value { return socketText(c, c.Packet.Dst) }},
		{"get_rcvadvip", "the advertised address of the socket that the message came to", func(c *module.Call) module.Value {
			if s := c.Packet.Socket; s != nil {
				return text(s.Host)
			}
			return module.Value{}
		}},
		{"get_rcvadvport", "the advertised port of that socket", func(c *module.Call) module.Value {
			if s := c.Packet.Socket; s != nil {
				return avp.Number(int64(s.Port))
			}
			return module.Value{}
		}},
		{"get_rcv_sock_name", "the name of that socket, nil where it has none", func(c *module.Call) module.Value {
			if s := c.Packet.Socket; s != nil {
				return text(s.Name)
			}
			return module.Value{}
		}},
		{"get_send_sock", "the socket that the script chose to send from, nil for none", func(c *module.Call) module.Value {
			if s := c.Target.Socket; s != nil {
				return text(s.Text)
			}
			return module.Value{}
		}},
		{"get_send_sock_name", "the name of that socket, nil for none", func(c *module.Call) module.Value {
			if s := c.Target.Socket; s != nil {
				return text(s.Name)
			}
			return module.Value{}
		}},
	}
}

// numbers are those that return an integer.
func numbers() []reader {
	return []reader{
		{"get_bodylen", "the length of the body in bytes", func(c *module.Call) module.Value { return avp.Number(int64(len(c.Msg.Body()))) }},
		{"get_conid", "the number of the connection that the message came over, -1 for none", func(c *module.Call) module.Value {
			if c.Packet.Conn == 0 {
				return avp.Number(-1)
			}
			return avp.Number(int64(c.Packet.Conn))
		}},
		{"get_msglen", "the length of the message in bytes", func(c *module.Call) module.Value { return avp.Number(int64(len(c.Msg.Raw()))) }},
		{"get_msgtype", "1 for a request, 2 for a reply", func(c *module.Call) module.Value {
			if c.Msg.IsRequest() {
				return avp.Number(1)
			}
			return avp.Number(2)
		}},
		{"get_protoid", "the number of the protocol: 1 udp, 2 tcp, 3 tls …", func(c *module.Call) module.Value { return avp.Number(int64(proto(c))) }},
		{"get_send_sock_port", "the port of the socket that the script chose, 0 for none", func(c *module.Call) module.Value {
			if s := c.Target.Socket; s != nil {
				return avp.Number(int64(s.Addr.Port()))
			}
			return avp.Number(0)
		}},
		{"get_status", "the status code of a reply, -1 for a request", func(c *module.Call) module.Value {
			if c.Msg.IsRequest() {
				return avp.Number(-1)
			}
			return avp.Number(int64(c.Msg.Status))
		}},
		{"get_timestamp", "the time now, seconds since the epoch", func(c *module.Call) module.Value { return avp.Number(c.Host.Clock().Now().Unix()) }},
	}
}

func method(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return text(c.Msg.MethodName)
	}
	if q, err := c.Msg.CSeq(); err == nil {
		return text(q.MethodName)
	}
	return module.Value{}
}

func proto(c *module.Call) transport.Proto {
	if c.Packet.Socket == nil {
		return transport.UDP
	}
	return c.Packet.Socket.Proto
}

func address(c *module.Call, a netip.Addr) module.Value {
	return avp.String(c.Mem.Keep(sip.AppendAddr(c.Mem.Begin(), a.Unmap())))
}

// appendAddr appends host:port, an IPv6 address in brackets.
func appendAddr(b []byte, a netip.AddrPort) []byte {
	return sip.AppendAddrPort(b, netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
}

func socketText(c *module.Call, a netip.AddrPort) module.Value {
	b := append(append(c.Mem.Begin(), proto(c).String()...), ':')
	return avp.String(c.Mem.Keep(appendAddr(b, a)))
}

// defines are the functions about the preprocessor's names and the environment.
func defines() []module.Function {
	of := func(class string) []module.Arg {
		return []module.Arg{{Name: "name", Type: module.ArgVar, Class: class, Doc: "the name"}}
	}
	read := func(c *module.Call, a module.Args) module.Value {
		if a.Var(0) == nil {
			return module.Value{}
		}
		return a.Var(0).Get(c, module.Index{})
	}
	text := func(c *module.Call, a module.Args) module.Value {
		if v := read(c, a); !v.IsNull() {
			return v
		}
		return avp.String("")
	}
	number := func(c *module.Call, a module.Args) module.Value {
		n, _ := read(c, a).Number()
		return avp.Number(n)
	}
	return []module.Function{
		{Name: "kx.get_def", Args: of("def"), Get: text, Doc: "The text of a define, empty where it is not defined."},
		{Name: "kx.get_defn", Args: of("def"), Lua: "kx.get_defn int", Get: number, Doc: "The number of a define, 0 where there is none."},
		{Name: "kx.get_env", Args: of("env"), Get: text, Doc: "A variable of the environment, empty where it is not set."},
		{Name: "kx.get_envn", Args: of("env"), Lua: "kx.get_envn int", Get: number, Doc: "The number in a variable of the environment, 0 where there is none."},
		{Name: "kx.ifdef", Args: of("def"), Lua: "kx.ifdef bool", Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(!read(c, a).IsNull()) }, Doc: "True when a name is defined."},
		{Name: "kx.ifndef", Args: of("def"), Lua: "kx.ifndef bool", Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(read(c, a).IsNull()) }, Doc: "True when a name is not defined."},
	}
}
