// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// compare is the word compare. Times differ between machines and hours, so only
// memory decides: what a benchmark allocates is the same everywhere.
type compare struct {
	Baseline string `arg:"" type:"existingfile" help:"What go test -bench -benchmem printed before."`
	Fresh    string `arg:"" type:"existingfile" help:"What it printed now."`
}

// Run implements kong's command. It fails when a benchmark needs more.
func (c *compare) Run(out io.Writer) error {
	old, err := readBenchmarks(c.Baseline)
	if err != nil {
		return err
	}
	fresh, err := readBenchmarks(c.Fresh)
	if err != nil {
		return err
	}
	if len(fresh) == 0 {
		return fmt.Errorf("%s: no benchmark has run", c.Fresh)
	}
	if more := grown(out, old, fresh); more > 0 {
		return fmt.Errorf("%d benchmarks need more memory than in %s: mend it, or renew the baseline with make bench-baseline and say why", more, c.Baseline)
	}
	return nil
}

// cost is what one benchmark allocates per operation, one value per run.
type cost struct{ bytes, allocs []float64 }

// readBenchmarks reads the costs by package and name.
func readBenchmarks(file string) (map[string]*cost, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, pkg := map[string]*cost{}, ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if p, ok := strings.CutPrefix(lines.Text(), "pkg: "); ok {
			pkg = p
			continue
		}
		name, bytes, allocs, ok := readLine(lines.Text())
		if !ok {
			continue
		}
		k := all[pkg+"."+name]
		if k == nil {
			k = new(cost)
			all[pkg+"."+name] = k
		}
		k.bytes, k.allocs = append(k.bytes, bytes), append(k.allocs, allocs)
	}
	return all, lines.Err()
}

// readLine reads one result: name, number of rounds, then values with units.
func readLine(line string) (name string, bytes, allocs float64, ok bool) {
	f := strings.Fields(line)
	if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
		return "", 0, 0, false
	}
	name = f[0]
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i] // the number of processors
		}
	}
	for i := 2; i+1 < len(f); i += 2 {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return "", 0, 0, false
		}
		switch f[i+1] {
		case "B/op":
			bytes = v
		case "allocs/op":
			allocs, ok = v, true
		}
	}
	return name, bytes, allocs, ok
}

// grown prints which benchmarks need more than before, and counts them.
func grown(out io.Writer, old, fresh map[string]*cost) (more int) {
	names := make([]string, 0, len(fresh))
	for name := range fresh {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		was, is := old[name], fresh[name]
		if was == nil {
			fmt.Fprintf(out, "%s is not in the baseline\n", name)
			continue
		}
		if a, b := median(was.allocs), median(is.allocs); b > a {
			fmt.Fprintf(out, "%s: %v allocations per operation, the baseline has %v\n", name, b, a)
			more++
		} else if a, b := median(was.bytes), median(is.bytes); b > a+slack(a) {
			fmt.Fprintf(out, "%s: %v bytes per operation, the baseline has %v\n", name, b, a)
			more++
		}
	}
	return more
}

// slack is the growth in bytes that says nothing: what a benchmark allocates
// once is spread over a number of rounds that differs from run to run.
func slack(bytes float64) float64 { return max(64, bytes/10) }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}
