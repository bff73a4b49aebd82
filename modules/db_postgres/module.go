// SPDX-License-Identifier: Apache-2.0

// Package db_postgres is the driver of PostgreSQL.
package db_postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_postgres", func() module.Module { return New() }) }

// Postgres is the module.
type Postgres struct {
	params params

	log       *slog.Logger
	slow      time.Duration
	slowLevel slog.Level
}

// params are the module's parameters.
type params struct {
	retries, timeout, keepAlive, lockset, escape int
	// connection has the settings of con_param, in their order.
	connection []setting
}

// New returns the module with its defaults.
func New() *Postgres {
	return &Postgres{params: params{retries: 2, lockset: 4, escape: 1}, log: slog.New(slog.DiscardHandler)}
}

var (
	_ module.Starter = (*Postgres)(nil)
	_ db.Driver      = (*Postgres)(nil)
)

// Exports implements module.Module.
func (m *Postgres) Exports() module.Exports {
	p := &m.params
	return module.Exports{
		Doc: "Lets modules keep their data in PostgreSQL.",
		Params: []module.Param{
			{Name: "retries", Set: &p.retries, Max: 100, Doc: "0 does nothing again when its connection is found to be lost; with more, reading and writing that leads to the same when it is done twice is tried once more, on a new connection"},
			{Name: "timeout", Set: &p.timeout, Max: 1 << 20, Unit: "s", Doc: "how long an operation may take, also an attempt to connect where con_param has no connect_timeout; with 0 ten seconds"},
			{Name: "tcp_keepalive", Set: &p.keepAlive, Max: 1 << 20, Unit: "s", Doc: "idle time after which TCP asks whether the server is there, 0 for the system's"},
			{Name: "con_param", Set: p.setConnection, Doc: "parameters of the connection, may be set several times: NAME=VALUE;NAME=VALUE with the keywords of PostgreSQL's library, as sslmode, connect_timeout, application_name"},
			{Name: "lockset", Set: &p.lockset, Notice: "rows are replaced by one statement, without locks", Doc: "size of the set of locks for replacing rows"},
			{Name: "bytea_output_escape", Set: &p.escape, Notice: "blobs come in binary form, which needs no escape", Doc: "escape blobs that are read"},
		},
	}
}

// Start implements module.Starter.
func (m *Postgres) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "db_postgres")
	m.slow, m.slowLevel = h.Core().SlowQuery, h.Core().SlowLevel
	return nil
}
