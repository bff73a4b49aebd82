// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// relay is what passes media on: rtpengine, or the scripted rtpproxy.
type relay interface {
	// ended waits until the relay has no call any more.
	ended(t *testing.T)
}

// engine is Debian's rtpengine, which passes media on by itself, without a
// module of the kernel.
type engine struct{ control string }

const rtpengineAddr = "127.0.0.1:2223" // where the stock file looks

func startRTPEngine(t *testing.T) *engine {
	t.Helper()
	refserver.Needs(t, "rtpengine")
	cmd := exec.Command("rtpengine", "--table=-1", "--interface="+publicAddr, "--listen-ng="+rtpengineAddr, "--foreground", "--log-stderr", "--log-level=4",
		"--port-min=30000", "--port-max=30099", "--num-threads=2", "--delete-delay=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("rtpengine:\n%s", log.String())
		}
	})
	e := &engine{rtpengineAddr}
	for end := time.Now().Add(patience); !strings.Contains(e.ask("d7:command4:pinge"), "pong"); {
		if time.Now().After(end) {
			t.Fatal("rtpengine does not answer")
		}
	}
	return e
}

// ask sends a command of the ng protocol.
func (e *engine) ask(command string) string {
	conn, err := net.Dial("udp", e.control)
	if err != nil {
		return ""
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%d %s", time.Now().UnixNano(), command)
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	buf := make([]byte, 1<<16)
	n, _ := conn.Read(buf)
	return string(buf[:n])
}

func (e *engine) ended(t *testing.T) {
	t.Helper()
	reply := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if reply = e.ask("d7:command4:liste"); strings.Contains(reply, "5:callsle") {
			return
		}
	}
	t.Errorf("rtpengine still has calls: %s", reply)
}

// proxy is an RTP proxy that speaks the protocol of Sippy's and really passes
// packets on, each to where the last packet of the other side came from.
type proxy struct {
	conn *net.UDPConn

	mu       sync.Mutex
	sessions map[string]*session // by Call-ID; guarded by mu
	commands []string            // guarded by mu
}

// session has a socket for each side: 0 for who called, 1 for who was called.
type session struct {
	side [2]*net.UDPConn
	from [2]atomic.Pointer[netip.AddrPort]
}

func startRTPProxy(t *testing.T) *proxy {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7722}) // where the stock file looks
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{conn: conn, sessions: map[string]*session{}}
	t.Cleanup(func() {
		conn.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		for id := range p.sessions {
			p.drop(id)
		}
	})
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			cookie, command, _ := strings.Cut(string(buf[:n]), " ")
			conn.WriteToUDPAddrPort([]byte(cookie+" "+p.do(strings.TrimSpace(command))+"\n"), from)
		}
	}()
	return p
}

// do carries a command out.
func (p *proxy) do(command string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commands = append(p.commands, command)
	words := strings.Fields(command)
	switch {
	case words[0] == "V":
		return "20040107"
	case words[0] == "VF":
		return "1"
	case words[0] == "D" && len(words) > 1:
		p.drop(words[1])
		return "0"
	case len(words) >= 5 && (words[0][0] == 'U' || words[0][0] == 'L'):
		s := p.sessions[words[1]]
		if s == nil {
			if words[0][0] == 'L' {
				return "E8"
			}
			s = newSession()
			p.sessions[words[1]] = s
		}
		// Who is told the port is the other side than the one whose address is given.
		side := 1
		if words[0][0] == 'L' {
			side = 0
		}
		return fmt.Sprintf("%d %s", s.side[side].LocalAddr().(*net.UDPAddr).Port, publicAddr)
	}
	return "E1"
}

func (p *proxy) drop(id string) {
	if s := p.sessions[id]; s != nil {
		s.side[0].Close()
		s.side[1].Close()
		delete(p.sessions, id)
	}
}

func newSession() *session {
	s := new(session)
	for i := range s.side {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(publicAddr)})
		if err != nil {
			panic(err) // of the scripted peer alone
		}
		s.side[i] = conn
	}
	for i := range s.side {
		go s.pass(i)
	}
	return s
}

// pass hands on what one side sends.
func (s *session) pass(side int) {
	buf := make([]byte, 2048)
	for {
		n, from, err := s.side[side].ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		s.from[side].Store(&from)
		if to := s.from[1-side].Load(); to != nil {
			s.side[1-side].WriteToUDPAddrPort(buf[:n], *to)
		}
	}
}

func (p *proxy) ended(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		p.mu.Lock()
		n := len(p.sessions)
		p.mu.Unlock()
		if n == 0 {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.Errorf("the rtpproxy still has calls; commands:\n%s", strings.Join(p.commands, "\n"))
}
