// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// The names of the servers in the results.
const (
	reference = "kamailio-fm"
	ours      = "kahea"
)

// tables makes the text of each section from the results; a section without
// results is absent.
func tables(all []result) map[string]string {
	sections := map[string]string{}
	for name, make := range map[string]func([]result) string{"cost": costTable, "max": maxTable, "memory": memoryTable, "hold": holdTable, "flood": floodTable} {
		of := ofKind(all, name)
		if len(of) == 0 {
			continue
		}
		sections[name] = origin(all, name) + "\n\n" + make(of)
	}
	return sections
}

func ofKind(all []result, kind string) []result {
	return slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.Kind != kind })
}

// origin is when and where the figures of a kind come from: what was said last
// before the newest of them.
func origin(all []result, kind string) string {
	text, last := "(no date: the results do not say where they come from)", ""
	for _, r := range all {
		switch r.Kind {
		case "about":
			last = fmt.Sprintf("%s, %s. %s.", r.Date, r.Machine, r.Versions)
		case kind:
			if last != "" {
				text = last
			}
		}
	}
	return text
}

// of returns the results of one server in one scenario, in the order of the runs.
func of(all []result, scenario, server string) (rs []result) {
	for _, r := range all {
		if r.Scenario == scenario && r.Server == server && r.Result != nil {
			rs = append(rs, r)
		}
	}
	return rs
}

// scenarios are those of the results, in their order.
func scenarios(all []result) (names []string) {
	for _, r := range all {
		if !slices.Contains(names, r.Scenario) {
			names = append(names, r.Scenario)
		}
	}
	return names
}

func costTable(all []result) string {
	var b strings.Builder
	b.WriteString("| scenario | rate/s | pairs | Kamailio, ms per 1,000 | kahea | ratio | of the pairs | added latency p50 / p99, µs: Kamailio | kahea | memory, MiB: Kamailio | kahea | notes |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, sc := range scenarios(all) {
		theirs, mine := of(all, sc, reference), of(all, sc, ours)
		n := min(len(theirs), len(mine))
		if n == 0 {
			continue
		}
		rs := ratios(theirs, mine)
		cpu := func(l *load) float64 { return l.Server.CPU }
		mib := func(l *load) float64 { return l.Server.PSS / 1024 }
		fmt.Fprintf(&b, "| %s | %.0f | %d | %.1f | %.1f | %.2f | %.2f to %.2f | %s | %s | %.1f | %.1f | %s |\n", sc, mine[0].Result.Rate, n,
			middle(theirs, cpu), middle(mine, cpu), median(rs), slices.Min(rs), slices.Max(rs),
			latency(theirs), latency(mine), middle(theirs, mib), middle(mine, mib), notes(theirs, mine))
	}
	return b.String()
}

// middle is the median of a value over runs.
func middle(rs []result, value func(*load) float64) float64 {
	v := make([]float64, len(rs))
	for i := range rs {
		v[i] = value(rs[i].Result)
	}
	return median(v)
}

func latency(rs []result) string {
	return fmt.Sprintf("%.0f / %.0f", middle(rs, func(l *load) float64 { return l.added().P50 }), middle(rs, func(l *load) float64 { return l.added().P99 }))
}

// notes tells which runs are no figures, and what a server did otherwise.
func notes(theirs, mine []result) string {
	var all []string
	for _, s := range []struct {
		name string
		runs []result
	}{{"Kamailio", theirs}, {"kahea", mine}} {
		for i, r := range s.runs {
			if why := r.Result.disturbed(); why != "" {
				all = append(all, fmt.Sprintf("**no figure** of %s in run %d: %s", s.name, i+1, why))
			}
		}
		if what := s.runs[0].Result.remarks(); what != "" {
			all = append(all, s.name+": "+what)
		}
	}
	return strings.Join(all, "; ")
}

