// SPDX-License-Identifier: Apache-2.0

package ctl

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
)

// defaultPort is the one that kamcmd uses for udp: and tcp: without a port.
const defaultPort = 2049

// endpoint is one open socket.
type endpoint struct {
	network string
	addr    net.Addr
	file    listen.Owned
}

func (c *Ctl) serve(ctx context.Context, h module.Host) error {
	c.server = &binrpc.Server{
		Go: h.Go,
		Call: func(ctx context.Context, name string, args []any, local bool) ([]any, error) {
			r, err := rpc.CallFrom(ctx, h, name, args, local)
			if errors.Is(err, rpc.ErrNotFound) {
				return nil, module.Faultf(500, "command %s not found", name)
			}
			return r.Values, err
		},
	}
	for _, a := range c.addresses {
		if err := c.open1(ctx, h, a); err != nil {
			return errors.Join(fmt.Errorf("cannot listen on %s: %w", a, err), c.close())
		}
	}
	return nil
}

func (c *Ctl) open1(ctx context.Context, h module.Host, a listen.Address) error {
	if a.Network == "udp" || a.Network == "unixgram" {
		p, file, err := listen.Packet(ctx, a, c.access())
		if err != nil {
			return err
		}
		c.open = append(c.open, endpoint{a.Network, p.LocalAddr(), file})
		h.Go("ctl "+a.String(), func() { c.server.ServePackets(ctx, p) })
		return nil
	}
	l, file, err := listen.Stream(ctx, a, c.access())
	if err != nil {
		return err
	}
	c.open = append(c.open, endpoint{a.Network, l.Addr(), file})
	h.Go("ctl "+a.String(), func() { c.server.ServeStream(ctx, l) })
	return nil
}

func (c *Ctl) close() error {
	if c.server != nil {
		c.server.Close()
	}
	var errs []error
	for _, e := range c.open {
		if e.file.Path() != "" {
			errs = append(errs, e.file.Remove())
		}
	}
	c.open = nil
	return errors.Join(errs...)
}

// transportName is the word that Kamailio prints for a network.
func transportName(network string) string {
	switch network {
	case "unix":
		return "unix_stream"
	case "unixgram":
		return "unix_dgram"
	}
	return network
}

// split returns address and port as the commands print them; a Unix socket has
// an empty port.
func split(a net.Addr) (host, port string) {
	if u, ok := a.(*net.UnixAddr); ok {
		if u.Name == "" || u.Name == "@" {
			return "<anonymous unix socket>", ""
		}
		return u.Name, ""
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String(), ""
	}
	return host, port
}

func (c *Ctl) listen(r *module.Request) error {
	for _, e := range c.open {
		host, port := split(e.addr)
		for _, s := range [...]string{"binrpc", transportName(e.network), host, port} {
			r.Add(s)
		}
	}
	return nil
}

func (c *Ctl) connections(r *module.Request) error {
	r.Add(len(c.server.Conns()))
	return nil
}

func (c *Ctl) who(r *module.Request) error {
	for _, conn := range c.server.Conns() {
		peer, peerPort := split(conn.RemoteAddr())
		own, ownPort := split(conn.LocalAddr())
		for _, s := range [...]string{"binrpc", transportName(conn.LocalAddr().Network()), peer, peerPort, own, ownPort} {
			r.Add(s)
		}
	}
	return nil
}
