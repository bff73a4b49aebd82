// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// difference is one line on which two transcripts disagree.
type difference struct {
	place string // alice#2: the second packet that alice got
	sign  byte   // '-': only in the record, '+': only now
	line  string
}

func (d difference) String() string { return fmt.Sprintf("%s %c%s", d.place, d.sign, d.line) }

// compare lists what differs, packet by packet and line by line, in order.
func compare(want, got transcript) []difference {
	var all []difference
	lines := map[string]bool{}
	var order []string
	for _, r := range append(slices.Clone(want), got...) {
		if !lines[r.line] {
			lines[r.line] = true
			order = append(order, r.line)
		}
	}
	for _, line := range order {
		w, g := want.of(line), got.of(line)
		for i := range max(len(w), len(g)) {
			place := fmt.Sprintf("%s#%d", line, i+1)
			var a, b record
			if i < len(w) {
				a = w[i]
			}
			if i < len(g) {
				b = g[i]
			}
			for _, d := range diffLines(a.text, b.text) {
				if a.set && d.sign == '-' { // a member of the set that is missing
					continue
				}
				d.place = place
				all = append(all, d)
			}
		}
	}
	return all
}

func (t transcript) of(line string) []record {
	var some []record
	for _, r := range t {
		if r.line == line {
			some = append(some, r)
		}
	}
	return some
}

// diffLines aligns two lists of lines by their longest common part.
func diffLines(a, b []string) []difference {
	n, m := len(a), len(b)
	table := make([][]int, n+1)
	for i := range table {
		table[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if sameLine(a[i], b[j]) {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	var out []difference
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && sameLine(a[i], b[j]):
			i, j = i+1, j+1
		case j == m || i < n && table[i+1][j] >= table[i][j+1]:
			out = append(out, difference{sign: '-', line: a[i]})
			i++
		default:
			out = append(out, difference{sign: '+', line: b[j]})
			j++
		}
	}
	return out
}

var seconds = regexp.MustCompile(`(?i)((expires(?:=|":|:)|last used)\s*)(\d+)`)

// A lifetime runs from the beginning of a case, for how long a connection was not used from the step before.
const runTakes, stepTakes = 10, 3

// sameLine takes times as equal that differ by what a run may take.
func sameLine(a, b string) bool {
	if a == b {
		return true
	}
	x, y := seconds.FindAllStringSubmatch(a, -1), seconds.FindAllStringSubmatch(b, -1)
	if len(x) == 0 || len(x) != len(y) || seconds.ReplaceAllString(a, "$1") != seconds.ReplaceAllString(b, "$1") {
		return false
	}
	for i := range x {
		p, _ := strconv.Atoi(x[i][3])
		q, _ := strconv.Atoi(y[i][3])
		most := runTakes
		if strings.EqualFold(x[i][2], "last used") {
			most = stepTakes
		}
		if max(p-q, q-p) > most {
			return false
		}
	}
	return true
}

// formatTranscript writes a transcript as it stands in a golden file.
func formatTranscript(t transcript) string {
	var b strings.Builder
	for _, r := range t {
		head := r.line
		if r.title != "" {
			head += " " + r.title
		}
		if r.set {
			head = "set " + head
		}
		b.WriteString(head + "\n")
		for _, line := range r.text {
			b.WriteString("\t" + line + "\n")
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// parseTranscript is the reverse of formatTranscript.
func parseTranscript(text string) transcript {
	var t transcript
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "\t"); ok && len(t) > 0 {
			t[len(t)-1].text = append(t[len(t)-1].text, rest)
			continue
		}
		if line == "nothing" {
			continue
		}
		head, set := strings.CutPrefix(line, "set ")
		name, title, _ := strings.Cut(head, " ")
		t = append(t, record{line: name, title: title, set: set})
	}
	return t
}

// golden is the recorded behaviour of the reference for one suite.
type golden map[string]transcript

func goldenFile(dir, suite string) string { return filepath.Join(dir, suite+".txtar") }

func readGolden(dir, suite string) (golden, error) {
	text, err := os.ReadFile(goldenFile(dir, suite))
	if err != nil {
		return nil, err
	}
	g := golden{}
	for _, f := range txtar.Parse(text).Files {
		g[f.Name] = parseTranscript(string(f.Data))
	}
	return g, nil
}

func writeGolden(dir string, s suite, g golden) error {
	a := txtar.Archive{Comment: []byte("What Kamailio 5.6.3 sends in each case of cases/" + s.Name + ".txtar; recorded with go test -update.\n")}
	for _, c := range s.Cases {
		a.Files = append(a.Files, txtar.File{Name: c.Name, Data: []byte(formatTranscript(g[c.Name]))})
	}
	return os.WriteFile(goldenFile(dir, s.Name), txtar.Format(&a), 0o644)
}

// known are the explained differences: case, pattern of a difference, and why, separated by tabs.
type known struct {
	name, pattern, why string
	used               bool
}

func readKnown(file string) ([]*known, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []*known
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 || parts[2] == "" {
			return nil, fmt.Errorf("%s:%d: want case, difference and reason, separated by tabs", file, i+1)
		}
		if parts[1] == "*" {
			return nil, fmt.Errorf("%s:%d: * explains whatever differs: name the lines", file, i+1)
		}
		all = append(all, &known{name: parts[0], pattern: parts[1], why: parts[2]})
	}
	return all, nil
}

// explained takes the differences away for which there is an explanation. That of a case holds for the same case under the example in Lua.
func explained(all []*known, name string, diffs []difference) []difference {
	plain := strings.TrimPrefix(name, "kemi-")
	var rest []difference
	for _, d := range diffs {
		hit := false
		for _, k := range all {
			if (wildcard(k.name, name) || wildcard(k.name, plain)) && wildcard(k.pattern, d.String()) {
				k.used, hit = true, true
			}
		}
		if !hit {
			rest = append(rest, d)
		}
	}
	return rest
}

// wildcard matches with * for any text.
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(s, part)
		}
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return s == ""
}
