// SPDX-License-Identifier: Apache-2.0

// Package worker takes each received message through the script.
//
// Engine is the house: it owns what outlives a configuration (sockets,
// transactions, timers, counters, stores) and points to the current
// Generation. A Worker is one place where messages are handled, one at a
// time: receive.go tells the way of a message from top to bottom.
package worker

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/scriptlock"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Options are the parts that an engine is made of. All are given, so that a
// whole engine runs inside a test with its own clock, network and chance.
type Options struct {
	Log    *slog.Logger
	Clock  timer.Clock
	Timers *timer.Wheel
	// Rand is the random source, safe for concurrent use (LockedSource).
	Rand         rand.Source
	Counters     *counter.Set
	Settings     *setting.Registry
	Transport    *transport.Layer
	Transactions *transaction.Layer
	Locator      *locate.Locator
	Core         *module.Core
	// Refused, if set, is told what is wrong with each message that no route
	// sees.
	Refused func(err error)
	// Commands are the commands of the core, beside those of modules.
	Commands []module.Command
	// LogPrefix is evaluated for each log line of a message (log_prefix).
	LogPrefix module.Template
	// OpenDatabase, if set, opens databases in place of the modules db_*,
	// which must be loaded nevertheless.
	OpenDatabase func(context.Context, db.URL) (db.Database, error)
	// Shutdown is called when the process should end.
	Shutdown func()
	// CheckVia drops replies whose topmost Via is not ours (check_via).
	CheckVia bool
	// ForceRport treats each request as if it asked for rport (force_rport).
	ForceRport bool
	// LocalRport asks for rport in the own Via (local_rport).
	LocalRport bool
	// AcceptAliases honours the alias parameter of Via: the connection is
	// used for requests to its sent-by port too (tcp_accept_aliases,
	// RFC 5923).
	AcceptAliases bool
	// ReceivedRoute runs event_route[core:msg-received] (received_route_mode).
	ReceivedRoute bool
	// DNS and RevDNS take the name in the topmost Via for the source of the
	// request, without received, where the name has its address, or its
	// address has the name (dns, rev_dns).
	DNS, RevDNS bool
	// ReplyToVia sends replies that are made here to the address in the
	// topmost Via of a datagram (reply_to_via).
	ReplyToVia bool
	// HTTPReplies takes replies of HTTP as replies (http_reply_parse).
	HTTPReplies bool
	// KeepConns leaves a connection open when request_route ends with a
	// negative result (tcp_script_mode).
	KeepConns bool
	// RouteLocks is the number of locks by which messages with one Call-ID
	// are handled one after the other; 0 for none (route_locks_size).
	RouteLocks int
	// LatencyLevel is the level at which it is told how long request_route
	// and reply_route took, LatencyLimit the time below which it is not.
	LatencyLevel slog.Level
	LatencyLimit time.Duration
	// CrashDir is where a message that made the engine panic is saved, with
	// the stack; empty saves nothing.
	CrashDir string
}

// Engine implements module.Host.
type Engine struct {
	opt  Options
	rand *rand.Rand
	seed maphash.Seed

	generation atomic.Pointer[module.Generation]
	order      []string // modules in the order of loading

	onRequest    []func(*module.Call) bool
	onReply      []func(*module.Call) bool
	onRequestEnd []func(*module.Call)
	replyTakers  []func(*module.Call) bool
	httpTakers   []func(*module.Call) bool

	calls sync.Pool
	// routes are the locks of route_locks_size.
	routes scriptlock.Set[uint64]
	tasks  sync.WaitGroup

	mu     sync.Mutex
	stores map[string]any // guarded by mu

	databases databases

	count counts
	works works
	crash crashLog
}

var _ module.Host = (*Engine)(nil)

// New makes an engine. It does nothing before Install and Serve.
func New(opt Options) (*Engine, error) {
	e := &Engine{opt: opt, stores: map[string]any{}}
	e.rand, e.seed = rand.New(opt.Rand), maphash.MakeSeed()
	e.crash.dir = opt.CrashDir
	if err := e.count.declare(opt.Counters); err != nil {
		return nil, err
	}
	opt.Transactions.CountStateless(e.count.stateless())
	e.calls.New = func() any { return e.newCall() }
	return e, nil
}

// LockedSource makes a random source safe for concurrent use.
func LockedSource(src rand.Source) rand.Source { return &lockedSource{src: src} }

type lockedSource struct {
	mu  sync.Mutex
	src rand.Source // guarded by mu
}

func (s *lockedSource) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src.Uint64()
}

// Install makes g the current generation. Messages that began with an earlier
// one end with it.
func (e *Engine) Install(g *module.Generation, order []string) {
	e.order = order
	e.generation.Store(g)
}

// Messages is the number of messages that were received so far.
func (e *Engine) Messages() int64 { return e.count.messages() }

// StartModules starts the modules of the current generation, each after those
// that it requires. When one fails, those that were started are stopped.
func (e *Engine) StartModules(ctx context.Context) error {
	g := e.Generation()
	order := driversFirst(g, e.order)
	for i, name := range order {
		m, ok := g.Module(name).(module.Starter)
		if !ok {
			continue
		}
		if err := m.Start(ctx, e); err != nil {
			e.stopModules(ctx, order[:i])
			return &StartError{name, err}
		}
	}
	return nil
}

