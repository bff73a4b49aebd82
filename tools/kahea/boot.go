// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/void"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/memory"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/core/worker"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/vm"
	"github.com/kahea-sip/kahea/tools/release"
)

// surroundings are what a test gives instead of the real ones; what is nil is
// the real one.
type surroundings struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	clock          timer.Clock
	resolver       locate.Resolver
	// seed of all that is drawn by chance; 0 draws it from the system.
	seed uint64
	// portable reads sockets through the net package everywhere.
	portable bool
	// anyPort takes any free port where a listen line names none, or 0.
	anyPort bool
	// network has the sockets; nil is the operating system's.
	network transport.Network
	// receiver stands between the sockets and what handles their messages.
	receiver func(transport.Receiver) transport.Receiver
	// apart leaves the machine alone: its process, its hosts file, its
	// interfaces, its databases, and the modules that other programs talk to.
	apart bool
	// tracer is told each operation of the script; nil is nobody.
	tracer module.Tracer
	// refused is told what is wrong with a message that no route sees; nil is nobody.
	refused func(err error)
	// log takes the lines of the log; nil is what the configuration says.
	log lineWriter
}

// server is a running server.
type server struct {
	cfg       *config
	around    surroundings
	log       *slog.Logger
	level     *slog.LevelVar
	colors    *levelColors
	levels    module.Levels
	core      *module.Core
	clock     timer.Clock
	wheel     *timer.Wheel
	counters  *counter.Set
	registry  *setting.Registry
	locator   *locate.Locator
	transport *transport.Layer
	tx        *transaction.Layer
	engine    *worker.Engine
	// life is the context of the modules; cancel ends it.
	life     context.Context
	cancel   context.CancelFunc
	goer     lateGo
	identity identity
	// started tells that the modules are, and must be stopped.
	started bool
	// install makes the loaded configuration the current generation.
	install  func()
	pidFiles []string
	// udpMTU and udpMTUProto are udp_mtu and udp_mtu_try_proto, which cfg.set
	// may change.
	udpMTU, udpMTUProto setting.Int
	// ended is closed when a command asks for the end.
	ended chan struct{}
}

// boot starts a server, top to bottom. When it fails nothing is left running.
func boot(cfg *config, around surroundings) (*server, error) {
	s := &server{cfg: cfg, around: around, ended: make(chan struct{}, 1)}
	steps := []struct {
		what string
		do   func() error
	}{
		{"open the log", s.openLog},
		{"prepare the process", s.prepareProcess},
		{"set the rules of messages", s.setRules},
		{"make the engine's parts", s.makeParts},
		{"listen", s.listen},
		{"make the engine", s.makeEngine},
		{"change the identity", s.changeIdentity},
		{"start the modules", s.startModules},
		{"run the scripts", s.beginScripts},
		{"start the modules", s.readyModules},
		{"run the first route", s.beginRoutes},
		{"serve", s.serve},
	}
	for _, step := range steps {
		if s.log != nil && cfg.settings.Process.VerboseStartup {
			s.log.Info("starting", "step", step.what)
		}
		if err := step.do(); err != nil {
			s.abandon()
			if _, ok := errors.AsType[*listenError](err); ok {
				return nil, err
			}
			return nil, fmt.Errorf("cannot %s: %w", step.what, err)
		}
	}
	return s, nil
}

// openLog makes the logger; notices about the configuration are its first
// lines.
func (s *server) openLog() error {
	set := s.cfg.settings
	s.level = new(slog.LevelVar)
	s.colors = newLevelColors()
	s.level.Set(module.LevelOf(set.Log.Debug))
	if s.around.log != nil {
		s.log = slog.New(&lineHandler{level: s.level, parts: &s.levels, out: s.around.log})
		return nil
	}
	var colors *levelColors
	if set.Log.Color {
		colors = s.colors
	}
	s.log = newLogger(logConfig{
		stderr: set.Log.Stderr, colors: colors, json: s.cfg.jsonLog,
		facility: set.Log.Facility, name: set.Log.Name,
	}, s.level, &s.levels, s.around.stderr)
	for _, text := range s.cfg.opt.ignored {
		s.log.Debug("flag without meaning here", "flag", text)
	}
	for _, n := range set.Notices {
		s.log.Info(n.Text, "at", fmt.Sprintf("%s:%d", n.Pos.Filename, n.Pos.Line))
	}
	for _, n := range s.cfg.script.Notices {
		s.log.Info("modparam has no effect", "module", n.Module, "param", n.Param, "reason", n.Reason, "at", fmt.Sprintf("%s:%d", n.Pos.Filename, n.Pos.Line))
	}
	for _, e := range s.cfg.errs.Warnings() {
		s.log.Warn(e.Message, "at", fmt.Sprintf("%s:%d", e.Pos.Filename, e.Pos.Line))
	}
	return nil
}

