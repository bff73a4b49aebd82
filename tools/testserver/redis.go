// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"strconv"
	"testing"
)

// Redis starts a Redis. What it has acknowledged is there after Kill.
func Redis(tb testing.TB) *Server {
	tb.Helper()
	s := newServer(tb, "redis-server", "redis-server")
	s.ready = "Ready to accept connections"
	s.args = func() []string {
		return []string{"--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--unixsocket", s.Socket, "--dir", s.Dir,
			"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"}
	}
	s.URL = fmt.Sprintf("redis://127.0.0.1:%d/0", s.Port)
	s.Admin = s.URL
	s.Start()
	return s
}
