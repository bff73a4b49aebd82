// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"bufio"
	"bytes"
	"context"
	"net/netip"
	"testing"
	"time"
)

// lines is a framing where each line is a message.
type lines struct{ out []byte }

func (*lines) Next(buf []byte) (Frame, error) {
	i := bytes.IndexByte(buf, '\n')
	if i < 0 {
		return Frame{}, nil
	}
	return Frame{Size: i + 1, Message: buf[:i]}, nil
}

func (l *lines) Wrap(msg []byte) []byte {
	l.out = append(append(l.out[:0], msg...), '\n')
	return l.out
}

func (*lines) Farewell(err error) []byte { return []byte("bye\n") }

// upgrading is a layer whose connections carry lines once they have sent GET.
func upgrading(t *testing.T, o Options) *Layer {
	t.Helper()
	o.Sockets = listenOn(TCP, "127.0.0.1:0")
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l.Use(WS, Stream{Upgraded: true})
	l.Use(WSS, Stream{Upgraded: true})
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	err = l.Serve(func() Receiver {
		return receiverFunc(func(p Packet, out *Out) {
			if p.Socket.Proto == TCP && !l.Upgrade(p.Conn, &lines{}) {
				t.Error("no such connection")
			}
			out.Send(Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn}, p.Data)
			p.Buffer.Release()
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const get = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

func TestUpgrade(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		l := upgrading(t, o)
		c := dial(t, l, l.Sockets()[0].Addr)
		write(t, c, []byte(get+"one\ntwo\n"))
		r := bufio.NewReader(c)
		expect(t, r, []byte(get+"\none\ntwo\n"))
		list := l.Connections()
		if len(list) != 1 || list[0].Proto != WS || l.ConnCounts().ByProto[WS] != 1 || l.ConnCounts().ByProto[TCP] != 0 {
			t.Fatalf("connections: %+v %+v", list, l.ConnCounts())
		}
		remote := list[0].Remote
		web := l.UpgradedTo(remote)
		if base := l.Sockets()[0]; web == nil || web != list[0].Socket || web != base.As(WS) || web.Proto != WS || web.Base() != TCP || !web.Upgraded() ||
			web.Text != base.Text || l.Choose(WS, remote.Addr()) != web || l.Socket(WS, base.Addr) != web || len(l.Sockets()) != 1 {
			t.Errorf("the socket is %+v", web)
		}
		// Whichever of the two a URI names, whatever socket the sender asks for.
		for _, p := range []Proto{WS, WSS} {
			if err := l.Send(Destination{Proto: p, Addr: remote, Socket: web}, []byte("three")); err != nil {
				t.Errorf("%s: %v", p, err)
			}
			expect(t, r, []byte("three\n"))
		}
		if err := l.Send(Destination{Proto: TCP, Addr: remote, NoConnect: true}, []byte("x")); err != ErrNoConnection {
			t.Errorf("over TCP: %v", err)
		}
		// None is opened.
		if err := l.Send(Destination{Proto: WS, Addr: netip.MustParseAddrPort("127.0.0.1:9")}, []byte("x")); err != ErrNoConnection {
			t.Errorf("to nobody: %v", err)
		}
		if !l.Transmit(list[0].ID, []byte("raw\n")) {
			t.Error("not transmitted")
		}
		expect(t, r, []byte("raw\n"))
		// What is left carries no message any more, but is open.
		if !l.Leave(list[0].ID, []byte("last\n")) || l.Leave(list[0].ID, nil) {
			t.Error("Leave")
		}
		if err := l.Send(Destination{Proto: WS, Addr: remote, Conn: list[0].ID}, []byte("x")); err != ErrNoConnection {
			t.Errorf("after Leave: %v", err)
		}
		expect(t, r, []byte("last\n"))
		l.CloseConn(list[0].ID)
		if got := expectEnd(t, r); string(got) != "bye\n" {
			t.Errorf("at the end: %q", got)
		}
		stop(t, l)
	})
}

// Before a connection is closed from here its framing takes leave.
func TestFarewell(t *testing.T) {
	for name, end := range map[string]func(l *Layer, c Connection){
		"CloseConn": func(l *Layer, c Connection) { l.CloseConn(c.ID) },
		"Drop":      func(l *Layer, c Connection) { l.Drop(c.ID, ErrStopped) },
		"Close": func(l *Layer, c Connection) {
			l.Send(Destination{Proto: WS, Addr: c.Remote, Close: true}, nil)
		},
		"Stop": func(l *Layer, _ Connection) { l.Stop(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			overNetworks(t, func(t *testing.T, o Options) {
				l := upgrading(t, o)
				c := dial(t, l, l.Sockets()[0].Addr)
				write(t, c, []byte(get))
				r := bufio.NewReader(c)
				expect(t, r, []byte(get+"\n"))
				go end(l, l.Connections()[0])
				if got := bytes.TrimPrefix(expectEnd(t, r), []byte("\n")); string(got) != "bye\n" {
					t.Errorf("at the end: %q", got)
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				l.Stop(ctx)
			})
		})
	}
}

// What names a socket names it for the connections that are upgraded there too.
func TestMyselfOverWebSocket(t *testing.T) {
	o := Options{Network: NewMemoryNetwork(), Sockets: []Listen{{Proto: TCP, Addr: netip.MustParseAddrPort("192.0.2.1:80")}, {Proto: UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}}}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	defer stop(t, l)
	for _, row := range []struct {
		port  int
		proto Proto
		want  bool
	}{{80, TCP, true}, {80, WS, true}, {80, WSS, false}, {80, UDP, false}, {5060, WS, false}, {5060, UDP, true}} {
		if got := l.IsMyself("192.0.2.1", row.port, row.proto); got != row.want {
			t.Errorf("%d over %s: %t", row.port, row.proto, got)
		}
	}
}
