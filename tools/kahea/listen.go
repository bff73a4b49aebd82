// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/rpc"
)

// listen makes the transport layer and binds its sockets.
func (s *server) listen() error {
	set := s.cfg.settings
	sockets, places, err := s.sockets()
	if err != nil {
		return err
	}
	if set.TLS.On() && !s.brings(transport.TLS) {
		s.log.Warn("tls support enabled, but no tls engine  available (forgot to load the tls module?)")
		s.log.Warn("disabling tls...")
	}
	children := set.Children
	if !set.Process.Fork {
		children = 1
	}
	opt := transport.Options{
		Network: s.around.network,
		Sockets: sockets,
		UDP:     transport.UDPOptions{Children: children, MaxBuffer: set.MaxBuffer, Portable: s.around.portable},
		TCP: transport.TCPOptions{
			Disabled: set.TCP.Disabled, MaxConnections: set.TCP.MaxConnections, MaxFromAddress: set.TCP.MaxFromAddress, MaxSecure: set.TLS.MaxConnections, Lifetime: set.TCP.ConnectionLifetime,
			ConnectTimeout: set.TCP.ConnectTimeout, SendTimeout: set.TCP.SendTimeout, Sync: !set.TCP.Async,
			ConnQueueMax: set.TCP.ConnectionQueue, QueueMax: set.TCP.QueueMax, NoConnect: set.TCP.NoConnect, Unique: set.TCP.Unique, MatchPort: set.TCP.Match > 0,
			AcceptNoContentLength: set.TCP.AcceptNoCL, NoCRLFPing: !set.TCP.CRLFPing, MaxMessage: max(set.TCP.ReadBuffer, 65536),
			ReusePort: set.TCP.ReusePort, SourceIPv4: set.TCP.SourceIPv4, SourceIPv6: set.TCP.SourceIPv6,
			NoKeepAlive: !set.TCP.KeepAlive, KeepCount: set.TCP.KeepCnt,
			KeepIdle: seconds(set.TCP.KeepIdle), KeepInterval: seconds(set.TCP.KeepIntvl),
			DeferAccept: seconds(set.TCP.DeferAccept), SynCount: set.TCP.SynCount, Linger2: seconds(set.TCP.Linger2),
		},
		MHomed: set.MHomed, TOS: set.TOS, DontFragment: set.PMTUDiscovery, FreeBind: set.FreeBind != 0, Clock: s.clock, Poll: s.wheel.Poll, Counters: s.counters, Log: s.log.With("module", "core"),
	}
	for _, a := range set.Aliases {
		opt.Aliases = append(opt.Aliases, transportAlias(a))
	}
	opt.Aliases = append(opt.Aliases, s.cfg.aliases...)
	layer, err := transport.New(opt)
	if err != nil {
		return err
	}
	s.useStreams(layer)
	if err := layer.Listen(); err != nil {
		return bindError(err, sockets, places)
	}
	s.transport = layer
	s.tuneLocator()
	if set.AutoAliases {
		s.addAutoAliases()
	}
	return nil
}

// useStreams gives the transport the stream protocols that modules bring.
func (s *server) useStreams(layer *transport.Layer) {
	for _, m := range s.cfg.script.Modules {
		if brings, ok := m.Module.(module.Streamer); ok {
			for p, stream := range brings.Streams() {
				if s.around.apart {
					stream = transport.Stream{Client: plainStream.Client, Upgraded: stream.Upgraded}
				}
				layer.Use(p, stream)
			}
		}
	}
}

// plainStream is a stream protocol in a trace, where nothing is secured and
// nobody has certificates.
var plainStream = transport.Stream{Client: func(_ context.Context, c net.Conn, d transport.Destination) (net.Conn, error) {
	if kept, ok := c.(*keptConn); ok {
		kept.proto = d.Proto
	}
	return c, nil
}}

// brings tells whether a module brings a protocol.
func (s *server) brings(p transport.Proto) bool {
	for _, m := range s.cfg.script.Modules {
		if brings, ok := m.Module.(module.Streamer); ok {
			if _, ok := brings.Streams()[p]; ok {
				return true
			}
		}
	}
	return false
}

