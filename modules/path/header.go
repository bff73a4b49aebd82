// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// header is what one Path header is made of before it is known where the request
// leaves; its text is made when the request is printed.
type header struct {
	path         *Path
	address      string // given; empty for that of the socket
	user, params string
	received     string // parameter with its semicolon, or empty
	flow         bool   // user is the token of a flow
	in           *transport.Socket
}

// add makes add_path and add_path_received([user[, params]]).
func (p *Path) add(received bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		h := &header{user: a.Str(0), params: a.Str(1)}
		if p.flows != nil && !a[0].Given {
			h.user = p.flows.Token(c)
			h.flow = h.user != ""
		}
		return p.insert(c, h, received)
	}
}

// addGiven makes add_path_advertised_address and its like(address[, user[, params]]).
func (p *Path) addGiven(received bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		return p.insert(c, &header{address: a.Str(0), user: a.Str(1), params: a.Str(2)}, received)
	}
}

// insert notes the edit: in front of the Path headers that came (RFC 3327 5.2),
// behind all headers where there is none.
func (p *Path) insert(c *module.Call, h *header, received bool) module.Result {
	h.path, h.in = p, c.Packet.Socket
	h.address, h.user, h.params = c.Keep(h.address), c.Keep(h.user), c.Keep(h.params)
	if received {
		h.received = c.Keep(string(p.appendReceived(c.Mem.Begin(), c.Packet.Src, c.Packet.Socket.Proto)))
	}
	at := c.Msg.Header(c.Msg.NumHeaders() - 1).End
	if i := c.Msg.First(sip.HeaderPath); i >= 0 {
		at = c.Msg.Header(i).Start
	}
	c.Msg.InsertFunc(at, sip.After, h.append)
	return module.True
}

// append is a sip.TextFunc.
func (h *header) append(dst []byte, o *sip.Outgoing) []byte {
	out, _ := o.Socket.(*transport.Socket)
	if out == nil {
		out = h.in
	}
	dst = h.appendOne(dst, out)
	if h.path.two != 0 {
		dst = h.appendOne(dst, h.in)
	}
	return dst
}

func (h *header) appendOne(dst []byte, s *transport.Socket) []byte {
	dst = append(dst, "Path: <sip:"...)
	if h.user != "" {
		dst = append(append(dst, h.user...), '@')
	}
	if h.address != "" {
		dst = append(dst, h.address...)
	} else {
		dst = append(dst, s.Host...)
		if s.Port != s.Proto.DefaultPort() || s.Upgraded() {
			dst = strconv.AppendInt(append(dst, ':'), int64(s.Port), 10)
		}
	}
	if s.Proto != transport.UDP {
		dst = append(append(dst, ";transport="...), s.Proto.Param()...)
	}
	dst = append(dst, ";lr"...)
	if h.path.socketName != 0 && s.Name != "" {
		dst = append(append(dst, ";sn="...), s.Name...)
	}
	dst = append(dst, h.received...)
	if h.flow {
		dst = append(dst, ";ob"...)
	}
	if h.params != "" {
		dst = append(append(dst, ';'), h.params...)
	}
	if h.path.two != 0 {
		dst = append(dst, ";r2=on"...)
	}
	return append(dst, ">\r\n"...)
}

// appendReceived appends the parameter with the address that a request came from.
func (p *Path) appendReceived(dst []byte, from netip.AddrPort, proto transport.Proto) []byte {
	dst = append(append(append(dst, ';'), p.receivedName...), '=')
	if p.receivedFormat != 0 {
		dst = append(sip.AppendHost(dst, from.Addr()), '~')
		dst = strconv.AppendUint(dst, uint64(from.Port()), 10)
		return strconv.AppendInt(append(dst, '~'), int64(proto), 10)
	}
	dst = append(dst, "sip:"...)
	dst = sip.AppendHost(dst, from.Addr())
	dst = strconv.AppendUint(append(dst, ':'), uint64(from.Port()), 10)
	if proto != transport.UDP {
		dst = append(append(dst, "%3Btransport%3D"...), proto.Param()...)
	}
	return dst
}
