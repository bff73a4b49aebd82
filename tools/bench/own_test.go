// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeHarness notes its arguments, and gives a result for each server and scenario.
const fakeHarness = `#!/bin/sh
echo "$*" >>"$(dirname "$0")/calls"
while [ $# -gt 0 ]; do
	case $1 in
	--server) servers="$servers $2" ;;
	--server-cmd) servers="$servers ${2%%=*}" ;;
	--scenario) scenario=$2 ;;
	--json) json=$2 ;;
	esac
	shift
done
for s in $servers; do echo "{\"kind\":\"cost\",\"server\":\"$s\",\"scenario\":\"$scenario\",\"result\":{\"rate\":800}}" >>"$json"; done
`

// TestOwnScenario: a scenario that the harness does not have is run with the
// traffic of another one and our configuration for both servers, and its results
// have its own name.
func TestOwnScenario(t *testing.T) {
	bench, own := t.TempDir(), "testdata"
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(bench, name)
		os.MkdirAll(filepath.Dir(file), 0o700)
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("run.sh", fakeHarness)
	write("servers/kamailio-fm.json", `{"cmd": "kamailio -f {cfg} -x fm"}`)
	raw := filepath.Join(bench, "raw.jsonl")
	v := versus{Bench: bench, Kahea: "kahea", Scenario: "relay,dialog", Repeats: 2, Duration: 3, Raw: raw, Own: own}
	var out bytes.Buffer
	if err := v.measure(&out); err != nil {
		t.Fatal(err)
	}
	all, err := readResults(raw)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range ofKind(all, "cost") {
		got = append(got, r.Scenario+" "+r.Server)
	}
	if want := "[relay kamailio-fm relay kahea dialog kamailio-fm dialog kahea]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	calls, err := os.ReadFile(filepath.Join(bench, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, _ := filepath.Abs("testdata/dialog.cfg")
	_, second, _ := strings.Cut(string(calls), "\n")
	for _, part := range []string{"kamailio-fm=kamailio -f " + cfg + " -x fm", "kahea -f " + cfg + " -E -DD", "--scenario call --repeats 2 --duration 3"} {
		if !strings.Contains(second, part) {
			t.Errorf("the harness was called with %q, want %q in it", second, part)
		}
	}
}
