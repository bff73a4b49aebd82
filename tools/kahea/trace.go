// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

const traceUsage = `usage: kahea trace [options] -f FILE --packet MESSAGE…

Takes messages through a configuration without a socket, a clock or a name
server, and prints each line of the script that runs with the values that it
reads and sets, and what would leave.

  --packet FILE   a message, or a txtar archive of messages; repeat for more;
                  - is the standard input
  --request LINE  a request of which the first line is all that matters, as
                  'INVITE sip:bob@example.com'; the rest is made up
  --src ADDRESS   where requests come from: [proto:]ip:port; without it the
                  first Via tells
  --dst ADDRESS   the socket of the configuration that they arrive at, as
                  proto:ip:port; without it the first one of the protocol
  --time TIME     when it is, as 2026-01-01T00:00:00Z
  --brief         of what leaves print the first line only

The options of the server (-A NAME, --modparam=…) are taken too. Each message
must not have a line end of its own kind: LF will do. In an archive a section
"advance 30s" lets time pass, "reply to 2" answers the second request that was
sent (else the last one). A reply may be its first line alone: what it lacks is
copied from the request. Names resolve to addresses that are made up; modules
that other programs talk to (ctl, jsonrpcs) are not started, nor are those
that talk to media relays (rtpengine, rtpproxy): their functions are false. So
are those that would run a program, ask a server of HTTP or Redis, or write a
file (exec_msg, http_client_query, redis_cmd, file_write): the call is told and
not made. What a script of Lua does with io and os it does.
`

// traceOptions are the flags of the word trace.
type traceOptions struct {
	packets  []packetSource
	src, dst string
	time     time.Time
	brief    bool
	help     bool
	rest     []string // flags of the server
}

// packetSource is one --packet or --request.
type packetSource struct {
	file, request string
}

// traceStart is the time of a trace where none is given.
var traceStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func parseTraceOptions(args []string) (*traceOptions, error) {
	o := &traceOptions{time: traceStart}
	for len(args) > 0 {
		name, value, has := strings.Cut(args[0], "=")
		switch name {
		case "--brief":
			o.brief = true
			args = args[1:]
			continue
		case "-h", "--help":
			o.help = true
			return o, nil
		case "--packet", "--request", "--src", "--dst", "--time":
		default:
			o.rest = append(o.rest, args[0])
			args = args[1:]
			continue
		}
		if args = args[1:]; !has {
			if len(args) == 0 {
				return nil, fmt.Errorf("option %s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		switch name {
		case "--packet":
			o.packets = append(o.packets, packetSource{file: value})
		case "--request":
			o.packets = append(o.packets, packetSource{request: value})
		case "--src":
			o.src = value
		case "--dst":
			o.dst = value
		case "--time":
			t, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return nil, fmt.Errorf("bad --time %q: it is written 2026-01-01T00:00:00Z", value)
			}
			o.time = t
		}
	}
	if len(o.packets) == 0 {
		return nil, errors.New("no message: give --packet FILE or --request 'INVITE sip:bob@example.com'")
	}
	return o, nil
}

// runTrace is the word trace.
func runTrace(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseTraceOptions(args)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n%s", err, traceUsage)
		return 2
	}
	if o.help {
		io.WriteString(stdout, traceUsage)
		return exitOK
	}
	acts, err := readActs(o.packets, stdin)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 1
	}
	server, err := optionsWithFile(o.rest)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return 2
	}
	server.stdin = stdin
	t, status := newTrace(server, o, stdout, stderr)
	if status != exitOK {
		return status
	}
	defer t.server.abandon() // nothing is there that a proper end would save
	for _, a := range acts {
		if err := t.play(a); err != nil {
			t.view.flush()
			fmt.Fprintf(stderr, "ERROR: %s: %v\n", a.name, err)
			return 1
		}
	}
	t.view.flush()
	return exitOK
}

// trace is a server apart from the world, and what is told of it.
type trace struct {
	opt    *traceOptions
	server *server
	clock  timer.Standing
	view   *traceView
	world  *madeUp
	count  int // messages received so far
}

