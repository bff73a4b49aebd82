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
	for _, s := range subjects {
		if s.Differs() && reason(s) == "" {
			fmt.Printf("%s: kamailio: %s; kahea: %s\n", s.Name, s.Kamailio, s.Kahea)
		}
	}
}
