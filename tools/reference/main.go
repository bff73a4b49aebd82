// SPDX-License-Identifier: Apache-2.0

// Package main records what Kamailio gives for the variables, transformations, selects and expressions of testdata.
//
//	go run ./tools/reference           compares the record with the installed Kamailio
//	go run ./tools/reference -update   takes the record from it
//	go run ./tools/reference -f FILE   prints what Kamailio gives for the rows of a file
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", "tools/reference/testdata", "folder of rows and messages")
	file := flag.String("f", "", "a file of rows to play instead of those in the folder")
	update := flag.Bool("update", false, "write what Kamailio gave")
	bin := flag.String("bin", "kamailio", "the server")
	flag.Parse()
	if err := run(*dir, *file, *bin, *update); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(dir, file, bin string, update bool) error {
	tables, err := readTables(dir)
	if err != nil {
		return err
	}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		tables = []*table{parseTable("rows", string(data))}
	}
	got, err := play(bin, dir, tables)
	if err != nil {
		return err
	}
	different := 0
	for _, t := range tables {
		for _, r := range t.rows {
			if r.want != got[r] {
				different++
				if !update && file == "" {
					fmt.Printf("%s: %s %s\n got  %q\n want %q\n", t.name, r.message, r.script, got[r], r.want)
				}
			}
			r.want = got[r]
		}
		switch {
		case file != "":
			fmt.Print(t)
		case update:
			if err := os.WriteFile(filepath.Join(dir, t.name+".tsv"), []byte(t.String()), 0o644); err != nil {
				return err
			}
		}
	}
	if different > 0 && !update && file == "" {
		return fmt.Errorf("%d rows differ from the record", different)
	}
	return nil
}
