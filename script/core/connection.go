// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func forceRport(c *module.Call, _ module.Args) module.Result {
	c.Msg.ForceRport = true
	return module.True
}

func addLocalRport(c *module.Call, _ module.Args) module.Result {
	c.AddLocalRport = true
	return module.True
}

// forceTCPAlias makes the connection that the message came by serve requests
// to another port of the peer.
func forceTCPAlias(c *module.Call, a module.Args) module.Result {
	if c.Packet.Conn == 0 {
		return module.True
	}
	port := a.Int(0, 0)
	if port == 0 {
		via, err := c.Msg.Via(0)
		if err != nil {
			return c.Fail("force_tcp_alias", err)
		}
		port = via.SentByPort()
	}
	if port < 1 || port > 65535 {
		return c.Fail("force_tcp_alias", errPort)
	}
	return module.Bool(c.Host.Transport().AliasConn(c.Packet.Conn, uint16(port)))
}

func setReplyNoConnect(c *module.Call, _ module.Args) module.Result {
	c.ReplyNoConnect = true
	return module.True
}

func setReplyClose(c *module.Call, _ module.Args) module.Result {
	c.ReplyClose = true
	return module.True
}

func setForwardNoConnect(c *module.Call, _ module.Args) module.Result {
	c.ForwardNoConnect = true
	return module.True
}

func setForwardClose(c *module.Call, _ module.Args) module.Result {
	c.ForwardClose = true
	return module.True
}

var (
	errPort   = errors.New("a port is a number of 1 to 65535")
	errSocket = errors.New("no listen line has this socket")
)

func setAdvertisedAddress(c *module.Call, a module.Args) module.Result {
	c.AdvertisedHost = c.Keep(a.Str(0))
	return module.True
}

func setAdvertisedPort(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, 0)
	if n < 1 || n > 65535 {
		return c.Fail("set_advertised_port", errPort)
	}
	c.AdvertisedPort = n
	return module.True
}

func forceSendSocket(c *module.Call, a module.Args) module.Result {
	s := c.Host.Transport().SocketByText(a.Str(0))
	if s == nil {
		return c.Fail("force_send_socket", errSocket)
	}
	c.Target.Socket = s
	return module.True
}

var errLargeProto = errors.New("expected UDP, TCP, TLS or SCTP")

// largeProto refuses numbers that are no protocols of udp_mtu_try_proto.
func largeProto(text string) (any, error) {
	if n, err := strconv.Atoi(text); err != nil || n < int(transport.UDP) || n > int(transport.SCTP) {
		return nil, errLargeProto
	}
	return nil, nil
}

func udpMTUTryProto(c *module.Call, a module.Args) module.Result {
	switch p := transport.Proto(a.Int(0, 0)); p {
	case transport.UDP:
		c.LargeProto = transport.ProtoNone
	case transport.TCP, transport.TLS, transport.SCTP:
		c.LargeProto = p
	default:
		return c.Fail("udp_mtu_try_proto", errLargeProto)
	}
	return module.True
}
