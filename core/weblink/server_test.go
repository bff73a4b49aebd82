// SPDX-License-Identifier: Apache-2.0

package weblink

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// patience is more than any step needs.
var patience = Limits{Connect: time.Minute, Reply: time.Minute}

func whatever(string) bool { return true }

// serve starts a server whose connections f has, and counts them.
func serve(t *testing.T, secure bool, f func(conn net.Conn, serial int64)) (*Server, *atomic.Int64) {
	t.Helper()
	var count atomic.Int64
	up := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "test" }}
	start := httptest.NewServer
	if secure {
		start = httptest.NewTLSServer
	}
	server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := count.Add(1) // before the client knows that it is connected
		conn, _, _, err := up.Upgrade(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		f(conn, n)
	}))
	s := &Server{URL: strings.Replace(server.URL, "http", "ws", 1) + "/a?b=c", Protocol: "test"}
	t.Cleanup(func() { s.Close(); server.Close() })
	return s, &count
}

// echo answers each message with itself until the peer leaves.
func echo(conn net.Conn, _ int64) {
	for {
		text, op, err := wsutil.ReadClientData(conn)
		if err != nil || wsutil.WriteServerMessage(conn, op, text) != nil {
			return
		}
	}
}

func ask(t *testing.T, s *Server, text string) {
	t.Helper()
	got, at, err := s.Ask(t.Context(), patience, []byte(text), whatever)
	if got != text || at.String() != "127.0.0.1" || err != nil {
		t.Errorf("got %q of %v, %v", got, at, err)
	}
}

// TestKept: a connection is kept for the next question, whatever TLS the server has; several questions at once have one each.
func TestKept(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var both sync.WaitGroup
		both.Add(2)
		s, count := serve(t, secure, func(conn net.Conn, n int64) {
			if n == 1 {
				echo(conn, n)
				return
			}
			text, _, err := wsutil.ReadClientData(conn)
			if err != nil {
				t.Error(err)
			}
			both.Done()
			both.Wait()
			wsutil.WriteServerText(conn, text)
		})
		ask(t, s, "one")
		ask(t, s, strings.Repeat("two", 10_000))
		if got := count.Load(); got != 1 {
			t.Errorf("%d connections for two questions", got)
		}
		one, _, err := s.take(t.Context(), patience)
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() { ask(t, s, "at once") })
		}
		wait.Wait()
		one.Close()
	}
}

// TestClosedMeanwhile: a server that has closed the connection that was kept is asked over another one, but not without end.
func TestClosedMeanwhile(t *testing.T) {
	s, count := serve(t, false, func(conn net.Conn, n int64) {
		text, op, err := wsutil.ReadClientData(conn)
		if err == nil && n < 3 {
			wsutil.WriteServerMessage(conn, op, text)
		}
	})
	ask(t, s, "one")
	ask(t, s, "two")
	if got := count.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
	if _, _, err := s.Ask(t.Context(), patience, []byte("three"), whatever); err == nil || errors.Is(err, ErrSilent) {
		t.Error(err)
	}
	if got := count.Load(); got != 3 {
		t.Errorf("%d connections", got)
	}
}

// TestForgotten: connections that were kept and have gone silent without a word are not asked one behind the other.
func TestForgotten(t *testing.T) {
	s, count := serve(t, false, func(conn net.Conn, n int64) {
		if n > 3 {
			echo(conn, n)
			return
		}
		io.Copy(io.Discard, conn)
	})
	var silent []*link
	for range 3 {
		l, _, err := s.take(t.Context(), patience)
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, l)
	}
	for _, l := range silent {
		s.keep(l)
	}
	limits := patience
	limits.Reply = time.Millisecond
	if _, _, err := s.Ask(t.Context(), limits, []byte("x"), whatever); !errors.Is(err, ErrSilent) || !errors.Is(err, ErrKept) {
		t.Error(err)
	}
	ask(t, s, "y")
	if got := count.Load(); got != 4 || len(s.spare) != 1 {
		t.Errorf("%d connections, %d are kept", got, len(s.spare))
	}
	for _, l := range silent {
		if _, err := l.Conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Error("not closed")
		}
	}
}

// TestFrames: fragments, Pings between them, and what is not wanted before the answer.
func TestFrames(t *testing.T) {
	pong := make(chan string, 1)
	s, _ := serve(t, false, func(conn net.Conn, _ int64) {
		if _, op, err := wsutil.ReadClientData(conn); err != nil || op != ws.OpBinary {
			t.Errorf("%v, %v", op, err)
		}
		wsutil.WriteServerText(conn, []byte("late"))
		for _, f := range []ws.Frame{ws.NewFrame(ws.OpText, false, []byte("an")), ws.NewPingFrame([]byte("there?")), ws.NewFrame(ws.OpContinuation, true, []byte("swer"))} {
			ws.WriteFrame(conn, f)
		}
		f, err := ws.ReadFrame(conn)
		if err != nil {
			t.Error(err)
		}
		pong <- string(ws.UnmaskFrame(f).Payload)
	})
	s.Binary = true
	got, _, err := s.Ask(t.Context(), patience, []byte("x"), func(text string) bool { return text != "late" })
	if got != "answer" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got := <-pong; got != "there?" {
		t.Errorf("pong %q", got)
	}
}

