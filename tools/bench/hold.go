// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	holdAddress = "127.0.0.1:5070" // the harness's configurations listen there
	holdPart    = 10               // one contact in ten registers again each minute
	holdWindow  = 30 * time.Second
	holdFill    = 8000 // first registrations per second
)

// hold fills the server with contacts, lets a part of them register again each
// minute and keeps the latencies. The load generator is the harness's.
func (v *versus) hold(server, raw string) error {
	dir, err := os.MkdirTemp("", "kahea-hold-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(server, "-f", filepath.Join(v.Bench, "cfg/kamailio/register.cfg"), "-E", "-DD", "-Y", dir, "-P", filepath.Join(dir, "pid"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	if err := answers(holdAddress, 10*time.Second); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(log.String()))
	}
	before, err := resident(cmd.Process.Pid)
	if err != nil {
		return err
	}
	// The harness builds the load generator before it looks at its arguments.
	if text, err := exec.Command(v.harness(), "--help").CombinedOutput(); err != nil {
		return fmt.Errorf("the load generator cannot be built: %w: %s", err, text)
	}
	rate := v.Hold / holdPart / 60
	text, err := exec.Command(v.sipload(), "-json", "-mode", "register", "-target", holdAddress, "-pid", strconv.Itoa(cmd.Process.Pid), "-prereg",
		"-users", strconv.Itoa(v.Hold), "-prereg-rate", strconv.Itoa(holdFill), "-rate", strconv.Itoa(rate), "-warmup", "2s", "-duration", holdWindow.String()).Output()
	if err != nil {
		return fmt.Errorf("the load generator has failed: %w", err)
	}
	after, err := resident(cmd.Process.Pid)
	if err != nil {
		return err
	}
	return keep(raw, map[string]any{"kind": "hold", "server": ours, "contacts": v.Hold, "result": json.RawMessage(text), "pss_kb_before": before, "pss_kb_after": after})
}

func (v *versus) sipload() string {
	if dir := os.Getenv("BENCH_BIN"); dir != "" {
		return filepath.Join(dir, "sipload")
	}
	return filepath.Join(v.Bench, "bin/sipload")
}

// answers waits until the server answers an OPTIONS.
func answers(addr string, most time.Duration) error {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	ping := fmt.Sprintf("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bKhold\r\nMax-Forwards: 5\r\nFrom: <sip:ping@%[1]s>;tag=ping\r\n"+
		"To: <sip:%[1]s>\r\nCall-ID: hold\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", addr, c.LocalAddr())
	for end := time.Now().Add(most); time.Now().Before(end); {
		_, _ = c.Write([]byte(ping)) // refused until somebody listens
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			return nil
		}
	}
	return errors.New("the server does not answer")
}

// resident is the proportional resident memory of a process in KiB.
func resident(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return 0, fmt.Errorf("/proc/%d/smaps_rollup has no Pss", pid)
	}
	return strconv.Atoi(f[0])
}
