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
)

// row is a line of testdata/*.tsv: the message it is run for, what runs, what
// Kamailio prints, and why we differ, which is mostly empty. A row without a
// message goes on with the one above: it sees the AVPs and edits of that row.
//
// What runs is by its first byte:
//
//	> text        prints a text with variables
//	= expression  prints the type and the value of an expression
//	? condition   prints true or false
//
// and otherwise statements, in which PRINT("text") prints. "!refused" is
// expected of a row that is an error at start.
type row struct{ message, script, want, gap string }

// refused is what a row gives that is an error at start.
const refused = "!refused"

// group are rows that one packet runs.
type group struct {
	message string
	rows    []*row
}

// table is one file of rows.
type table struct {
	name   string
	rows   []*row
	groups []*group
}

// readTables reads all testdata/*.tsv.
func readTables(dir string) ([]*table, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var tables []*table
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		tables = append(tables, parseTable(strings.TrimSuffix(filepath.Base(file), ".tsv"), string(data)))
	}
	return tables, nil
}

func parseTable(name, data string) *table {
	t := &table{name: name}
	for line := range strings.Lines(data) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		for len(f) < 4 {
			f = append(f, "")
		}
		r := &row{f[0], f[1], f[2], f[3]}
		t.rows = append(t.rows, r)
		if r.message != "" || len(t.groups) == 0 {
			t.groups = append(t.groups, &group{message: r.message})
		}
		g := t.groups[len(t.groups)-1]
		g.rows = append(g.rows, r)
	}
	return t
}

// String is the table as its file has it.
func (t *table) String() string {
	var b strings.Builder
	for _, r := range t.rows {
		fmt.Fprintf(&b, "%s\t%s\t%s", r.message, r.script, r.want)
		if r.gap != "" {
			b.WriteString("\t" + r.gap)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// printer is how a server prints: what stands in front of a text and behind
// it.
type printer struct{ begin, end string }

var (
	ours   = printer{`print("`, `##"`}
	theirs = printer{`xlog("L_ERR", "`, `##\n"`}

	printCall = regexp.MustCompile(`PRINT\("((?:[^"\\]|\\.)*)"`)
	marked    = regexp.MustCompile(`(?s)@@(\d+)@@(.*?)##`)
	pointer   = regexp.MustCompile(`0x[0-9a-f]+>>`)
	breaks    = strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`, "\x00", `\0`)
)

// statements is the route body of a row; n is the number that marks what it
// prints.
func (r *row) statements(p printer, n int) string {
	text := r.script
	if rest, ok := strings.CutPrefix(text, "> "); ok {
		text = `PRINT("` + rest + `");`
	} else if rest, ok := strings.CutPrefix(text, "= "); ok {
		text = `$vn(r) = $null; $vn(r) = ` + rest + `; if (typeof("$vn(r)", "int")) { PRINT("int $vn(r)"); } else { PRINT("$vn(r)"); }`
	} else if rest, ok := strings.CutPrefix(text, "? "); ok {
		text = `if (` + rest + `) { PRINT("true"); } else { PRINT("false"); }`
	}
	begin := strings.ReplaceAll(fmt.Sprintf("%s@@%d@@", p.begin, n), "$", "$$")
	return printCall.ReplaceAllString(text, begin+`${1}`+p.end)
}

// answers collects what each row printed; a second text joins with " | ".
func answers(out string, n int) []string {
	got := make([]string, n)
	seen := make([]bool, n)
	for _, m := range marked.FindAllStringSubmatch(out, -1) {
		i, err := strconv.Atoi(m[1])
		if err != nil || i >= n {
			continue
		}
		text := pointer.ReplaceAllString(breaks.Replace(m[2]), "0x0>>")
		if seen[i] {
			got[i] += " | "
		}
		got[i], seen[i] = got[i]+text, true
	}
	return got
}
