// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// Log keeps what a server writes. Safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer  // guarded by mu
	more chan struct{} // guarded by mu; closed by the next Write, nil where nobody waits for it
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(p)
}

// await waits for what matches, not longer than patience, and tells whether it came.
func (l *Log) await(re *regexp.Regexp) bool {
	for late := time.After(patience); ; {
		l.mu.Lock()
		if re.Match(l.text.Bytes()) {
			l.mu.Unlock()
			return true
		}
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-late:
			return false
		}
	}
}

// String returns all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// scene is the state of one script.
type scene struct {
	daemon   Daemon
	log      *Log
	peers    map[string]*peer
	captures map[string]*capture
	redis    map[string]*miniredis.Miniredis
	relays   map[string]*mediarelay.Relay
	last     map[*peer][]byte // what each has sent last
	lastConn map[*peer]*conn  // and over which connection
	serial   int
	starts   int // of servers
}

type sceneKey struct{}

// Setup prepares a script; it goes into testscript.Params.Setup.
func Setup(env *testscript.Env) error {
	s := &scene{peers: map[string]*peer{}, captures: map[string]*capture{}, redis: map[string]*miniredis.Miniredis{}, relays: map[string]*mediarelay.Relay{}, log: new(Log), last: map[*peer][]byte{}, lastConn: map[*peer]*conn{}}
	env.Values[sceneKey{}] = s
	env.Defer(func() {
		if s.daemon != nil {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			s.daemon.Stop(ctx)
		}
		for _, p := range s.peers {
			p.close()
		}
		for _, c := range s.captures {
			c.conn.Close()
		}
		for _, m := range s.redis {
			m.Close()
		}
		for _, r := range s.relays {
			r.Close()
		}
	})
	return nil
}

// fatal ends a script; the server's log helps whoever reads why.
func (s *scene) fatal(ts *testscript.TestScript, err error) {
	ts.Logf("the server's log:\n%s", s.log)
	ts.Fatalf("%v", err)
}

func (s *scene) start(ts *testscript.TestScript, start Start, flags []string) error {
	if s.daemon != nil {
		return fmt.Errorf("the server runs already")
	}
	s.starts++
	d, err := start(ts.MkAbs("."), s.starts, flags, s.log)
	if err != nil {
		return err
	}
	s.daemon = d
	for _, p := range s.peers {
		p.recount()
	}
	for name, of := range servers {
		if a := d.Addr(of.proto, of.v6); a.IsValid() {
			ts.Setenv(name, a.String())
		}
	}
	return nil
}

// servers are the names of the server's addresses; in a text they stand in
// braces and in lower case.
var servers = map[string]struct {
	proto string
	v6    bool
}{"SERVER": {"udp", false}, "SERVER_TCP": {"tcp", false}, "SERVER6": {"udp", true}, "SERVER6_TCP": {"tcp", true}, "SERVER_TLS": {"tls", false}, "SERVER6_TLS": {"tls", true}}

