// SPDX-License-Identifier: Apache-2.0

// Package sqldb implements db.Database over database/sql for drivers of
// relational databases.
//
// A driver gives a pool of connections and a Dialect; statements, their cache,
// time limits, conversion of values and the pause between attempts to reach a
// server that is away are here. Values never become part of a statement's text.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/gate"
)

// Config says how a database is worked with. The zero value of each but Dialect
// is a default.
type Config struct {
	Dialect Dialect
	// Name stands in log lines: the URL without its password.
	Name string
	Log  *slog.Logger
	// Limit is how long an operation may wait for an answer; a query also for
	// each row.
	Limit time.Duration
	// Slow is the time above which a statement is logged, at SlowLevel; 0 for
	// never (latency_limit_db, latency_log).
	Slow      time.Duration
	SlowLevel slog.Level
	// Pool is the largest number of connections.
	Pool int
	// Ping, if set, is the interval at which the server is asked whether it is
	// there.
	Ping time.Duration
	// Idle is how long a connection without work is kept; 0 for ever.
	Idle time.Duration
	// Raw, if set, serves statements of scripts in place of the pool.
	Raw *sql.DB
	// Location is the zone of dates, time.Local by default.
	Location *time.Location
	// NoReconnect leaves a server that was lost alone (auto_reconnect).
	NoReconnect bool
	// Once does nothing again whose connection turns out to be lost.
	Once bool
	// Writer, if set, is where those who write queue up, one at a time: what has
	// been put into it is who writes now. It is for databases that have others
	// ask again and again meanwhile, so that some of many get nowhere.
	Writer chan struct{}
	// Closed, if set, is called at the end of Close.
	Closed func() error
}

// Defaults of Config.
const (
	defaultLimit = 10 * time.Second
	defaultPool  = 16
	// maxStatements bounds the prepared statements.
	maxStatements = 128
)

// Database is a pool of connections to one database.
type Database struct {
	operations
	pool  *sql.DB
	raw   *sql.DB
	cfg   Config
	cache cache
	gate  gate.Gate

	renewing sync.Mutex
	renewed  time.Time // guarded by renewing; when connections were closed as outdated

	// stop ends pings, which done waits for.
	stop context.CancelFunc
	done sync.WaitGroup
}

var (
	_ db.Database   = (*Database)(nil)
	_ db.Querier    = (*Database)(nil)
	_ db.Transactor = (*Database)(nil)
)

// Open takes over the pool, which is closed when the database does not answer.
func Open(ctx context.Context, pool *sql.DB, cfg Config) (*Database, error) {
	d := &Database{pool: pool, raw: pool, cfg: cfg, gate: gate.Gate{ForGood: cfg.NoReconnect}}
	d.operations = operations{d: d}
	if d.cfg.Log == nil {
		d.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if d.cfg.Limit <= 0 {
		d.cfg.Limit = defaultLimit
	}
	if d.cfg.Pool <= 0 {
		d.cfg.Pool = defaultPool
	}
	if d.cfg.Location == nil {
		d.cfg.Location = time.Local
	}
	if cfg.Raw != nil {
		d.raw = cfg.Raw
	}
	for _, p := range d.pools() {
		p.SetMaxOpenConns(d.cfg.Pool)
		p.SetMaxIdleConns(d.cfg.Pool)
		p.SetConnMaxIdleTime(d.cfg.Idle)
	}
	d.cache.limit = maxStatements
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if d.cfg.Ping > 0 {
		whole, stop := context.WithCancel(context.Background())
		d.stop = stop
		d.done.Go(func() { d.keepAlive(whole) })
	}
	return d, nil
}

// keepAlive asks for the server now and then, whose loss is logged so.
func (d *Database) keepAlive(ctx context.Context) {
	for tick := time.NewTicker(d.cfg.Ping); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
			_ = d.Ping(ctx) // which tells the log
		}
	}
}

// pools returns the pool, and that of raw statements where it is another one.
func (d *Database) pools() []*sql.DB {
	if d.cfg.Raw == nil {
		return []*sql.DB{d.pool}
	}
	return []*sql.DB{d.pool, d.raw}
}

// Ping asks whether the database answers.
func (d *Database) Ping(ctx context.Context) error {
	return d.run(ctx, "ping", always, func(ctx context.Context, _ *waiting) error { return d.pool.PingContext(ctx) })
}

// Close implements db.Database.
func (d *Database) Close() error {
	if d.stop != nil {
		d.stop()
		d.done.Wait()
	}
	errs := []error{d.cache.close()}
	for _, p := range d.pools() {
		errs = append(errs, p.Close())
	}
	if d.cfg.Closed != nil {
		errs = append(errs, d.cfg.Closed())
	}
	return errors.Join(errs...)
}
