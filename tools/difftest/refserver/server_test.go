// SPDX-License-Identifier: Apache-2.0

package refserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartElsewhere: a server whose port was taken meanwhile is started on another one, and one that fails otherwise is not.
func TestStartElsewhere(t *testing.T) {
	for _, tt := range []struct {
		says  string
		tries int
	}{
		{"bind: Address already in use", 5},
		{"no such module", 1},
	} {
		dir := t.TempDir()
		script := filepath.Join(dir, "server")
		text := "#!/bin/sh\necho $1 >> " + dir + "/ports\necho '" + tt.says + "'\nexit 1\n"
		if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		s, err := Start(script+" {port}", "", dir)
		if s != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, %v, want the words of the server", tt.says, s, err)
		}
		ports, err := os.ReadFile(filepath.Join(dir, "ports"))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, p := range strings.Fields(string(ports)) {
			seen[p] = true
		}
		if len(seen) != tt.tries {
			t.Errorf("%s: tried ports %q, want %d", tt.says, ports, tt.tries)
		}
	}
}
