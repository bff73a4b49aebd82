// SPDX-License-Identifier: Apache-2.0

// Package scripttest runs configurations inside of tests.
package scripttest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/vm"
)

// Invite is a request for tests that do not care which one.
const Invite = "INVITE sip:bob@127.0.0.1:5060;transport=udp SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKabc\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"Alice\" <sip:alice@example.com>;tag=ft1\r\n" +
	"To: <sip:bob@example.org>\r\n" +
	"Call-ID: call1@host\r\n" +
	"CSeq: 102 INVITE\r\n" +
	"User-Agent: TestUA/1.0\r\n" +
	"Content-Length: 0\r\n\r\n"

// Options say how a configuration is loaded.
type Options struct {
	// Modules are the constructors that loadmodule finds, beside those that
	// are registered.
	Modules map[string]module.New
	// Defines are NAME or NAME=VALUE.
	Defines []string
	// Files are further files that the configuration includes, Env what it
	// sees of the environment; nil is that of the process.
	Files map[string]string
	Env   func(name string) (string, bool)
	VM    vm.Options
	// Aliases are host names that are ours, beside 127.0.0.1.
	Aliases []string
}

// Env is a loaded configuration with a host that is made up.
type Env struct {
	Program *vm.Program
	Modules []*check.Module
	Host    *Host
	// Errors are the mistakes and warnings of the configuration.
	Errors *source.ErrorList
}

// Load reads, checks and compiles a configuration. The Program is nil when it
// has mistakes.
func Load(cfg string, opt Options) *Env {
	files := source.Memory{"test.cfg": cfg}
	maps.Copy(files, opt.Files)
	file, res := syntax.ParseFile("test.cfg", preproc.Options{Reader: files, Defines: opt.Defines, Env: opt.Env})
	env := &Env{Errors: res.Errors, Host: newHost(opt.Aliases)}
	script := check.Check(file, check.Options{
		Core: core.Exports(core.Options{}),
		Lookup: func(name string) module.New {
			if f := opt.Modules[name]; f != nil {
				return f
			}
			return module.Lookup(name)
		},
		Log: env.Host.log,
	}, env.Errors)
	env.Modules = script.Modules
	if env.Errors.Len() == 0 {
		env.Program = vm.New(compile.Compile(script), opt.VM)
	}
	return env
}

// MustLoad is Load for a configuration without mistakes; its modules are
// started.
func MustLoad(t testing.TB, cfg string, opt Options) *Env {
	t.Helper()
	env := Load(cfg, opt)
	if err := env.Errors.Err(); err != nil {
		t.Fatal(err)
	}
	env.Start(t)
	return env
}