// newTrace boots the configuration apart from the world.
func newTrace(server *options, o *traceOptions, stdout, stderr io.Writer) (*trace, int) {
	t := &trace{opt: o, clock: timer.Standing{Manual: timer.NewManual(o.time)}, view: newTraceView(stdout, o.brief)}
	t.world = newMadeUp(t.view)
	server.adapt = t.view.adapt
	cfg, status := readConfig(server, stderr)
	if status != exitOK {
		return nil, 1
	}
	cfg.settings.Children = 1
	t.view.files = cfg.errs.Files
	s, err := boot(cfg, surroundings{
		stdout: io.Discard, stderr: stderr, clock: t.clock, resolver: t.world, seed: 1, portable: true, network: t.world,
		apart: true, tracer: t.view, refused: t.view.refused, log: t.view,
	})
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return nil, 1
	}
	t.server = s
	t.settle()
	t.view.began = true
	return t, exitOK
}

// play does what one section of the input asks for.
func (t *trace) play(a act) error {
	if a.advance > 0 {
		t.view.heading("%s pass", a.advance)
		t.advance(a.advance)
		t.view.nothing()
		return nil
	}
	var answered *sent
	if a.isReply() {
		n := a.replyTo
		if n == 0 {
			n = t.world.lastRequest()
		}
		if answered = t.world.sent(n); answered == nil || !answered.isRequest {
			return fmt.Errorf("no request %d was sent that could be answered", n)
		}
		a.completeReply(answered)
	}
	p, err := t.packet(a, answered)
	if err != nil {
		return err
	}
	t.count++
	t.view.heading("message %d: %s from %s:%s to %s", t.count, a.firstLine(), p.Socket.Proto, p.Src, p.Socket.Text)
	t.server.engine.Receive(p)
	t.settle()
	t.view.nothing()
	return nil
}

// packet makes what a socket would hand over.
func (t *trace) packet(a act, answered *sent) (transport.Packet, error) {
	from := t.opt.src
	if answered != nil {
		from = answered.proto.String() + ":" + answered.to.String()
	}
	proto, src, err := a.source(from)
	if err != nil {
		return transport.Packet{}, err
	}
	sock, err := t.socket(proto, answered)
	if err != nil {
		return transport.Packet{}, err
	}
	buf := transport.NewBuffer(len(a.text))
	n := copy(buf.Data, a.text)
	return transport.Packet{Data: buf.Data[:n], Buffer: buf, Socket: sock, Src: src, Dst: sock.Addr, Time: t.clock.Now()}, nil
}

// socket finds the socket that a message arrives at.
func (t *trace) socket(proto transport.Proto, answered *sent) (*transport.Socket, error) {
	all := t.server.transport.Sockets()
	if answered != nil {
		for _, s := range all {
			if s.Proto == proto && s.Addr == answered.from {
				return s, nil
			}
		}
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Text)
		as := s.As(proto)
		if t.opt.dst != "" && t.opt.dst == s.Text && as == nil {
			return s, nil
		}
		if as != nil && (t.opt.dst == "" || t.opt.dst == s.Text) {
			return as, nil
		}
	}
	want := t.opt.dst
	if want == "" {
		want = proto.String()
	}
	return nil, fmt.Errorf("the configuration has no socket %s: it has %s", want, strings.Join(names, ", "))
}

// advance lets time pass, timer by timer.
func (t *trace) advance(span time.Duration) {
	for end := t.clock.Monotonic() + span; t.clock.Monotonic() < end; t.settle() {
		left := end - t.clock.Monotonic()
		if next, ok := t.clock.Next(); ok && next < left {
			left = next
		}
		t.clock.Advance(left)
	}
}

// settle rings what came due while a script slept, and waits until what was begun has been done: goroutines of modules, and
// connections that write.
func (t *trace) settle() {
	t.clock.Advance(0)
	for range 20000 {
		if t.server.goer.running.Load() == 0 && t.server.transport.ConnCounts().Queued == 0 {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// parseAddress reads [proto:]ip:port.
func parseAddress(text string) (transport.Proto, netip.AddrPort, error) {
	proto, rest := transport.UDP, text
	if p, r, ok := strings.Cut(text, ":"); ok {
		if known, ok := transport.ParseProto(p); ok {
			proto, rest = known, r
		}
	}
	host, port, err := cutPort(rest)
	if err != nil {
		return proto, netip.AddrPort{}, err
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return proto, netip.AddrPort{}, fmt.Errorf("%q is no address: it is [proto:]ip:port", text)
	}
	if port == 0 {
		port = 5060
	}
	return proto, netip.AddrPortFrom(addr, uint16(port)), nil
}

// outside are the modules that other programs talk to, or that tell others what to do, which a trace does not start.
func outside(module string) bool {
	return slices.Contains([]string{"ctl", "jsonrpcs", "mi_datagram", "mi_fifo", "ndb_redis", "rtpengine", "rtpproxy", "tls"}, module)
}