// TestBadServers: each has an error, and the connection is not kept.
func TestBadServers(t *testing.T) {
	for name, row := range map[string]struct {
		frames []ws.Frame
		want   error
	}{
		"silent":          {nil, ErrSilent},
		"half a message":  {[]ws.Frame{ws.NewFrame(ws.OpText, false, []byte("a"))}, ErrSilent},
		"only Pings":      {[]ws.Frame{ws.NewPingFrame(nil), ws.NewPongFrame(nil)}, ErrSilent},
		"masked":          {[]ws.Frame{ws.MaskFrame(ws.NewTextFrame([]byte("a")))}, ws.ErrProtocolMaskUnexpected},
		"no beginning":    {[]ws.Frame{ws.NewFrame(ws.OpContinuation, true, []byte("a"))}, ws.ErrProtocolContinuationUnexpected},
		"two beginnings":  {[]ws.Frame{ws.NewFrame(ws.OpText, false, []byte("a")), ws.NewFrame(ws.OpText, true, []byte("a"))}, ws.ErrProtocolContinuationExpected},
		"too long":        {[]ws.Frame{ws.NewTextFrame(make([]byte, maxReply+1))}, ErrTooLong},
		"too long by far": {[]ws.Frame{ws.NewFrame(ws.OpText, false, make([]byte, maxReply)), ws.NewFrame(ws.OpContinuation, true, make([]byte, 1))}, ErrTooLong},
	} {
		s, count := serve(t, false, func(conn net.Conn, _ int64) {
			if _, _, err := wsutil.ReadClientData(conn); err != nil {
				return
			}
			for _, f := range row.frames {
				ws.WriteFrame(conn, f)
			}
			io.Copy(io.Discard, conn)
		})
		limits := patience
		if row.want == ErrSilent {
			limits.Reply = time.Millisecond
		}
		if got, _, err := s.Ask(t.Context(), limits, []byte("x"), whatever); !errors.Is(err, row.want) || errors.Is(err, ErrKept) {
			t.Errorf("%s: got %.20q, %v, want %v", name, got, err, row.want)
		}
		if len(s.spare) != 0 || count.Load() != 1 {
			t.Errorf("%s: %d connections are kept of %d", name, len(s.spare), count.Load())
		}
	}
}

// TestNobody: who is not there, does not speak WebSocket, or has another subprotocol.
func TestNobody(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	limits := Limits{Connect: time.Millisecond, Reply: time.Second}
	if _, _, err := (&Server{URL: "ws://" + ln.Addr().String()}).Ask(t.Context(), limits, nil, whatever); err == nil || errors.Is(err, ErrSilent) {
		t.Errorf("no handshake: %v", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if err := (&Server{URL: strings.Replace(plain.URL, "http", "ws", 1)}).Tell(t.Context(), patience, nil); err == nil {
		t.Error("told a server of HTTP")
	}
	s, _ := serve(t, false, echo)
	s.Close()
	if err := s.Tell(t.Context(), patience, nil); err != ErrClosed {
		t.Error(err)
	}
}

// TestCancel: the end of the server ends the wait.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, _ := serve(t, false, func(conn net.Conn, _ int64) {
		wsutil.ReadClientData(conn)
		cancel()
		io.Copy(io.Discard, conn)
	})
	if _, _, err := s.Ask(ctx, Limits{Connect: time.Hour, Reply: time.Hour}, []byte("x"), whatever); err == nil {
		t.Error("an answer of nobody")
	}
}

// TestTell: what a server says to what it was told is read, not kept; one that has left is told over another connection.
func TestTell(t *testing.T) {
	told := make(chan string)
	s, count := serve(t, false, func(conn net.Conn, n int64) {
		for range 2 {
			text, _, err := wsutil.ReadClientData(conn)
			if err != nil {
				return
			}
			wsutil.WriteServerText(conn, make([]byte, 1<<19))
			told <- string(text)
		}
	})
	for i, want := range []string{"one", "two", "three"} {
		if err := s.Tell(t.Context(), patience, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got := <-told; got != want {
			t.Errorf("got %q", got)
		}
		s.mu.Lock()
		last := s.spare[len(s.spare)-1]
		s.mu.Unlock()
		for i == 1 && !last.ended.Load() {
			runtime.Gosched()
		}
	}
	if got := count.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
}

// TestSpare: connections that were not used for long are closed, and not more are kept than the bound.
func TestSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(Server)
		defer s.Close()
		var ends []net.Conn
		add := func() {
			a, b := net.Pipe()
			ends = append(ends, b)
			s.keep(&link{Conn: a})
		}
		kept := func(want int) {
			t.Helper()
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.spare) != want {
				t.Errorf("%d are kept, want %d", len(s.spare), want)
			}
		}
		for range 10 {
			add()
		}
		time.Sleep(maxIdle / 2)
		for range maxSpare - 10 + 1 {
			add()
		}
		kept(maxSpare)
		time.Sleep(maxIdle / 2)
		kept(maxSpare - 10)
		for _, b := range append(ends[:10:10], ends[maxSpare]) {
			if _, err := b.Read(make([]byte, 1)); err != io.EOF {
				t.Error("not closed")
			}
		}
		time.Sleep(maxIdle / 2)
		kept(0)
		add() // is swept too
		time.Sleep(maxIdle)
		kept(0)
	})
}

func TestCheck(t *testing.T) {
	for text, ok := range map[string]bool{
		"ws://127.0.0.1:1/": true, "wss://relay.example.org/a?b": true, "ws://[::1]:1": true,
		"": false, "ws:": false, "ws://": false, "ws://:80": false, "http://x": false, "ws://a:b@x": false, "ws://x:a/": false, "ws://x#y": false, "rubbish": false,
	} {
		if err := Check(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