// StartError tells that a module did not start.
type StartError struct {
	Module string
	Err    error
}

// Error implements error. The module is named once, whoever named it.
func (e *StartError) Error() string {
	return "cannot start module " + e.Module + ": " + strings.TrimPrefix(e.Err.Error(), e.Module+": ")
}

// Unwrap gives what the module said.
func (e *StartError) Unwrap() error { return e.Err }

// ReadyModules tells the modules that asked for it that all have started, and
// that scripts can be run. When one fails all are stopped.
func (e *Engine) ReadyModules(ctx context.Context) error {
	g := e.Generation()
	for _, name := range e.order {
		m, ok := g.Module(name).(module.Readier)
		if !ok {
			continue
		}
		if err := m.Ready(ctx); err != nil {
			e.stopModules(ctx, e.order)
			return &StartError{name, err}
		}
	}
	return nil
}

// FinishModules lets modules send what they owe, in reverse order, and waits until
// they have or ctx ends.
func (e *Engine) FinishModules(ctx context.Context) error {
	done := make(chan struct{})
	var errs []error
	e.Go("end of the modules", func() {
		defer close(done)
		g := e.Generation()
		for _, name := range slices.Backward(e.order) {
			if m, ok := g.Module(name).(module.Finisher); ok {
				if err := m.Finish(ctx); err != nil {
					errs = append(errs, fmt.Errorf("module %s has not told all: %w", name, err))
				}
			}
		}
	})
	select {
	case <-done:
		return errors.Join(errs...)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// StopModules stops the modules in reverse order, then closes the databases.
func (e *Engine) StopModules(ctx context.Context) error { return e.stopModules(ctx, e.order) }

func (e *Engine) stopModules(ctx context.Context, names []string) error {
	var errs []error
	g := e.Generation()
	for _, name := range slices.Backward(names) {
		if m, ok := g.Module(name).(module.Stopper); ok {
			if err := m.Stop(ctx); err != nil {
				errs = append(errs, fmt.Errorf("cannot stop module %s: %w", name, err))
			}
		}
	}
	errs = append(errs, e.databases.close())
	return errors.Join(errs...)
}

// Wait waits until the goroutines that Go started have ended.
func (e *Engine) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { e.tasks.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Log implements module.Host.
func (e *Engine) Log() *slog.Logger { return e.opt.Log }

// Clock implements module.Host.
func (e *Engine) Clock() timer.Clock { return e.opt.Clock }

// Timers implements module.Host.
func (e *Engine) Timers() *timer.Wheel { return e.opt.Timers }

// Rand implements module.Host.
func (e *Engine) Rand() *rand.Rand { return e.rand }

// Counters implements module.Host.
func (e *Engine) Counters() *counter.Set { return e.opt.Counters }

// Settings implements module.Host.
func (e *Engine) Settings() *setting.Registry { return e.opt.Settings }

// Transport implements module.Host.
func (e *Engine) Transport() *transport.Layer { return e.opt.Transport }

// Transactions implements module.Host.
func (e *Engine) Transactions() *transaction.Layer { return e.opt.Transactions }

// Locator implements module.Host.
func (e *Engine) Locator() *locate.Locator { return e.opt.Locator }

// Core implements module.Host.
func (e *Engine) Core() *module.Core { return e.opt.Core }

// Shutdown implements module.Host.
func (e *Engine) Shutdown() { e.opt.Shutdown() }

// Store implements module.Host.
func (e *Engine) Store(name string, create func() any) any {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.stores[name]
	if !ok {
		s = create()
		e.stores[name] = s
	}
	return s
}

// Generation implements module.Host.
func (e *Engine) Generation() *module.Generation { return e.generation.Load() }

// Module implements module.Host.
func (e *Engine) Module(name string) module.Module { return e.Generation().Module(name) }

// Modules implements module.Host.
func (e *Engine) Modules() []string { return e.order }

// Route implements module.Host.
func (e *Engine) Route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	return e.Generation().Program.Lookup(kind, name)
}

// Commands implements module.Host.
func (e *Engine) Commands() []module.Command {
	all := slices.Clone(e.opt.Commands)
	for _, name := range e.order {
		all = append(all, e.Module(name).Exports().RPC...)
	}
	slices.SortFunc(all, func(a, b module.Command) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// OnRequest implements module.Host.
func (e *Engine) OnRequest(f func(*module.Call) bool) { e.onRequest = append(e.onRequest, f) }

// OnReply implements module.Host.
func (e *Engine) OnReply(f func(*module.Call) bool) { e.onReply = append(e.onReply, f) }

// OnRequestEnd implements module.Host.
func (e *Engine) OnRequestEnd(f func(*module.Call)) { e.onRequestEnd = append(e.onRequestEnd, f) }

// TakeReplies implements module.Host.
func (e *Engine) TakeReplies(f func(*module.Call) bool) { e.replyTakers = append(e.replyTakers, f) }

// TakeHTTP implements module.Host.
func (e *Engine) TakeHTTP(f func(*module.Call) bool) { e.httpTakers = append(e.httpTakers, f) }

// Go implements module.Host.
func (e *Engine) Go(name string, f func()) {
	e.tasks.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				e.opt.Log.Log(context.Background(), module.LevelCrit, "a background task failed",
					"task", name, "err", r, "stack", string(debug.Stack()))
			}
		}()
		f()
	})
}
