// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/kahea-sip/kahea/cfg/layout"
	"github.com/kahea-sip/kahea/cfg/source"
)

const fmtUsage = `usage: kahea fmt [-w | -d] [FILE…]

Brings configurations into one layout without changing what they mean, and
prints them. Without a file, and for -, the standard input is read.

  -w  write each file anew where its layout changes
  -d  print what would change; the exit status is 1 where something would
`

const (
	// stdinMark stands for the standard input where a file is named.
	stdinMark = "-"
	// stdinName is how mistakes in the standard input are placed.
	stdinName = "standard input"
)

// readInput reads a file, or the standard input.
func readInput(name string, stdin io.Reader) ([]byte, error) {
	if name == stdinMark {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// formatter is one run of the word fmt.
type formatter struct {
	write, show    bool
	stdout, stderr io.Writer
	changed        bool
}

// runFmt is the word fmt: kahea fmt [-w|-d] [FILE…].
func runFmt(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	f := &formatter{stdout: stdout, stderr: stderr}
	var files []string
	for _, a := range args {
		switch {
		case a == "-w":
			f.write = true
		case a == "-d":
			f.show = true
		case a == "-h", a == "--help":
			io.WriteString(stdout, fmtUsage)
			return exitOK
		case len(a) > 1 && a[0] == '-':
			fmt.Fprintf(stderr, "ERROR: unknown flag %s\n%s", a, fmtUsage)
			return 2
		default:
			files = append(files, a)
		}
	}
	if len(files) == 0 {
		files = []string{stdinMark}
	}
	if f.write && (f.show || slices.Contains(files, stdinMark)) {
		fmt.Fprintf(stderr, "ERROR: -w writes files: it takes their names, and no -d\n%s", fmtUsage)
		return 2
	}
	status := exitOK
	for _, name := range files {
		text, err := readInput(name, stdin)
		if name == stdinMark {
			name = stdinName
		}
		if err == nil {
			err = f.text(name, text)
		}
		status = max(status, f.told(name, text, err))
	}
	if f.show && f.changed {
		status = max(status, 1)
	}
	return status
}

// text lays out one text and prints or writes what the flags ask for.
func (f *formatter) text(name string, text []byte) error {
	out, err := layout.Format(name, string(text))
	if err != nil {
		return err
	}
	same := out == string(text)
	f.changed = f.changed || !same
	switch {
	case f.show && !same:
		_, err = f.stdout.Write(diff.Diff(name, text, name+" laid out", []byte(out)))
	case f.write && !same:
		err = replaceFile(name, []byte(out))
	case !f.show && !f.write:
		_, err = io.WriteString(f.stdout, out)
	}
	return err
}

// told tells an error, and gives the exit status for it.
func (f *formatter) told(name string, text []byte, err error) int {
	if err == nil {
		return exitOK
	}
	if placed, ok := errors.AsType[*source.Error](err); ok {
		files := &source.Files{}
		files.Add(name, string(bytes.TrimPrefix(text, []byte("\ufeff"))))
		placed.Format(f.stderr, files)
		return 1
	}
	fmt.Fprintf(f.stderr, "ERROR: %v\n", err)
	return 1
}

// replaceFile puts a text in the place of a file at once: whoever opens it reads the old text or the new one. It keeps the file's
// mode, and what a symbolic link points to is replaced, not the link.
func replaceFile(name string, text []byte) (err error) {
	if name, err = filepath.EvalSymlinks(name); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(text); err != nil {
		return err
	}
	if err = keepOwner(tmp, info); err != nil {
		return fmt.Errorf("cannot keep the owner of %s: %w", name, err)
	}
	if err = tmp.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

// keepOwner gives a new file the owner of the one that it stands in for.
func keepOwner(f *os.File, old os.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, ok2 := info.Sys().(*syscall.Stat_t)
	if !ok || !ok2 || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	return f.Chown(int(was.Uid), int(was.Gid))
}