func (s *scene) stop(args []string) error {
	want := 0
	if len(args) > 0 {
		want, _ = strconv.Atoi(args[0])
	}
	if s.daemon == nil {
		return errNoDaemon
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d := s.daemon
	s.daemon = nil
	if got := d.Stop(ctx); got != want {
		return fmt.Errorf("the server ended with status %d, want %d", got, want)
	}
	return s.alone()
}

// alone waits until all peers know that the server has ended: what they send next
// goes to another one.
func (s *scene) alone() error {
	for _, p := range s.peers {
		if err := p.drain(); err != nil { // accepts what the server has opened
			return err
		}
		if err := p.closedWithin(patience); err != nil {
			return err
		}
	}
	return nil
}

var errNoDaemon = fmt.Errorf("no server is running")

func (s *scene) addPeer(ts *testscript.TestScript, args []string) error {
	proto, host := "udp", "127.0.0.1"
	if len(args) > 1 {
		proto = args[1]
	}
	if strings.HasSuffix(proto, "6") {
		proto, host = strings.TrimSuffix(proto, "6"), "::1"
	}
	var id identity
	if len(args) > 2 {
		var err error
		if id, err = peerIdentity(ts, args[2:]); err != nil {
			return err
		}
	}
	p, err := newPeer(args[0], proto, host, id)
	if err != nil {
		return err
	}
	s.peers[args[0]] = p
	if !p.isWeb() {
		ts.Setenv(args[0], p.addr.String())
		ts.Setenv(args[0]+"_PORT", strconv.Itoa(int(p.addr.Port())))
	}
	return nil
}

func (s *scene) peer(name string) (*peer, error) {
	p := s.peers[name]
	switch {
	case p == nil:
		return nil, fmt.Errorf("there is no peer %q", name)
	case s.daemon == nil:
		return nil, errNoDaemon
	}
	return p, nil
}

// server is the address of the server that a peer talks to.
func (s *scene) server(p *peer) netip.AddrPort {
	return s.daemon.Addr(p.base(), p.addr.Addr().Is6())
}

func (s *scene) branch() string {
	s.serial++
	return fmt.Sprintf("z9hG4bK-siptest-%d", s.serial)
}

func (s *scene) callID() string {
	s.serial++
	return fmt.Sprintf("call-%d@siptest", s.serial)
}

// parts splits what a script adds to a message: headers, and body=FILE.
func (s *scene) parts(ts *testscript.TestScript, args []string) (headers []string, body string) {
	for _, a := range args {
		if file, ok := strings.CutPrefix(a, "body="); ok {
			body = strings.ReplaceAll(s.fill(ts.ReadFile(file)), "\n", "\r\n")
			continue
		}
		headers = append(headers, s.fill(a))
	}
	return headers, body
}

func (s *scene) reply(ts *testscript.TestScript, p *peer, args []string) error {
	req := p.request
	if args[0][0] > '9' {
		req, args = p.requests[args[0]], args[1:]
	}
	if len(args) == 0 || req == nil {
		return fmt.Errorf("no code, or no request to answer")
	}
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	rest, reason := args[1:], ""
	if len(rest) > 0 && !strings.Contains(rest[0], ":") && !strings.Contains(rest[0], "=") {
		reason, rest = rest[0], rest[1:]
	}
	extra, body := s.parts(ts, rest)
	return s.send(p, p.buildReply(req, code, reason, extra, body), req.conn)
}

// send sends a message and returns when it was handled.
func (s *scene) send(p *peer, text []byte, via *conn) error {
	if m, err := parse(text); err == nil {
		p.sends(m)
	}
	if err := s.write(p, text, via); err != nil {
		return err
	}
	return s.settle()
}

func (s *scene) write(p *peer, text []byte, via *conn) error {
	s.last[p], s.lastConn[p] = text, via
	to := s.server(p)
	if !to.IsValid() {
		return fmt.Errorf("the server does not listen on %s", p.proto)
	}
	return p.send(to, text, via)
}

var place = regexp.MustCompile(`\{(branch|callid|last:\w+:[\w-]+|\w+)\}`)

// fill replaces the places in a text.
func (s *scene) fill(text string) string { return s.fillAs(text, func(v string) string { return v }) }

// fillAs is fill for texts in which a value must be written otherwise.
func (s *scene) fillAs(text string, write func(string) string) string {
	return place.ReplaceAllStringFunc(text, func(m string) string {
		if v := s.value(m); v != m {
			return write(v)
		}
		return m
	})
}

// value is what stands for a place, or the place itself.
func (s *scene) value(m string) string {
	key := m[1 : len(m)-1]
	if of, ok := servers[strings.ToUpper(key)]; ok && s.daemon != nil {
		a := s.daemon.Addr(of.proto, of.v6)
		if !a.IsValid() && key == "server" {
			a = s.daemon.Addr(of.proto, true)
		}
		return a.String()
	}
	switch {
	case key == "branch":
		return s.branch()
	case key == "callid":
		return s.callID()
	case strings.HasPrefix(key, "last:"):
		f := strings.SplitN(key, ":", 3)
		if p := s.peers[f[1]]; p != nil {
			for _, msg := range []*message{p.request, p.reply} {
				if msg != nil && msg.ValueNamed(f[2]) != "" {
					return msg.ValueNamed(f[2])
				}
			}
		}
	case s.peers[key] != nil:
		return s.peers[key].addr.String()
	}
	return m
}

func (s *scene) fillAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = s.fill(t)
	}
	return out
}

