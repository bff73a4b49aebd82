// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

var (
	errSocket  = errors.New("the server does not listen there")
	errName    = errors.New("no socket has this name")
	errAddress = errors.New("not an address with a port")
)

// named finds a socket by its name only.
func named(c *module.Call, name string) *transport.Socket {
	for _, s := range c.Host.Transport().Sockets() {
		if s.Name != "" && s.Name == name {
			return s
		}
	}
	return nil
}

func setSendSocket(c *module.Call, a module.Args) module.Result {
	s := c.Host.Transport().SocketByText(a.Str(0))
	if s == nil {
		return c.Fail("set_send_socket", errSocket)
	}
	c.Target.Socket = s
	return module.True
}

func setSendSocketName(c *module.Call, a module.Args) module.Result {
	s := named(c, a.Str(0))
	if s == nil {
		return c.Fail("set_send_socket_name", errName)
	}
	c.Target.Socket = s
	return module.True
}

func setRecvSocket(c *module.Call, a module.Args) module.Result {
	s := c.Host.Transport().SocketByText(a.Str(0))
	if s == nil {
		return c.Fail("set_recv_socket", errSocket)
	}
	c.Packet.Socket, c.Packet.Dst = s, s.Addr
	return module.True
}

func setRecvSocketName(c *module.Call, a module.Args) module.Result {
	s := named(c, a.Str(0))
	if s == nil {
		return c.Fail("set_recv_socket_name", errName)
	}
	c.Packet.Socket, c.Packet.Dst = s, s.Addr
	return module.True
}

// setSourceAddress is set_source_address(saddr).
func setSourceAddress(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	if p, rest, ok := strings.Cut(text, ":"); ok {
		if _, known := transport.ParseProto(p); known {
			text = rest
		}
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return c.Fail("set_source_address", errAddress)
	}
	c.Packet.Src, c.Msg.Source = addr, addr
	return module.True
}

func isSocketName(c *module.Call, a module.Args) module.Result {
	return module.Bool(named(c, a.Str(0)) != nil)
}

func isMadeUp(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.MadeUp)
}

// bindSocket is $lsock(expr).
func bindSocket(b module.Binder, inner string) (module.Accessor, error) {
	t, err := b.Template(inner)
	if err != nil {
		return nil, err
	}
	return module.Getter(func(c *module.Call) avp.Value {
		s := c.Host.Transport().SocketByText(t.Eval(c))
		if s == nil {
			return avp.Value{}
		}
		return avp.String(s.Text)
	}), nil
}

// addSubdomain reads [proto:]domain[:port] of alias_subdomains.
func (x *Corex) addSubdomain(text string) error {
	if text == "" {
		return errors.New("empty domain")
	}
	x.subdomains = append(x.subdomains, text)
	return nil
}

// subdomain is one alias_subdomains.
type subdomain struct {
	proto  transport.Proto
	domain string
	port   int
}

func parseSubdomain(text string) (subdomain, error) {
	var d subdomain
	rest := text
	if p, r, ok := strings.Cut(rest, ":"); ok {
		if proto, known := transport.ParseProto(p); known {
			d.proto, rest = proto, r
		}
	}
	if host, port, ok := strings.Cut(rest, ":"); ok {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return d, fmt.Errorf("bad port in %q", text)
		}
		d.port, rest = n, host
	}
	d.domain = strings.ToLower(rest)
	return d, nil
}

// Prepare implements module.Preparer.
func (x *Corex) Prepare(b module.Binder) error {
	if err := x.network.prepare(b); err != nil {
		return err
	}
	for _, text := range x.subdomains {
		if _, err := parseSubdomain(text); err != nil {
			return err
		}
	}
	return nil
}

// matches reports whether host is the domain or below it.
func (d subdomain) matches(host string, port int, proto transport.Proto) bool {
	if d.port != 0 && port != 0 && d.port != port || d.proto != transport.ProtoNone && proto != transport.ProtoNone && d.proto != proto {
		return false
	}
	n := len(host) - len(d.domain)
	return n >= 0 && strings.EqualFold(host[n:], d.domain) && (n == 0 || host[n-1] == '.')
}
