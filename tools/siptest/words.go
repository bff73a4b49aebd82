// SPDX-License-Identifier: Apache-2.0

// Package siptest gives test scripts the words to speak SIP.
//
// The scripts are those of testscript; the words beside its own are:
//
//	daemon [FLAG…]          start the server; $SERVER and $SERVER_TCP are its addresses.
//	                        The clock stands still until advance.
//	daemon-fails [FLAG…]    the start must fail; stderr holds what it said
//	peer NAME [udp|tcp]     open a socket; $NAME is its address
//	send NAME FILE          send a message. {server}, {NAME}, {branch}, {callid} and
//	                        {last:NAME:Header} (of the last message that NAME received)
//	                        are filled in, lines end in CRLF, Content-Length is completed
//	raw NAME FILE           send the file as it is, but for the places above
//	expect NAME PATTERN [Header=REGEXP | !Header | body=REGEXP]…
//	                        the next message at NAME: "INVITE", "200 OK", "180" …
//	                        and its headers
//	reply NAME CODE [REASON] [Header:value]…
//	                        answer the last request that NAME received
//	request NAME METHOD [Header:value]…
//	                        send a request inside of the dialog of the last INVITE
//	cancel NAME             CANCEL the last INVITE that NAME sent
//	ack NAME                acknowledge the last response: 2xx through the dialog,
//	                        others hop by hop
//	again NAME              send NAME's last request once more
//	quiet                   nothing more has arrived at any peer
//	advance DURATION        let time pass
//	rpc COMMAND [ARG…]      run a command; stdout holds its reply
//	log PATTERN             the server has logged a line like it (! log: has not)
//	stop                    end the server in order
package siptest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Daemon is a running server under test.
type Daemon interface {
	// Addr is the address of the first socket of a protocol.
	Addr(proto string) netip.AddrPort
	// Advance lets time pass.
	Advance(d time.Duration)
	// Command runs an RPC command and returns its reply as kamcmd prints it.
	Command(name string, args []string) (string, error)
	// Stop ends the server and returns its exit status.
	Stop(ctx context.Context) int
}

// Start starts a server with command line flags, in the folder dir; it logs
// to log.
type Start func(dir string, flags []string, log *Log) (Daemon, error)

// Log keeps what a server writes. Safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// scene is the state of one script.
type scene struct {
	daemon Daemon
	log    *Log
	peers  map[string]*peer
	serial int
}

type sceneKey struct{}

// Setup prepares a script; it goes into testscript.Params.Setup.
func Setup(env *testscript.Env) error {
	s := &scene{peers: map[string]*peer{}, log: new(Log)}
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
	})
	return nil
}

