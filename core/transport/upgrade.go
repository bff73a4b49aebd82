// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"strconv"
)

// A WebSocket connection begins as one of TCP or TLS, on which a client asks by
// HTTP to go on with frames (RFC 6455). There is no listen line for it: the
// socket that has accepted it stands for itself and, under another protocol, for
// what its connections have become. Nobody can connect to a browser, so what is
// sent over WS or WSS takes a connection that is there, or fails.

// addWeb gives a socket of TCP or TLS the one of its WebSocket connections, where
// a module brings the protocol.
func (l *Layer) addWeb(s *Socket) {
	p := WS
	switch s.Proto {
	case TCP:
	case TLS:
		p = WSS
	default:
		return
	}
	if !l.streams.protos[p].Upgraded {
		return
	}
	web := *s
	web.Proto, web.listener, web.upgraded = p, nil, true
	if web.SentBy == web.Host {
		web.SentBy += ":" + strconv.Itoa(web.Port)
	}
	s.web = &web
}

// As is the socket as it serves a protocol: itself for its own and for
// ProtoNone; for WS and WSS that of the connections that were upgraded on it,
// which is not in the list of sockets and has the Text and Index of the one that
// listens. Nil where it does not serve the protocol.
func (s *Socket) As(p Proto) *Socket {
	switch {
	case s.Proto == p || p == ProtoNone:
		return s
	case s.web != nil && s.web.Proto == p:
		return s.web
	}
	return nil
}

// Web is the socket of the connections that were upgraded on this one, nil where
// it has none.
func (s *Socket) Web() *Socket { return s.web }

// Base is the protocol that the socket listens for: TCP for WS, TLS for WSS.
func (s *Socket) Base() Proto {
	switch {
	case !s.upgraded:
		return s.Proto
	case s.Proto == WSS:
		return TLS
	}
	return TCP
}

// Upgraded tells that the socket is that of connections that were upgraded.
func (s *Socket) Upgraded() bool { return s.upgraded }

// Upgrade makes a WebSocket connection of one of TCP or TLS, with another framing
// from its next byte on (RFC 6455 4.2.2). It is called while the connection's
// message is received, after the answer was sent; false where there is no such
// connection, or it cannot become one.
func (l *Layer) Upgrade(id ConnID, f Framing) bool {
	t := &l.streams
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.byID[id]
	if c == nil || c.socket == nil || c.socket.web == nil || c.outgoing {
		return false
	}
	web := c.socket.web
	for _, port := range append(c.aliases, c.remote.Port()) {
		remote := netip.AddrPortFrom(c.remote.Addr(), port)
		t.forget(remoteKey{c.proto, remote}, c)
		t.byRemote[remoteKey{web.Proto, remote}] = append(t.byRemote[remoteKey{web.Proto, remote}], c)
	}
	t.byProto[c.proto]--
	t.byProto[web.Proto]++
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proto, c.socket, c.framing = web.Proto, web, f
	return true
}

// UpgradedTo is the socket of the newest WebSocket connection from an address, nil
// where there is none. A URI need not say whether the connection is a secure one:
// RFC 7118 5.2.4 has one transport parameter for both.
func (l *Layer) UpgradedTo(remote netip.AddrPort) *Socket {
	l.streams.mu.RLock()
	defer l.streams.mu.RUnlock()
	if c := l.streams.findUpgraded(Destination{Proto: WS, Addr: remote}); c != nil {
		return c.socket
	}
	return nil
}

// findUpgraded is find for WS and WSS: the address of a client behind a NAT names
// its connection, whatever socket the message should leave by. mu is held.
func (t *streams) findUpgraded(d Destination) *conn {
	for _, p := range [...]Proto{d.Proto, WS, WSS} {
		if list := t.byRemote[remoteKey{p, d.Addr}]; len(list) > 0 {
			return list[len(list)-1]
		}
	}
	return nil
}

// MaxMessage bounds what a stream connection may bring at once (tcp_rd_buf_size), in
// bytes: no frame can be larger.
func (l *Layer) MaxMessage() int { return l.streams.maxMessage }

// Transmit sends bytes that are no message on a connection, as a ping is, and says
// whether it took them.
func (l *Layer) Transmit(id ConnID, data []byte) bool {
	c := l.streams.byNumber(id)
	return c != nil && c.sendRaw(data) == nil
}

// Leave sends the last bytes on a connection, which finds no message any more but
// stays open for what its peer answers; CloseConn closes it. False where there is
// no such connection, or it was left already.
func (l *Layer) Leave(id ConnID, last []byte) bool {
	t := &l.streams
	t.mu.Lock()
	c := t.byID[id]
	if c == nil || c.leaving {
		t.mu.Unlock()
		return false
	}
	c.leaving = true
	t.forgetAll(c)
	t.mu.Unlock()
	return c.sendRaw(last) == nil
}

// farewell sends what the framing wants said before the connection closes, and
// tells whether there was something.
func (c *conn) farewell(why error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != ConnOpen || c.closeAfter {
		return false
	}
	last := c.framing.Farewell(why)
	return last != nil && c.enqueue(last, false) == nil
}
