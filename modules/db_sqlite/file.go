// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// file is what parameters say about a database file.
type file struct {
	readOnly bool
	journal  string
	busy     time.Duration
	// writer is where those who write queue up: SQLite has them ask until busy is
	// over, and of many who do some get nowhere.
	writer chan struct{}
}

// Defaults of files that no parameter names. With a write-ahead log readers
// wait for nobody; Kamailio reads and writes such files as well.
const (
	defaultJournal = "WAL"
	defaultBusy    = 5 * time.Second
)

var journals = []string{"DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF"}

// file returns what is known about a file, to be changed by a parameter.
func (m *SQLite) file(path string) *file {
	m.mu.Lock()
	defer m.mu.Unlock()
	path = filepath.Clean(path)
	f := m.files[path]
	if f == nil {
		f = newFile()
		m.files[path] = f
	}
	return f
}

func newFile() *file {
	return &file{journal: defaultJournal, busy: defaultBusy, writer: make(chan struct{}, 1)}
}

func (m *SQLite) setReadOnly(path string) error {
	if path == "" {
		return fmt.Errorf("no path")
	}
	m.file(path).readOnly = true
	return nil
}

func (m *SQLite) setJournalMode(text string) error {
	path, mode, err := splitSetting(text)
	if err != nil {
		return err
	}
	if mode = strings.ToUpper(mode); !slices.Contains(journals, mode) {
		return fmt.Errorf("%q is no journal mode: %s", mode, strings.Join(journals, ", "))
	}
	m.file(path).journal = mode
	return nil
}

func (m *SQLite) setBusyTimeout(text string) error {
	path, number, err := splitSetting(text)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return fmt.Errorf("%q is no number of milliseconds", number)
	}
	m.file(path).busy = time.Duration(n) * time.Millisecond
	return nil
}

// splitSetting reads PATH=VALUE, which may end with a semicolon.
func splitSetting(text string) (path, value string, err error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ";")
	i := strings.LastIndexByte(text, '=')
	if i <= 0 {
		return "", "", fmt.Errorf("%q is not of the form PATH=VALUE", text)
	}
	return text[:i], text[i+1:], nil
}
