// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// stuck is a module whose function waits for something that never comes.
type stuck struct{ entered, leave chan struct{} }

// Exports implements module.Module.
func (s *stuck) Exports() module.Exports {
	return module.Exports{Doc: "Waits.", Functions: []module.Function{{
		Name: "wait_for_ever", Routes: module.AnyRoute, Doc: "Waits.",
		Run: func(*module.Call, module.Args) module.Result {
			close(s.entered)
			<-s.leave
			return module.True
		},
	}}}
}

// waiting is the module of the test that runs.
var waiting *stuck

func init() { module.Register("stuck", func() module.Module { return waiting }) }

// TestExitTimeout: a message that never ends does not keep the server from
// ending, and is told.
func TestExitTimeout(t *testing.T) {
	waiting = &stuck{make(chan struct{}), make(chan struct{})}
	d, log := start1(t, "exit_timeout=1\nloadmodule \"stuck\"\nrequest_route { wait_for_ever(); }\n")
	defer close(waiting.leave)
	c, err := net.Dial("udp", d.Addr("udp", false).String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n" +
		"To: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"))
	<-waiting.entered
	began := time.Now()
	if got := d.Stop(context.Background()); got != exitFailure {
		t.Errorf("the exit status is %d, want %d", got, exitFailure)
	}
	if took := time.Since(began); took < time.Second || took > patience/2 { // the default is a minute
		t.Errorf("the end took %v, want about a second", took)
	}
	if text := log.String(); !strings.Contains(text, "ERROR: <core>: the end was not orderly") {
		t.Errorf("the log is:\n%s", text)
	}
}

// slowStart is a module whose start waits.
type slowStart struct{ entered, leave chan struct{} }

// Exports implements module.Module.
func (s *slowStart) Exports() module.Exports { return module.Exports{Doc: "Starts late."} }

// Start implements module.Starter.
func (s *slowStart) Start(context.Context, module.Host) error {
	close(s.entered)
	<-s.leave
	return nil
}

// starting is the module of the test that runs.
var starting *slowStart

func init() { module.Register("slow_start", func() module.Module { return starting }) }

// TestEndWhileStarting: a signal to end is kept for a server that comes up, and ends the start of one that does not.
func TestEndWhileStarting(t *testing.T) {
	for _, comesUp := range []bool{true, false} {
		starting = &slowStart{make(chan struct{}), make(chan struct{})}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.cfg"), []byte("loadmodule \"slow_start\"\nrequest_route { drop; }\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := parseOptions([]string{"-E", "-DD", "-f", filepath.Join(dir, "x.cfg"), "-Y", dir, "-P", filepath.Join(dir, "pid"), "-l", "udp:127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		log := new(siptest.Log)
		cfg, status := readConfig(o, log)
		if status != exitOK {
			t.Fatal(log)
		}
		signals := make(chan os.Signal, 1)
		go func() {
			<-starting.entered
			signals <- syscall.SIGTERM
			if comesUp {
				for len(signals) > 0 {
					runtime.Gosched()
				}
				close(starting.leave)
			}
		}()
		grace := patience
		if !comesUp {
			grace = 0
		}
		s, err := bootUntil(cfg, surroundings{stdout: log, stderr: log, anyPort: true}, signals, grace)
		switch {
		case comesUp && (err != nil || len(signals) != 1):
			t.Errorf("a server that came up: %v, %d signals left", err, len(signals))
		case comesUp:
			s.stop()
		case !errors.Is(err, errEndedStarting):
			t.Errorf("a server that does not come up: %v", err)
		}
	}
}

// TestNothingIsLeft: what a server has started ends with it.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	d, _ := start1(t, "loadmodule \"kex\"\nloadmodule \"ctl\"\nloadmodule \"jsonrpcs\"\nloadmodule \"tm\"\nloadmodule \"sl\"\nloadmodule \"usrloc\"\n"+
		"loadmodule \"registrar\"\nmodparam(\"jsonrpcs\", \"fifo_name\", \"rpc.fifo\")\nmodparam(\"jsonrpcs\", \"dgram_socket\", \"rpc.sock\")\n"+
		"request_route { sl_send_reply(\"200\", \"OK\"); }\n")
	if got := d.Stop(context.Background()); got != exitOK {
		t.Errorf("the exit status is %d", got)
	}
	awaitEnds(t, before)
}

// TestFailedStartLeavesNothing: modules that were started are stopped where the start
// fails behind them.
func TestFailedStartLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"x.lua": "error('no')",
		"x.cfg": "loadmodule \"jsonrpcs\"\nloadmodule \"app_lua\"\nmodparam(\"jsonrpcs\", \"fifo_name\", \"rpc.fifo\")\n" +
			"modparam(\"jsonrpcs\", \"dgram_socket\", \"rpc.sock\")\nmodparam(\"app_lua\", \"load\", \"" + dir + "/x.lua\")\nrequest_route { exit; }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := runtime.NumGoroutine()
	if d, err := startDaemon(dir, 1, []string{"-f", "x.cfg"}, new(siptest.Log)); err == nil {
		d.Stop(context.Background())
		t.Fatal("it starts")
	} else if !strings.Contains(err.Error(), "x.lua:1: no") {
		t.Fatal(err)
	}
	awaitEnds(t, before)
	for _, pattern := range []string{"*.fifo", "*.sock"} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("the start left %v", left)
		}
	}
}

// awaitEnds waits until no more goroutines run than before.
func awaitEnds(t *testing.T, before int) {
	t.Helper()
	for began := time.Now(); runtime.NumGoroutine() > before && time.Since(began) < patience; {
		time.Sleep(time.Millisecond) // those that were told to end need a moment
	}
	if after := runtime.NumGoroutine(); after > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

func start1(t *testing.T, config string) (siptest.Daemon, *siptest.Log) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.cfg"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(siptest.Log)
	d, err := startDaemon(dir, 1, []string{"-f", "x.cfg"}, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return d, log
}