// complete makes a message text of what a script holds: CRLF line ends, the
// empty line, Content-Length where it is missing.
func complete(text string) []byte {
	head, body, _ := strings.Cut(text, "\n\n")
	head = strings.TrimRight(head, "\n")
	body = strings.ReplaceAll(body, "\n", "\r\n")
	lower := strings.ToLower(head)
	if !strings.Contains(lower, "\ncontent-length:") && !strings.Contains(lower, "\nl:") {
		head += "\nContent-Length: " + strconv.Itoa(len(body))
	}
	return []byte(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body)
}

// settle waits until the server has handled all that was sent before, to its
// end: what it sent in consequence lies in the sockets of the peers.
func (s *scene) settle() error {
	if s.daemon == nil {
		return errNoDaemon
	}
	var waits string
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Microsecond) {
		if waits = s.unsettled(); waits == "" {
			return nil
		}
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return fmt.Errorf("the server does not come to rest: %s\n%s", waits, stacks)
}

// unsettled tells what the server has still to do, or a peer to see.
func (s *scene) unsettled() string {
	var short uint64
	open := s.daemon.Connections()
	for _, p := range s.peers {
		p.mu.Lock()
		conns, sent := p.conns, p.sent
		short += p.short
		p.mu.Unlock()
		if p.udp != nil && s.daemon.Taken(p.addr) < sent {
			return "a message from " + p.name
		}
		for _, c := range conns {
			p.mu.Lock()
			closed, sent := c.closed, c.sent
			p.mu.Unlock()
			switch of := c.among(open); {
			case closed != (of == nil):
				return fmt.Sprintf("the end of a connection of %s, which has seen it: %t, as the server has: %t", p.name, closed, of == nil)
			case !closed && of.Received < sent:
				return fmt.Sprintf("%d of %d bytes from %s", sent-of.Received, sent, p.name)
			}
		}
	}
	if s.daemon.Short() < short {
		return "a short datagram"
	}
	if !s.daemon.Idle() {
		return "work, or something to send"
	}
	return ""
}

// quiet fails when anything is left at a peer.
func (s *scene) quiet() error {
	if err := s.settle(); err != nil {
		return err
	}
	for _, p := range s.peers {
		if err := p.drain(); err != nil {
			return err
		}
		if err := p.empty(); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) empty() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return p.failed
	}
	for _, m := range p.arrived {
		if m.Status != 100 {
			return fmt.Errorf("%s got a message that nobody expected:\n%s", p.name, m.text)
		}
	}
	p.arrived = nil
	return nil
}

// closed waits until all connections of the peer are closed, or lets time pass for
// it, not more than maxSteps.
func (s *scene) closed(p *peer, args []string) error {
	if p.udp != nil {
		return fmt.Errorf("%s has no connection", p.name)
	}
	if len(args) == 0 {
		return p.closedWithin(patience)
	}
	step, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	for range maxSteps {
		if err := s.advance(step); err != nil {
			return err
		}
		if p.open() == nil {
			return nil
		}
	}
	return fmt.Errorf("a connection of %s is open", p.name)
}

// maxSteps bounds how often closed lets time pass.
const maxSteps = 5

// advance lets time pass, with nothing left to do before and behind.
func (s *scene) advance(d time.Duration) error {
	if err := s.settle(); err != nil {
		return err
	}
	s.daemon.Advance(d)
	return s.settle()
}

func (p *peer) closedWithin(d time.Duration) error {
	late := time.After(d)
	for p.open() != nil {
		select {
		case <-p.wake:
		case <-late:
			return fmt.Errorf("a connection of %s is open", p.name)
		}
	}
	return nil
}
