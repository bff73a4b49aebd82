// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/tools/siptest"
)

var update = flag.Bool("update", false, "write what was printed into the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kahea": func() {
		os.Exit(run(os.Args[1:], surroundings{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, anyPort: true}))
	}})
}

// variant is a way in which the calls of testdata/calls are made.
type variant struct {
	name   string
	proxy  string // configuration
	caller string // protocol
	callee string
	listen []string
}

// parameters are those of the calls. In the scripts $PROXY is the configuration,
// $CALLER and $CALLEE are the protocols, the conditions [caller:tcp] and
// [callee:udp] and so on ask for them, [kemi] for a configuration in Lua.
func (v variant) parameters() testscript.Params {
	proxy := v.proxy
	if !filepath.IsAbs(proxy) {
		proxy, _ = filepath.Abs(filepath.Join("testdata", proxy))
	}
	p := parameters()
	setup := p.Setup
	p.Dir = "testdata/calls"
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("PROXY", proxy)
		if v.name == "fast" {
			env.Setenv("FAST", "-portable=no")
		}
		env.Setenv("CALLER", v.caller)
		env.Setenv("CALLEE", v.callee)
		env.Setenv("LISTEN", "-l"+strings.Join(v.listen, ",")) // one word
		return setup(env)
	}
	p.Condition = func(cond string) (bool, error) {
		switch side, proto, _ := strings.Cut(cond, ":"); side {
		case "caller":
			return strings.HasPrefix(v.caller, proto), nil
		case "callee":
			return strings.HasPrefix(v.callee, proto), nil
		case "kemi":
			return strings.Contains(filepath.Base(v.proxy), "kemi"), nil
		}
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	return p
}

// variants are all ways.
var variants = []variant{
	{"udp", "proxy.cfg", "udp", "udp", []string{"udp:127.0.0.1:0"}},
	{"tcp", "proxy.cfg", "tcp", "tcp", []string{"tcp:127.0.0.1:0", "udp:127.0.0.1:0"}},
	{"udp to tcp", "proxy.cfg", "udp", "tcp", []string{"127.0.0.1:0"}},
	{"tcp to udp", "proxy.cfg", "tcp", "udp", []string{"127.0.0.1:0"}},
	{"ipv6", "proxy.cfg", "udp6", "udp6", []string{"[::1]:0"}},
	{"fast", "proxy.cfg", "udp", "udp", []string{"udp:127.0.0.1:0"}},
	{"stock", stock, "udp", "udp", []string{"127.0.0.1:0"}},
}

// stock is the configuration of Debian's package.
const stock = "/etc/kamailio/kamailio.cfg"

// TestCalls makes each call of testdata/calls in each of the ways.
func TestCalls(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			if _, err := os.Stat(v.proxy); err != nil && v.proxy == stock {
				if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
					t.Fatalf("%s is missing: apt-get install kamailio", stock)
				}
				t.Skipf("skipped: %s is missing (apt-get install kamailio)", stock)
			}
			testscript.Run(t, v.parameters())
		})
	}
}

// TestScripts runs the end-to-end scripts of the server and of its modules. The
// words are those of siptest, and
//
//	exits STATUS kahea ARG…         a process of the server ends with that status
//	signal NAME PID-FILE            send a signal to a process
//	await FILE                      wait until a file is there (! await: is gone)
//	ctl SOCKET COMMAND [ARG…]       run a command through a binrpc socket
//	ask-datagram SOCKET FILE        ask through a Unix datagram socket
//	ask-fifo FIFO REPLY-FIFO FILE   ask through a FIFO
//	ask-hex udp|tcp ADDRESS HEX…    ask a socket by STUN
//
// The flag -portable=no of daemon makes it read its sockets as it does outside
// of tests, -dns=FILE gives it the names of a file; $FAST is the former or empty, $CFG the folder of shared configurations.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	of, err := filepath.Glob("../../modules/*/testdata/[a-z]*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range of {
		// The other archives there are records of the reference.
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\ndaemon ")) {
			files = append(files, f)
		}
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if stops.Match(text) {
			t.Errorf("%s: stop ends the script and leaves the rest out: end ends the server", f)
		}
	}
	p := parameters()
	p.Files = files
	testscript.Run(t, p)
}

// stops finds the word of testscript that ends a script as if all was well.
var stops = regexp.MustCompile(`(?m)^stop\b`)

// TestFastPath runs some scripts with the UDP sockets as they are read outside
// of tests.
func TestFastPath(t *testing.T) {
	p := parameters()
	p.Files = []string{"testdata/malice-udp.txtar", "testdata/malice-tcp.txtar", "testdata/panic.txtar"}
	portable := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("FAST", "-portable=no")
		return portable(env)
	}
	testscript.Run(t, p)
}

func parameters() testscript.Params {
	words := siptest.Words(startDaemon)
	words["exits"] = exits
	words["ctl"] = control
	words["await"] = await
	words["signal"] = sendSignal
	words["ask-datagram"] = askDatagram
	words["ask-fifo"] = askFIFO
	words["ask-hex"] = askHex
	setup := func(env *testscript.Env) error {
		dir, err := filepath.Abs("testdata")
		env.Vars = append(env.Vars, "CFG="+dir, "FAST="+env.Getenv("FAST"))
		return errors.Join(err, siptest.Setup(env))
	}
	return testscript.Params{Setup: setup, Cmds: words, UpdateScripts: *update, RequireUniqueNames: true}
}

