// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Subject is one configuration that both servers judge.
type Subject struct {
	// Name is its path, or the module and number of the example.
	Name string
	// Group is the heading of the list that it stands in.
	Group string
	// File is a configuration that is judged in place; "" for one that is
	// written from Text.
	File string
	// Text is an example as it stands in a document, and Module whose it is.
	Text, Module string
	// Wrapped is what was judged: the example with what it needs around it.
	Wrapped string

	Kamailio, Kahea Verdict
	// Start is the mistake that ends Kamailio at its start, where -c has seen
	// none and kahea has.
	Start string
}

// The groups, in their order.
const (
	groupInstalled = "Installed files"
	groupExamples  = "Examples folder"
	groupStock     = "Stock files of the release lines"
	groupReadme    = "Examples in the documents of modules"
)

// docFolder is where Debian's packages put documents.
const docFolder = "/usr/share/doc"

// Subjects finds all configurations. Folders that are not there are left out.
func Subjects(stock string) ([]*Subject, error) {
	var all []*Subject
	files := func(group, pattern, name string, ok func(path string) bool) error {
		paths, err := filepath.Glob(pattern)
		slices.Sort(paths)
		for _, p := range paths {
			if ok == nil || ok(p) {
				all = append(all, &Subject{Name: name + strings.TrimPrefix(p, filepath.Dir(p)+"/"), Group: group, File: p})
			}
		}
		return err
	}
	if err := files(groupInstalled, "/etc/kamailio/*.cfg", "/etc/kamailio/", nil); err != nil {
		return nil, err
	}
	for _, depth := range []string{"*", "*/*", "*/*/*"} {
		paths, err := filepath.Glob(filepath.Join(docFolder, "kamailio/examples", depth))
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			if e := filepath.Ext(strings.TrimSuffix(p, ".sample")); e == ".cfg" || e == ".m4" {
				all = append(all, &Subject{Name: strings.TrimPrefix(p, docFolder+"/kamailio/examples/"), Group: groupExamples, File: p})
			}
		}
	}
	if err := files(groupStock, filepath.Join(stock, "*.cfg"), "", nil); err != nil {
		return nil, err
	}
	return readmes(all)
}

// readmes adds the examples of the documents of modules.
func readmes(all []*Subject) ([]*Subject, error) {
	paths, err := filepath.Glob(filepath.Join(docFolder, "kamailio*/modules/README.*"))
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		text, err := document(p)
		if err != nil {
			return nil, err
		}
		module := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "README."), ".gz")
		for _, x := range examples(text) {
			all = append(all, &Subject{Name: module + " " + x.number, Group: groupReadme, Text: x.text, Module: module})
		}
	}
	return all, nil
}

// document reads a text that may be compressed.
func document(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil || filepath.Ext(path) != ".gz" {
		return string(data), err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	data, err = io.ReadAll(z)
	return string(data), err
}
