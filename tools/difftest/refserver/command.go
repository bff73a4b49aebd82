// SPDX-License-Identifier: Apache-2.0

package refserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// StockCfg is the configuration that the reference is installed with.
const StockCfg = "/etc/kamailio/kamailio.cfg"

// Absent skips a test because something is not installed, or fails it where KAHEA_REQUIRE_SERVERS=1 says that everything is.
func Absent(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Needs skips a test (see Absent) unless the programs and the stock configuration are there.
func Needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			Absent(t, p+" is not installed")
		}
	}
	if _, err := os.Stat(StockCfg); err != nil {
		Absent(t, StockCfg+" is not installed")
	}
}

// KaheaCommand is how to start kahea: KAHEA_COMMAND with {cfg}, {run} and {port}; or the program KAHEA_BIN; or the one built from source,
// the folder of its package seen from the test.
func KaheaCommand(t *testing.T, source string) string {
	t.Helper()
	if command := os.Getenv("KAHEA_COMMAND"); command != "" {
		return command
	}
	bin := os.Getenv("KAHEA_BIN")
	if bin == "" {
		if _, err := os.Stat(source); err != nil {
			Absent(t, source+" does not exist")
		}
		bin = filepath.Join(t.TempDir(), "kahea")
		if out, err := exec.Command("go", "build", "-o", bin, source).CombinedOutput(); err != nil {
			t.Fatalf("building kahea: %v\n%s", err, out)
		}
	}
	return bin + " " + Flags
}
