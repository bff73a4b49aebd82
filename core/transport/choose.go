// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sockets lists the sockets in the order of the configuration. The slice is
// not to be changed.
func (l *Layer) Sockets() []*Socket { return l.sockets }

// SocketByText finds a socket by "proto:host:port", with or without protocol
// or port, by its advertised address, or by its name; nil where there is none.
func (l *Layer) SocketByText(text string) *Socket {
	for _, s := range l.sockets {
		if s.Text == text {
			return s
		}
	}
	for _, s := range l.sockets {
		if s.Name != "" && s.Name == text {
			return s
		}
	}
	proto, host, port, ok := splitSocketText(text)
	if !ok {
		return nil
	}
	if addr, ok := parseAddr(unbracket(host)); ok {
		if s := l.Socket(proto, netip.AddrPortFrom(addr, uint16(port))); s != nil {
			return s
		}
	}
	for _, s := range l.sockets {
		if s = s.As(proto); s != nil && s.Advertised && (port == 0 || s.Port == port) && strings.EqualFold(s.Host, bracket(host)) {
			return s
		}
	}
	return nil
}

// splitSocketText takes "[proto:]host[:port]" apart.
func splitSocketText(text string) (proto Proto, host string, port int, ok bool) {
	if head, rest, found := strings.Cut(text, ":"); found {
		if p, ok := ParseProto(head); ok {
			proto, text = p, rest
		}
	}
	host = text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && (strings.IndexByte(text, ':') == i || i > 0 && text[i-1] == ']') {
		n, err := strconv.ParseUint(text[i+1:], 10, 16)
		if err != nil {
			return 0, "", 0, false
		}
		host, port = text[:i], int(n)
	}
	return proto, host, port, host != ""
}

// Socket finds a socket by what it is bound to; ProtoNone and port 0 match
// any. It returns nil where there is none.
func (l *Layer) Socket(proto Proto, addr netip.AddrPort) *Socket {
	for _, s := range l.sockets {
		if s = s.As(proto); s != nil && (addr.Port() == 0 || s.Addr.Port() == addr.Port()) && s.Addr.Addr() == addr.Addr() {
			return s
		}
	}
	return nil
}

// Choose finds the socket to send from to dst: the first one of protocol and
// address family, with mhomed the one on the source address of the route. It
// returns nil where there is none.
func (l *Layer) Choose(proto Proto, dst netip.Addr) *Socket {
	dst = dst.Unmap()
	if l.opt.MHomed {
		if s := l.chooseByRoute(proto, dst); s != nil {
			return s
		}
	}
	// A loopback socket cannot reach the world: it is the last choice then.
	var second *Socket
	for _, s := range l.sockets {
		if s = s.As(proto); s == nil || s.Addr.Addr().Is4() != dst.Is4() {
			continue
		}
		if !s.Addr.Addr().IsLoopback() || dst.IsLoopback() {
			return s
		}
		if second == nil {
			second = s
		}
	}
	return second
}

// routeKeep is how long a route that was looked up is believed.
const routeKeep = 5 * time.Second

// routeMax bounds the routes that are remembered.
const routeMax = 4096

// routes remembers the source addresses of destinations.
type routes struct {
	mu    sync.Mutex
	known map[netip.Addr]route // guarded by mu
}

type route struct {
	source netip.Addr
	until  time.Duration
}

// chooseByRoute finds the socket on the address that the kernel would send
// from, nil where none listens there.
func (l *Layer) chooseByRoute(proto Proto, dst netip.Addr) *Socket {
	source := l.source(dst)
	if !source.IsValid() {
		return nil
	}
	for _, s := range l.sockets {
		if s = s.As(proto); s != nil && s.Addr.Addr().WithZone("") == source {
			return s
		}
	}
	return nil
}

func (l *Layer) source(dst netip.Addr) netip.Addr {
	now := l.clock.Monotonic()
	l.routes.mu.Lock()
	r, ok := l.routes.known[dst]
	l.routes.mu.Unlock()
	if ok && now < r.until {
		return r.source
	}
	source, err := l.network.Source(dst)
	if err != nil {
		source = netip.Addr{}
	}
	source = source.Unmap().WithZone("")
	l.routes.mu.Lock()
	defer l.routes.mu.Unlock()
	if l.routes.known == nil || len(l.routes.known) >= routeMax {
		l.routes.known = map[netip.Addr]route{}
	}
	l.routes.known[dst] = route{source, now + routeKeep}
	return source
}