// prepareProcess does what must be done while the process may still do
// everything: folders, limits, pid file.
func (s *server) prepareProcess() error {
	if s.around.apart {
		return nil
	}
	p := s.cfg.settings.Process
	id, err := lookupIdentity(p.User, p.Group)
	if err != nil {
		return err
	}
	s.identity = id
	if err := makeRunDir(p.RunDir, id); err != nil {
		return err
	}
	if p.OpenFiles > 0 {
		limit := syscall.Rlimit{Cur: uint64(p.OpenFiles), Max: uint64(p.OpenFiles)}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return fmt.Errorf("cannot allow %d open files: %w", p.OpenFiles, err)
		}
	}
	if p.DisableCoreDump {
		if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
			return fmt.Errorf("cannot forbid core files: %w", err)
		}
	}
	if p.Chroot != "" {
		if err := syscall.Chroot(p.Chroot); err != nil {
			return fmt.Errorf("cannot change the root folder to %s: %w", p.Chroot, err)
		}
	}
	if p.WorkDir != "" {
		if err := os.Chdir(p.WorkDir); err != nil {
			return fmt.Errorf("cannot change to the working folder: %w", err)
		}
	}
	for _, f := range []struct {
		name   string
		number int
	}{{s.cfg.opt.pidFile, os.Getpid()}, {s.cfg.opt.pgidFile, syscall.Getpgrp()}} {
		if f.name == "" {
			continue
		}
		if err := writePID(f.name, f.number); err != nil {
			return err
		}
		s.pidFiles = append(s.pidFiles, f.name)
	}
	return nil
}

// setRules tells how texts of messages are read. The usual rules are not set, so that
// servers of a test do not write what others read.
func (s *server) setRules() error {
	set := s.cfg.settings.Script
	r := sip.Rules{HostChars: set.HostChars, PhoneParams: !set.PhoneToTel}
	switch set.IPv6Style {
	case "a":
		r.IPv6 = sip.IPv6Full
	case "A":
		r.IPv6 = sip.IPv6Capitals
	}
	if r != (sip.Rules{}) {
		sip.SetRules(r)
	}
	return nil
}

// makeParts makes what the engine is put together from.
func (s *server) makeParts() error {
	set := s.cfg.settings
	if s.clock = s.around.clock; s.clock == nil {
		s.clock = timer.NewReal()
	}
	s.counters = counter.New()
	s.registry = setting.New()
	s.wheel = timer.New(s.clock, timer.Options{
		Go: s.goer.start,
		Recover: func(v any, stack []byte) {
			s.log.Log(context.Background(), module.LevelCrit, "a timer failed", "err", v, "stack", string(stack))
		},
	})
	locator, err := s.newLocator()
	if err != nil {
		return err
	}
	s.locator = locator
	s.core = &module.Core{
		Version:        "kahea " + release.Version,
		LogFacility:    set.Log.Facility,
		RunDir:         set.Process.RunDir,
		WorkDir:        set.Process.WorkDir,
		ServerID:       set.Process.ServerID,
		VersionTable:   set.Process.VersionTable,
		TLS:            set.TLS.On(),
		StatsSeparator: set.Process.StatsSeparator,
		SlowQuery:      set.Script.SlowQuery,
		SlowLevel:      module.LevelOf(set.Script.SlowLevel),
		Warnings:       set.Headers.Warning,
		MaxBranches:    set.Script.MaxBranches,
		MaxWhileLoops:  set.Script.MaxWhileLoops,
		OnSendReplies:  set.Script.OnSendReplies,
		ConfigFile:     s.cfg.opt.file,
		Started:        s.clock.Now().Unix(),
		Children:       set.Children,
		LogStderr:      set.Log.Stderr,
		LogColor:       s.colors.set,
		Levels:         &s.levels,
		Debug:          s.level,
	}
	if set.Headers.ServerSignature {
		own := fmt.Sprintf("kahea (%s (%s/%s))", release.Version, runtime.GOARCH, runtime.GOOS)
		s.core.ServerHeader, s.core.UserAgentHeader = "Server: "+own, "User-Agent: "+own
		if set.Headers.Server != "" {
			s.core.ServerHeader = set.Headers.Server
		}
		if set.Headers.UserAgent != "" {
			s.core.UserAgentHeader = set.Headers.UserAgent
		}
	}
	return nil
}