// servesTLS tells whether there are sockets of TLS: as in Kamailio those that
// are named are left out where TLS is not enabled, or its module not loaded.
func (s *server) servesTLS() bool { return s.cfg.settings.TLS.On() && s.brings(transport.TLS) }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func transportAlias(a settings.Alias) transport.Alias {
	proto, _ := transport.ParseProto(a.Proto)
	return transport.Alias{Proto: proto, Host: a.Host, Port: a.Port}
}

// parseAlias reads [proto:]host[:port].
func parseAlias(text string) (transport.Alias, error) {
	var a transport.Alias
	rest := text
	if p, r, ok := strings.Cut(rest, ":"); ok {
		if proto, known := transport.ParseProto(p); known {
			a.Proto, rest = proto, r
		}
	}
	host, port, err := cutPort(rest)
	if err != nil {
		return a, err
	}
	a.Host, a.Port = host, port
	return a, nil
}

// cutPort splits host[:port], where an IPv6 host stands in brackets.
func cutPort(text string) (host string, port int, err error) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.HasSuffix(text, "]") {
		return text, 0, nil
	}
	port, err = strconv.Atoi(text[i+1:])
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q is no port", text[i+1:])
	}
	return text[:i], port, nil
}

// tuneLocator tells the locator what the sockets can do: other protocols and
// address families are not looked for.
func (s *server) tuneLocator() {
	c := s.locator.Config()
	six := false
	c.Protocols = nil
	for _, sock := range s.transport.Sockets() {
		six = six || sock.Addr.Addr().Is6()
		if !slices.Contains(c.Protocols, sock.Proto) {
			c.Protocols = append(c.Protocols, sock.Proto)
		}
	}
	slices.Sort(c.Protocols)
	c.IPv6 = c.IPv6 && six
	s.locator.Configure(c)
}

// addAutoAliases adds the names that the hosts file has for the addresses.
// Kamailio asks the DNS too, and stands still at start when it does not
// answer.
func (s *server) addAutoAliases() {
	for _, sock := range s.transport.Sockets() {
		names, err := s.locator.Names(context.Background(), sock.Addr.Addr())
		if err != nil {
			s.log.Debug("no name for an address of ours", "addr", sock.Addr.Addr().String(), "err", err)
			continue
		}
		for _, n := range names {
			s.transport.AddAlias(transport.Alias{Proto: sock.Proto, Host: n, Port: int(sock.Addr.Port())})
		}
	}
}

// sockets turns the listen lines, and the flags -l behind them, into addresses
// to bind, and tells where each is written.
func (s *server) sockets() (out []transport.Listen, places []source.Pos, err error) {
	set := s.cfg.settings
	list := slices.Concat(set.Sockets, s.cfg.listen)
	if len(list) == 0 {
		list = s.allAddresses()
	}
	for _, l := range list {
		more, err := s.expand(l)
		if err != nil {
			return nil, nil, err
		}
		for _, one := range more {
			out, places = append(out, one), append(places, l.Pos)
		}
	}
	return out, places, nil
}

// listenError tells why an address cannot be listened on, with the place where
// it is written, if there is one, and what to do.
type listenError struct {
	pos    source.Pos
	err    error
	advice string
}

// Error is the first line of a mistake, and the advice below it.
func (e *listenError) Error() string {
	text := e.err.Error()
	if e.pos.IsValid() {
		text = e.pos.String() + ": " + text
	}
	if e.advice != "" {
		text += "\n   " + e.advice
	}
	return text
}

func (e *listenError) Unwrap() error { return e.err }

// bindError says once what the system said, and who to look for.
func bindError(err error, sockets []transport.Listen, places []source.Pos) error {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err
	}
	what, _, _ := strings.Cut(err.Error(), ": ")
	e := &listenError{err: fmt.Errorf("%s: %w", what, number)}
	switch number {
	case syscall.EADDRINUSE:
		e.advice = "another server has it: see who with ss -lunp"
		if strings.Contains(what, " tcp ") {
			e.advice = "another server has it: see who with ss -ltnp"
		}
	case syscall.EADDRNOTAVAIL:
		e.advice = "this machine has no such address: see ip address"
	case syscall.EACCES:
		e.advice = "ports below 1024 are for root: start as root, with -u USER"
	}
	for i, l := range sockets {
		if strings.HasSuffix(what, " "+l.Addr.String()) {
			e.pos = places[i]
		}
	}
	return e
}

