// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var updateMistakes = flag.Bool("update-mistakes", false, "rewrite what testdata/mistakes expects")

// TestMistakes checks files as newcomers write them: testdata/mistakes has for
// each the file and what kahea check says of it. Messages are there to be
// acted on: read the diff as one who has never seen the program.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(filepath.Join(here, file))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			want := ""
			kept := ar.Files[:0:0]
			for _, f := range ar.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				kept = append(kept, f)
				if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr bytes.Buffer
			status := run([]string{"check", "k.cfg"}, surroundings{stdout: &stdout, stderr: &stderr})
			got := stderr.String() + stdout.String()
			if ok := strings.Contains(got, "k.cfg: ok"); ok != (status == 0) || status > 1 {
				t.Errorf("the status is %d", status)
			}
			if *updateMistakes {
				file = filepath.Join(here, file)
				ar.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
