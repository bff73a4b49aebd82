// SPDX-License-Identifier: Apache-2.0

// Kahea is a scriptable SIP routing engine that runs Kamailio configurations.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "github.com/kahea-sip/kahea/modules/standard"

	"github.com/kahea-sip/kahea/tools/release"
)

// The exit statuses. A configuration that cannot be used ends with 255, as
// Kamailio does.
const (
	exitOK      = 0
	exitFailure = 255
)

func main() {
	os.Exit(run(os.Args[1:], surroundings{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// run is the program: words of its own first, else the flags of Kamailio.
func run(args []string, around surroundings) int {
	stdout, stderr := around.stdout, around.stderr
	if len(args) > 0 {
		switch args[0] {
		case "run", "version", "help":
			if asksForHelp(args[1:]) {
				io.WriteString(stdout, usage)
				return exitOK
			}
		}
		switch args[0] {
		case "check":
			return runCheck(args[1:], around.stdin, stdout, stderr)
		case "fmt":
			return runFmt(args[1:], around.stdin, stdout, stderr)
		case "dump":
			return runDump(args[1:], around.stdin, stdout, stderr)
		case "trace":
			return runTrace(args[1:], around.stdin, stdout, stderr)
		case "run":
			return runDemo(around)
		case "version":
			printVersion(stdout)
			return exitOK
		case "help":
			io.WriteString(stdout, usage)
			return exitOK
		}
	}
	o, err := parseOptions(args)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return exitFailure
	}
	o.stdin = around.stdin
	switch {
	case o.help:
		io.WriteString(stdout, usage)
		return exitOK
	case o.version:
		printVersion(stdout)
		return exitOK
	case o.check:
		return checkOnly(o, stderr)
	case o.cfgPrint:
		return printConfig(o, stdout, stderr)
	}
	if o.daemon == 0 || o.daemon > 2 {
		if os.Getenv(daemonMark) == "" {
			// The mistakes of the configuration belong on this terminal.
			if _, status := readConfig(o, stderr); status != exitOK {
				return status
			}
			return daemonize(o.input, stdout, stderr)
		}
	}
	return serve(o, around)
}

// asksForHelp tells that -h or --help is among the arguments of a word that takes none.
func asksForHelp(args []string) bool {
	return slices.Contains(args, "-h") || slices.Contains(args, "--help")
}

// serve boots the server and waits until it is told to end.
func serve(o *options, around surroundings) int {
	cfg, status := readConfig(o, around.stderr)
	if status != exitOK {
		return status
	}
	// Before the start: who finds the pid file may send one at once.
	signals := make(chan os.Signal, 8)
	// A log reader that went away must not end the server.
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCHLD)
	defer signal.Stop(signals)
	s, err := bootUntil(cfg, around, signals, bootGrace)
	if err != nil {
		fmt.Fprintf(around.stderr, "ERROR: %v\n", err)
		return exitFailure
	}
	defer s.keepMemory()()
	reportUp()
	for {
		select {
		case sig := <-signals:
			switch sig {
			case syscall.SIGTERM, syscall.SIGINT:
				s.log.Info("signal received, ending", "signal", sig.String())
				return s.stop()
			case syscall.SIGUSR1:
				s.logStatistics()
			}
		case <-s.ended:
			return s.stop()
		}
	}
}

// bootGrace is how long a start may go on after a signal to end: a script may loop
// where it is loaded.
const bootGrace = 3 * time.Second

var errEndedStarting = errors.New("ended by a signal while it was starting")

// bootUntil boots the server. A signal to end that comes meanwhile is left for the
// server that is up; where it does not come up, the start is given up.
func bootUntil(cfg *config, around surroundings, signals chan os.Signal, grace time.Duration) (*server, error) {
	type outcome struct {
		s   *server
		err error
	}
	up := make(chan outcome, 1)
	go func() {
		s, err := boot(cfg, around)
		up <- outcome{s, err}
	}()
	var early []os.Signal
	var over <-chan time.Time
	for {
		select {
		case sig := <-signals:
			early = append(early, sig)
			if over == nil && (sig == syscall.SIGTERM || sig == syscall.SIGINT) {
				over = time.After(grace)
			}
		case <-over:
			return nil, errEndedStarting
		case o := <-up:
			for _, sig := range early {
				select {
				case signals <- sig:
				default: // there are enough of them
				}
			}
			return o.s, o.err
		}
	}
}

// features are the words of core.flags and -v.
var features = []string{"USE_TCP", "USE_TLS", "USE_DNS_CACHE", "USE_DNS_FAILOVER", "USE_NAPTR"}

func printVersion(w io.Writer) {
	fmt.Fprintf(w, "version: kahea %s (%s/%s), serves configurations of kamailio %s\n", release.Version, runtime.GOARCH, runtime.GOOS, release.Compatible)
	fmt.Fprintf(w, "flags: %s\n", strings.Join(features, ", "))
	fmt.Fprintf(w, "compiled with %s\n", runtime.Version())
}