// Words returns the words for testscript.Params.Cmds.
func Words(start Start) map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	word := func(min int, usage string, f func(s *scene, ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < min {
				ts.Fatalf("usage: %s", usage)
			}
			s := ts.Value(sceneKey{}).(*scene)
			if err := f(s, ts, args); err != nil {
				ts.Logf("the server's log:\n%s", s.log)
				ts.Fatalf("%v", err)
			}
		}
	}
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"daemon": word(0, "daemon [flags]", func(s *scene, ts *testscript.TestScript, args []string) error {
			d, err := start(ts.MkAbs("."), args, s.log)
			if err != nil {
				return err
			}
			s.daemon = d
			ts.Setenv("SERVER", d.Addr("udp").String())
			ts.Setenv("SERVER_TCP", d.Addr("tcp").String())
			return nil
		}),
		"daemon-fails": word(0, "daemon-fails [flags]", func(s *scene, ts *testscript.TestScript, args []string) error {
			d, err := start(ts.MkAbs("."), args, s.log)
			if err == nil {
				s.daemon = d
				return fmt.Errorf("the server started")
			}
			fmt.Fprint(ts.Stderr(), s.log.String(), err.Error(), "\n")
			return nil
		}),
		"peer": word(1, "peer NAME [udp|tcp]", func(s *scene, ts *testscript.TestScript, args []string) error {
			proto, host := "udp", "127.0.0.1"
			if len(args) > 1 {
				proto = args[1]
			}
			if strings.HasSuffix(proto, "6") {
				proto, host = strings.TrimSuffix(proto, "6"), "::1"
			}
			p, err := newPeer(args[0], proto, host)
			if err != nil {
				return err
			}
			s.peers[args[0]] = p
			ts.Setenv(args[0], p.addr.String())
			return nil
		}),
		"send": word(2, "send NAME FILE", func(s *scene, ts *testscript.TestScript, args []string) error {
			text := strings.ReplaceAll(s.fill(ts.ReadFile(args[1])), "\r\n", "\n")
			return s.send(args[0], complete(text))
		}),
		"raw": word(2, "raw NAME FILE", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.send(args[0], []byte(s.fill(ts.ReadFile(args[1]))))
		}),
		"expect": word(2, "expect NAME PATTERN [Header=REGEXP]…", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.expect(args[0], args[1], args[2:])
		}),
		"reply": word(2, "reply NAME CODE [REASON] [Header:value]…", func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			code, err := strconv.Atoi(args[1])
			if err != nil || p.request == nil {
				return fmt.Errorf("no code, or no request to answer")
			}
			rest, reason := args[2:], ""
			if len(rest) > 0 && !strings.Contains(rest[0], ":") {
				reason, rest = rest[0], rest[1:]
			}
			return s.send(args[0], p.buildReply(p.request, code, reason, s.fillAll(rest)))
		}),
		"request": word(2, "request NAME METHOD [Header:value]…", func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			text, err := p.buildInDialog(args[1], s.branch(), s.fillAll(args[2:]))
			if err != nil {
				return err
			}
			return s.send(args[0], text)
		}),
		"cancel": word(1, "cancel NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			text, err := p.buildSame("CANCEL")
			if err != nil {
				return err
			}
			invite := p.invite
			err = s.send(args[0], text)
			p.invite = invite
			return err
		}),
		"ack": word(1, "ack NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			var text []byte
			if p.accept != nil {
				text, err = p.buildInDialog("ACK", s.branch(), nil)
			} else {
				text, err = p.buildSame("ACK")
			}
			if err != nil {
				return err
			}
			return s.send(args[0], text)
		}),
		"again": word(1, "again NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			if p.sent == nil {
				return fmt.Errorf("%s has sent no request", args[0])
			}
			return s.send(args[0], p.sent.text)
		}),
		"quiet": word(0, "quiet", func(s *scene, ts *testscript.TestScript, args []string) error { return s.quiet() }),
		"advance": word(1, "advance DURATION", func(s *scene, ts *testscript.TestScript, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil {
				return err
			}
			if err := s.settle(); err != nil {
				return err
			}
			s.daemon.Advance(d)
			return nil
		}),
		"rpc": func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(sceneKey{}).(*scene)
			if len(args) == 0 || s.daemon == nil {
				ts.Fatalf("usage: rpc COMMAND [ARG…], after daemon")
			}
			ts.Check(s.settle())
			out, err := s.daemon.Command(args[0], s.fillAll(args[1:]))
			if (err != nil) != neg {
				ts.Fatalf("%s: %v", args[0], err)
			}
			if err != nil {
				fmt.Fprintln(ts.Stderr(), err)
			}
			fmt.Fprint(ts.Stdout(), out)
		},
		"log": func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(sceneKey{}).(*scene)
			if len(args) != 1 {
				ts.Fatalf("usage: [!] log PATTERN")
			}
			if s.daemon != nil {
				ts.Check(s.settle())
			}
			re, err := regexp.Compile("(?m)" + s.fill(args[0]))
			ts.Check(err)
			if re.MatchString(s.log.String()) == neg {
				ts.Fatalf("the log is:\n%s", s.log)
			}
		},
		"stop": word(0, "stop [STATUS]", func(s *scene, ts *testscript.TestScript, args []string) error {
			want := 0
			if len(args) > 0 {
				want, _ = strconv.Atoi(args[0])
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			d := s.daemon
			s.daemon = nil
			if got := d.Stop(ctx); got != want {
				return fmt.Errorf("the server ended with status %d, want %d", got, want)
			}
			return nil
		}),
	}
}

func (s *scene) peer(name string) (*peer, error) {
	p := s.peers[name]
	if p == nil {
		return nil, fmt.Errorf("there is no peer %q", name)
	}
	return p, nil
}

func (s *scene) branch() string {
	s.serial++
	return fmt.Sprintf("z9hG4bK-siptest-%d", s.serial)
}

