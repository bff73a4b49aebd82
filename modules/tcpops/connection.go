// SPDX-License-Identifier: Apache-2.0

package tcpops

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// Results of tcp_conid_state beside those of all functions.
const (
	opening module.Result = 3
	closing module.Result = -4
)

// own is the connection that argument i names, that of the message where it was
// left out.
func own(c *module.Call, a module.Args, i int) transport.ConnID {
	if !a[i].Given {
		return c.Packet.Conn
	}
	return number(a, i)
}

// number is the connection that an argument names, 0 for none.
func number(a module.Args, i int) transport.ConnID { return transport.ConnID(max(a.Int(i, 0), 0)) }

// state is tcp_conid_state(conid).
func (m *TCPOps) state(_ *module.Call, a module.Args) module.Result {
	at, ok := m.host.Transport().Connection(number(a, 0))
	switch {
	case !ok:
		return module.False
	case at.State == transport.ConnConnecting:
		return opening
	case at.State == transport.ConnClosing:
		return closing
	}
	return module.True
}

// alive is tcp_conid_alive(conid).
func (m *TCPOps) alive(c *module.Call, a module.Args) module.Result {
	return module.Bool(m.state(c, a) == module.True)
}

var errProbes = errors.New("idle, count and interval are numbers above 0")

// keepAlive is tcp_keepalive_enable([conid,] idle, count, interval).
func (m *TCPOps) keepAlive(c *module.Call, a module.Args) module.Result {
	id := c.Packet.Conn
	if a[3].Given {
		id, a = number(a, 0), a[1:]
	}
	idle, count, interval := a.Int(0, 0), a.Int(1, 0), a.Int(2, 0)
	if idle <= 0 || count <= 0 || interval <= 0 {
		return c.Fail("tcp_keepalive_enable", errProbes)
	}
	return m.probe(c, "tcp_keepalive_enable", id,
		net.KeepAliveConfig{Enable: true, Idle: time.Duration(idle) * time.Second, Interval: time.Duration(interval) * time.Second, Count: count})
}

// noKeepAlive is tcp_keepalive_disable([conid]).
func (m *TCPOps) noKeepAlive(c *module.Call, a module.Args) module.Result {
	return m.probe(c, "tcp_keepalive_disable", own(c, a, 0), net.KeepAliveConfig{})
}

// probe sets the probes of a connection. That there is none is nothing to log.
func (m *TCPOps) probe(c *module.Call, function string, id transport.ConnID, k net.KeepAliveConfig) module.Result {
	switch err := m.host.Transport().KeepAlive(id, k); {
	case err == nil:
		return module.True
	case errors.Is(err, transport.ErrNoConnection), errors.Is(err, net.ErrClosed):
		return module.False
	default:
		return c.Fail(function, err)
	}
}

var errLifetime = errors.New("a lifetime is a number of seconds above 0")

// lifetime is tcp_set_connection_lifetime([conid,] lifetime).
func (m *TCPOps) lifetime(c *module.Call, a module.Args) module.Result {
	id := c.Packet.Conn
	if a[1].Given {
		id, a = number(a, 0), a[1:]
	}
	seconds := a.Int(0, 0)
	if seconds <= 0 {
		return c.Fail("tcp_set_connection_lifetime", errLifetime)
	}
	return module.Bool(m.host.Transport().KeepConn(id, time.Duration(seconds)*time.Second))
}

// close is tcp_close_connection([conid]).
func (m *TCPOps) close(c *module.Call, a module.Args) module.Result {
	return module.Bool(m.host.Transport().CloseConn(own(c, a, 0)))
}

// setConn is tcp_set_otcpid(conid).
func setConn(c *module.Call, a module.Args) module.Result {
	c.Target.Conn = number(a, 0)
	return module.True
}

// useConn is tcp_set_otcpid_flag(mode).
func useConn(c *module.Call, a module.Args) module.Result {
	c.UseConn = a.Int(0, 0) != 0
	return module.True
}

var (
	errPlace  = errors.New("this is no host:port")
	errTarget = errors.New("the second argument is no variable that can be set")
)

// get is tcp_get_conid(hostport, pvname).
func (m *TCPOps) get(c *module.Call, a module.Args) module.Result {
	to, ok := a.Var(1).(module.Assignable)
	if !ok {
		return c.Fail("tcp_get_conid", errTarget)
	}
	host, port, ok := place(a.Str(0))
	if !ok {
		return c.Fail("tcp_get_conid", errPlace)
	}
	for _, addr := range m.addresses(c, host) {
		id, ok := m.connectionTo(netip.AddrPortFrom(addr, port))
		if !ok {
			continue
		}
		if err := to.Set(c, module.Index{}, avp.Number(int64(id))); err != nil {
			return c.Fail("tcp_get_conid", err)
		}
		return module.True
	}
	return module.False
}

// place splits host[:port]; an IPv6 address with a port stands in brackets.
func place(text string) (host string, port uint16, ok bool) {
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		return text, 5060, text != ""
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), err == nil && n != 0 && host != ""
}

// addresses are those of a host. One that has none has no connection either.
func (m *TCPOps) addresses(c *module.Call, host string) []netip.Addr {
	addrs, ok := m.host.Locator().ReadyAddrs(host)
	if !ok {
		c.Block(func() { addrs, _ = m.host.Locator().Addrs(c.Context(), host) })
	}
	return addrs
}

func (m *TCPOps) connectionTo(to netip.AddrPort) (transport.ConnID, bool) {
	for _, p := range [...]transport.Proto{transport.TCP, transport.TLS, transport.WS} {
		if at, ok := m.host.Transport().ConnectionTo(transport.Destination{Proto: p, Addr: to}); ok {
			return at.ID, true
		}
	}
	return 0, false
}
