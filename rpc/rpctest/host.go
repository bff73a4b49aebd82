// SPDX-License-Identifier: Apache-2.0

// Package rpctest is an engine that serves commands and nothing else, for
// tests of what carries them.
package rpctest

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
)

// Start is the time that the engine's clock shows at first.
var Start = time.Unix(1795183068, 0)

// Host is the engine. What it does not define panics when it is called.
type Host struct {
	module.Host
	Time *timer.Manual
	Set  *counter.Set
	Reg  *setting.Registry
	Par  module.Core
	// Loaded are the names of the loaded modules.
	Loaded []string
	// Instances are those modules, where a command looks at them.
	Instances map[string]module.Module
	// DB is what each URL opens.
	DB db.Database
	// Stopped is closed by Shutdown.
	Stopped chan struct{}

	commands []module.Command
	tasks    sync.WaitGroup
}

// New makes an engine with commands.
func New(commands ...module.Command) *Host {
	h := &Host{
		Time: timer.NewManual(Start), Set: counter.New(), Reg: setting.New(), Stopped: make(chan struct{}),
		Par: module.Core{VersionTable: "version", Version: "kahea 5.6.3", Started: Start.Unix(), Children: 2},
	}
	h.Export(commands...)
	return h
}

// Database implements module.Host.
func (h *Host) Database(_ context.Context, url string) (db.Database, error) {
	if h.DB == nil {
		return nil, fmt.Errorf("the test has no database for %s", url)
	}
	return h.DB, nil
}

// Export adds commands.
func (h *Host) Export(commands ...module.Command) {
	h.commands = append(h.commands, commands...)
	sort.Slice(h.commands, func(i, j int) bool { return h.commands[i].Name < h.commands[j].Name })
}

// Load prepares and starts a module, and stops it at the end of the test, when
// all its goroutines must end.
func (h *Host) Load(t testing.TB, name string, m module.Module) {
	t.Helper()
	h.Loaded = append(h.Loaded, name)
	e := m.Exports()
	h.Export(e.RPC...)
	if err := h.Set.Declare(name, e.Counters...); err != nil {
		t.Fatal(err)
	}
	h.Reg.Declare(e.Settings...)
	if p, ok := m.(module.Preparer); ok {
		if err := p.Prepare(nil); err != nil {
			t.Fatal(err)
		}
	}
	if s, ok := m.(module.Starter); ok {
		ctx, cancel := context.WithCancel(context.Background())
		if err := s.Start(ctx, h); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cancel()
			if s, ok := m.(module.Stopper); ok {
				if err := s.Stop(context.Background()); err != nil {
					t.Error(err)
				}
			}
			h.tasks.Wait()
		})
	}
}

// Log implements module.Host.
func (h *Host) Log() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Clock implements module.Host.
func (h *Host) Clock() timer.Clock { return h.Time }

// Counters implements module.Host.
func (h *Host) Counters() *counter.Set { return h.Set }

// Settings implements module.Host.
func (h *Host) Settings() *setting.Registry { return h.Reg }

// Core implements module.Host.
func (h *Host) Core() *module.Core { return &h.Par }

// Modules implements module.Host.
func (h *Host) Modules() []string { return h.Loaded }

// Commands implements module.Host.
func (h *Host) Commands() []module.Command { return h.commands }

// Go implements module.Host.
func (h *Host) Go(_ string, f func()) { h.tasks.Go(f) }

// NewCall implements module.Host; the call has no message.
func (h *Host) NewCall() *module.Call {
	c := &module.Call{Host: h, State: &transaction.State{}}
	c.SetLog(h.Log())
	return c
}

// Block implements module.Host.
func (h *Host) Block(_ *module.Call, f func()) { f() }

// Shutdown implements module.Host.
func (h *Host) Shutdown() { close(h.Stopped) }

// Module implements module.Host.
func (h *Host) Module(name string) module.Module { return h.Instances[name] }
