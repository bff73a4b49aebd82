// SPDX-License-Identifier: Apache-2.0

// Corpus judges every configuration that Kamailio's packages install, and every example in the documents of its modules, by Kamailio and by kahea.
package main

import (
	"fmt"
	"os"
)

// page is where the verdicts are written, from the root of the project.
const page = "docs/reference/corpus.md"

// stockFolder has the stock files of all release lines, where it is there.
const stockFolder = "../shared/data/stock"

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := os.Chdir(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	subjects, err := Subjects(stockFolder)
	if err == nil {
		err = JudgeAll(subjects)
	}
	if err == nil {
		err = os.WriteFile(page, []byte(Page(subjects)), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stats(subjects)
	for _, s := range subjects {
		if s.Differs() && reason(s) == "" {
			fmt.Printf("%s: kamailio: %s; kahea: %s\n", s.Name, s.Kamailio, s.Kahea)
		}
		if s.Start != "" {
			fmt.Printf("  %s: start: %s; kahea: %s\n", s.Name, s.Start, s.Kahea)
		}
	}
}

func stats(subjects []*Subject) {
	m := map[string]int{}
	kinds := []string{"accepted", "refused", "syntax", "absent"}

	for _, s := range subjects {
		m["K "+kinds[s.Kamailio.Kind]+" / k "+kinds[s.Kahea.Kind]]++
		if s.Kamailio.Kind == Refused || s.Kamailio.Kind == Absent {
			w := s.Kamailio.Why
			if len(w) > 50 {
				w = w[:50]
			}
			m["why "+w]++
		}
		if s.Kamailio.Kind == BadSyntax || s.Kamailio.Kind == Refused {
			fmt.Fprintln(os.Stderr, "KK", s.Name, s.Kamailio, "|", s.Kahea)
		}
	}
	for k, n := range m {
		if n > 2 {
			fmt.Fprintln(os.Stderr, n, k)
		}
	}
}
