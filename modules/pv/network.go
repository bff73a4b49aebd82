// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

func networkVariables() []module.Variable {
	return []module.Variable{
		read("si", func(c *module.Call) module.Value { return addr(c, c.Packet.Src.Addr()) }, "address that the message came from"),
		read("src_ip", func(c *module.Call) module.Value { return addr(c, c.Packet.Src.Addr()) }, "address that the message came from"),
		read("siz", func(c *module.Call) module.Value { return bracketed(c, c.Packet.Src.Addr()) }, "address that the message came from, IPv6 in brackets"),
		read("sp", func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Src.Port())) }, "port that the message came from"),
		read("sas", func(c *module.Call) module.Value { return socketText(c, proto(c), c.Packet.Src) }, "proto:address:port that the message came from"),
		read("su", func(c *module.Call) module.Value { return sourceURI(c, false) }, "URI of the source; the transport where it is not UDP"),
		read("sut", func(c *module.Call) module.Value { return sourceURI(c, true) }, "URI of the source with its transport"),
		read("proto", protoWord, "protocol that the message came by"),
		read("pr", protoWord, "protocol that the message came by"),
		read("prid", func(c *module.Call) module.Value { return number(int(proto(c))) }, "number of the protocol that the message came by"),
		read("af", func(c *module.Call) module.Value { return family(c.Packet.Src.Addr()) }, "IPv4 or IPv6"),
		read("Ri", func(c *module.Call) module.Value { return addr(c, c.Packet.Dst.Addr()) }, "address that the message arrived at"),
		read("Rp", func(c *module.Call) module.Value { return avp.Number(int64(c.Packet.Dst.Port())) }, "port that the message arrived at"),
		read("Rn", socketPart(func(s *transport.Socket) module.Value { return orNull(s.Name) }), "name of the socket that the message arrived at"),
		read("Ru", func(c *module.Call) module.Value { return localURI(c, false, false) }, "URI of the socket that the message arrived at"),
		read("Rut", func(c *module.Call) module.Value { return localURI(c, true, false) }, "URI of the socket that the message arrived at, with its transport"),
		read("Ras", func(c *module.Call) module.Value { return socketText(c, baseProto(c), c.Packet.Dst) }, "proto:address:port that the message arrived at"),
		read("RAi", socketPart(func(s *transport.Socket) module.Value { return avp.String(strings.Trim(s.Host, "[]")) }), "advertised address of the socket that the message arrived at"),
		read("RAp", socketPart(func(s *transport.Socket) module.Value { return number(s.Port) }), "advertised port of the socket that the message arrived at"),
		read("RAu", func(c *module.Call) module.Value { return localURI(c, false, true) }, "advertised URI of the socket that the message arrived at"),
		read("RAut", func(c *module.Call) module.Value { return localURI(c, true, true) }, "advertised URI of the socket that the message arrived at, with its transport"),
		read("conid", connection, "number of the stream connection that the message came by"),
		receivedVariable(),
		sendingVariable("sndto", "where the message of an onsend route goes", remotePlace),
		sendingVariable("snd", "the same as $sndto", remotePlace),
		sendingVariable("sndfrom", "the socket that the message of an onsend route leaves by", localPlace),
	}
}

// remotePlace and localPlace are the two ends of what an onsend route is
// asked about.
func remotePlace(d *transport.Destination) (netip.AddrPort, transport.Proto) { return d.Addr, d.Proto }

func localPlace(d *transport.Destination) (netip.AddrPort, transport.Proto) {
	return d.Socket.Addr, d.Socket.Proto
}

// sendingVariable is $sndto or $sndfrom: the protocol and the address family
// are numbers, as in Kamailio.
func sendingVariable(name, doc string, place func(d *transport.Destination) (netip.AddrPort, transport.Proto)) module.Variable {
	part := func(f func(c *module.Call, at netip.AddrPort, p transport.Proto) module.Value) getter {
		return func(c *module.Call) module.Value {
			return sending(c, func(d *module.Sending) module.Value {
				at, p := place(&d.Destination)
				return f(c, at, p)
			})
		}
	}
	return attribute(name, doc+": ip, port, proto, sproto, af, buf, len", map[string]getter{
		"ip": part(func(c *module.Call, at netip.AddrPort, _ transport.Proto) module.Value { return addr(c, at.Addr()) }),
		"port": part(func(_ *module.Call, at netip.AddrPort, _ transport.Proto) module.Value {
			return avp.Number(int64(at.Port()))
		}),
		"proto":  part(func(_ *module.Call, _ netip.AddrPort, p transport.Proto) module.Value { return number(int(p)) }),
		"sproto": part(func(_ *module.Call, _ netip.AddrPort, p transport.Proto) module.Value { return avp.String(p.String()) }),
		"af": part(func(_ *module.Call, at netip.AddrPort, _ transport.Proto) module.Value {
			return familyNumber(at.Addr())
		}),
		"buf": sendingText, "len": sendingLen,
	})
}

