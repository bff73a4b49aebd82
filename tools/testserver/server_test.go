// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"net"
	"testing"
)

var servers = []struct {
	name  string
	start func(testing.TB) *Server
}{{"MariaDB", func(tb testing.TB) *Server { return MariaDB(tb) }}, {"PostgreSQL", PostgreSQL}, {"Redis", Redis}}

func TestServers(t *testing.T) {
	for _, row := range servers {
		t.Run(row.name, func(t *testing.T) {
			s := row.start(t)
			answers(t, s, true)
			s.Kill()
			answers(t, s, false)
			s.Start()
			answers(t, s, true)
			s.Stop()
			answers(t, s, false)
		})
	}
}

// answers tells whether the server takes connections on both of its sockets.
func answers(t *testing.T, s *Server, want bool) {
	t.Helper()
	for _, at := range [][2]string{{"tcp", fmt.Sprintf("%s:%d", s.Host, s.Port)}, {"unix", s.Socket}} {
		c, err := net.Dial(at[0], at[1])
		if (err == nil) != want {
			t.Errorf("%s: got %v, want that it answers: %v", at, err, want)
		}
		if err == nil {
			c.Close()
		}
	}
}
