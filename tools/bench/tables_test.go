// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected tables anew")

const empty = `# Performance

<!-- bench:cost:begin -->
old
<!-- bench:cost:end -->
between
<!-- bench:max:begin -->
<!-- bench:max:end -->
<!-- bench:memory:begin -->
<!-- bench:memory:end -->
<!-- bench:hold:begin -->
<!-- bench:hold:end -->
<!-- bench:flood:begin -->
<!-- bench:flood:end -->
after
`

// TestTables writes the tables of made-up results: pairs, a run with loss, a
// server that carried no rate, one that is not compared.
func TestTables(t *testing.T) {
	document := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(document, []byte(empty), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for range 2 { // the second time the tables are there already
		if err := run([]string{"versus", "--tables", "--raw", "testdata/results.jsonl", "--into", document}, &out); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/performance.md"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s\n(go test ./tools/bench -update)", got, want)
	}
}

// TestSectionsWithoutResultsStay: a run of one scenario does not take the other
// tables away.
func TestSectionsWithoutResultsStay(t *testing.T) {
	text, err := rewrite(empty, tables([]result{{Kind: "max", Scenario: "relay", Server: reference, Rate: 5}}))
	if err != nil || !strings.Contains(text, "\nold\n") || !strings.Contains(text, "| relay | 5 |") {
		t.Errorf("got %v\n%s", err, text)
	}
	if _, err := rewrite("nothing", map[string]string{"cost": "x"}); err == nil || !strings.Contains(err.Error(), "bench:cost:begin") {
		t.Errorf("a document without markers: %v", err)
	}
}

// TestTheDocumentHasItsMarkers: all tables can be written.
func TestTheDocumentHasItsMarkers(t *testing.T) {
	text, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readResults("testdata/results.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rewrite(string(text), tables(all)); err != nil {
		t.Error(err)
	}
}

// TestDisturbed: a run that lost what the harness does not allow is no figure.
func TestDisturbed(t *testing.T) {
	for _, row := range []struct {
		name string
		l    load
		want string
	}{
		{"good", load{Rate: 100, PerSec: 99, Total: map[string]int{"started": 10000, "failed": 5, "rtx": 20}}, ""},
		{"failed", load{Rate: 100, PerSec: 100, Pending: 3, Total: map[string]int{"started": 10000, "failed": 3}}, "6 failed"},
		{"retransmitted", load{Rate: 100, PerSec: 100, Total: map[string]int{"started": 10000, "rtx": 10, "uas_rtx": 11}}, "21 retransmitted"},
		{"slow", load{Rate: 100, PerSec: 96, Total: map[string]int{"started": 10000}}, "96/s instead of 100"},
		{"held up", load{Rate: 100, PerSec: 100, Lag: 101, Total: map[string]int{"started": 10000}}, "load held up for 101 ms"},
		{"wrong", load{Rate: 100, PerSec: 100, Total: map[string]int{"started": 10000, "no_rr": 6}}, "no_rr 6"},
	} {
		if got := row.l.disturbed(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	var out strings.Builder
	v := versus{Bench: filepath.Join(t.TempDir(), "nowhere")}
	args := []string{"versus", "--bench", v.Bench, "--kahea", "nowhere", "--raw", filepath.Join(t.TempDir(), "raw")}
	if err := run(args, &out); err == nil || !strings.Contains(err.Error(), "no benchmark harness in "+v.Bench) {
		t.Errorf("without a harness: %v", err)
	}
	t.Setenv("PATH", "")
	if err := os.MkdirAll(v.Bench, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(v.harness(), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := run(args, &out); err == nil || !strings.Contains(err.Error(), "kamailio is not installed") {
		t.Errorf("without Kamailio: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("{}\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readResults(bad); err == nil || !strings.Contains(err.Error(), "bad:2: not a result") {
		t.Errorf("a bad line: %v", err)
	}
}
