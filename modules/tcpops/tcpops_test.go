// SPDX-License-Identifier: Apache-2.0

package tcpops

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/kahea-sip/kahea/core/transport"
)

func TestEventOf(t *testing.T) {
	for _, row := range []struct {
		end  error
		want string
	}{
		{io.EOF, "tcp:closed"}, {net.ErrClosed, "tcp:closed"}, {errors.New("what came is no SIP"), "tcp:closed"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "tcp:reset"}, {&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}, "tcp:timeout"},
		{transport.ErrExpired, ""}, {fmt.Errorf("x: %w", transport.ErrStopped), ""},
	} {
		if got := eventOf(row.end); got != row.want {
			t.Errorf("%v: %q, want %q", row.end, got, row.want)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, row := range []struct {
		text, host string
		port       uint16
		ok         bool
	}{
		{"192.0.2.1:80", "192.0.2.1", 80, true}, {"192.0.2.1", "192.0.2.1", 5060, true}, {"[2001:db8::1]:80", "2001:db8::1", 80, true},
		{"2001:db8::1", "2001:db8::1", 5060, true}, {"host.example:5070", "host.example", 5070, true},
		{"", "", 5060, false}, {"a:0", "a", 0, false}, {"a:65536", "a", 65535, false}, {"a:b", "a", 0, false}, {":80", "", 80, false},
	} {
		if host, port, ok := place(row.text); host != row.host || port != row.port || ok != row.ok {
			t.Errorf("%q: %q %d %t", row.text, host, port, ok)
		}
	}
}
