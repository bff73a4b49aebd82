// SPDX-License-Identifier: Apache-2.0

// Package db_sqlite is the driver of SQLite databases.
package db_sqlite

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_sqlite", func() module.Module { return New() }) }

// SQLite is the module.
type SQLite struct {
	mu    sync.Mutex
	files map[string]*file // guarded by mu; by clean path

	log       *slog.Logger
	slow      time.Duration
	slowLevel slog.Level
}

// New returns the module with its defaults.
func New() *SQLite { return &SQLite{files: map[string]*file{}, log: slog.New(slog.DiscardHandler)} }

var (
	_ module.Starter = (*SQLite)(nil)
	_ db.Driver      = (*SQLite)(nil)
)

// Exports implements module.Module.
func (m *SQLite) Exports() module.Exports {
	return module.Exports{
		Doc: "Lets modules keep their data in SQLite files.",
		Params: []module.Param{
			{Name: "db_set_readonly", Set: m.setReadOnly, Doc: "path of a file that is only read, may be set several times"},
			{Name: "db_set_journal_mode", Set: m.setJournalMode, Doc: "journal of a file, may be set several times: PATH=MODE with DELETE, TRUNCATE, PERSIST, MEMORY, WAL or OFF; files that are not named have WAL"},
			{Name: "db_set_busy_timeout", Set: m.setBusyTimeout, Doc: "how long to wait for a file that another program has locked, in milliseconds, may be set several times: PATH=NUMBER; files that are not named have 5000"},
		},
	}
}

// Start implements module.Starter.
func (m *SQLite) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "db_sqlite")
	m.slow, m.slowLevel = h.Core().SlowQuery, h.Core().SlowLevel
	return nil
}
