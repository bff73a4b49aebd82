// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// repeatAfter is how long a phone waits before it sends a request once more.
const repeatAfter = 500 * time.Millisecond

// phone is a user agent on a UDP socket that registers and calls.
type phone struct {
	conn   *net.UDPConn
	server *net.UDPAddr
	n      int
	heard  map[string]bool // requests; one that the server sends again, as it was answered late, is no other one
}

func newPhone(t testing.TB, server string) *phone {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	p := &phone{conn: c, heard: map[string]bool{}}
	p.towards(t, server)
	return p
}

// towards has the phone send to a server.
func (p *phone) towards(t testing.TB, server string) {
	t.Helper()
	var err error
	if p.server, err = net.ResolveUDPAddr("udp", server); err != nil {
		t.Fatal(err)
	}
}

func (p *phone) send(text string) { p.conn.WriteToUDP([]byte(text), p.server) }

// addr is the address of the phone.
func (p *phone) addr() string { return p.conn.LocalAddr().String() }

// request is the text of a request with more header fields.
func (p *phone) request(method, uri, from, to, more string) string {
	p.n++
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%d;rport\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=t\r\nTo: <%s>\r\n"+
		"Call-ID: %d@%[3]s\r\nCSeq: %[4]d %[1]s\r\n%[8]sContent-Length: 0\r\n\r\n", method, uri, p.addr(), p.n, from, to, p.n, more)
}

// ask sends a request until its final reply comes, and returns that; "" where
// none comes in time.
func (p *phone) ask(text string, limit time.Duration) string {
	branch := between(text, "branch=", ";") + ";"
	buf := make([]byte, 1<<16)
	for end := time.Now().Add(limit); time.Now().Before(end); {
		p.send(text)
		p.conn.SetReadDeadline(time.Now().Add(repeatAfter))
		for {
			n, err := p.conn.Read(buf)
			if err != nil {
				break
			}
			if reply := string(buf[:n]); strings.HasPrefix(reply, "SIP/2.0 ") && reply[8] != '1' && strings.Contains(reply, branch) {
				return reply
			}
		}
	}
	return ""
}

// hears waits for a request that was not heard before, and returns it; "" where none comes.
func (p *phone) hears(method string) string {
	buf := make([]byte, 1<<16)
	p.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return ""
		}
		if request := string(buf[:n]); strings.HasPrefix(request, method+" ") && !p.heard[request] {
			p.heard[request] = true
			return request
		}
	}
}

// serve answers each request of a method until end is called, also one that is sent
// again because the answer was lost: beside a load of registrations a datagram may be.
func (p *phone) serve(method string) (end func()) {
	var ends atomic.Bool
	done := make(chan struct{})
	p.conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for !ends.Load() {
			if n, err := p.conn.Read(buf); err == nil && strings.HasPrefix(string(buf[:n]), method+" ") {
				p.answer(string(buf[:n]))
			}
		}
	}()
	return func() {
		ends.Store(true)
		p.conn.SetReadDeadline(time.Now())
		<-done
	}
}

// answer answers a request with 200.
func (p *phone) answer(request string) { p.reply(request, "200 OK") }

// reply answers a request.
func (p *phone) reply(request, status string) {
	if request != "" {
		p.send(replyTo(request, status, p.addr()))
	}
}

// replyTo is the reply to a request, from an address.
func replyTo(request, status, addr string) string {
	reply := "SIP/2.0 " + status + "\r\n"
	for _, line := range strings.Split(request, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "via", "from", "call-id", "cseq", "record-route":
			reply += line + "\r\n"
		case "to":
			if reply += line; !strings.Contains(line, ";tag=") {
				reply += ";tag=a"
			}
			reply += "\r\n"
		}
	}
	return reply + "Contact: <sip:" + addr + ">\r\nContent-Length: 0\r\n\r\n"
}

// between is the text behind one mark and before the next.
func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}