// start is the time that the clock of a server under test shows at first.
var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// daemon is a server inside of the test.
type daemon struct {
	*server
	clock *timer.Manual
	taken taken
}

var _ siptest.Daemon = (*daemon)(nil)

// startDaemon boots a server in dir as the command line says. The servers of a
// script have other random numbers each.
func startDaemon(dir string, number int, flags []string, log *siptest.Log) (siptest.Daemon, error) {
	portable, resolver := true, locate.Resolver(locate.Fixed{})
	var rest []string
	for _, f := range flags {
		switch zone, isZone := strings.CutPrefix(f, "-dns="); {
		case f == "-portable=no":
			portable = false
		case isZone:
			file := zoneFile(filepath.Join(dir, zone))
			if _, err := readZone(string(file)); err != nil {
				return nil, err
			}
			resolver = file
		case f != "":
			rest = append(rest, f)
		}
	}
	o, err := parseOptions(append([]string{"-E", "-DD", "-a", "no"}, rest...))
	if err != nil {
		return nil, err
	}
	for _, path := range []*string{&o.file, &o.runDir, &o.pidFile, &o.pgidFile} {
		if *path == defaultRunDir {
			*path = "run"
		}
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	for i, l := range o.listen {
		if all := strings.Split(l, ","); len(all) > 1 && !strings.HasPrefix(l, "(") {
			o.listen = slices.Replace(o.listen, i, i+1, all...)
			break
		}
	}
	cfg, status := readConfig(o, log)
	if status != exitOK {
		return nil, fmt.Errorf("exit status %d", status)
	}
	if len(cfg.settings.Sockets) == 0 && len(o.listen) == 0 {
		o.listen = []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"}
	}
	cfg.settings.Children = min(cfg.settings.Children, 2)
	d := &daemon{clock: timer.NewManual(start)}
	d.server, err = boot(cfg, surroundings{
		stdout: log, stderr: log, clock: d.clock, resolver: resolver, seed: uint64(max(number, 1)),
		portable: portable, anyPort: true, receiver: d.taken.wrap,
	})
	return d, err
}

// Addr implements siptest.Daemon.
func (d *daemon) Addr(proto string, v6 bool) netip.AddrPort {
	for _, s := range d.transport.Sockets() {
		if s.Proto.String() == proto && s.Addr.Addr().Is6() == v6 {
			return s.Addr
		}
	}
	return netip.AddrPort{}
}

// Advance implements siptest.Daemon. It stops at each alarm until what that one
// has begun is done, so that periodic tasks see the time that they are meant for.
func (d *daemon) Advance(span time.Duration) {
	for span > 0 {
		next, ok := d.clock.Next()
		if !ok || next > span {
			next = span
		}
		d.clock.Advance(next)
		span -= next
		for d.goer.running.Load() > 0 {
			time.Sleep(10 * time.Microsecond)
		}
	}
}

// Command implements siptest.Daemon.
func (d *daemon) Command(name string, args []any) (rpc.Reply, error) {
	return rpc.Call(context.Background(), d.engine, name, args)
}

// Taken implements siptest.Daemon.
func (d *daemon) Taken(src netip.AddrPort) uint64 { return d.taken.from(src) }

// Short implements siptest.Daemon.
func (d *daemon) Short() uint64 {
	if st := d.counters.Lookup("udp", "short_datagrams"); st != nil {
		return uint64(st.Value())
	}
	return 0
}

// Idle implements siptest.Daemon.
func (d *daemon) Idle() bool {
	conns := d.transport.ConnCounts()
	return d.goer.running.Load() == 0 && d.taken.idle() && conns.Queued == 0 && conns.Ending == 0
}

// Connections implements siptest.Daemon.
func (d *daemon) Connections() []siptest.Connection {
	var list []siptest.Connection
	for _, c := range d.transport.Connections() {
		list = append(list, siptest.Connection{Local: c.Local, Remote: c.Remote, Received: c.Received, Opening: c.State == transport.ConnConnecting})
	}
	return list
}

// Stop implements siptest.Daemon.
func (d *daemon) Stop(context.Context) int { return d.stop() }

// taken counts the messages that were handled to the end, by their source.
type taken struct {
	mu   sync.Mutex
	by   map[netip.AddrPort]uint64 // guarded by mu
	busy int                       // guarded by mu; those at work
}

func (t *taken) wrap(r transport.Receiver) transport.Receiver { return &countingReceiver{r, t} }

func (t *taken) from(src netip.AddrPort) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.by[src]
}

func (t *taken) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy == 0
}

type countingReceiver struct {
	transport.Receiver
	taken *taken
}

// Receive implements transport.Receiver.
func (c *countingReceiver) Receive(p transport.Packet, out *transport.Out) {
	t, src := c.taken, p.Src
	t.mu.Lock()
	t.busy++
	t.mu.Unlock()
	c.Receiver.Receive(p, out)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = map[netip.AddrPort]uint64{}
	}
	t.busy--
	t.by[src]++
}

// exits runs a program and looks at its exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
