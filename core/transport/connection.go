// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Connection describes a stream connection at one moment.
type Connection struct {
	ID    ConnID
	Proto Proto
	// Local and Remote are the two ends.
	Local, Remote netip.AddrPort
	// Socket is the one that accepted the connection, or that it was opened
	// for.
	Socket *Socket
	// State is what core.tcp_list shows.
	State ConnState
	// Outgoing tells that this server opened it.
	Outgoing bool
	// Opened is when it was opened or accepted.
	Opened time.Time
	// Lifetime is how long it may stay unused, and Expires what is left of
	// it; negative for ever.
	Lifetime, Expires time.Duration
	// Received is how many bytes have come and were looked at, with what follows from them.
	Received int64
	// Queued is how many bytes wait to be sent.
	Queued int
	// Aliases are the ports besides Remote's under which it is found.
	Aliases []uint16
	// End is why it has ended, in what OnClose tells: io.EOF where the peer has
	// closed it, net.ErrClosed where somebody here has, ErrExpired, ErrStopped.
	End error
}

// ConnState is the state of a connection.
type ConnState uint8

// The states of a connection.
const (
	// ConnConnecting: it is being opened or secured.
	ConnConnecting ConnState = iota
	// ConnOpen: messages flow.
	ConnOpen
	// ConnClosing: it has ended.
	ConnClosing
)

// ConnCounts are the numbers of core.tcp_info.
type ConnCounts struct {
	// Open counts all connections, Max is the limit.
	Open, Max int
	// Secure counts those of TLS and WSS, MaxSecure is the limit for them.
	Secure, MaxSecure int
	// Queued is the number of bytes that wait on all connections.
	Queued int
	// Ending counts those that are in no table any more, but whose end is not
	// yet told to all that asked for it.
	Ending int
	// ByProto counts the connections of each protocol.
	ByProto [WSS + 1]int
}

// Connections lists the stream connections by ID.
func (l *Layer) Connections() []Connection {
	l.streams.mu.RLock()
	all := make([]*conn, 0, len(l.streams.byID))
	for _, c := range l.streams.byID {
		all = append(all, c)
	}
	l.streams.mu.RUnlock()
	list := make([]Connection, len(all))
	for i, c := range all {
		list[i] = c.info()
	}
	slices.SortFunc(list, func(a, b Connection) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Connection finds one stream connection.
func (l *Layer) Connection(id ConnID) (info Connection, ok bool) {
	if c := l.streams.byNumber(id); c != nil {
		return c.info(), true
	}
	return Connection{}, false
}

// NetConn returns what secures a connection, or else the TCP connection; nil
// where there is no such connection, or it is not open yet. Nobody may read or
// write it.
func (l *Layer) NetConn(id ConnID) net.Conn {
	c := l.streams.byNumber(id)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

// ConnectionTo finds the connection that a message to d would take.
func (l *Layer) ConnectionTo(d Destination) (info Connection, ok bool) {
	if c := l.streams.find(d, d.Socket); c != nil {
		return c.info(), true
	}
	return Connection{}, false
}

// ConnCounts returns the numbers of connections.
func (l *Layer) ConnCounts() ConnCounts {
	t := &l.streams
	t.mu.RLock()
	defer t.mu.RUnlock()
	return ConnCounts{
		Open: len(t.byID), Max: t.maxConns, Secure: t.byProto[TLS] + t.byProto[WSS], MaxSecure: t.maxSecure,
		Queued: int(t.queued.Load()), Ending: int(t.ending.Load()), ByProto: t.byProto,
	}
}

// CloseConn closes a connection when what waits was sent, and says whether
// there was one.
func (l *Layer) CloseConn(id ConnID) bool {
	return l.Drop(id, nil)
}

// Drop is CloseConn because of what the peer has sent.
func (l *Layer) Drop(id ConnID, why error) bool {
	c := l.streams.byNumber(id)
	if c == nil {
		return false
	}
	c.farewell(why)
	c.mu.Lock()
	c.closeAfter = true
	idle := c.queued == 0
	c.mu.Unlock()
	if idle {
		c.close()
	}
	return true
}

// KeepConn makes a connection live for d unused, as registrar's
// tcp_persistent_flag does; negative for ever, 0 goes back to the common
// lifetime. It says whether there is such a connection.
func (l *Layer) KeepConn(id ConnID, d time.Duration) bool {
	c := l.streams.byNumber(id)
	if c != nil {
		c.keep.Store(int64(d))
	}
	return c != nil
}

// KeepAlive sets the kernel's probes of one connection.
func (l *Layer) KeepAlive(id ConnID, k net.KeepAliveConfig) error {
	c := l.streams.byNumber(id)
	if c == nil {
		return ErrNoConnection
	}
	c.mu.Lock()
	base, ok := c.base.(interface {
		SetKeepAliveConfig(config net.KeepAliveConfig) error
	})
	c.mu.Unlock()
	if !ok {
		return errors.ErrUnsupported
	}
	return base.SetKeepAliveConfig(k)
}

// maxAliases bounds the aliases of a connection.
const maxAliases = 12

// AliasConn makes a connection found under its remote address with another
// port too (RFC 5923, force_tcp_alias). It says whether it is.
func (l *Layer) AliasConn(id ConnID, port uint16) bool {
	t := &l.streams
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.byID[id]
	switch {
	case c == nil || port == 0 || c.leaving:
		return false
	case port == c.remote.Port() || slices.Contains(c.aliases, port):
		return true
	case len(c.aliases) >= maxAliases:
		return false
	}
	c.aliases = append(c.aliases, port)
	key := remoteKey{c.proto, netip.AddrPortFrom(c.remote.Addr(), port)}
	t.byRemote[key] = append(t.byRemote[key], c)
	return true
}

// OnClose adds a function that is told of every connection that has closed,
// on a goroutine of the connection.
func (l *Layer) OnClose(f func(c Connection)) {
	l.streams.mu.Lock()
	defer l.streams.mu.Unlock()
	l.streams.onClose = append(slices.Clip(l.streams.onClose), f)
}

func (t *streams) byNumber(id ConnID) *conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byID[id]
}

func (c *conn) info() Connection {
	c.streams.mu.RLock()
	i := Connection{
		ID: c.id, Proto: c.proto, Local: c.local, Remote: c.remote, Socket: c.socket,
		Outgoing: c.outgoing, Opened: c.opened, Lifetime: c.life(), Expires: -1, Received: c.received.Load(), Aliases: slices.Clone(c.aliases),
	}
	c.streams.mu.RUnlock()
	if i.Lifetime >= 0 {
		used := time.Duration(c.used.Load())
		i.Expires = max(0, used+i.Lifetime-c.streams.layer.clock.Monotonic())
	}
	c.mu.Lock()
	i.State, i.Queued = c.state, c.queued
	c.mu.Unlock()
	return i
}
