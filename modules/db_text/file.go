// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// stored is a table with its file.
type stored struct {
	path string

	mu      sync.RWMutex
	table   *table // guarded by mu; nil until it was read
	changed bool   // guarded by mu: the file does not have all
	stamp   stamp  // guarded by mu: the file when it was read or written
}

// stamp tells whether a file is the one that was read.
type stamp struct {
	size int64
	time time.Time
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return stamp{}, fmt.Errorf("there is no file %s: %w", path, db.ErrNoTable)
	}
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

// current returns whether the table can be used as it is. Called with s.mu.
func (s *stored) current(mode int) bool {
	if s.table == nil {
		return false
	}
	if mode == 0 {
		return true
	}
	now, err := stampOf(s.path)
	return err == nil && now == s.stamp
}

// read reads the file. What was there before stays when it cannot be read.
// Called with s.mu locked.
func (s *stored) read(f format) error {
	now, err := stampOf(s.path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	t, err := f.parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.table, s.stamp, s.changed = t, now, false
	return nil
}

// write writes the table, when it was changed, beside its file and puts it in
// the file's place: whoever reads sees the old content or the new one.
func (s *stored) write(f format) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.changed {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot write table %s: %w", s.path, err)
		}
	}()
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(s.path); err == nil {
		mode = info.Mode().Perm()
	}
	beside, err := os.CreateTemp(filepath.Dir(s.path), "."+filepath.Base(s.path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(beside.Name()) // is gone when all went well
	_, err = beside.Write(f.appendTable(nil, s.table))
	if err == nil {
		err = beside.Chmod(mode)
	}
	if err == nil {
		err = beside.Sync()
	}
	if err = errors.Join(err, beside.Close()); err != nil {
		return err
	}
	if err := os.Rename(beside.Name(), s.path); err != nil {
		return err
	}
	s.changed = false
	s.stamp, err = stampOf(s.path)
	return err
}