// receivedVariable is $rcv, what event_route[core:msg-received] is asked about.
func receivedVariable() module.Variable {
	part := func(f func(c *module.Call, p *transport.Packet) module.Value) getter {
		return func(c *module.Call) module.Value {
			if p, ok := c.Event.(*transport.Packet); ok {
				return f(c, p)
			}
			return null
		}
	}
	return attribute("rcv", "what was received, in event_route[core:msg-received]: buf, len, srcip, srcport, rcvip, rcvport, proto, sproto, af", map[string]getter{
		"buf": part(func(c *module.Call, p *transport.Packet) module.Value {
			return avp.String(c.Mem.Keep(append(c.Mem.Begin(), p.Data...)))
		}),
		"len":     part(func(_ *module.Call, p *transport.Packet) module.Value { return number(len(p.Data)) }),
		"srcip":   part(func(c *module.Call, p *transport.Packet) module.Value { return addr(c, p.Src.Addr()) }),
		"srcport": part(func(_ *module.Call, p *transport.Packet) module.Value { return number(int(p.Src.Port())) }),
		"rcvip":   part(func(c *module.Call, p *transport.Packet) module.Value { return addr(c, p.Dst.Addr()) }),
		"rcvport": part(func(_ *module.Call, p *transport.Packet) module.Value { return number(int(p.Dst.Port())) }),
		"proto":   part(func(c *module.Call, _ *transport.Packet) module.Value { return number(int(proto(c))) }),
		"sproto":  part(func(c *module.Call, _ *transport.Packet) module.Value { return protoText(c) }),
		"af":      part(func(_ *module.Call, p *transport.Packet) module.Value { return familyNumber(p.Src.Addr()) }),
	})
}

// familyNumber is AF_INET or AF_INET6, as $K(IPv4) and $K(IPv6) have them.
func familyNumber(a netip.Addr) module.Value {
	if a.Unmap().Is4() {
		return number(constants["IPv4"])
	}
	return number(constants["IPv6"])
}

func addr(c *module.Call, a netip.Addr) module.Value {
	return build(c, func(b []byte) []byte { return sip.AppendAddr(b, a.Unmap()) })
}

func appendBracketed(b []byte, a netip.Addr) []byte {
	if a = a.Unmap(); a.Is4() {
		return sip.AppendAddr(b, a)
	}
	return append(sip.AppendAddr(append(b, '['), a), ']')
}

func bracketed(c *module.Call, a netip.Addr) module.Value {
	return build(c, func(b []byte) []byte { return appendBracketed(b, a) })
}

func family(a netip.Addr) module.Value {
	if a.Unmap().Is4() {
		return avp.String("IPv4")
	}
	return avp.String("IPv6")
}

func proto(c *module.Call) transport.Proto {
	if c.Packet.Socket == nil {
		return transport.UDP
	}
	return c.Packet.Socket.Proto
}

// baseProto is the protocol of the socket's listen line.
func baseProto(c *module.Call) transport.Proto {
	if c.Packet.Socket == nil {
		return transport.UDP
	}
	return c.Packet.Socket.Base()
}

// protoWord is $pr: a text whose number is $prid.
func protoWord(c *module.Call) module.Value { return avp.Word(int64(proto(c)), proto(c).String()) }

func protoText(c *module.Call) module.Value { return avp.String(proto(c).String()) }

func appendPort(b []byte, port int) []byte {
	return strconv.AppendInt(append(b, ':'), int64(port), 10)
}

func socketText(c *module.Call, p transport.Proto, at netip.AddrPort) module.Value {
	return build(c, func(b []byte) []byte {
		b = append(append(b, p.String()...), ':')
		return appendPort(appendBracketed(b, at.Addr()), int(at.Port()))
	})
}

func appendTransport(b []byte, p transport.Proto, always bool) []byte {
	if p == transport.UDP && !always {
		return b
	}
	return append(append(b, ";transport="...), p.Param()...)
}

func sourceURI(c *module.Call, always bool) module.Value {
	return build(c, func(b []byte) []byte {
		b = appendBracketed(append(b, "sip:"...), c.Packet.Src.Addr())
		return appendTransport(appendPort(b, int(c.Packet.Src.Port())), proto(c), always)
	})
}

func localURI(c *module.Call, always, advertised bool) module.Value {
	s := c.Packet.Socket
	if s == nil {
		return null
	}
	return build(c, func(b []byte) []byte {
		b = append(b, "sip:"...)
		if advertised {
			b = appendPort(append(b, s.Host...), s.Port)
		} else {
			b = appendPort(appendBracketed(b, c.Packet.Dst.Addr()), int(c.Packet.Dst.Port()))
		}
		return appendTransport(b, s.Proto, always)
	})
}

func socketPart(part func(s *transport.Socket) module.Value) getter {
	return func(c *module.Call) module.Value {
		if c.Packet.Socket == nil {
			return null
		}
		return part(c.Packet.Socket)
	}
}

func connection(c *module.Call) module.Value {
	if c.Packet.Conn == 0 {
		return null
	}
	return avp.Number(int64(c.Packet.Conn))
}

// sending is an attribute of where the message of an onsend route goes, null
// outside of one.
func sending(c *module.Call, part func(d *module.Sending) module.Value) module.Value {
	d, ok := c.Event.(*module.Sending)
	if !ok || d.Socket == nil {
		return null
	}
	return part(d)
}

func sendingText(c *module.Call) module.Value {
	return sending(c, func(d *module.Sending) module.Value { return avp.String(c.Mem.Keep(append(c.Mem.Begin(), d.Text...))) })
}

func sendingLen(c *module.Call) module.Value {
	return sending(c, func(d *module.Sending) module.Value { return number(len(d.Text)) })
}
