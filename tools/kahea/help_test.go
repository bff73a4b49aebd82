// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestHelpOfEachWord: who asks a word for help gets it, and nothing is done.
func TestHelpOfEachWord(t *testing.T) {
	for _, word := range []string{"check", "fmt", "dump", "trace", "run", "version", "help"} {
		for _, flag := range []string{"-h", "--help"} {
			t.Chdir(t.TempDir())
			var stdout, stderr bytes.Buffer
			status := run([]string{word, flag}, surroundings{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr})
			if status != exitOK || !strings.HasPrefix(stdout.String(), "usage: kahea") || stderr.Len() > 0 {
				t.Errorf("%s %s: status %d, %.60s %.200s", word, flag, status, &stdout, &stderr)
			}
		}
	}
}
