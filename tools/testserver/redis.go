// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Redis starts a Redis. What it has acknowledged is there after Kill.
func Redis(tb testing.TB) *Server {
	tb.Helper()
	return startRedis(tb, "--port")
}

// RedisTLS starts a Redis that speaks TLS only.
func RedisTLS(tb testing.TB, c Certificates) *Server {
	tb.Helper()
	return startRedis(tb, "--port", "0", "--tls-cert-file", c.Cert, "--tls-key-file", c.Key, "--tls-ca-cert-file", c.Root, "--tls-auth-clients", "no", "--tls-port")
}

// Sentinel starts a sentinel that knows a Redis by a name.
func Sentinel(tb testing.TB, name string, of *Server) *Server {
	tb.Helper()
	s := newServer(tb, "redis-server", "redis-server")
	file := filepath.Join(s.Dir, "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n", s.Port, s.Dir, name, of.Port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.ready = "+monitor master"
	s.args = func() []string { return []string{file, "--sentinel", "--daemonize", "no"} }
	s.Start()
	return s
}

// startRedis starts a Redis; the last option takes the port.
func startRedis(tb testing.TB, options ...string) *Server {
	tb.Helper()
	s := newServer(tb, "redis-server", "redis-server")
	s.ready = "Ready to accept connections"
	s.args = func() []string {
		return append(append([]string{}, options...), strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--unixsocket", s.Socket, "--dir", s.Dir,
			"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no")
	}
	s.URL = fmt.Sprintf("redis://127.0.0.1:%d/0", s.Port)
	s.Admin = s.URL
	s.Start()
	return s
}
