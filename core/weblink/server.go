// SPDX-License-Identifier: Apache-2.0

// Package weblink asks servers over WebSocket.
//
// A connection has one question at a time and is kept for the next one; several at once have a connection each. What did not answer in
// time loses its connection, so that no answer is taken for that of a later question; and where that one was kept, so do those that were
// kept with it: what is on the way forgets connections together.
package weblink

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Server is a server of WebSocket that is either asked or told something: what it says to what it was told must not be taken for an
// answer. Safe for concurrent use; the fields are set before.
type Server struct {
	// URL is ws://HOST[:PORT][/PATH] or wss://….
	URL string
	// Protocol is the subprotocol.
	Protocol string
	// Binary sends messages that need not be UTF-8.
	Binary bool

	mu     sync.Mutex
	spare  []*link     // guarded by mu; those that nobody uses, the last used one at the end
	sweeps *time.Timer // guarded by mu; nil while there are none
	closed bool        // guarded by mu
}

// Limits bound a question.
type Limits struct {
	// Connect is for opening a connection, Reply for sending and for the answer.
	Connect, Reply time.Duration
	// Dialer opens connections; nil for one without wishes.
	Dialer *net.Dialer
}

var (
	// ErrURL: the text names no server.
	ErrURL = errors.New("this is no ws://HOST:PORT/PATH or wss://HOST:PORT/PATH")
	// ErrSilent: the connection is there, the answer is not.
	ErrSilent = errors.New("no answer in time")
	// ErrKept goes with ErrSilent where the connection was kept since an earlier question: a new one may have an answer.
	ErrKept = errors.New("the connection was kept since an earlier question")
	// ErrTooLong: the answer is longer than any that is expected.
	ErrTooLong = errors.New("the answer is too long")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("no connections are opened any more")
)

const (
	// maxReply bounds answers.
	maxReply = 1 << 20
	// maxSpare is how many connections are kept that nobody uses, and maxIdle for how long: behind that something on the way may have
	// forgotten them without a word.
	maxSpare = 64
	maxIdle  = 30 * time.Second
)

// link is a connection.
type link struct {
	net.Conn
	input io.Reader
	since time.Time   // when it was used last
	ended atomic.Bool // found by drain
}

// Check tells whether a text names a server.
func Check(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q: %w", text, ErrURL)
	}
	return nil
}

// Ask sends a message and returns the first one that wanted takes, with the address that was asked.
func (s *Server) Ask(ctx context.Context, limits Limits, text []byte, wanted func(reply string) bool) (reply string, at netip.Addr, err error) {
	at, err = s.use(ctx, limits, text, func(l *link) error {
		for {
			if reply, err = l.read(); err != nil || wanted(reply) {
				return err
			}
		}
	})
	return reply, at, err
}

// Tell sends a message; what the server says to it is not looked at.
func (s *Server) Tell(ctx context.Context, limits Limits, text []byte) error {
	_, err := s.use(ctx, limits, text, nil)
	return err
}

// use sends a message over a connection, does what else there is to do with it, and keeps it. One that was kept may have been closed by
// the server meanwhile: then another one is opened.
func (s *Server) use(ctx context.Context, limits Limits, text []byte, then func(*link) error) (at netip.Addr, err error) {
	for {
		begin := time.Now()
		l, kept, err := s.take(ctx, limits)
		if err != nil {
			return at, err
		}
		if a, ok := l.RemoteAddr().(*net.TCPAddr); ok {
			at = a.AddrPort().Addr().Unmap()
		}
		if then == nil && !kept {
			go l.drain()
		}
		if err = l.exchange(ctx, limits.Reply, s.op(), text, then); err == nil {
			s.keep(l)
			return at, nil
		}
		l.Close()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout() && kept:
			s.forget(begin)
			return at, fmt.Errorf("%w, %w: %w", ErrSilent, ErrKept, err)
		case errors.As(err, &late) && late.Timeout():
			return at, fmt.Errorf("%w: %w", ErrSilent, err)
		case !kept || ctx.Err() != nil || errors.Is(err, ErrTooLong):
			return at, err
		}
	}
}

func (s *Server) op() ws.OpCode {
	if s.Binary {
		return ws.OpBinary
	}
	return ws.OpText
}

