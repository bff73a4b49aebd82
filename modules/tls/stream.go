// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// secured is a TLS connection as the transport has it.
type secured struct {
	*tls.Conn
	base    net.Conn
	profile *profile
	// farewell sends a close notify before the connection is closed.
	farewell func() bool
	// fault is what is wrong with the peer's certificate, nil when it is good.
	fault error
	// name is the server name that the greeting asked for.
	name string
	// shown is the certificate that the peer was shown, where the profile renews it.
	shown *x509.Certificate
}

// Close implements net.Conn.
func (s *secured) Close() error {
	if s.farewell() {
		return s.Conn.Close()
	}
	return s.base.Close()
}

// peer is the certificate of the peer, nil for none.
func (s *secured) peer() *x509.Certificate {
	if list := s.ConnectionState().PeerCertificates; len(list) > 0 {
		return list[0]
	}
	return nil
}

// own is the certificate that was shown to the peer, nil for none.
func (s *secured) own() *x509.Certificate {
	if s.shown != nil {
		return s.shown
	}
	if list := s.profile.base.Certificates; len(list) > 0 {
		return list[0].Leaf
	}
	return nil
}

// Streams implements module.Streamer.
func (t *TLS) Streams() map[transport.Proto]transport.Stream {
	return map[transport.Proto]transport.Stream{transport.TLS: {Server: t.accept, Client: t.connect, Lifetime: t.lifetime}}
}

// lifetime is connection_timeout.
func (t *TLS) lifetime() time.Duration {
	if n := t.timeout.Get(); n >= 0 {
		return time.Duration(n) * time.Second
	}
	return -1
}

// secure completes what connections of the profile begin with. Verification is
// that of check, also for sessions that are resumed, for which crypto/tls itself
// would ask nothing: VerifyConnection is called for them too.
func (p *profile) secure() {
	if p.client {
		p.base.ServerName = p.serverName
		p.base.InsecureSkipVerify = true // which leaves it to VerifyConnection
		p.base.ClientSessionCache = tls.NewLRUClientSessionCache(64)
		return
	}
	switch p.mode {
	case verifyOn:
		p.base.ClientAuth = tls.RequireAnyClientCert
	case verifyOptional, verifyAsk:
		p.base.ClientAuth = tls.RequestClientCert
	}
}

// verifier returns what looks at the peer's certificate once the handshake is
// nearly done, and notes in s what it found.
func (t *TLS) verifier(p *profile, s *secured) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		s.profile = p
		s.fault = p.check(state.PeerCertificates, p.base.Time())
		absent := len(state.PeerCertificates) == 0
		if s.fault == nil || p.mode == verifyOff || p.mode == verifyAsk || p.mode == verifyOptional && absent {
			return nil
		}
		return s.fault
	}
}

// accept secures a connection that came to a socket.
func (t *TLS) accept(c net.Conn, s *transport.Socket) (net.Conn, error) {
	at := localAddr(c, s)
	sec := &secured{base: c, farewell: t.farewell}
	first := &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		p := t.current.Load().forServer(at, hello.ServerName)
		sec.profile, sec.name = p, hello.ServerName
		config := p.configure(t.verifier(p, sec))
		if p.magic != nil {
			config.GetCertificate = p.showing(sec)
		}
		return config, nil
	}}
	sec.Conn = tls.Server(c, first)
	if err := sec.Conn.Handshake(); err != nil {
		t.failed.Inc()
		t.log.Debug("a TLS connection was not accepted", "src", c.RemoteAddr().String(), "err", err)
		return nil, err
	}
	t.accepted.Inc()
	return sec, nil
}

// configure copies the profile's configuration for one connection. The copy has
// the session tickets of the profile, so that a session is resumed only where it
// was made.
func (p *profile) configure(verify func(tls.ConnectionState) error) *tls.Config {
	p.tickets.renew(p.base)
	c := p.base.Clone()
	c.VerifyConnection = verify
	return c
}

// localAddr is where a connection came to; a socket may be bound to all addresses.
func localAddr(c net.Conn, s *transport.Socket) netip.AddrPort {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return s.Addr
}

// security is Destination.Security: what the script asked for a connection that
// its request opens.
type security struct{ id, name string }

var errDropped = errors.New("event_route[tls:connection-out] has dropped it")

// connect secures a connection that was opened to a destination.
func (t *TLS) connect(ctx context.Context, c net.Conn, d transport.Destination) (net.Conn, error) {
	want, _ := d.Security.(security)
	if !t.mayConnect(d) {
		return nil, errDropped
	}
	p := t.current.Load().forClient(d.Addr, want.id, want.name)
	sec := &secured{base: c, farewell: t.farewell, profile: p}
	config := p.configure(t.verifier(p, sec))
	if want.name != "" {
		config.ServerName = want.name
	}
	sec.name = config.ServerName
	sec.Conn = tls.Client(c, config)
	if err := sec.Conn.HandshakeContext(ctx); err != nil {
		t.failed.Inc()
		t.trouble.tell(t, d.Addr, p, err)
		return nil, err
	}
	t.opened.Inc()
	return sec, nil
}

// quiet is how long nothing more is said of connections that cannot be opened.
const quiet = 10 * time.Second

// trouble tells of connections to others that fail, which an operator can mend,
// one in ten seconds.
type trouble struct {
	last   atomic.Int64 // nanoseconds of the clock, 0 for never
	silent atomic.Int64
}

func (r *trouble) tell(t *TLS, to netip.AddrPort, p *profile, err error) {
	now, last := t.host.Clock().Now().UnixNano(), r.last.Load()
	if last != 0 && now-last < int64(quiet) || !r.last.CompareAndSwap(last, now) {
		r.silent.Add(1)
		return
	}
	attrs := []any{"dst", to.String(), "profile", p.String(), "err", err}
	if n := r.silent.Swap(0); n > 0 {
		attrs = append(attrs, "repeated", n)
	}
	t.log.Warn("cannot open a TLS connection", attrs...)
}

func (t *TLS) farewell() bool { return t.closeNotify.Get() != 0 }

// mayConnect runs event_route[tls:connection-out]; drop in it closes the
// connection before anything is sent.
func (t *TLS) mayConnect(d transport.Destination) bool {
	route, ok := t.host.Route(module.EventRoute, eventOut)
	if !ok {
		return true
	}
	c := t.host.NewCall()
	defer t.host.FreeCall(c)
	c.Route, c.Event = module.EventRoute, &module.Sending{Destination: d}
	out := c.Gen.Program.Run(c, route)
	c.Event = nil
	return !out.Drop
}
