// SPDX-License-Identifier: Apache-2.0

// Docgen writes the tables of the module READMEs and of docs/compatibility.md
// from the modules' exports.
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
	for file, text := range generated() {
		if err := update(filepath.Join(root, file), text); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

// generated has the generated part of each file, by its path.
func generated() map[string]string {
	all := map[string]string{"docs/compatibility.md": compatibility(), "docs/lua.md": luaReference()}
	for _, name := range module.Names() {
		all["modules/"+name+"/README.md"] = tables(module.Lookup(name)())
	}
	return all
}

// update writes the generated part of a file where it has changed.
func update(file, generated string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := rewrite(string(old), generated)
	if err != nil || text == string(old) {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
