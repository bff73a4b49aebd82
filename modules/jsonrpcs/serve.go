// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/rpc/jsonrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
)

const (
	// maxDatagram is the longest datagram that is read.
	maxDatagram = 65535
	// maxConns bounds the open TCP connections.
	maxConns = 256
	// ioTime bounds the writing of a reply to a stream.
	ioTime = 30 * time.Second
)

// server holds what is open.
type server struct {
	mu      sync.Mutex
	closed  bool                   // guarded by mu
	open    map[io.Closer]struct{} // guarded by mu
	files   []listen.Owned         // guarded by mu
	tcpAddr net.Addr               // where tcp_socket is bound
}

// add keeps c to close it at the end; false when the end has come or there are
// too many.
func (s *server) add(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= maxConns {
		return false
	}
	if s.open == nil {
		s.open = map[io.Closer]struct{}{}
	}
	s.open[c] = struct{}{}
	return true
}

func (s *server) drop(c io.Closer) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *server) keep(f listen.Owned) {
	if f.Path() == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, f)
}

func (s *server) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for c := range s.open {
		c.Close()
	}
	for _, f := range s.files {
		errs = append(errs, f.Remove())
	}
	s.open, s.files = nil, nil
	return errors.Join(errs...)
}

// Parts implements rpc.Working.
func (j *Jsonrpcs) Parts() []string {
	var parts []string
	if j.serves(overFIFO, j.fifoName) {
		parts = append(parts, "JSONRPCS FIFO")
	}
	if j.serves(overDatagram, j.dgramSocket) {
		for range j.dgramWorkers {
			parts = append(parts, "JSONRPCS DATAGRAM")
		}
	}
	if j.serves(overTCP, j.tcpSocket) {
		parts = append(parts, "JSONRPCS TCP")
	}
	return parts
}

func (j *Jsonrpcs) listen(ctx context.Context) error {
	dir := j.host.Core().RunDir
	if j.serves(overFIFO, j.fifoName) {
		if err := j.openFIFO(ctx, inDir(dir, j.fifoName)); err != nil {
			return err
		}
	}
	if j.serves(overDatagram, j.dgramSocket) {
		if err := j.openDatagram(ctx, dir); err != nil {
			return fmt.Errorf("cannot listen on %s: %w", j.dgramSocket, err)
		}
	}
	if j.serves(overTCP, j.tcpSocket) {
		if err := j.openTCP(ctx); err != nil {
			return fmt.Errorf("cannot listen on %s: %w", j.tcpSocket, err)
		}
	}
	return nil
}

func inDir(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// dgramAddress reads dgram_socket; dir is the run folder.
func (j *Jsonrpcs) dgramAddress(dir string) (listen.Address, error) {
	if strings.HasPrefix(j.dgramSocket, "udp:") {
		return listen.Parse(j.dgramSocket, 0)
	}
	return listen.Address{Network: "unixgram", Path: inDir(dir, j.dgramSocket)}, nil
}

func (j *Jsonrpcs) openDatagram(ctx context.Context, dir string) error {
	a, err := j.dgramAddress(dir)
	if err != nil {
		return err
	}
	c, file, err := listen.Packet(ctx, a, j.dgramAccess())
	if err != nil {
		return err
	}
	j.keep(file)
	j.add(c)
	for range j.dgramWorkers {
		j.host.Go("jsonrpcs "+a.String(), func() { j.serveDatagrams(ctx, c) })
	}
	return nil
}

func (j *Jsonrpcs) serve(ctx context.Context, doc []byte) jsonrpc.Response {
	return jsonrpc.Serve(ctx, j.host, doc, j.pretty != 0)
}

func (j *Jsonrpcs) serveDatagrams(ctx context.Context, c net.PacketConn) {
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
		r := j.serve(ctx, buf[:n])
		if from == nil {
			continue
		}
		c.SetWriteDeadline(time.Now().Add(time.Duration(j.dgramTimeout) * time.Millisecond))
		_, err = c.WriteTo(r.Body, from)
		if errors.Is(err, syscall.EMSGSIZE) {
			r = jsonrpc.Refuse(buf[:n], 500, "reply too large for a datagram, use the FIFO or TCP", j.pretty != 0)
			_, err = c.WriteTo(r.Body, from)
		}
		if err != nil {
			j.host.Log().Debug("cannot send reply", "module", "jsonrpcs", "dst", from.String(), "err", err)
		}
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

func (j *Jsonrpcs) openTCP(ctx context.Context) error {
	a, err := listen.Parse(j.tcpSocket, 0)
	if err != nil {
		return err
	}
	l, _, err := listen.Stream(ctx, a, listen.Access{})
	if err != nil {
		return err
	}
	j.add(l)
	j.tcpAddr = l.Addr()
	j.host.Go("jsonrpcs "+a.String(), func() { j.acceptTCP(ctx, l) })
	return nil
}

func (j *Jsonrpcs) acceptTCP(ctx context.Context, l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		if !j.add(c) {
			c.Close()
			continue
		}
		j.host.Go("jsonrpcs connection", func() {
			defer j.drop(c)
			j.serveConn(ctx, c)
		})
	}
}

// serveConn answers the documents of a connection in their order. What is no
// JSON is answered and ends it.
func (j *Jsonrpcs) serveConn(ctx context.Context, c net.Conn) {
	var s jsonrpc.Splitter
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		s.Write(buf[:n])
		for {
			doc, bad := s.Next()
			if errors.Is(bad, jsonrpc.ErrEnd) {
				break
			}
			r := j.serve(ctx, doc)
			c.SetWriteDeadline(time.Now().Add(ioTime))
			if _, err := c.Write(append(r.Body, '\n')); err != nil || bad != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