// newLocator makes the one that finds next hops.
func (s *server) newLocator() (*locate.Locator, error) {
	d := s.cfg.settings.DNS
	resolver := s.around.resolver
	if resolver == nil {
		system, err := locate.SystemClientConfig()
		if err != nil {
			s.log.Warn("cannot read the configuration of the resolver: names of other machines cannot be found", "err", err)
		}
		retr := -1
		if d.RetryTime >= 0 {
			retr = int(d.RetryTime / time.Second)
		}
		resolver = locate.NewClient(system.Override(retr, d.Retries, d.Servers, d.UseSearchList))
	}
	var hosts *locate.Hosts
	if !s.around.apart {
		var err error
		if hosts, err = locate.SystemHosts(); err != nil {
			return nil, err
		}
	}
	c := locate.DefaultConfig()
	c.Cache, c.Failover, c.NAPTR, c.NAPTRIgnoreOrder = d.UseCache, d.UseFailover, d.TryNAPTR, d.NAPTRIgnoreRFC
	c.UDPPref, c.TCPPref, c.TLSPref, c.SCTPPref = d.UDPPref, d.TCPPref, d.TLSPref, d.SCTPPref
	c.SRVBalance, c.IPv6 = d.SRVLoadBalancing, d.TryIPv6
	c.IPv4Only, c.IPv6Only, c.PreferIPv6 = d.CacheFlags&1 != 0, d.CacheFlags&2 != 0, d.CacheFlags&4 != 0
	c.NegativeTTL, c.MinTTL = d.CacheNegativeTTL, d.CacheMinTTL
	if d.CacheMaxTTL > 0 {
		c.MaxTTL = d.CacheMaxTTL
	}
	c.MaxEntries, c.DeleteUnexpired = locate.EntriesFor(d.CacheMemory), d.CacheDeleteNonExpiry
	l := locate.New(locate.Sources{Resolver: resolver, Hosts: hosts, Clock: s.clock, Rand: rand.New(s.source(1))}, c)
	if err := s.counters.Declare("dns", l.Counters()...); err != nil {
		return nil, err
	}
	if d.UseCache && d.GCInt > 0 {
		s.wheel.Every("dns cache", d.GCInt, l.Sweep)
	}
	return l, nil
}

// source makes a random source; in tests it gives the same numbers each time.
func (s *server) source(n uint64) rand.Source {
	if s.around.seed != 0 {
		return worker.LockedSource(rand.NewPCG(s.around.seed, n))
	}
	var seed [32]byte
	crand.Read(seed[:])
	return worker.LockedSource(rand.NewChaCha8(seed))
}

// makeEngine puts the engine together and installs the first generation.
func (s *server) makeEngine() error {
	set := s.cfg.settings
	secret := s.around.seed
	if secret == 0 {
		var b [8]byte
		crand.Read(b[:])
		secret = binary.LittleEndian.Uint64(b[:])
	}
	s.udpMTU.Set(int64(set.UDPMTU))
	if p, ok := transport.ParseProto(set.UDPMTUProto); ok {
		s.udpMTUProto.Set(int64(p))
	}
	s.tx = transaction.New(transaction.Options{
		Network: s.transport, Locator: s.locator, Wheel: s.wheel, Log: s.log.With("module", "tm"),
		Secret: secret, Go: s.goer.start, MHomed: set.MHomed,
		ViaParams: set.Script.ViaParams, ViaFields: set.Script.ViaFields,
		UDPMTU: &s.udpMTU, UDPMTUProto: &s.udpMTUProto,
		Memory: transactionMemory(set.SharedMemory, memory.Here()),
	})
	var openDatabase func(context.Context, db.URL) (db.Database, error)
	if s.around.apart {
		openDatabase = void.Open
	}
	engine, err := worker.New(worker.Options{
		OpenDatabase: openDatabase,
		Log:          s.log, Clock: s.clock, Timers: s.wheel, Rand: s.source(2), Counters: s.counters, Settings: s.registry,
		Transport: s.transport, Transactions: s.tx, Locator: s.locator, Core: s.core,
		Commands:  rpc.Core(s.rpcInfo()),
		LogPrefix: s.cfg.logPrefix,
		Shutdown:  s.askEnd, CheckVia: set.Script.CheckVia, ForceRport: set.Script.ForceRPort, LocalRport: set.Script.LocalRPort,
		AcceptAliases: set.TCP.AcceptAliases, ReceivedRoute: set.Script.ReceivedRoute > 0,
		DNS: set.DNS.Via, RevDNS: set.DNS.Reverse, ReplyToVia: set.Script.ReplyToVia, HTTPReplies: set.Script.HTTPReplies, KeepConns: set.TCP.ScriptMode > 0,
		LatencyLevel: module.LevelOf(set.Script.LatencyLevel), LatencyLimit: set.Script.LatencyLimit, RouteLocks: set.Script.RouteLocks, Refused: s.around.refused,
		CrashDir: s.crashDir(),
	})
	if err != nil {
		return err
	}
	s.engine, s.goer.do = engine, engine.Go

	modules, order := map[string]module.Module{}, []string{}
	for _, m := range s.cfg.script.Modules {
		modules[m.Name] = m.Module
		if !s.around.apart || !outside(m.Name) {
			order = append(order, m.Name)
		}
		s.registry.Declare(m.Exports.Settings...)
		if err := s.counters.Declare(m.Name, m.Exports.Counters...); err != nil {
			return err
		}
	}
	s.declareSettings()
	s.declareInstances()
	program, err := s.attachScripts(vm.New(compile.Compile(s.cfg.script), vm.Options{MaxWhileLoops: set.Script.MaxWhileLoops, MaxRecursion: set.Script.MaxRecursion, Tracer: s.around.tracer, Follower: s.follower(),
		SlowAction: set.Script.SlowAction, SlowLevel: module.LevelOf(set.Script.SlowLevel)}))
	if err != nil {
		return err
	}
	s.install = func() { engine.Install(module.NewGeneration(1, program, modules), order) }
	s.install()
	return nil
}

