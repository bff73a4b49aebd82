// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// result is a line of the harness's --json file, or one of ours: about and hold.
type result struct {
	Kind     string
	Server   string
	Scenario string

	Result *load   // cost, max (absent when no rate was carried), hold
	Rate   float64 // max: the highest rate without loss, per second

	// memory, hold
	Contacts   int
	OK         int
	PSSBefore  float64 `json:"pss_kb_before"`
	PSSAfter   float64 `json:"pss_kb_after"`
	PerContact float64 `json:"pss_bytes_per_contact"`

	// about
	Date     string
	Machine  string
	Versions string
}

// load is what the load generator tells of one run.
type load struct {
	Rate    float64
	PerSec  float64 `json:"ok_per_s"`
	Pending int     `json:"pending_at_end"`
	Lag     float64 `json:"max_lag_ms"` // the longest that the load generator itself was late
	Forward *times  `json:"lat_fwd"`    // absent where the server answers itself
	Round   *times  `json:"lat_rtt"`
	Total   map[string]int
	Server  struct {
		CPU   float64 `json:"cpu_ms_per_1000"`
		Cores float64 `json:"cpu_share"`
		PSS   float64 `json:"pss_kb"`
	} `json:"srv"`
}

// times are latencies in microseconds.
type times struct {
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
	Max float64 `json:"max_us"`
}

// added is the latency that the server adds: of a request that it passes on, or
// of its own answer.
func (l *load) added() times {
	switch {
	case l.Forward != nil:
		return *l.Forward
	case l.Round != nil:
		return *l.Round
	}
	return times{}
}

// Limits of what a run may lose and still be a figure; the harness's own.
const (
	mostFailed        = 0.0005
	mostRetransmitted = 0.002
	leastRate         = 0.97
)

// mostLag is a delay of the load generator, in ms, behind which no latency can be
// trusted: the machine did something else.
const mostLag = 100

// disturbed says why a run is no figure: "" when it is one.
func (l *load) disturbed() string {
	n := float64(max(l.Total["started"], 1))
	var why []string
	if lost := l.Total["failed"] + l.Pending; float64(lost) > n*mostFailed {
		why = append(why, fmt.Sprintf("%d failed", lost))
	}
	if again := l.Total["rtx"] + l.Total["uas_rtx"]; float64(again) > n*mostRetransmitted {
		why = append(why, fmt.Sprintf("%d retransmitted", again))
	}
	if l.PerSec < l.Rate*leastRate {
		why = append(why, fmt.Sprintf("%.0f/s instead of %.0f", l.PerSec, l.Rate))
	}
	for _, k := range [...]string{"bad", "no_rr", "no_proxy_via", "ack_missing"} {
		if float64(l.Total[k]) > n*mostFailed {
			why = append(why, fmt.Sprintf("%s %d", k, l.Total[k]))
		}
	}
	if l.Lag > mostLag {
		why = append(why, fmt.Sprintf("load held up for %.0f ms", l.Lag))
	}
	return strings.Join(why, ", ")
}

// remarks are the things that a server did otherwise than it should, though the
// load was carried.
func (l *load) remarks() string {
	var all []string
	for _, k := range [...]string{"route_left", "maxfwd_bad", "wrong_ruri", "dup_req", "stray"} {
		if n := l.Total[k]; float64(n) > float64(l.Total["started"])*0.001 {
			all = append(all, fmt.Sprintf("%s %d", k, n))
		}
	}
	return strings.Join(all, ", ")
}

// readResults reads a file of results.
func readResults(file string) ([]result, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []result
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s:%d: not a result of the harness: %w", file, n, err)
		}
		all = append(all, r)
	}
	return all, lines.Err()
}
