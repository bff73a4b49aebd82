// SPDX-License-Identifier: Apache-2.0

// Package mediarelay is a media relay without media, for tests: it answers as it is told and remembers what it was asked.
//
// It understands two protocols, told apart packet by packet: that of rtpproxy ("COOKIE U call 192.0.2.1 4000 tag") and ng, that of
// rtpengine ("COOKIE d7:command4:ping…e").
package mediarelay

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/tools/testport"
)

// Relay is a running relay. Safe for concurrent use.
type Relay struct {
	addr netip.AddrPort

	mu      sync.Mutex
	conn    *net.UDPConn      // guarded by mu; nil while it is ended
	done    chan struct{}     // guarded by mu; closed when the goroutine of conn has ended
	answers map[string]string // guarded by mu; what a command is answered with
	seen    []string          // guarded by mu
	pings   int               // guarded by mu
}

// Silence as an answer is none.
const Silence = "silence"

// Start starts a relay on a port that stays its own, also while it is ended.
func Start() (*Relay, error) {
	port, err := testport.Free()
	if err != nil {
		return nil, err
	}
	r := &Relay{addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), answers: map[string]string{}}
	return r, r.Restart()
}

// Restart starts a relay that was ended, on the same port.
func (r *Relay) Restart() error {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(r.addr))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn, r.done = conn, make(chan struct{})
	go r.serve(conn, r.done)
	return nil
}

// Close ends the relay: its port is closed when it returns.
func (r *Relay) Close() {
	r.mu.Lock()
	conn, done := r.conn, r.done
	r.conn = nil
	r.mu.Unlock()
	if conn != nil {
		conn.Close()
		<-done
	}
}

// Addr is where it listens.
func (r *Relay) Addr() netip.AddrPort { return r.addr }

// Answer sets what a command is answered with from now on: a reply in the form of its protocol, without cookie, or Silence; "" is the
// reply of a relay that works. "*" stands for all commands that have none of their own; what only asks whether the relay is there it has silent at most.
func (r *Relay) Answer(command, reply string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[command] = reply
}

// Commands returns what has come since the last time, in words, a line each. What only asks whether the relay is there is not among it:
// servers do so when they like. What is sent again is there once.
func (r *Relay) Commands() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// Forget begins anew: all commands are answered well, and none has come.
func (r *Relay) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.answers)
	r.seen = nil
}

// Pings is how often it was asked whether it is there.
func (r *Relay) Pings() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pings
}

func (r *Relay) serve(conn *net.UDPConn, done chan struct{}) {
	defer close(done)
	buf := make([]byte, 1<<16)
	var late []string // cookies with where they came from, so that what is sent again is known
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		cookie, text, _ := strings.Cut(string(buf[:n]), " ")
		id := cookie + " " + from.String()
		again := slices.Contains(late, id)
		if late = append(late, id); len(late) > 100 {
			late = late[1:]
		}
		if reply := r.take(text, again); reply != "" {
			conn.WriteToUDPAddrPort([]byte(cookie+" "+reply), from)
		}
	}
}

// take notes a command and returns the reply.
func (r *Relay) take(text string, again bool) string {
	c := parse(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case again:
	case c.asksForLife:
		r.pings++
	default:
		r.seen = append(r.seen, c.words)
	}
	reply := r.answers[c.name]
	if all := r.answers["*"]; reply == "" && (all == Silence || !c.asksForLife) {
		reply = all
	}
	switch reply {
	case Silence:
		return ""
	case "":
		return c.reply()
	}
	return reply
}
