// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// proxy is the configuration: a proxy that stays in the calls.
const proxy = `
debug=2
log_stderror=yes
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if ($rm == "OPTIONS" && $rU == $null) {
		sl_send_reply("200", "OK");
		exit;
	}
	if ($tt != $null) {
		loose_route();
	} else if ($rm == "INVITE") {
		record_route();
	}
	if (!t_relay()) {
		sl_reply_error();
	}
}
`

// sample is what the server holds at a moment.
type sample struct {
	resident, heap    int64 // bytes
	goroutines, files int
}

// TestSoak has the server carry calls for as long as KAHEA_SOAK says (10m), so
// many a second as KAHEA_SOAK_RATE says (1000), and fails where its memory,
// goroutines or descriptors grow, calls are lost, or the memory is not given
// back afterwards.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("KAHEA_SOAK"))
	if err != nil || length < time.Minute {
		return // KAHEA_SOAK=10m, or any time from 1m on, runs it; no server is missing
	}
	rate := 1000
	if s := os.Getenv("KAHEA_SOAK_RATE"); s != "" {
		if rate, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	run := t.TempDir()
	cfg := filepath.Join(run, "proxy.cfg")
	if err := os.WriteFile(cfg, []byte(proxy), 0o600); err != nil {
		t.Fatal(err)
	}
	command := strings.NewReplacer("-m 64", "-m 1024", "-n 1", "-n 2").Replace(refserver.KaheaCommand(t, "../kahea"))
	server, err := refserver.Start(command, cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	w := newWatch(t, run)
	p, err := newPhones(server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()

	idle := w.sample()
	t.Logf("idle: %v", idle)
	end := make(chan struct{})
	go p.call(rate, end)
	const samples = 20
	var all []sample
	for i := range samples {
		time.Sleep(length / samples)
		s := w.sample()
		all = append(all, s)
		t.Logf("%v: %v, %d calls", time.Duration(i+1)*length/samples, s, p.ended.Load())
	}
	close(end)
	time.Sleep(2 * time.Second)
	t.Logf("calls: %d begun, %d ended, %d refused", p.begun.Load(), p.ended.Load(), p.other.Load())
	if begun, ended := p.begun.Load(), p.ended.Load(); ended < begun-begun/1000 {
		t.Errorf("%d of %d calls were lost", begun-ended, begun)
	}
	compare(t, all)
	back := all[samples-1]
	for range 12 {
		time.Sleep(5 * time.Second)
		if back = w.sample(); back.resident < all[samples-1].resident/2+idle.resident/2 {
			break
		}
	}
	t.Logf("after the load: %v", back)
	if back.resident >= all[samples-1].resident/2+idle.resident/2 {
		t.Errorf("a minute after the load %v, idle %v", back, idle)
	}
}

// compare fails where the last fifth of the samples holds more than the second
// one: the first is that of the growing load.
func compare(t *testing.T, all []sample) {
	fifth := len(all) / 5
	mean := func(of []sample) (m sample) {
		for _, s := range of {
			m.resident += s.resident / int64(len(of))
			m.heap += s.heap / int64(len(of))
			m.goroutines = max(m.goroutines, s.goroutines)
			m.files = max(m.files, s.files)
		}
		return m
	}
	early, late := mean(all[fifth:2*fifth]), mean(all[len(all)-fifth:])
	t.Logf("early %v, late %v", early, late)
	if late.resident > early.resident*6/5+8<<20 {
		t.Error("the memory grows")
	}
	if late.heap > early.heap*3/2+16<<20 {
		t.Error("the heap grows")
	}
	if late.goroutines > early.goroutines+16 {
		t.Error("the number of goroutines grows")
	}
	if late.files > early.files+2 {
		t.Error("the number of descriptors grows")
	}
}

// watch looks at a server from outside.
type watch struct {
	t    *testing.T
	pid  int
	log  string
	seen int // lines about memory in the log
}

func newWatch(t *testing.T, run string) *watch {
	text, err := os.ReadFile(filepath.Join(run, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return &watch{t: t, pid: pid, log: filepath.Join(run, "log")}
}

var memoryLine = regexp.MustCompile(`memory heap=(\d+) .*goroutines=(\d+)`)

// sample asks the server by SIGUSR1, and /proc.
func (w *watch) sample() (s sample) {
	w.t.Helper()
	if err := syscall.Kill(w.pid, syscall.SIGUSR1); err != nil {
		w.t.Fatal(err)
	}
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		text, err := os.ReadFile(w.log)
		if err != nil {
			w.t.Fatal(err)
		}
		lines := memoryLine.FindAllSubmatch(text, -1)
		if len(lines) > w.seen {
			w.seen = len(lines)
			last := lines[len(lines)-1]
			s.heap, _ = strconv.ParseInt(string(last[1]), 10, 64)
			s.goroutines, _ = strconv.Atoi(string(last[2]))
			break
		}
	}
	if s.heap == 0 {
		w.t.Fatal("the server does not say what it holds")
	}
	proc := "/proc/" + strconv.Itoa(w.pid)
	files, err := os.ReadDir(proc + "/fd")
	if err != nil {
		w.t.Fatal(err)
	}
	s.files = len(files)
	status, err := os.ReadFile(proc + "/statm")
	if err != nil {
		w.t.Fatal(err)
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(status))[1], 10, 64)
	s.resident = pages * int64(os.Getpagesize())
	return s
}

func (s sample) String() string {
	mb := func(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }
	return mb(s.resident) + " resident, " + mb(s.heap) + " heap, " + strconv.Itoa(s.goroutines) + " goroutines, " + strconv.Itoa(s.files) + " descriptors"
}
