// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// reasonText has a line for each subject that differs: its name, a tab, why.
//
//go:embed reasons.txt
var reasonText string

// reasons reads that list.
func reasons() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(reasonText) {
		if name, why, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			m[name] = why
		}
	}
	return m
}

// reason is why a subject is meant to be judged differently, or "".
func reason(s *Subject) string { return reasons()[s.Name] }

const intro = `# The corpus

<!-- Written by "go run ./tools/corpus" (make corpus). -->

Every configuration that the packages of Kamailio 5.6.3 install, every example
in the documents of its modules, and the stock files of the release lines,
judged by ` + "`kamailio -c`" + ` and by ` + "`kahea check`" + `. What Kamailio accepts kahea accepts, but
for modules that it does not ship, which are named; what Kamailio refuses for
its syntax kahea refuses. Each exception has its reason below.

An example that is a piece of a configuration is judged with what it needs
around it: the modules whose names it uses, and a route around statements that
stand alone. Texts that are no configuration at all (shell commands, JSON, C)
are refused by both.

`

// Page renders the verdicts.
func Page(all []*Subject) string {
	var b strings.Builder
	b.WriteString(intro)
	summary(&b, all)
	differences(&b, all)
	for _, group := range []string{groupInstalled, groupExamples, groupStock} {
		fmt.Fprintf(&b, "\n## %s\n\n| file | Kamailio | kahea |\n|---|---|---|\n", group)
		for _, s := range all {
			if s.Group == group {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Name, cell(s.Kamailio.String()), cell(s.Kahea.String()))
			}
		}
	}
	readmeTable(&b, all)
	return b.String()
}

// summary counts the verdicts.
func summary(b *strings.Builder, all []*Subject) {
	counts := map[[2]Kind]int{}
	start := 0
	for _, s := range all {
		if s.Start != "" {
			start++
			continue
		}
		counts[[2]Kind{s.Kamailio.Kind, s.Kahea.Kind}]++
	}
	words := []string{"accepted", "refused", "refused for its syntax", "asks for what is not there"}
	fmt.Fprintf(b, "| Kamailio | kahea | configurations |\n|---|---|---|\n")
	for k := range words {
		for o := range words {
			if n := counts[[2]Kind{Kind(k), Kind(o)}]; n > 0 {
				fmt.Fprintf(b, "| %s | %s | %d |\n", words[k], words[o], n)
			}
		}
	}
	fmt.Fprintf(b, "| accepted by `-c`, refused at start | refused | %d |\n| | | %d |\n", start, len(all))
}

// differences lists what kahea judges otherwise, and what Kamailio finds out
// only when it starts.
func differences(b *strings.Builder, all []*Subject) {
	b.WriteString("\n## Differences\n\n| configuration | Kamailio | kahea | why |\n|---|---|---|---|\n")
	for _, s := range all {
		if s.Differs() {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", s.Name, cell(s.Kamailio.String()), cell(s.Kahea.String()), cell(reason(s)))
		}
	}
	b.WriteString("\nMistakes that `kamailio -c` passes over, that end Kamailio at its start, and that `kahea check` tells:\n\n" +
		"| configuration | Kamailio at start | kahea |\n|---|---|---|\n")
	for _, s := range all {
		if s.Start != "" {
			fmt.Fprintf(b, "| %s | %s | %s |\n", s.Name, cell(s.Start), cell(s.Kahea.Why))
		}
	}
}

// readmeTable has a row for each module: the numbers of its examples by the
// two verdicts.
func readmeTable(b *strings.Builder, all []*Subject) {
	fmt.Fprintf(b, "\n## %s\n\n", groupReadme)
	b.WriteString("Numbers are those of the document. A module of kahea's that lacks something is in the third column as well.\n\n" +
		"| module | both accept | Kamailio accepts, kahea has not | not there | both refuse | other |\n|---|---|---|---|---|---|\n")
	type row struct{ both, lacks, refuse, other, absent []string }
	rows := map[string]*row{}
	var modules []string
	for _, s := range all {
		if s.Group != groupReadme {
			continue
		}
		r := rows[s.Module]
		if r == nil {
			r = &row{}
			rows[s.Module] = r
			modules = append(modules, s.Module)
		}
		number := strings.TrimPrefix(s.Name, s.Module+" ")
		k, o := s.Kamailio.Kind, s.Kahea.Kind
		switch {
		case k == Accepted && o == Accepted:
			r.both = append(r.both, number)
		case k == Accepted && o == Absent:
			r.lacks = append(r.lacks, number)
			for _, w := range strings.Split(s.Kahea.Why, ", ") {
				if !slices.Contains(r.absent, w) {
					r.absent = append(r.absent, w)
				}
			}
		case k != Accepted && o != Accepted:
			r.refuse = append(r.refuse, number)
		default:
			r.other = append(r.other, number)
		}
	}
	slices.Sort(modules)
	for _, m := range modules {
		r := rows[m]
		slices.Sort(r.absent)
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", m, numbers(r.both), numbers(r.lacks), cell(strings.Join(r.absent, ", ")), numbers(r.refuse), numbers(r.other))
	}
}

// numbers lists the numbers of examples; runs are shortened.
func numbers(list []string) string {
	var out []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && follows(list[j], list[j+1]) {
			j++
		}
		if j > i+1 {
			out = append(out, list[i]+"–"+list[j])
		} else {
			out = append(out, list[i:j+1]...)
		}
		i = j + 1
	}
	return strings.Join(out, " ")
}

// follows tells that 1.8 stands behind 1.7.
func follows(a, b string) bool {
	var ac, an, bc, bn int
	fmt.Sscanf(a, "%d.%d", &ac, &an)
	fmt.Sscanf(b, "%d.%d", &bc, &bn)
	return ac == bc && bn == an+1
}

// cell makes a text fit into a table.
func cell(s string) string {
	s = strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;", ">", "&gt;").Replace(s)
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}