func (s *scene) send(name string, text []byte) error {
	p, err := s.peer(name)
	if err != nil {
		return err
	}
	if s.daemon == nil {
		return fmt.Errorf("no daemon is running")
	}
	to := s.daemon.Addr(p.proto)
	return p.send(to, text)
}

var place = regexp.MustCompile(`\{(server|branch|callid|last:\w+:[\w-]+|\w+)\}`)

// fill replaces the places in a text.
func (s *scene) fill(text string) string {
	return place.ReplaceAllStringFunc(text, func(m string) string {
		key := m[1 : len(m)-1]
		switch {
		case key == "server" && s.daemon != nil:
			return s.daemon.Addr("udp").String()
		case key == "servertcp" && s.daemon != nil:
			return s.daemon.Addr("tcp").String()
		case key == "branch":
			return s.branch()
		case key == "callid":
			s.serial++
			return fmt.Sprintf("call-%d@siptest", s.serial)
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
	})
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

// expect takes the next message at a peer and looks at it. A 100 that is not
// asked for is passed over, because it comes when it likes.
func (s *scene) expect(name, pattern string, checks []string) error {
	p, err := s.peer(name)
	if err != nil {
		return err
	}
	m, err := p.next()
	for err == nil && m.Status == 100 && !strings.HasPrefix(pattern, "100") {
		m, err = p.next()
	}
	if err != nil {
		return err
	}
	first := m.FirstLine()
	if !m.IsRequest() {
		first = strings.TrimPrefix(first, "SIP/2.0 ")
	}
	if first != pattern && !strings.HasPrefix(first, pattern+" ") {
		return fmt.Errorf("%s got %q, want %q\n%s", name, first, pattern, m.text)
	}
	for _, c := range checks {
		if err := check(m, s.fill(c)); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, m.text)
		}
	}
	return nil
}

// check looks at one header: "Name=REGEXP", "!Name", "body=REGEXP".
func check(m *message, c string) error {
	if name, absent := strings.CutPrefix(c, "!"); absent {
		if m.FirstNamed(name) >= 0 {
			return fmt.Errorf("there is a header %s", name)
		}
		return nil
	}
	name, want, ok := strings.Cut(c, "=")
	if !ok {
		if m.FirstNamed(c) < 0 {
			return fmt.Errorf("there is no header %s", c)
		}
		return nil
	}
	re, err := regexp.Compile(want)
	if err != nil {
		return err
	}
	if name == "body" {
		if !re.MatchString(m.Body()) {
			return fmt.Errorf("the body does not match %q", want)
		}
		return nil
	}
	var values []string
	for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
		values = append(values, m.Header(i).Value)
	}
	if got := strings.Join(values, ", "); !re.MatchString(got) {
		return fmt.Errorf("%s is %q, want %q", name, got, want)
	}
	return nil
}

// settle waits until the server has handled all that was sent before: it
// answers a request that is sent after them. With several workers one of them
// may still be at work, so each gets a few.
func (s *scene) settle() error {
	if s.daemon == nil {
		return fmt.Errorf("no daemon is running")
	}
	to := s.daemon.Addr("udp")
	if !to.IsValid() {
		return nil
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, 4096)
	for range 8 {
		text := fmt.Sprintf("OPTIONS sip:siptest-settle@%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=%[3]s\r\n"+
			"From: <sip:settle@%[1]s>;tag=1\r\nTo: <sip:settle@%[1]s>\r\nCall-ID: %[3]s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n",
			to, c.LocalAddr(), s.branch())
		if _, err := c.Write([]byte(text)); err != nil {
			return err
		}
		c.SetReadDeadline(time.Now().Add(unanswered))
		if _, err := c.Read(buf); os.IsTimeout(err) {
			return nil // this configuration does not answer
		} else if err != nil {
			return err
		}
	}
	return nil
}

// unanswered is how long settle waits for an answer that a configuration may
// not give.
const unanswered = 100 * time.Millisecond

// quiet fails when anything is left at a peer.
func (s *scene) quiet() error {
	if err := s.settle(); err != nil {
		return err
	}
	for name, p := range s.peers {
		select {
		case m := <-p.in:
			if m.Status == 100 {
				continue
			}
			return fmt.Errorf("%s got a message that nobody expected:\n%s", name, m.text)
		default:
		}
	}
	return nil
}
