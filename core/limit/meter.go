// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Load is the load of the machine.
type Load struct {
	// CPU is the busy part of the time of all processors since the reading
	// before, between 0 and 1.
	CPU float64
	// Pending is the number of bytes that wait in all UDP sockets of the
	// machine to be read.
	Pending int64
}

// Meter reads the load. It belongs to one goroutine.
type Meter struct {
	proc        fs.FS
	busy, total int64
}

// NewMeter makes a meter that reads from the proc file system.
func NewMeter(proc fs.FS) *Meter { return &Meter{proc: proc} }

var errStat = errors.New("stat has no line of all processors")

// Read returns the load since the last Read; the first one has no CPU load.
func (m *Meter) Read() (l Load, err error) {
	if l.CPU, err = m.cpu(); err != nil {
		return l, fmt.Errorf("cannot read the load of the processors: %w", err)
	}
	for _, name := range []string{"net/udp", "net/udp6"} {
		n, err := m.pending(name)
		if errors.Is(err, fs.ErrNotExist) && name == "net/udp6" {
			continue // no IPv6 here
		}
		if err != nil {
			return l, fmt.Errorf("cannot read what waits in sockets: %w", err)
		}
		l.Pending += n
	}
	return l, nil
}

func (m *Meter) cpu() (float64, error) {
	text, err := fs.ReadFile(m.proc, "stat")
	if err != nil {
		return 0, err
	}
	busy, total, err := parseStat(text)
	if err != nil {
		return 0, err
	}
	first := m.total == 0
	dbusy, dtotal := busy-m.busy, total-m.total
	m.busy, m.total = busy, total
	if first || dtotal <= 0 {
		return 0, nil
	}
	return min(max(float64(dbusy)/float64(dtotal), 0), 1), nil
}

// parseStat reads the line of all processors: user, nice, system, idle, iowait
// and more, in ticks.
func parseStat(text []byte) (busy, total int64, err error) {
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 5 || fields[0] != "cpu" {
		return 0, 0, errStat
	}
	for i, f := range fields[1:min(len(fields), 9)] { // guest time is in user already
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, 0, errStat
		}
		total += n
		if i != 3 && i != 4 { // idle, iowait
			busy += n
		}
	}
	return busy, total, nil
}

func (m *Meter) pending(name string) (int64, error) {
	text, err := fs.ReadFile(m.proc, name)
	if err != nil {
		return 0, err
	}
	return parsePending(text), nil
}

// parsePending adds up the second number of the column tx_queue:rx_queue.
func parsePending(text []byte) (sum int64) {
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Scan()
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) < 5 {
			continue
		}
		_, rx, _ := strings.Cut(fields[4], ":")
		if n, err := strconv.ParseUint(rx, 16, 32); err == nil {
			sum += int64(n)
		}
	}
	return sum
}
