// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bufio"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

const (
	// maxConns bounds the open stream connections of a server.
	maxConns = 1024
	// requestTime bounds how long the rest of a request may take once its
	// first octet came, and how long a client may take to read a reply.
	requestTime = 30 * time.Second
	// maxDatagram is the longest datagram that the protocols can carry.
	maxDatagram = 65535
)

// Server answers requests.
type Server struct {
	// Call runs a method. Its error is a *module.Fault. local tells that it
	// came through a Unix socket.
	Call func(ctx context.Context, method string, args []any, local bool) ([]any, error)
	// Go starts a goroutine.
	Go func(name string, f func())

	mu     sync.Mutex
	closed bool       // guarded by mu
	conns  []net.Conn // guarded by mu; in the order of opening
	open   []closer   // guarded by mu; listeners and packet sockets
}

type closer interface{ Close() error }

// add keeps c to close it at the end; false when the end has come.
func (s *Server) add(c closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open = append(s.open, c)
	return true
}

// Conns returns the open stream connections, the oldest first.
func (s *Server) Conns() []net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns)
}

// Close closes all sockets and connections.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.open {
		c.Close()
	}
	for _, c := range s.conns {
		c.Close()
	}
	s.open = nil
}

// ServeStream takes connections until l is closed.
func (s *Server) ServeStream(ctx context.Context, l net.Listener) {
	if !s.add(l) {
		l.Close()
		return
	}
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, or a client that went away: a pause keeps
			// the loop from spinning until there are some again.
			pause(ctx, 100*time.Millisecond)
			continue
		}
		if !s.enter(c) {
			c.Close()
			continue
		}
		s.Go("binrpc connection", func() {
			defer s.leave(c)
			s.serveConn(ctx, c)
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Server) enter(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= maxConns {
		return false
	}
	s.conns = append(s.conns, c)
	return true
}

func (s *Server) leave(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = slices.DeleteFunc(s.conns, func(o net.Conn) bool { return o == c })
}

// serveConn answers the requests of a connection, one after the other. What is
// not a request ends the connection: the place where the next one would begin
// is unknown.
func (s *Server) serveConn(ctx context.Context, c net.Conn) {
	r := bufio.NewReader(c)
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		c.SetDeadline(time.Now().Add(requestTime))
		p, err := Read(r, MaxRequest)
		if errors.Is(err, ErrTooLong) {
			c.Write(AppendFault(nil, p.cookieOr(), &module.Fault{Code: 400, Text: "bad request: " + err.Error()}))
		}
		if err != nil {
			return
		}
		c.SetDeadline(time.Time{})
		reply := s.answer(ctx, p, isLocal(c.LocalAddr()))
		c.SetWriteDeadline(time.Now().Add(requestTime))
		if _, err := c.Write(reply); err != nil {
			return
		}
		c.SetDeadline(time.Time{})
	}
}

func (p Packet) cookieOr() []byte {
	if len(p.Cookie) == 0 {
		return []byte{0}
	}
	return p.Cookie
}

// ServePackets answers datagrams until c is closed.
func (s *Server) ServePackets(ctx context.Context, c net.PacketConn) {
	if !s.add(c) {
		c.Close()
		return
	}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := c.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			pause(ctx, 10*time.Millisecond)
			continue
		}
		p, err := Parse(buf[:n])
		if errors.Is(err, ErrMagic) || from == nil {
			continue
		}
		var reply []byte
		if err != nil {
			reply = AppendFault(nil, p.cookieOr(), &module.Fault{Code: 400, Text: "bad request: " + err.Error()})
		} else if reply = s.answer(ctx, p, isLocal(c.LocalAddr())); len(reply) > maxDatagram {
			reply = AppendFault(nil, p.Cookie, &module.Fault{Code: 500, Text: "reply too large for a datagram, use a stream socket"})
		}
		c.SetWriteDeadline(time.Now().Add(requestTime))
		c.WriteTo(reply, from)
	}
}

func isLocal(a net.Addr) bool {
	_, ok := a.(*net.UnixAddr)
	return ok
}

func (s *Server) answer(ctx context.Context, p Packet, local bool) []byte {
	values, err := s.call(ctx, p, local)
	if err == nil {
		return AppendReply(nil, p.Cookie, values)
	}
	var f *module.Fault
	if !errors.As(err, &f) {
		f = &module.Fault{Code: 500, Text: err.Error()}
	}
	return AppendFault(nil, p.Cookie, f)
}

func (s *Server) call(ctx context.Context, p Packet, local bool) ([]any, error) {
	name, args, err := p.Method()
	if err != nil {
		return nil, err
	}
	return s.Call(ctx, name, args, local)
}
