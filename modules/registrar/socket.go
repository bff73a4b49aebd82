// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// socket is the one that requests to the contact leave by: that which the
// REGISTER came by, or, with sock_flag, the one that a server in front of this
// one wrote into a header.
func (s *saving) socket() *transport.Socket {
	r, c := s.r, s.c
	if r.sockFlag < 0 || c.Flags&(1<<r.sockFlag) == 0 {
		return c.Packet.Socket
	}
	text := s.cfg.socket
	if r.sockHeader != "" {
		if v := c.Msg.ValueNamed(r.sockHeader); v != "" {
			text = v
		}
	}
	if text != "" {
		if k := c.Host.Transport().SocketByText(text); k != nil {
			return k
		}
		c.Log().Debug("the socket of a REGISTER is none of ours", "socket", text)
	}
	return c.Packet.Socket
}

// addSocketHeader is add_sock_hdr(name).
func (r *Registrar) addSocketHeader(c *module.Call, a module.Args) module.Result {
	text := append(append(c.Mem.Begin(), a.Str(0)...), ": "...)
	text = append(append(text, c.Packet.Socket.Text...), "\r\n"...)
	c.Msg.AppendHeader(c.Mem.Keep(text))
	return module.True
}
