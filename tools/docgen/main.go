// SPDX-License-Identifier: Apache-2.0

// Docgen writes the tables of the module READMEs from the modules' exports.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/kahea-sip/kahea/modules/standard"

	"github.com/kahea-sip/kahea/core/module"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	for _, name := range module.Names() {
		file := filepath.Join(root, "modules", name, "README.md")
		old, err := os.ReadFile(file)
		if err == nil {
			var text string
			if text, err = rewrite(string(old), tables(module.Lookup(name)())); err == nil && text != string(old) {
				err = os.WriteFile(file, []byte(text), 0o644)
			}
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}
