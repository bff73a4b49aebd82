// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

const request = "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n" +
	"To: <sip:bob@example.com>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nX: 1\r\nX: 2\r\nContent-Length: 2\r\n\r\nhi"

func TestCheck(t *testing.T) {
	m, err := parse([]byte(request))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		check string
		ok    bool
	}{
		{"X=^1, 2$", true}, {"X=^1$", false}, {"X", true}, {"Y", false}, {"!Y", true}, {"!X", false},
		{"uri=^sip:bob@", true}, {"uri=alice", false}, {"body=^hi$", true}, {"body=^ho$", false}, {"x=2", true}, {"Y=.", false},
	} {
		t.Run(tt.check, func(t *testing.T) {
			if err := check(m, tt.check); (err == nil) != tt.ok {
				t.Errorf("got %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no body", "A\nB: c\n", "A\r\nB: c\r\nContent-Length: 0\r\n\r\n"},
		{"body", "A\nB: c\n\nx\ny\n", "A\r\nB: c\r\nContent-Length: 6\r\n\r\nx\r\ny\r\n"},
		{"length given", "A\nContent-Length: 7\n\nx", "A\r\nContent-Length: 7\r\n\r\nx"},
		{"compact length", "A\nl: 7\n\nx", "A\r\nl: 7\r\n\r\nx"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(complete(tt.text)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHeadersOfAScript(t *testing.T) {
	got := string(lines("A", []string{"To: x", "Contact: y", "CSeq: 1 A"}, []string{"contact:", "cseq: 2 A", "New:n"}, ""))
	if want := "A\r\nTo: x\r\ncseq: 2 A\r\nNew: n\r\nContent-Length: 0\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKamcmd(t *testing.T) {
	s := &module.Struct{}
	s.Add("n", 1).Struct("inner").Add("q", 0.5)
	list := &module.Struct{}
	list.Add("l", module.List{s, "x"})
	got := Kamcmd([]any{"text", s, list})
	want := "text\n{\n\tn: 1\n\tinner: {\n\t\tq: 0.500000\n\t}\n}\n{\n\tl: {\n\t\tn: 1\n\t\tinner: {\n\t\t\tq: 0.500000\n\t\t}\n\t\tx\n\t}\n}\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDrain: what lies in the kernel is there after drain, over connections that
// nobody has accepted yet too.
func TestDrain(t *testing.T) {
	for _, proto := range []string{"udp", "tcp"} {
		t.Run(proto, func(t *testing.T) {
			var peers []*peer
			for range 2 {
				p, err := newPeer("p", proto, "127.0.0.1", identity{})
				if err != nil {
					t.Fatal(err)
				}
				defer p.close()
				peers = append(peers, p)
			}
			for n := range 20 {
				if err := peers[0].send(peers[1].addr, []byte(request), nil); err != nil {
					t.Fatal(err)
				}
				if err := peers[1].drain(); err != nil {
					t.Fatal(err)
				}
				if err := peers[1].empty(); err == nil || !strings.Contains(err.Error(), "nobody expected") {
					t.Fatalf("round %d: got %v, want a message that nobody expected", n, err)
				}
				if _, err := peers[1].next(); err != nil {
					t.Fatal(err)
				}
				if err := peers[1].empty(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestUnsettled: a message that the server has not handled is waited for.
func TestUnsettled(t *testing.T) {
	p, err := newPeer("alice", "udp", "127.0.0.1", identity{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	d := &slowDaemon{}
	s := &scene{daemon: d, peers: map[string]*peer{"alice": p}}
	if err := p.send(p.addr, []byte(request), nil); err != nil {
		t.Fatal(err)
	}
	if got := s.unsettled(); got != "a message from alice" {
		t.Errorf("got %q", got)
	}
	d.taken = 1
	if got := s.unsettled(); got == "" {
		t.Error("a server at work is settled")
	}
	d.idle = true
	if got := s.unsettled(); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestUnsettledConnection: the server and its peer have to agree on a connection, and
// on what has gone over it.
func TestUnsettledConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := newPeer("alice", "tcp", "127.0.0.1", identity{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := p.send(l.Addr().(*net.TCPAddr).AddrPort(), []byte(request), nil); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	here := Connection{Local: c.LocalAddr().(*net.TCPAddr).AddrPort(), Remote: c.RemoteAddr().(*net.TCPAddr).AddrPort()}
	all := here
	all.Received = int64(len(request))
	step := func(what string, settled bool, open ...Connection) {
		t.Helper()
		s := &scene{daemon: &slowDaemon{idle: true, open: open}, peers: map[string]*peer{"alice": p}}
		if got := s.unsettled(); (got == "") != settled {
			t.Errorf("%s: got %q", what, got)
		}
	}
	step("the server has closed it, the peer has not seen that", false)
	step("the server has not read it", false, here)
	step("all is read", true, all)
	step("the connection of somebody else", false, Connection{Local: all.Local, Remote: netip.MustParseAddrPort("127.0.0.1:1"), Received: all.Received})
	c.Close()
	if err := p.closedWithin(patience); err != nil {
		t.Fatal(err)
	}
	step("the peer has closed it, the server has not seen that", false, all)
	step("both have", true)
}

type slowDaemon struct {
	Daemon
	taken uint64
	idle  bool
	open  []Connection
}

func (d *slowDaemon) Connections() []Connection { return d.open }

func (d *slowDaemon) Taken(netip.AddrPort) uint64 { return d.taken }
func (d *slowDaemon) Short() uint64               { return 0 }
func (d *slowDaemon) Idle() bool                  { return d.idle }
func (d *slowDaemon) Advance(time.Duration)       {}
