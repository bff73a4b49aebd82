// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// Start implements module.Starter.
func (x *Corex) Start(_ context.Context, h module.Host) error {
	for _, text := range x.subdomains {
		d, err := parseSubdomain(text)
		if err != nil {
			return err
		}
		h.Transport().OnMyself(d.matches)
	}
	x.replyOut.start(h)
	if err := x.network.start(h); err != nil {
		return err
	}
	if len(x.records) == 0 {
		return nil
	}
	return x.remember(h.Locator())
}

var errNowhere = errors.New("the name leads nowhere")

// find finds where a query leads, waiting for DNS where it must.
func find(c *module.Call, q locate.Query) (transport.Destination, error) {
	l := c.Host.Locator()
	targets, ready := l.Ready(q)
	if !ready {
		var err error
		c.Block(func() { targets, err = l.Locate(c.Context(), q) })
		if err != nil {
			return transport.Destination{}, err
		}
	}
	t, ok := targets.Next()
	if !ok {
		return transport.Destination{}, errNowhere
	}
	return transport.Destination{Proto: t.Proto, Addr: t.Addr}, nil
}

func uriQuery(text string) (locate.Query, error) {
	u, err := sip.ParseURI(text)
	if err != nil {
		return locate.Query{}, err
	}
	q := locate.Query{Host: u.Host, Port: u.Port, Secure: u.Scheme == sip.SchemeSIPS}
	if v, ok := u.Params.Lookup("transport"); ok {
		q.Transport = sip.ParseTransport(v)
	}
	if v, ok := u.Params.Lookup("maddr"); ok {
		q.Host = v
	}
	return q, nil
}

// sendRaw sends the request's bytes as they came.
func sendRaw(c *module.Call, a module.Args, function string, proto transport.Proto) module.Result {
	var q locate.Query
	if a[0].Given && a.Str(0) != "" {
		host, port, _ := strings.Cut(a.Str(0), ":")
		q.Host = host
		if port != "" {
			n, err := strconv.Atoi(port)
			if err != nil {
				return c.Fail(function, errAddress)
			}
			q.Port = n
		}
	} else {
		uri := c.Target.DstURI
		if uri == "" {
			uri = c.Target.URI
		}
		var err error
		if q, err = uriQuery(uri); err != nil {
			return c.Fail(function, err)
		}
	}
	q.Transport = proto
	d, err := find(c, q)
	if err != nil {
		return c.Fail(function, err)
	}
	d.Proto, d.Plain = proto, true
	if err := c.Out.Send(d, []byte(c.Msg.Raw())); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

func sendUDP(c *module.Call, a module.Args) module.Result {
	return sendRaw(c, a, "send_udp", transport.UDP)
}

func sendTCP(c *module.Call, a module.Args) module.Result {
	return sendRaw(c, a, "send_tcp", transport.TCP)
}

// sendTo sends data to a URI, from a socket where one is given.
func sendTo(c *module.Call, function, uri string, from *transport.Socket, data string) module.Result {
	q, err := uriQuery(uri)
	if err != nil {
		return c.Fail(function, err)
	}
	d, err := find(c, q)
	if err != nil {
		return c.Fail(function, err)
	}
	d.Socket, d.Plain = from, true
	if err := c.Out.Send(d, []byte(data)); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

func sendData(c *module.Call, a module.Args) module.Result {
	return sendTo(c, "send_data", a.Str(0), nil, a.Str(1))
}

func sendFrom(c *module.Call, a module.Args) module.Result {
	s := c.Host.Transport().SocketByText(a.Str(1))
	if s == nil {
		return c.Fail("sendx", errSocket)
	}
	return sendTo(c, "sendx", a.Str(0), s, a.Str(2))
}

var errReadOnly = errors.New("the variable is read-only")

// fileRead is file_read(fpath, var).
func fileRead(c *module.Call, a module.Args) module.Result {
	v, ok := a.Var(1).(module.Assignable)
	if !ok {
		return c.Fail("file_read", errReadOnly)
	}
	text, err := os.ReadFile(a.Str(0))
	if err != nil {
		return c.Fail("file_read", err)
	}
	if err := v.Set(c, module.Index{}, avp.String(string(text))); err != nil {
		return c.Fail("file_read", err)
	}
	return module.True
}

// fileWrite is file_write(fpath, content).
func fileWrite(c *module.Call, a module.Args) module.Result {
	if err := os.WriteFile(a.Str(0), []byte(a.Str(1)), 0o644); err != nil {
		return c.Fail("file_write", err)
	}
	return module.True
}