// follower is the module that is told of actions; nil for none, and in a trace, which tells of them itself.
func (s *server) follower() module.Follower {
	for _, m := range s.cfg.script.Modules {
		if f, ok := m.Module.(module.Follower); ok && s.around.tracer == nil {
			return f
		}
	}
	return nil
}

// crashDir is where messages are saved that made the engine panic.
func (s *server) crashDir() string {
	if s.around.apart {
		return ""
	}
	return s.cfg.settings.Process.RunDir
}

// lateGo starts goroutines of an engine that is made after the parts that
// need them.
type lateGo struct {
	do      func(name string, f func())
	running atomic.Int64
}

func (l *lateGo) start(name string, f func()) {
	l.running.Add(1)
	l.do(name, func() {
		defer l.running.Add(-1)
		f()
	})
}

// changeIdentity drops what listening needed. The names were looked up before
// the root folder was changed.
func (s *server) changeIdentity() error {
	if s.around.apart {
		return nil
	}
	return s.identity.assume()
}

func (s *server) startModules() error {
	s.life, s.cancel = context.WithCancel(context.Background())
	err := s.engine.StartModules(s.life)
	s.started = err == nil
	return err
}

// readyModules lets the modules do what needs the others, and the scripts.
func (s *server) readyModules() error {
	err := s.engine.ReadyModules(s.life)
	s.started = err == nil // else all were stopped
	return err
}

func (s *server) serve() error {
	receiver := s.engine.NewWorker
	if wrap := s.around.receiver; wrap != nil {
		receiver = func() transport.Receiver { return wrap(s.engine.NewWorker()) }
	}
	if err := s.transport.Serve(receiver); err != nil {
		return err
	}
	s.printListening()
	return nil
}

// beginRoutes runs the route that is to run once before the first message.
func (s *server) beginRoutes() error {
	if !s.around.apart {
		s.engine.BeginRoutes()
	}
	return nil
}

// askEnd makes serve in main.go end the server.
func (s *server) askEnd() {
	select {
	case s.ended <- struct{}{}:
	default:
	}
}

// abandon closes what a start that failed has opened.
func (s *server) abandon() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.close(ctx); err != nil && s.log != nil {
		s.log.Error("the end was not orderly", "err", err)
	}
}

// close ends what was begun: no more packets are sent, the modules in reverse order,
// the timers.
func (s *server) close(ctx context.Context) error {
	var errs []error
	if s.transport != nil {
		errs = append(errs, s.transport.Stop(ctx))
	}
	if s.cancel != nil {
		s.cancel()
	}
	if s.started {
		errs = append(errs, s.engine.StopModules(ctx))
	}
	if s.wheel != nil {
		s.wheel.Close()
	}
	if s.engine != nil {
		errs = append(errs, s.engine.Wait(ctx))
	}
	s.removePID()
	return errors.Join(errs...)
}

// removePID removes the files that this process wrote, not those of another
// one that made the start fail.
func (s *server) removePID() {
	for _, f := range s.pidFiles {
		os.Remove(f)
	}
}

// stop ends the server in order: no more packets are read, the modules send what they
// owe, no more are sent, the modules in reverse order, the timers.
func (s *server) stop() int {
	ctx := context.Background()
	if limit := s.cfg.settings.Process.ExitTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	var errs []error
	errs = append(errs, s.transport.StopReading(ctx))
	errs = append(errs, s.engine.FinishModules(ctx), s.close(ctx))
	if err := errors.Join(errs...); err != nil {
		s.log.Error("the end was not orderly", "err", err)
		return exitFailure
	}
	return exitOK
}

// logStatistics is what SIGUSR1 asks for.
func (s *server) logStatistics() {
	for st := range s.counters.All() {
		s.log.Info("statistics", "name", st.FullName(), "value", st.Value())
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.log.Info("memory", "heap", m.HeapAlloc, "system", m.Sys, "goroutines", runtime.NumGoroutine())
}