// take returns a connection that was kept, or a new one.
func (s *Server) take(ctx context.Context, limits Limits) (l *link, kept bool, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, false, ErrClosed
	}
	if n := len(s.spare); n > 0 {
		if last := s.spare[n-1]; time.Since(last.since) < maxIdle && !last.ended.Load() {
			l = last
			s.spare = s.spare[:n-1]
		}
	}
	s.mu.Unlock()
	if l != nil {
		return l, true, nil
	}
	l, err = s.open(ctx, limits)
	return l, false, err
}

func (s *Server) open(ctx context.Context, limits Limits) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, limits.Connect)
	defer cancel()
	// Media relays and the like have certificates of their own making.
	d := ws.Dialer{Protocols: []string{s.Protocol}, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
	if limits.Dialer != nil {
		d.NetDial = limits.Dialer.DialContext
	}
	conn, more, _, err := d.Dial(ctx, s.URL)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w", s.URL, err)
	}
	l := &link{Conn: conn, input: more}
	if more == nil { // nothing came with the handshake
		l.input = bufio.NewReader(conn)
	}
	return l, nil
}

// keep keeps a connection for the next question.
func (s *Server) keep(l *link) {
	l.since = time.Now()
	s.mu.Lock()
	kept := !s.closed && len(s.spare) < maxSpare
	if kept {
		s.spare = append(s.spare, l)
		if s.sweeps == nil {
			s.sweeps = time.AfterFunc(maxIdle, s.sweep)
		}
	}
	s.mu.Unlock()
	if !kept {
		l.Close()
	}
}

// sweep closes the connections that nobody has used for long.
func (s *Server) sweep() {
	s.mu.Lock()
	over := s.unused(time.Now().Add(-maxIdle))
	s.sweeps = nil
	if len(s.spare) > 0 {
		s.sweeps = time.AfterFunc(time.Until(s.spare[0].since.Add(maxIdle)), s.sweep)
	}
	s.mu.Unlock()
	for _, l := range over {
		l.Close()
	}
}

// forget closes the connections that nobody uses and nobody has used after a time.
func (s *Server) forget(after time.Time) {
	s.mu.Lock()
	over := s.unused(after)
	s.mu.Unlock()
	for _, l := range over {
		l.Close()
	}
}

// unused takes the connections away that nobody has used after a time. The caller holds mu.
func (s *Server) unused(after time.Time) []*link {
	old := 0
	for old < len(s.spare) && !s.spare[old].since.After(after) {
		old++
	}
	over := slices.Clone(s.spare[:old])
	s.spare = slices.Delete(s.spare, 0, old)
	return over
}

// Close closes the connections that nobody uses; the others are closed behind their answer.
func (s *Server) Close() {
	s.mu.Lock()
	spare := s.spare
	s.spare, s.closed = nil, true
	if s.sweeps != nil {
		s.sweeps.Stop()
	}
	s.mu.Unlock()
	for _, l := range spare {
		l.Close()
	}
}

// exchange sends a message and runs then within the time.
func (l *link) exchange(ctx context.Context, limit time.Duration, op ws.OpCode, text []byte, then func(*link) error) error {
	deadline := l.SetDeadline
	if then == nil {
		deadline = l.SetWriteDeadline // drain reads without end
	}
	if err := deadline(time.Now().Add(limit)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	frame, err := ws.CompileFrame(ws.MaskFrame(ws.NewFrame(op, true, text)))
	if err != nil {
		return err
	}
	if _, err := l.Write(frame); err != nil || then == nil {
		return err
	}
	return then(l)
}

// drain reads what nobody wants to know, so that a server that says something is not stopped by it, and one that leaves is found.
func (l *link) drain() {
	for {
		if _, err := l.read(); err != nil {
			l.ended.Store(true)
			l.Close()
			return
		}
	}
}

// read returns the next message; Pings are answered by the way.
func (l *link) read() (string, error) {
	control := wsutil.ControlFrameHandler(l, ws.StateClientSide)
	r := wsutil.Reader{Source: l.input, State: ws.StateClientSide, MaxMessageSize: maxReply, OnIntermediate: control}
	for {
		head, err := r.NextFrame()
		switch {
		case errors.Is(err, wsutil.ErrMessageTooLarge):
			return "", ErrTooLong
		case err != nil:
			return "", err
		case head.OpCode.IsControl():
			if err := control(head, &r); err != nil {
				return "", err
			}
			continue
		}
		var b strings.Builder
		if _, err = io.Copy(&b, &r); errors.Is(err, wsutil.ErrMessageTooLarge) {
			err = ErrTooLong
		}
		return b.String(), err
	}
}