// parseListen reads the value of -l: [proto:]addr[:port][/advaddr[:port]],
// where addr may be (addr, addr).
func parseListen(text string) ([]settings.Socket, error) {
	var base settings.Socket
	rest, adv, has := strings.Cut(text, "/")
	if p, r, ok := strings.Cut(rest, ":"); ok {
		if _, known := transport.ParseProto(p); known {
			base.Proto, rest = strings.ToLower(p), r
		} else if meansProtocol(rest, p, r) {
			return nil, unknownProtocol(p)
		}
	}
	if has {
		var err error
		if base.AdvertiseHost, base.AdvertisePort, err = cutPort(adv); err != nil {
			return nil, fmt.Errorf("advertised address: %w", err)
		}
	}
	hosts := []string{rest}
	if strings.HasPrefix(rest, "(") {
		inner, after, ok := strings.Cut(rest[1:], ")")
		if !ok {
			return nil, errors.New("missing )")
		}
		hosts = nil
		for h := range strings.SplitSeq(inner, ",") {
			hosts = append(hosts, strings.TrimSpace(h)+after)
		}
	}
	var out []settings.Socket
	for _, h := range hosts {
		one := base
		var err error
		if one.Host, one.Port, err = cutPort(h); err != nil {
			return nil, err
		}
		if one.Host == "" {
			return nil, errors.New("the address is missing")
		}
		out = append(out, one)
	}
	return out, nil
}

// meansProtocol tells that what stands before the first colon is no host:
// what follows is more than a port, and the whole is no IPv6 address.
func meansProtocol(whole, before, behind string) bool {
	if strings.ContainsAny(before, "[(.") || before == "" {
		return false
	}
	if _, err := netip.ParseAddr(whole); err == nil {
		return false
	}
	_, err := strconv.Atoi(behind)
	return err != nil
}

func unknownProtocol(word string) error {
	if near := source.DidYouMean(strings.ToLower(word), []string{"udp", "tcp", "tls", "sctp"}); near != "" {
		return fmt.Errorf("unknown protocol %s, %s", word, near)
	}
	return fmt.Errorf("unknown protocol %s", word)
}

// allAddresses is what is listened on where nothing is named: every address
// of the machine, as Kamailio does.
func (s *server) allAddresses() []settings.Socket {
	if s.around.apart {
		return []settings.Socket{{Host: "192.0.2.1"}}
	}
	var out []settings.Socket
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return []settings.Socket{{Host: "0.0.0.0"}}
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().Is6() && (!s.cfg.settings.AutoBindIPv6 || p.Addr().IsLinkLocalUnicast() && !s.cfg.settings.BindIPv6LinkLocal) {
			continue
		}
		out = append(out, settings.Socket{Host: p.Addr().String()})
	}
	return out
}

// expand makes the sockets of one listen line: an interface has several
// addresses, a line without protocol is for UDP and TCP.
func (s *server) expand(l settings.Socket) ([]transport.Listen, error) {
	set := s.cfg.settings
	// What is no protocol to listen on was refused when the file was checked.
	proto, _ := transport.ParseProto(l.Proto)
	if proto == transport.TCP && set.TCP.Disabled || proto == transport.TLS && !s.servesTLS() {
		return nil, nil
	}
	addrs, err := s.addresses(l.Host)
	if err != nil {
		return nil, &listenError{pos: l.Pos, err: fmt.Errorf("cannot listen on %q: %w", l.Host, err), advice: "write an address or an interface of this machine"}
	}
	port := l.Port
	if port == 0 && !s.around.anyPort {
		if port = set.Port; proto == transport.TLS {
			port = set.TLS.Port
		}
	}
	advHost, advPort := l.AdvertiseHost, l.AdvertisePort
	if advHost == "" {
		advHost = set.AdvertisedAddress
	}
	if advPort == 0 {
		advPort = set.AdvertisedPort
	}
	var out []transport.Listen
	for _, a := range addrs {
		out = append(out, transport.Listen{Proto: proto, Addr: netip.AddrPortFrom(a, uint16(port)), Name: l.Name,
			AdvertiseHost: advHost, AdvertisePort: advPort, Workers: l.Workers})
		if proto == transport.ProtoNone && s.servesTLS() {
			out = append(out, transport.Listen{Proto: transport.TLS, Addr: netip.AddrPortFrom(a, s.tlsPort(l.Port)), AdvertiseHost: advHost})
		}
	}
	return out, nil
}