func maxTable(all []result) string {
	var b strings.Builder
	b.WriteString("| scenario | Kamailio, highest rate/s without loss | kahea | ratio | cores used by Kamailio | kahea |\n|---|--:|--:|--:|--:|--:|\n")
	for _, sc := range scenarios(all) {
		var rate, cores [2]float64
		for i, server := range [...]string{reference, ours} {
			for _, r := range all {
				if r.Scenario == sc && r.Server == server {
					rate[i] = r.Rate
					if r.Result != nil {
						cores[i] = r.Result.Server.Cores
					}
				}
			}
		}
		ratio := "none"
		if rate[0] > 0 {
			ratio = fmt.Sprintf("%.2f", rate[1]/rate[0])
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %s | %.2f | %.2f |\n", sc, rate[0], rate[1], ratio, cores[0], cores[1])
	}
	return b.String()
}

func memoryTable(all []result) string {
	var b strings.Builder
	b.WriteString("| contacts | server | resident bytes per contact | MiB before | MiB with them | notes |\n|--:|---|--:|--:|--:|---|\n")
	for _, r := range all {
		note := ""
		if r.OK != r.Contacts {
			note = fmt.Sprintf("only %d registered", r.OK)
		}
		fmt.Fprintf(&b, "| %d | %s | %.0f | %.1f | %.1f | %s |\n", r.Contacts, shown(r.Server), r.PerContact, r.PSSBefore/1024, r.PSSAfter/1024, note)
	}
	return b.String()
}

func holdTable(all []result) string {
	var b strings.Builder
	b.WriteString("| contacts | REGISTER/s | ms of CPU per 1,000 | added latency p50, µs | p99 | highest | memory, MiB | notes |\n|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, r := range all {
		l := r.Result
		fmt.Fprintf(&b, "| %d | %.0f | %.1f | %.0f | %.0f | %.0f | %.1f | %s |\n", r.Contacts, l.Rate, l.Server.CPU,
			l.added().P50, l.added().P99, l.added().Max, r.PSSAfter/1024, l.disturbed())
	}
	return b.String()
}

func floodTable(all []result) string {
	var b strings.Builder
	b.WriteString("| packets/s | pairs | Kamailio, ms per 1,000 | kahea | ratio | of the pairs |\n|--:|--:|--:|--:|--:|--:|\n")
	for _, sc := range scenarios(all) {
		theirs, mine := of(all, sc, reference), of(all, sc, ours)
		n := min(len(theirs), len(mine))
		if n == 0 {
			continue
		}
		rs := ratios(theirs, mine)
		cpu := func(l *load) float64 { return l.Server.CPU }
		fmt.Fprintf(&b, "| %.0f | %d | %.1f | %.1f | %.2f | %.2f to %.2f |\n", mine[0].Result.Rate, n, middle(theirs, cpu), middle(mine, cpu), median(rs), slices.Min(rs), slices.Max(rs))
	}
	return b.String()
}

// ratios are those of the pairs.
func ratios(theirs, mine []result) []float64 {
	rs := make([]float64, min(len(theirs), len(mine)))
	for i := range rs {
		rs[i] = mine[i].Result.Server.CPU / theirs[i].Result.Server.CPU
	}
	return rs
}

func shown(server string) string {
	if server == reference {
		return "Kamailio"
	}
	return server
}

// rewrite puts each section between its markers. A section that the text has no
// markers for is an error.
func rewrite(text string, sections map[string]string) (string, error) {
	for name, section := range sections {
		begin, end := "<!-- bench:"+name+":begin -->\n", "<!-- bench:"+name+":end -->"
		i := strings.Index(text, begin)
		j := strings.Index(text, end)
		if i < 0 || j < i {
			return "", fmt.Errorf("no %q with %q behind it", strings.TrimSpace(begin), end)
		}
		text = text[:i+len(begin)] + section + text[j:]
	}
	return text, nil
}

// write makes the tables of a document anew.
func write(document string, all []result) error {
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	text, err := rewrite(string(old), tables(all))
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(document, []byte(text), 0o644)
}
