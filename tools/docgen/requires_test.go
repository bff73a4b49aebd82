// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// required is the prose under the heading Requires, split into words.
func required(text string) []string {
	_, text, _ = strings.Cut(text, "\n## Requires\n")
	for _, end := range []string{"\n## ", begin} {
		text, _, _ = strings.Cut(text, end)
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n.,;:`", r) })
}

// The prose says which modules must be loaded before; the exports know.
func TestReadmesNameWhatAModuleRequires(t *testing.T) {
	for _, name := range module.Names() {
		text, err := os.ReadFile(filepath.Join("../../modules", name, "README.md"))
		if err != nil {
			t.Errorf("module %s: %v", name, err)
			continue
		}
		words, requires := required(string(text)), module.Lookup(name)().Exports().Requires
		for _, r := range requires {
			if !slices.Contains(words, r) {
				t.Errorf("module %s requires %s: its README does not say so", name, r)
			}
		}
		if nothing := slices.Contains(words, "Nothing"); nothing != (len(requires) == 0) {
			t.Errorf("module %s requires %q: under Requires its README says %q", name, requires, words)
		}
	}
}