// Start starts the modules of a configuration without mistakes.
func (e *Env) Start(t testing.TB) {
	t.Helper()
	loaded := map[string]module.Module{}
	for _, m := range e.Modules {
		loaded[m.Name] = m.Module
	}
	e.Host.gen = module.NewGeneration(1, e.Program, loaded)
	for _, m := range e.Modules {
		if s, ok := m.Module.(module.Starter); ok {
			if err := s.Start(t.Context(), e.Host); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Call makes a Call for a message, as if it had come from 127.0.0.1:5090 to
// 127.0.0.1:5060 over UDP.
func (e *Env) Call(t testing.TB, text string) *module.Call {
	t.Helper()
	buf := transport.NewBuffer(len(text))
	n := copy(buf.Data, text)
	p := transport.Packet{Data: buf.Data[:n], Buffer: buf, Src: netip.MustParseAddrPort("127.0.0.1:5090"),
		Dst: e.Host.socket.Addr, Socket: e.Host.socket, Time: e.Host.Clock().Now()}
	c := &module.Call{Host: e.Host, Gen: e.Host.gen, Out: e.Host}
	c.SetLog(e.Host.log)
	msg := new(sip.Message)
	if err := msg.Parse(p.Data); err != nil {
		t.Fatalf("bad test message: %v", err)
	}
	msg.Source = p.Src
	c.Reset(msg, p)
	c.Target.URI = msg.RequestURI
	c.Route = module.RequestRoute
	if !msg.IsRequest() {
		c.Route = module.CoreReplyRoute
	}
	return c
}

// Run runs a route for a call.
func (e *Env) Run(t testing.TB, c *module.Call, kind module.RouteKind, name string) module.Outcome {
	t.Helper()
	r, ok := e.Program.Lookup(kind, name)
	if !ok {
		t.Fatalf("no route of kind %d with name %q", kind, name)
	}
	return e.Program.Run(c, r)
}

// Request runs the main route for a request and returns what it printed.
func (e *Env) Request(t testing.TB, text string) []string {
	t.Helper()
	e.Host.lines.Reset()
	e.Run(t, e.Call(t, text), module.RequestRoute, "")
	return e.Host.Lines()
}

// Host is a module.Host for tests: what is not given panics when it is asked.
type Host struct {
	module.Host
	log      *slog.Logger
	lines    bytes.Buffer
	net      *transport.Layer
	socket   *transport.Socket
	core     module.Core
	clock    *timer.Manual
	wheel    *timer.Wheel
	counters *counter.Set
	settings *setting.Registry
	stores   map[string]any
	gen      *module.Generation
	// DB is what each URL opens.
	DB db.Database
	// Sent is what was sent.
	Sent []string
}

// Database implements module.Host.
func (h *Host) Database(_ context.Context, url string) (db.Database, error) {
	if h.DB == nil {
		return nil, fmt.Errorf("the test has no database for %s", url)
	}
	return h.DB, nil
}

func newHost(aliases []string) *Host {
	h := &Host{socket: Socket(), stores: map[string]any{}, counters: counter.New(), settings: setting.New(),
		clock: timer.NewManual(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))}
	h.log = slog.New(slog.NewTextHandler(&h.lines, &slog.HandlerOptions{Level: module.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}}))
	h.core = module.Core{Version: "kahea test", MaxBranches: 12, ServerID: 7, Started: h.clock.Now().Unix()}
	names := make([]transport.Alias, 0, len(aliases)+1)
	for _, a := range append(aliases, "127.0.0.1") {
		names = append(names, transport.Alias{Host: a})
	}
	h.net, _ = transport.New(transport.Options{Aliases: names})
	return h
}

// Socket is the socket that packets of tests arrive at.
func Socket() *transport.Socket {
	return &transport.Socket{Proto: transport.UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060"), Name: "sock1", Host: "127.0.0.1",
		Port: 5060, SentBy: "127.0.0.1:5060", Text: "udp:127.0.0.1:5060"}
}

// Lines returns what was logged since the last request.
func (h *Host) Lines() []string {
	text := strings.TrimSuffix(h.lines.String(), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Print is for functions of test modules: it adds a line to Lines.
func (h *Host) Print(line string) { fmt.Fprintln(&h.lines, line) }

// Send implements transport.Sender.
func (h *Host) Send(d transport.Destination, data []byte) error {
	h.Sent = append(h.Sent, string(data))
	return nil
}

// Log implements module.Host.
func (h *Host) Log() *slog.Logger { return h.log }

// Clock implements module.Host.
func (h *Host) Clock() timer.Clock { return h.clock }

// Timers implements module.Host. They run within Advance.
func (h *Host) Timers() *timer.Wheel {
	if h.wheel == nil {
		h.wheel = timer.New(h.clock, timer.Options{})
	}
	return h.wheel
}

// Rand implements module.Host.
func (h *Host) Rand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// Core implements module.Host.
func (h *Host) Core() *module.Core { return &h.core }

// Counters implements module.Host.
func (h *Host) Counters() *counter.Set { return h.counters }

// Settings implements module.Host.
func (h *Host) Settings() *setting.Registry { return h.settings }

// Transport implements module.Host.
func (h *Host) Transport() *transport.Layer { return h.net }

// Module implements module.Host.
func (h *Host) Module(name string) module.Module { return h.gen.Module(name) }

// Generation implements module.Host.
func (h *Host) Generation() *module.Generation { return h.gen }

// Route implements module.Host.
func (h *Host) Route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	return h.gen.Program.Lookup(kind, name)
}

// Advance lets time pass.
func (h *Host) Advance(d time.Duration) { h.clock.Advance(d) }

// Block implements module.Host.
func (h *Host) Block(_ *module.Call, f func()) { f() }

// Go implements module.Host: f is done when it returns.
func (h *Host) Go(_ string, f func()) { f() }

// OnRequestEnd does nothing: Run is one route, not the way of a request.
func (h *Host) OnRequestEnd(func(*module.Call)) {}

// Store implements module.Host.
func (h *Host) Store(name string, create func() any) any {
	if h.stores[name] == nil {
		h.stores[name] = create()
	}
	return h.stores[name]
}

// Probe is a module for tests of the language: print(text) logs a line,
// good(), bad(), stop() and code(n) return, $p(name) are variables that read
// and write the AVP of that name.
type Probe struct{}

// Exports implements module.Module.
func (Probe) Exports() module.Exports {
	result := func(name string, r module.Result) module.Function {
		return module.Function{Name: name, Routes: module.AnyRoute, Run: func(*module.Call, module.Args) module.Result { return r }}
	}
	return module.Exports{
		Doc: "Functions for tests.",
		Functions: []module.Function{
			result("good", module.True), result("bad", module.False), result("stop", module.Stop),
			{Name: "code", Args: []module.Arg{{Name: "n", Type: module.ArgInt}}, Routes: module.AnyRoute,
				Run: func(_ *module.Call, a module.Args) module.Result { return module.Result(a.Int(0, 0)) }},
			{Name: "print", Args: []module.Arg{{Name: "text", Type: module.ArgTemplate}}, Routes: module.AnyRoute, Run: printLine},
			{Name: "reply_only", Routes: module.AnyReply, Run: func(*module.Call, module.Args) module.Result { return module.True }},
			{Name: "arm", Args: []module.Arg{{Name: "route", Type: module.ArgRoute, Route: module.FailureRoute}}, Routes: module.AnyRoute,
				Run: func(*module.Call, module.Args) module.Result { return module.True }},
			{Name: "grep", Args: []module.Arg{{Name: "re", Type: module.ArgRegexp}, {Name: "s", Optional: true}}, Routes: module.AnyRoute,
				Run: func(*module.Call, module.Args) module.Result { return module.True }},
		},
		Variables: []module.Variable{
			{Name: "p", Bind: bindProbe},
			{Name: "var", Bind: bindVar},
			{Name: "ru", Get: func(c *module.Call) module.Value { return avp.String(c.Target.URI) }, Set: func(c *module.Call, v module.Value) error {
				c.Target.URI = c.Keep(v.Str)
				return nil
			}},
			{Name: "rm", Get: func(c *module.Call) module.Value { return avp.String(c.Msg.MethodName) }},
			{Name: "ua", Get: func(c *module.Call) module.Value { return avp.String(c.Msg.Value(sip.HeaderUserAgent)) }},
		},
		Transformations: []module.Transformation{
			{Class: "s", Name: "len", Run: func(_ *module.Call, v module.Value, _ module.Args) module.Value { return avp.Number(int64(len(v.Str))) }},
			{Class: "s", Name: "substr", Args: []module.Arg{{Name: "offset", Type: module.ArgInt}, {Name: "length", Type: module.ArgInt}},
				Run: func(_ *module.Call, v module.Value, a module.Args) module.Value {
					return avp.String(v.Str[a.Int(0, 0) : a.Int(0, 0)+a.Int(1, 0)])
				}},
		},
		Params: []module.Param{
			{Name: "number", Set: new(int), Max: 10}, {Name: "text", Set: new(string)}, {Name: "var", Set: new(module.Accessor)},
			{Name: "format", Set: new(module.Template)}, {Name: "route", Set: new(module.RouteRef), Route: module.RequestRoute},
		},
	}
}

func printLine(c *module.Call, a module.Args) module.Result {
	if h, ok := c.Host.(*Host); ok {
		h.Print(a.Template(0).Eval(c))
	}
	return module.True
}

type probe struct{ name string }

func bindProbe(_ module.Binder, name string) (module.Accessor, error) { return probe{name}, nil }

func (p probe) Get(c *module.Call, i module.Index) module.Value {
	v, _ := c.AVPs.At(p.name, i.N)
	return v
}

func (p probe) Set(c *module.Call, _ module.Index, v module.Value) error {
	c.AVPs.Clear(p.name)
	if !v.IsNull() {
		c.AVPs.Add(p.name, c.KeepValue(v))
	}
	return nil
}

type slot int

func bindVar(b module.Binder, name string) (module.Accessor, error) {
	return slot(b.VarSlot(name)), nil
}

func (s slot) Get(c *module.Call, _ module.Index) module.Value {
	if v := c.Vars[s]; !v.IsNull() {
		return v
	}
	return avp.Number(0)
}

func (s slot) Set(c *module.Call, _ module.Index, v module.Value) error {
	v.Str = c.Lasting(v.Str)
	c.Vars[s] = v
	return nil
}

// Stop stops the modules.
func (e *Env) Stop() error {
	for _, m := range e.Modules {
		if s, ok := m.Module.(module.Stopper); ok {
			if err := s.Stop(context.Background()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Prints is Probe without variables and transformations, for tests that load
// the real ones.
type Prints struct{}

// Exports implements module.Module.
func (Prints) Exports() module.Exports {
	e := Probe{}.Exports()
	e.Variables, e.Transformations, e.Params = nil, nil, nil
	return e
}
