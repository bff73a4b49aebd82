// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// await is the word await: it waits until a file is there, or is gone. A socket
// is there when it can be connected to: its file comes before.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] await FILE")
	}
	for began := time.Now(); time.Since(began) < patience; time.Sleep(time.Millisecond) {
		info, err := os.Stat(ts.MkAbs(args[0]))
		if err == nil && !neg && info.Mode()&os.ModeSocket != 0 {
			var c net.Conn
			if c, err = net.Dial("unix", ts.MkAbs(args[0])); err == nil {
				c.Close()
			}
		}
		if (err != nil) == neg {
			return
		}
	}
	ts.Fatalf("waited for %s in vain", args[0])
}

var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1}

// signal is the word signal: it sends a signal to the process of a pid file.
// That process does not outlive the script.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signal TERM|INT|HUP|USR1 PID-FILE")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[1])))
	ts.Check(err)
	p, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Defer(func() { p.Kill() })
	ts.Check(p.Signal(signals[args[0]]))
}
