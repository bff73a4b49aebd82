// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// versus is the word versus.
type versus struct {
	Bench    string `default:"../shared/bench" help:"Folder of the harness."`
	Kahea    string `default:"bin/kahea" help:"The server."`
	Scenario string `default:"options,forward,relay,kemi,call,dispatcher,dialog,register,stock-call,stock-register" help:"Scenarios whose CPU cost is compared, separated by commas; empty for none."`
	Repeats  int    `default:"5" help:"Interleaved pairs of each scenario."`
	Duration int    `default:"10" help:"Seconds that each run is measured for."`
	Max      string `help:"Scenarios whose highest rate without loss is looked for."`
	Memory   string `help:"Numbers of contacts whose memory is measured."`
	Hold     int    `help:"Number of contacts, of which a tenth registers again each minute."`
	Flood    int    `help:"Interleaved pairs of the stock file's protection against a flood."`
	Raw      string `default:"bin/versus.jsonl" help:"File of the raw results; what is in it is kept with --more."`
	More     bool   `help:"Add to the raw results."`
	Tables   bool   `help:"Run nothing: write the tables of the raw results."`
	Into     string `default:"docs/performance.md" help:"Document with the tables."`
	Own      string `default:"tools/bench/testdata" help:"Folder of the configurations of scenarios that the harness does not have."`
}

// Run implements kong's command.
func (v *versus) Run(out io.Writer) error {
	if !v.Tables {
		if err := v.ready(); err != nil {
			return err
		}
		if err := v.measure(out); err != nil {
			return err
		}
	}
	all, err := readResults(v.Raw)
	if err != nil {
		return err
	}
	if err := write(v.Into, all); err != nil {
		return err
	}
	fmt.Fprintln(out, "written:", v.Into)
	return nil
}

// ready says what is missing.
func (v *versus) ready() error {
	if _, err := os.Stat(v.harness()); err != nil {
		return fmt.Errorf("there is no benchmark harness in %s: name its folder with BENCH=", v.Bench)
	}
	if _, err := exec.LookPath("kamailio"); err != nil {
		return errors.New("kamailio is not installed: make deps installs what the comparison needs")
	}
	if _, err := os.Stat(v.Kahea); err != nil {
		return fmt.Errorf("there is no %s: make build makes it", v.Kahea)
	}
	return nil
}

func (v *versus) harness() string { return filepath.Join(v.Bench, "run.sh") }

// measure runs the harness as often as needed. It adds to the raw results as it
// goes, so that what was measured is kept when a run is ended early.
func (v *versus) measure(out io.Writer) error {
	raw, err := filepath.Abs(v.Raw)
	if err != nil {
		return err
	}
	server, err := filepath.Abs(v.Kahea)
	if err != nil {
		return err
	}
	if !v.More {
		if err := os.Remove(raw); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := keep(raw, about(server)); err != nil {
		return err
	}
	plain, own := v.scenarios()
	pair := []string{"--server", reference, "--server-cmd", ours + "=" + server + kaheaFlags, "--json", raw}
	for _, run := range []struct {
		wanted bool
		args   []string
	}{
		{len(plain) > 0, v.costs(strings.Join(plain, ","))},
		{v.Max != "", []string{"--max", "--scenario", v.Max}},
		{v.Memory != "", []string{"--memory", v.Memory}},
	} {
		if !run.wanted {
			continue
		}
		if err := v.run(out, append(pair, run.args...)); err != nil {
			return err
		}
	}
	for _, name := range own {
		if err := v.measureOwn(out, name, server, raw); err != nil {
			return err
		}
	}
	if v.Flood > 0 {
		if err := v.measureFlood(out, server, raw); err != nil {
			return err
		}
	}
	if v.Hold > 0 {
		return v.hold(server, raw)
	}
	return nil
}

// kaheaFlags are those of its command line; the harness fills them in.
const kaheaFlags = " -f {cfg} -E -DD -Y {run} -P {run}/pid"

// costs are the words of the harness that compare costs.
func (v *versus) costs(scenario string) []string {
	return []string{"--scenario", scenario, "--repeats", strconv.Itoa(v.Repeats), "--duration", strconv.Itoa(v.Duration)}
}

// run runs the harness.
func (v *versus) run(out io.Writer, args []string) error {
	cmd := exec.Command(v.harness(), args...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the harness has failed: %w", err)
	}
	return nil
}

// keep adds a line to the raw results.
func keep(raw string, line map[string]any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(raw, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// about is the line that tells where the results come from.
func about(server string) map[string]any {
	return map[string]any{"kind": "about", "date": time.Now().UTC().Format(time.DateOnly), "machine": machine(), "versions": fmt.Sprintf("%s with -x fm; %s; %s",
		version("kamailio", "-v"), version(server, "-v"), runtime.Version())}
}

// machine names processors and kernel.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.Trim(line, "\t :")
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	kernel, _, _ := strings.Cut(strings.TrimSpace(string(release)), "-")
	return fmt.Sprintf("%d cores (%s), Linux %s, UDP over loopback", runtime.NumCPU(), model, kernel)
}

// version is the first line of what a program says of itself, without platform.
func version(program, flag string) string {
	text, err := exec.Command(program, flag).Output()
	if err != nil {
		return filepath.Base(program)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(text), "version: "), "\n")
	line, _, _ = strings.Cut(line, " (")
	return strings.TrimSpace(line)
}
