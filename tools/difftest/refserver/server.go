// SPDX-License-Identifier: Apache-2.0

// Package refserver runs the reference, or kahea in its place, on a free port of the loopback address for a test.
package refserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/tools/testport"
)

// ReferenceCommand starts Kamailio in the foreground with one worker per transport, so that what it sends comes in a known order.
const ReferenceCommand = "kamailio " + Flags

// Flags are what the reference and kahea are both started with.
const Flags = "-f {cfg} -E -DD -n 1 -N 1 -m 64 -w {run} -Y {run} -P {run}/pid -l udp:127.0.0.1:{port} -l tcp:127.0.0.1:{port}"

// startLimit is how long a server may take until it answers its first OPTIONS, or has written its log; the machine may be busy.
const startLimit = time.Minute

// stopLimit is how long it may take to end: what it has to write is written by then. Kamailio now and then waits a minute for a child.
const stopLimit = 20 * time.Second

// Server is a SIP server that runs on a port of the loopback address, with a run folder of its own for its control sockets.
type Server struct {
	Port int    // UDP and TCP
	Run  string // folder with kamailio_ctl, kamailio_rpc.fifo, pid and log

	cmd    *exec.Cmd
	log    *os.File
	exited chan struct{}
	mute   bool // it does not tell what it has in hand
}

// Start runs a command in which {cfg}, {run} and {port} are filled in, and returns when it answers an OPTIONS. run is an existing
// folder that belongs to this server alone. A port that was free may be taken before the server has it, by a program that is no test of
// ours: then it is another one's turn.
func Start(command, cfg, run string) (*Server, error) {
	var taken error
	for range 5 {
		port, err := testport.Free()
		if err != nil {
			return nil, err
		}
		s, err := StartAt(command, cfg, run, port)
		if !portTaken(err) {
			return s, err
		}
		taken = err
	}
	return nil, taken
}

// portTaken tells that a server has ended because somebody has its port; its words are at the end of the log.
func portTaken(err error) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), "address already in use")
}

// StartAt is Start on a port, for a server that takes the place of one that was killed.
func StartAt(command, cfg, run string, port int) (*Server, error) {
	fill := strings.NewReplacer("{cfg}", cfg, "{run}", run, "{port}", strconv.Itoa(port))
	var argv []string
	for _, word := range strings.Fields(command) {
		argv = append(argv, fill.Replace(word))
	}
	log, err := os.Create(filepath.Join(run, "log"))
	if err != nil {
		return nil, err
	}
	s := &Server{Port: port, Run: run, log: log, exited: make(chan struct{})}
	s.cmd = exec.Command(argv[0], argv[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Dir = run
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.awaitAnswer(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s: %w; the end of its log:\n%s", strings.Join(argv, " "), err, s.LogTail())
	}
	return s, nil
}

// Addr is the address that peers send to.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Alive tells whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Stop ends the server: politely first, then its whole process group.
func (s *Server) Stop() {
	if s.Alive() {
		s.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-s.exited:
	case <-time.After(stopLimit):
	}
	s.Kill() // usually nobody is left
}

// Kill ends the whole process group at once, as a crash does. When it returns the port is free for another one: processes of the group that
// are nobody's children may be gone a moment later than the first.
func (s *Server) Kill() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // the group is this server's own
	<-s.exited
	s.log.Close()
	for end := time.Now().Add(stopLimit); !s.left() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// left tells whether nobody has the port.
func (s *Server) left() bool {
	l, err := net.Listen("tcp4", s.Addr())
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp4", s.Addr())
	if err != nil {
		return false
	}
	u.Close()
	return true
}

// LogTail returns the last lines of what the server printed.
func (s *Server) LogTail() string {
	text, err := os.ReadFile(filepath.Join(s.Run, "log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > 15 {
		lines = lines[len(lines)-15:]
	}
	return strings.Join(lines, "\n")
}

// AwaitLog waits until all texts stand in what the server has printed: a record may come behind the message, or the row, that it tells of.
func (s *Server) AwaitLog(texts ...string) error {
	for end := time.Now().Add(startLimit); ; time.Sleep(5 * time.Millisecond) {
		log, err := os.ReadFile(filepath.Join(s.Run, "log"))
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.Contains(string(log), text) })
		if len(missing) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the log has no %q within %v; its end:\n%s", missing, startLimit, s.LogTail())
		}
	}
}

// awaitAnswer sends OPTIONS until one is answered. Datagrams that arrive between bind and the start of the workers wait in the socket,
// so that sending again matters only before bind.
func (s *Server) awaitAnswer() error {
	probe, err := newSentinel(s.Addr())
	if err != nil {
		return err
	}
	defer probe.close()
	for end := time.Now().Add(startLimit); time.Now().Before(end); {
		if !s.Alive() {
			return errors.New("the server ended before it answered")
		}
		if probe.ask(50*time.Millisecond) == nil {
			return nil
		}
	}
	return fmt.Errorf("no answer to OPTIONS within %v", startLimit)
}

// sentinel asks the server for signs of life.
type sentinel struct {
	conn net.Conn
	n    int
}

func newSentinel(addr string) (*sentinel, error) {
	conn, err := net.Dial("udp4", addr)
	if err != nil {
		return nil, err
	}
	return &sentinel{conn: conn}, nil
}

func (s *sentinel) close() { s.conn.Close() }

// ask sends one OPTIONS and waits for its answer.
func (s *sentinel) ask(limit time.Duration) error {
	s.n++
	local, id := s.conn.LocalAddr(), fmt.Sprintf("sentinel-%d-%d", os.Getpid(), s.n)
	_, err := fmt.Fprintf(s.conn, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nFrom: <sip:sentinel@%s>;tag=s\r\n"+
		"To: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n",
		s.conn.RemoteAddr(), local, id, local, s.conn.RemoteAddr(), id)
	if err != nil {
		return err
	}
	s.conn.SetReadDeadline(time.Now().Add(limit))
	buf := make([]byte, 4096)
	for {
		n, err := s.conn.Read(buf)
		if errors.Is(err, syscall.ECONNREFUSED) {
			time.Sleep(5 * time.Millisecond) // the port is not bound yet
			return err
		}
		if err != nil {
			return err
		}
		if strings.Contains(string(buf[:n]), id) {
			return nil
		}
	}
}
