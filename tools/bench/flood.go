// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The flood: packets of an address that the stock file's WITH_ANTIFLOOD has
// banned. What counts is what one of them costs, while another address is
// served. The harness has no such traffic: what is sent here is not answered.
const (
	floodSource = "127.0.0.66"
	otherSource = "127.0.0.77"
	floodRate   = 8000 // packets per second
	floodTick   = time.Millisecond
	floodBurst  = 32                     // most packets of a tick
	otherEach   = 250 * time.Millisecond // below what is banned: the stock file counts from 16 in 2 seconds
	floodWarmup = 2 * time.Second
	stockFile   = "/etc/kamailio/kamailio.cfg"
)

var errAnswered = errors.New("packets of the flood are answered: it is not banned")

// measureFlood measures pairs of the servers, one after the other.
func (v *versus) measureFlood(out io.Writer, server, raw string) error {
	theirs, err := v.referenceCommand()
	if err != nil {
		return err
	}
	for range v.Flood {
		for _, s := range []struct{ name, command string }{{reference, theirs}, {ours, server + kaheaFlags}} {
			r, err := floodOne(s.command, time.Duration(v.Duration)*time.Second)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			fmt.Fprintf(out, "flood: %-12s %.2f ms of CPU per 1,000 packets, %v/s\n", s.name, r["cpu_ms_per_1000"], floodRate)
			line := map[string]any{"kind": "flood", "server": s.name, "scenario": "stock-flood", "result": map[string]any{"rate": floodRate, "srv": r}}
			if err := keep(raw, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// floodOne starts a server, has the flood banned, and measures.
func floodOne(command string, window time.Duration) (map[string]any, error) {
	dir, err := os.MkdirTemp("", "kahea-flood-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	argv := strings.Fields(strings.NewReplacer("{cfg}", stockFile, "{run}", dir, "{shm}", "1024").Replace(command))
	argv = append(argv, "-l", "udp:"+holdAddress, "-A", "WITH_ANTIFLOOD")
	cmd := exec.Command(argv[0], argv[1:]...)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	}()
	if err := answers(holdAddress, 20*time.Second); err != nil {
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	f, err := newFlood()
	if err != nil {
		return nil, err
	}
	defer f.close()
	f.run(floodWarmup)
	f.drain(f.flood, quiet) // what was answered before the ban
	before, err := processorTime(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	sent, served, asked := f.run(window)
	after, err := processorTime(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	switch {
	case f.drain(f.flood, quiet) > 0:
		return nil, errAnswered
	case served < asked*9/10:
		return nil, fmt.Errorf("of %d requests of another address %d were answered", asked, served)
	}
	return map[string]any{"cpu_ms_per_1000": (after - before).Seconds() * 1e6 / float64(sent)}, nil
}

// flood has the sockets of both addresses.
type flood struct {
	flood, other *net.UDPConn
	n            int
}

func newFlood() (*flood, error) {
	to, err := net.ResolveUDPAddr("udp4", holdAddress)
	if err != nil {
		return nil, err
	}
	f := new(flood)
	for conn, ip := range map[**net.UDPConn]string{&f.flood: floodSource, &f.other: otherSource} {
		if *conn, err = net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)}, to); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *flood) close() {
	f.flood.Close()
	f.other.Close()
}

// request is a request as scanners send it.
func (f *flood) request(method string, from *net.UDPConn) []byte {
	f.n++
	return fmt.Appendf(nil, "%s sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%d;rport\r\nMax-Forwards: 70\r\nFrom: \"100\" <sip:100@%[2]s>;tag=%[4]d\r\n"+
		"To: \"100\" <sip:100@%[2]s>\r\nCall-ID: %[4]d\r\nCSeq: 1 %[1]s\r\nContact: <sip:100@%[3]s>\r\nUser-Agent: phone\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
		method, holdAddress, from.LocalAddr(), f.n)
}

// run sends for a while, and counts: packets of the flood, and of the other
// address what was asked and answered.
func (f *flood) run(d time.Duration) (sent, served, asked int) {
	begin := time.Now()
	next, missed := begin, 0
	for time.Since(begin) < d {
		// Held up, it does not catch up: that would be a burst that overruns the server's socket.
		for due := int(time.Since(begin).Seconds()*floodRate) - missed; sent < due; sent++ {
			if due-sent > floodBurst {
				missed += due - sent - floodBurst
				due = sent + floodBurst
			}
			_, _ = f.flood.Write(f.request("REGISTER", f.flood))
		}
		if !time.Now().Before(next) {
			next = next.Add(otherEach)
			if _, err := f.other.Write(f.request("OPTIONS", f.other)); err == nil {
				asked++
			}
		}
		served += f.drain(f.other, atOnce)
		time.Sleep(floodTick)
	}
	for end := time.Now().Add(time.Second); served < asked && time.Now().Before(end); time.Sleep(floodTick) {
		served += f.drain(f.other, atOnce)
	}
	return sent, served, asked
}

// How long drain waits for one more.
const (
	atOnce = 50 * time.Microsecond
	quiet  = 200 * time.Millisecond
)

// drain counts what has come to a socket.
func (f *flood) drain(c *net.UDPConn, wait time.Duration) (n int) {
	buf := make([]byte, 4096)
	for {
		_ = c.SetReadDeadline(time.Now().Add(wait))
		if _, err := c.Read(buf); err != nil {
			return n
		}
		n++
	}
}

// processorTime is what a process and its children have used of the processors,
// to the nanosecond.
func processorTime(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("process %d is gone", pid)
	}
	var used time.Duration
	for _, task := range tasks {
		text, err := os.ReadFile(filepath.Join(task, "schedstat"))
		if err != nil {
			continue // the thread has ended
		}
		n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		used += time.Duration(n)
		kids, _ := os.ReadFile(filepath.Join(task, "children"))
		for _, kid := range strings.Fields(string(kids)) {
			n, err := strconv.Atoi(kid)
			if err != nil {
				return 0, err
			}
			t, err := processorTime(n)
			if err != nil {
				return 0, err
			}
			used += t
		}
	}
	return used, nil
}
