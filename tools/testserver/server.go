// SPDX-License-Identifier: Apache-2.0

// Package testserver starts servers of databases, and media relays, that belong to one test.
//
// Each has a folder of its own, listens on a port of 127.0.0.1 that is its own, and ends
// with the test; also when the test's process dies. Where the server's program
// is not installed the test is skipped, or with KAHEA_REQUIRE_SERVERS=1 fails.
package testserver

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/testport"
)

// patience bounds the wait for a server to be ready or to end.
const patience = 60 * time.Second

// Server is a server that a test has started.
type Server struct {
	// URL names an empty database of it, with a user that may do everything
	// there.
	URL string
	// Admin names no database, and a user that may do everything.
	Admin string
	// Host is always 127.0.0.1.
	Host string
	Port int
	// Web are URLs of WebSocket, of a media relay.
	Web [2]string
	// Dir is the server's folder, Socket the path of its Unix socket.
	Dir, Socket string

	tb      testing.TB
	program string
	args    func() []string
	ready   string // what the server writes when it is ready
	owner   *syscall.Credential
	// crash is the signal that ends the server, and all of its processes, with
	// nothing put in order.
	crash syscall.Signal

	process *process
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	output *output
}

// newServer makes a server with a folder and a port.
func newServer(tb testing.TB, program string, packages string) *Server {
	tb.Helper()
	path := find(tb, program, packages)
	// Paths of Unix sockets are short: tb.TempDir has the name of the test.
	dir, err := os.MkdirTemp("", "kahea-server-")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Host: "127.0.0.1", Port: freePort(tb), Dir: dir, Socket: filepath.Join(dir, "socket"), tb: tb, program: path, crash: syscall.SIGKILL}
	tb.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// find returns the path of a program of Debian's packages, which may be in a
// folder of their own.
func find(tb testing.TB, program, packages string) string {
	tb.Helper()
	dirs := append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin")
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for _, dir := range append(dirs, versions...) {
		if path := filepath.Join(dir, program); isFile(path) {
			return path
		}
	}
	if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
		tb.Fatalf("%s is missing: apt-get install %s", program, packages)
	}
	tb.Skipf("skipped: %s is missing (apt-get install %s)", program, packages)
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// freePort returns a port that stays the test's own, also while nobody listens on it.
func freePort(tb testing.TB) int {
	tb.Helper()
	port, err := testport.Free()
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

// Start starts the server, once more after Stop or Kill: with the same port and
// what it has stored. It returns when the server takes connections.
func (s *Server) Start() {
	s.tb.Helper()
	if s.process != nil {
		s.tb.Fatalf("%s runs already", s.program)
	}
	p := &process{cmd: exec.Command(s.program, s.args()...), ended: make(chan struct{}), output: newOutput(s.ready)}
	p.cmd.Dir = s.Dir
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = attributes(s.owner, s.crash)
	started := make(chan error)
	go func() {
		// The kernel ends the server when the thread that started it ends:
		// this one lives as long as the server or the test's process.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is of no interest
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		s.tb.Fatal(err)
	}
	s.process = p
	select {
	case <-p.output.seen:
	case <-p.ended:
		s.process = nil
		s.tb.Fatalf("%s ended at once:\n%s", s.program, p.output)
	case <-time.After(patience):
		s.tb.Fatalf("%s is not ready:\n%s", s.program, p.output)
	}
}

// Stop ends the server in order.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server at once, as a crash does.
func (s *Server) Kill() { s.end(s.crash) }

func (s *Server) end(sig syscall.Signal) {
	s.tb.Helper()
	p := s.process
	if p == nil {
		return
	}
	s.process = nil
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.tb.Error(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		s.tb.Errorf("%s does not end:\n%s", s.program, p.output)
	}
}

// Pause lets the server hang: connections are taken, nothing is answered. It
// returns when every thread stands still.
func (s *Server) Pause() {
	s.signal(syscall.SIGSTOP)
	pid := s.process.cmd.Process.Pid
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if !slices.ContainsFunc(append([]int{pid}, children(pid)...), runs) {
			return
		}
	}
	s.tb.Fatalf("%s does not stand still", s.program)
}

// Resume ends Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.tb.Helper()
	pid := s.process.cmd.Process.Pid
	for _, p := range append([]int{pid}, children(pid)...) {
		if err := syscall.Kill(p, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			s.tb.Fatal(err)
		}
	}
}

// run runs a program of the server's to its end.
func (s *Server) run(program, packages, stdin string, args ...string) string {
	s.tb.Helper()
	cmd := exec.Command(find(s.tb, program, packages), args...)
	cmd.Dir = s.Dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.SysProcAttr = attributes(s.owner, syscall.SIGKILL)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.tb.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

// output keeps what a server writes, and tells when it is ready.
type output struct {
	ready string
	seen  chan struct{}

	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
	told bool         // guarded by mu: seen is closed
}

func newOutput(ready string) *output { return &output{ready: ready, seen: make(chan struct{})} }

// maxOutput bounds what is kept of an output.
const maxOutput = 1 << 20

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < maxOutput {
		o.text.Write(p)
	}
	if !o.told && bytes.Contains(o.text.Bytes(), []byte(o.ready)) {
		o.told = true
		close(o.seen)
	}
	return len(p), nil
}

// String returns all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