// tlsPort is the port of TLS beside a socket for all protocols: the next one,
// as in Kamailio.
func (s *server) tlsPort(named int) uint16 {
	switch {
	case named != 0:
		return uint16(named + 1)
	case s.around.anyPort:
		return 0
	}
	return uint16(s.cfg.settings.TLS.Port)
}

// addresses finds the addresses of what a listen line names: an address, an
// interface, a host.
func (s *server) addresses(host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{a}, nil
	}
	if s.around.apart {
		return s.locator.Addrs(context.Background(), host)
	}
	if iface, err := net.InterfaceByName(host); err == nil {
		list, err := iface.Addrs()
		if err != nil {
			return nil, err
		}
		var out []netip.Addr
		for _, a := range list {
			if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
				out = append(out, p.Addr())
			}
		}
		return out, nil
	}
	addrs, err := s.locator.Addrs(context.Background(), host)
	if err != nil {
		return nil, err
	}
	return addrs[:1], nil
}

// printListening says where the server listens, in Kamailio's words.
func (s *server) printListening() {
	w := s.around.stdout
	fmt.Fprintln(w, "Listening on ")
	for _, sock := range s.transport.Sockets() {
		fmt.Fprintf(w, "             %s: %s:%d", sock.Proto, bracket(sock.Addr.Addr()), sock.Addr.Port())
		if sock.Advertised {
			fmt.Fprintf(w, " advertise %s:%d", sock.Host, sock.Port)
		}
		if sock.Name != "" {
			fmt.Fprintf(w, " name %s", sock.Name)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "Aliases: ")
	for _, a := range s.transport.Aliases() {
		proto, port := "*", "*"
		if a.Proto != transport.ProtoNone {
			proto = a.Proto.String()
		}
		if a.Port != 0 {
			port = strconv.Itoa(a.Port)
		}
		fmt.Fprintf(w, "             %s: %s:%s\n", proto, a.Host, port)
	}
	fmt.Fprintln(w)
}

func bracket(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// rpcInfo is what the commands of the core report.
func (s *server) rpcInfo() rpc.Info {
	return rpc.Info{
		Args:     os.Args,
		Features: features,
		Defines: func() []rpc.Define {
			var out []rpc.Define
			for _, d := range s.cfg.pre.Defines {
				out = append(out, rpc.Define{Name: d.Name, Value: d.Value})
			}
			return out
		},
		Sockets:   func() []*transport.Socket { return s.transport.Sockets() },
		Databases: func() []string { return s.engine.Databases() },
		Work: func() rpc.Work {
			taken, atWork := s.engine.Work()
			ending := int64(s.transport.ConnCounts().Ending)
			w := rpc.Work{Taken: taken, AtWork: atWork, Tasks: s.goer.running.Load() + ending}
			if short := s.counters.Lookup("udp", "short_datagrams"); short != nil {
				w.Short = short.Value()
			}
			return w
		},
		Aliases: func() []rpc.Alias {
			var out []rpc.Alias
			for _, a := range s.transport.Aliases() {
				out = append(out, rpc.Alias{Proto: a.Proto.String(), Host: a.Host, Port: a.Port})
			}
			return out
		},
		MyselfCallbacks: s.transport.MyselfCallbacks,
		NoAutoAliases:   !s.cfg.settings.AutoAliases,
		Connections: func() []rpc.Connection {
			var out []rpc.Connection
			for _, c := range s.transport.Connections() {
				out = append(out, rpcConnection(c))
			}
			return out
		},
		Readers:     s.cfg.settings.Children,
		QueuedBytes: func() int64 { return int64(s.transport.ConnCounts().Queued) },
		Signal:      func(sig syscall.Signal) error { return syscall.Kill(os.Getpid(), sig) },
	}
}
