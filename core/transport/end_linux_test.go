// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
)

// OnClose tells why a connection has ended.
func TestEnd(t *testing.T) {
	clock := timer.NewManual(time.Unix(0, 0))
	for name, row := range map[string]struct {
		end  func(l *Layer, c *net.TCPConn)
		want error
	}{
		"the peer closes it": {func(_ *Layer, c *net.TCPConn) { c.Close() }, io.EOF},
		"the peer resets it": {func(_ *Layer, c *net.TCPConn) { c.SetLinger(0); c.Close() }, syscall.ECONNRESET},
		"closed from here":   {func(l *Layer, _ *net.TCPConn) { l.CloseConn(1) }, net.ErrClosed},
		"not used":           {func(*Layer, *net.TCPConn) { clock.Advance(time.Hour) }, ErrExpired},
		"stop":               {func(l *Layer, _ *net.TCPConn) { go l.Stop(t.Context()) }, ErrStopped},
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t, Options{Clock: clock, Sockets: listenOn(TCP, "127.0.0.1:0")}, echo)
			ended := make(chan Connection, 1)
			l.OnClose(func(c Connection) { ended <- c })
			c := dial(t, l, l.Sockets()[0].Addr)
			write(t, c, sipText("a", 5))
			expect(t, c, sipText("a", 5))
			row.end(l, c.(*net.TCPConn))
			if got := (<-ended).End; !errors.Is(got, row.want) {
				t.Errorf("ended by %v, want %v", got, row.want)
			}
		})
	}
}

func TestKeepAliveOfOne(t *testing.T) {
	l := start(t, Options{Sockets: listenOn(TCP, "127.0.0.1:0")}, echo)
	c := dial(t, l, l.Sockets()[0].Addr)
	write(t, c, sipText("a", 5))
	expect(t, c, sipText("a", 5))
	option := func(name int) (value int) {
		raw, _ := l.NetConn(1).(*net.TCPConn).SyscallConn()
		raw.Control(func(fd uintptr) { value, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, name) })
		return value
	}
	if err := l.KeepAlive(1, net.KeepAliveConfig{Enable: true, Idle: 61 * time.Second, Interval: 7 * time.Second, Count: 3}); err != nil {
		t.Fatal(err)
	}
	if idle, interval, count := option(syscall.TCP_KEEPIDLE), option(syscall.TCP_KEEPINTVL), option(syscall.TCP_KEEPCNT); idle != 61 || interval != 7 || count != 3 {
		t.Errorf("probes after %d s, each %d s, %d of them", idle, interval, count)
	}
	if err := l.KeepAlive(99, net.KeepAliveConfig{}); err != ErrNoConnection {
		t.Error(err)
	}
}
