// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestChallengesComeOnce: a request that is challenged is sent once. On a slow
// machine a second challenge would come when the credentials are on their way.
func TestChallengesComeOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range strings.Split(string(text), "<send")[1:] {
			if head, _, _ := strings.Cut(step, ">"); strings.Contains(head, "retrans") && strings.Contains(step, `auth="true"`) {
				t.Errorf("%s repeats a request that is challenged", f)
			}
		}
	}
}
