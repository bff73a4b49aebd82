// SPDX-License-Identifier: Apache-2.0

// Package db_text keeps tables in text files.
package db_text

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_text", func() module.Module { return New() }) }

// Text is the module.
type Text struct {
	mode        int
	emptyString bool
	delim       string
	connection  string
	maxRows     int

	bufferSize int // has no meaning here
	log        *slog.Logger
	configDir  string

	mu   sync.Mutex
	open map[string]*database // by folder; guarded by mu
}

// New returns the module with its defaults.
func New() *Text {
	return &Text{delim: ":", maxRows: 100000, bufferSize: 16384, log: slog.New(slog.DiscardHandler), open: map[string]*database{}}
}

var (
	_ module.Preparer = (*Text)(nil)
	_ module.Starter  = (*Text)(nil)
	_ module.Stopper  = (*Text)(nil)
	_ db.Driver       = (*Text)(nil)
)

// Exports implements module.Module.
func (m *Text) Exports() module.Exports {
	return module.Exports{
		Doc: "Keeps tables in text files, one file for each, as a database of the other modules.",
		Params: []module.Param{
			{Name: "db_mode", Set: &m.mode, Min: 0, Max: 1, Doc: "0 reads a table once, when it is first asked for; 1 looks before each query whether its file has changed, and reads it again"},
			{Name: "db_delim", Set: &m.delim, Doc: "the sign between the fields of a row"},
			{Name: "default_connection", Set: &m.connection, Doc: "URL of the database that db_text.query asks"},
			{Name: "emptystring", Set: &m.emptyString, Doc: "1 reads an empty field of a str or string column as an empty text, 0 as NULL where the column has it"},
			{Name: "file_buffer_size", Set: &m.bufferSize, Unit: "bytes", Notice: "fields of any length are read", Doc: "size of Kamailio's buffer for a file"},
			{Name: "max_result_rows", Set: &m.maxRows, Min: 1, Max: 1 << 31, Doc: "a query that finds more rows fails"},
		},
		RPC: []module.Command{
			{Name: "db_text.dump", Run: m.rpcDump, Doc: "Writes all tables that were changed to their files."},
			{Name: "db_text.query", Run: m.rpcQuery, Doc: "Runs a statement in the database of default_connection: sqlcmd."},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Text) Prepare(module.Binder) error {
	if len(m.delim) != 1 || m.delim == `\` || m.delim < " " {
		return errors.New("parameter db_delim must be one sign, and no backslash")
	}
	return nil
}

// Start implements module.Starter.
func (m *Text) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "db_text")
	m.configDir = filepath.Dir(h.Core().ConfigFile)
	return nil
}

// Stop implements module.Stopper: what was changed is written. Those who use a
// database have stopped before; one that only commands have used is closed by
// nobody.
func (m *Text) Stop(context.Context) error { return m.dump() }

// dump writes all tables that were changed.
func (m *Text) dump() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, d := range m.open {
		errs = append(errs, d.dump())
	}
	return errors.Join(errs...)
}

// format is how the files are written.
func (m *Text) format() format { return format{delim: m.delim[0], emptyString: m.emptyString} }
