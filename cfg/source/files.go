// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Reader gives the texts of files by name. Names are as the operator wrote them or joined with the folder of the including file.
type Reader interface {
	// ReadFile gives the whole text; an error that is fs.ErrNotExist means that there is no such file.
	ReadFile(name string) ([]byte, error)
	// Glob gives the names that match a pattern of path/filepath.Match, sorted.
	Glob(pattern string) ([]string, error)
}

// Disk reads from the operating system's files.
type Disk struct{}

// ReadFile reads a file of the disk.
func (Disk) ReadFile(name string) ([]byte, error) { return os.ReadFile(name) }

// Glob finds files of the disk.
func (Disk) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

// Memory reads from texts that are given by name.
type Memory map[string]string

// ReadFile gives the text of that name.
func (m Memory) ReadFile(name string) ([]byte, error) {
	if text, ok := m[name]; ok {
		return []byte(text), nil
	}
	return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
}

// Glob finds names that match.
func (m Memory) Glob(pattern string) ([]string, error) {
	var out []string
	for name := range m {
		ok, err := filepath.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out, nil
}

// Files remembers the texts that were read, so that errors can show their lines.
type Files struct {
	texts map[string]string
	order []string
}

// Add remembers the text of a file. A name that is added again keeps its first text.
func (f *Files) Add(name, text string) {
	if f.texts == nil {
		f.texts = map[string]string{}
	}
	if _, ok := f.texts[name]; ok {
		return
	}
	f.texts[name] = text
	f.order = append(f.order, name)
}

// Set remembers a text in the place of what was remembered under the name.
func (f *Files) Set(name, text string) {
	f.Add(name, text)
	f.texts[name] = text
}

// Names lists the files in the order in which they were first read.
func (f *Files) Names() []string { return append([]string(nil), f.order...) }

// Text gives the whole text of a file.
func (f *Files) Text(name string) (string, bool) {
	if f == nil {
		return "", false
	}
	text, ok := f.texts[name]
	return text, ok
}

// Line gives a line of a file without its end, counted from 1; false where it is not known.
func (f *Files) Line(name string, n int) (string, bool) {
	text, ok := f.Text(name)
	if !ok || n < 1 {
		return "", false
	}
	for ; n > 1; n-- {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return "", false
		}
		text = text[i+1:]
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, "\r"), true
}
