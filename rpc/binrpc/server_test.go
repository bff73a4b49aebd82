// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// echoServer answers with its arguments.
func echoServer(t *testing.T) *Server {
	t.Helper()
	var tasks sync.WaitGroup
	s := &Server{
		Go: func(_ string, f func()) { tasks.Go(f) },
		Call: func(_ context.Context, method string, args []any, _ bool) ([]any, error) {
			switch method {
			case "fault":
				return nil, module.Faultf(404, "gone")
			case "error":
				return nil, errors.New("broken")
			case "big":
				return []any{strings.Repeat("x", maxDatagram)}, nil
			}
			return append([]any{method}, args...), nil
		},
	}
	t.Cleanup(func() {
		s.Close()
		tasks.Wait()
	})
	return s
}

func stream(t *testing.T, s *Server) (net.Conn, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s.Go("test", func() { s.ServeStream(context.Background(), l) })
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, path
}

func TestServerStream(t *testing.T) {
	s := echoServer(t)
	c, _ := stream(t, s)
	client := NewClient(c)
	for range 2 {
		got, err := client.Call("x", int64(-5), "a")
		if err != nil || len(got) != 3 || got[1] != int64(-5) || got[2] != "a" {
			t.Errorf("got %v %v", got, err)
		}
	}
	for method, want := range map[string]string{"fault": "404 gone", "error": "500 broken"} {
		if _, err := client.Call(method); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", method, err, want)
		}
	}
	if got, err := client.Call("big"); err != nil || len(got[0].(string)) != maxDatagram {
		t.Errorf("big: %v", err)
	}
	if n := len(s.Conns()); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestServerPipeline sends two requests at once, the second in pieces.
func TestServerPipeline(t *testing.T) {
	c, _ := stream(t, echoServer(t))
	both := AppendRequest(AppendRequest(nil, []byte{1}, "a"), []byte{2, 3}, "b")
	for _, part := range [][]byte{both[:len(both)-3], both[len(both)-3 : len(both)-1], both[len(both)-1:]} {
		if _, err := c.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(c)
	for _, want := range []struct{ cookie, value string }{{"\x01", "a"}, {"\x02\x03", "b"}} {
		p, err := Read(r, MaxReply)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Values(); err != nil || string(p.Cookie) != want.cookie || v[0] != want.value {
			t.Errorf("got %q %v %v, want %v", p.Cookie, v, err, want)
		}
	}
}

func TestServerBadRequests(t *testing.T) {
	for _, tc := range []struct{ name, in, fault string }{
		{"other protocol", "GET / HTTP/1.1\r\n\r\n", ""},
		{"too long", "\xa1\x0b\xff\xff\xff\x01\x02\x03\x04", "400 bad request: packet too long: 16777215 octets, at most 65536 are taken"},
		{"no method", "\xa1\x03\x00\x01\x02\x03\x04", "400 bad request method: end of packet encountered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := stream(t, echoServer(t))
			if _, err := io.WriteString(c, tc.in); err != nil {
				t.Fatal(err)
			}
			p, err := Read(bufio.NewReader(c), MaxReply)
			if tc.fault == "" {
				if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
					t.Errorf("got %v %v, want the end of the connection", p, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Values(); err == nil || err.Error() != tc.fault {
				t.Errorf("got %v, want %s", err, tc.fault)
			}
		})
	}
}

func TestServerClose(t *testing.T) {
	s := echoServer(t)
	c, path := stream(t, s)
	if _, err := NewClient(c).Call("x"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("the server still listens")
	}
}

func TestServerPackets(t *testing.T) {
	s := echoServer(t)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Go("test", func() { s.ServePackets(context.Background(), pc) })
	c, err := net.Dial("udp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	client := NewClient(c)
	// What is no packet is not answered; what is cut is.
	for _, b := range []string{"hello", "\xa1\x03\x64\x01\x02\x03\x04"} {
		io.WriteString(c, b)
	}
	if got, err := client.Call("x", "a"); err != nil || len(got) != 2 {
		t.Errorf("got %v %v", got, err)
	}
	if _, err := client.Call("big"); err == nil || !strings.Contains(err.Error(), "use a stream socket") {
		t.Errorf("big: %v", err)
	}
}
