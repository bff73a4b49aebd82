// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/jsonrpc"
	"github.com/kahea-sip/kahea/rpc/listen"
)

// defaultPort is kamcmd's.
const defaultPort = 2049

// server is a connection to a server.
type server struct {
	conn net.Conn
	tmp  string // folder of the own socket file, empty for none
	call func(method string, args ...any) ([]any, error)
}

// dial connects to a server.
func dial(url string, timeout time.Duration) (*server, error) {
	rest, asJSON := strings.CutPrefix(url, "json:")
	if asJSON && strings.HasPrefix(rest, "/") {
		rest = "unixd:" + rest
	}
	a, err := listen.Parse(rest, defaultPort)
	if err != nil {
		return nil, fmt.Errorf("--url: %w; expected unixs:PATH, unixd:PATH, tcp:HOST:PORT, udp:HOST:PORT or json:PATH", err)
	}
	if asJSON && a.Network != "unixgram" && a.Network != "udp" {
		return nil, fmt.Errorf("--url %s: JSON-RPC goes over datagrams, expected json:PATH or json:udp:HOST:PORT", url)
	}
	if a.Path == "" && a.Host == "" {
		a.Host = "localhost"
	}
	s := &server{}
	if s.conn, err = s.connect(a, timeout); err != nil {
		s.Close()
		return nil, unreachable(a, err)
	}
	s.conn.SetDeadline(time.Now().Add(timeout))
	if asJSON {
		s.call = jsonrpc.NewClient(s.conn).Call
	} else {
		s.call = binrpc.NewClient(s.conn).Call
	}
	return s, nil
}

// connect opens the connection. For a Unix datagram socket the server needs a
// file to send its reply to.
func (s *server) connect(a listen.Address, timeout time.Duration) (net.Conn, error) {
	if a.Network != "unixgram" {
		return net.DialTimeout(a.Network, a.Dial(), timeout)
	}
	var err error
	if s.tmp, err = os.MkdirTemp("", "kaheactl"); err != nil {
		return nil, err
	}
	own := filepath.Join(s.tmp, "reply")
	c, err := net.DialUnix("unixgram", &net.UnixAddr{Name: own, Net: "unixgram"}, &net.UnixAddr{Name: a.Path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	// The server may run as another user.
	return c, errors.Join(os.Chmod(s.tmp, 0o711), os.Chmod(own, 0o666))
}

func unreachable(a listen.Address, err error) error {
	hint := "is the server running, with the module ctl loaded?"
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = "run as root or as the user of the server, or set the parameters mode and group of the module ctl"
	case errors.Is(err, fs.ErrNotExist):
		hint = "is the server running? another path is given with --url or KAHEACTL_URL"
	}
	return fmt.Errorf("cannot reach the server at %s: %w\n%s", a, err, hint)
}

// Call runs a command.
func (s *server) Call(method string, args ...any) ([]any, error) {
	values, err := s.call(method, args...)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("no reply to %s in time; see --timeout", method)
	}
	return values, err
}

// Close closes the connection.
func (s *server) Close() {
	if s.conn != nil {
		s.conn.Close()
	}
	if s.tmp != "" {
		os.RemoveAll(s.tmp)
	}
}
