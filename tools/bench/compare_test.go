// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const before = `goos: linux
pkg: example.org/core/sip
BenchmarkParse-2   	   88560	       671.2 ns/op	 960.91 MB/s	       0 B/op	       0 allocs/op
BenchmarkParse-2   	   88774	       567.1 ns/op	1137.36 MB/s	       0 B/op	       0 allocs/op
BenchmarkSave/again-2	   24715	      2362 ns/op	     900 B/op	       3 allocs/op
PASS
ok  	example.org/core/sip	0.690s
pkg: example.org/core/timer
BenchmarkParse-2   	   88560	       671.2 ns/op	       8 B/op	       1 allocs/op
`

func TestCompare(t *testing.T) {
	for _, row := range []struct {
		name, old, new string
		want           string // of what is printed or of the error, "" for none
	}{
		{name: "the same"},
		{name: "slower", old: "567.1 ns/op", new: "9567.1 ns/op"},
		{name: "other processors", old: "again-2", new: "again-64"},
		{name: "fewer", old: "900 B/op	       3 allocs/op", new: "400 B/op	       2 allocs/op"},
		{name: "a few bytes", old: "900 B/op", new: "980 B/op"},
		{name: "many bytes", old: "900 B/op", new: "1000 B/op", want: "sip.BenchmarkSave/again: 1000 bytes per operation, the baseline has 900"},
		{name: "more allocations", old: "3 allocs/op", new: "4 allocs/op", want: "sip.BenchmarkSave/again: 4 allocations per operation, the baseline has 3"},
		{name: "the other package", old: "1 allocs/op", new: "2 allocs/op", want: "timer.BenchmarkParse: 2 allocations"},
		{name: "nothing ran", old: "Benchmark", new: "", want: "no benchmark has run"},
		{name: "a new one", old: "BenchmarkSave", new: "BenchmarkSafe", want: "BenchmarkSafe/again is not in the baseline"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "new")
			for file, text := range map[string]string{old: before, fresh: strings.ReplaceAll(before, row.old, row.new)} {
				if row.old == "" {
					text = before
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			err := run([]string{"compare", old, fresh}, &out)
			if err != nil {
				out.WriteString(err.Error())
			}
			if fails := row.want != "" && row.name != "a new one"; (err != nil) != fails || !strings.Contains(out.String(), row.want) {
				t.Errorf("got %q (error %v), want %q", out.String(), err, row.want)
			}
		})
	}
}
