// SPDX-License-Identifier: Apache-2.0

// Package pua is a presence user agent: it publishes states of others, and subscribes to them.
package pua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("pua", func() module.Module { return New() }) }

// Values of db_mode.
const (
	inMemory = 0
	inTable  = 2
)

// Module is the module.
type Module struct {
	host    module.Host
	log     *slog.Logger
	keep    keeper
	flights flights
	early   early
	task    *timer.Task
	// ctx ends operations of the database at Stop.
	ctx    context.Context
	cancel context.CancelFunc

	// Parameters.
	hashSize, fetchRows, lockWrite int
	dbURL, dbTable                 string
	dbMode                         int
	minExpires, defaultExpires     int
	updatePeriod                   int
	outboundProxy                  string
	dialogVersion, regVersion      int
	checkContact                   int
}

// New returns the module with its defaults.
func New() *Module {
	return &Module{hashSize: 9, fetchRows: 500, lockWrite: 1, dbURL: "mysql://kamailio:kamailiorw@localhost/kamailio", dbTable: "pua", defaultExpires: 3600,
		updatePeriod: 100, checkContact: 1}
}

var (
	_ module.Preparer = (*Module)(nil)
	_ module.Starter  = (*Module)(nil)
	_ module.Stopper  = (*Module)(nil)
)

// Exports implements module.Module.
func (m *Module) Exports() module.Exports {
	return module.Exports{
		Doc:      "Publishes states for other modules and subscribes to states, and renews both as long as they are wanted.",
		Requires: []string{"tm"},
		Params: []module.Param{
			{Name: "hash_size", Set: &m.hashSize, Notice: "the table of publications and subscriptions grows by itself", Doc: "size of the table of publications and subscriptions, as a power of two"},
			{Name: "db_url", Set: &m.dbURL, Doc: "database that keeps publications and subscriptions"},
			{Name: "db_table", Set: &m.dbTable, Doc: "table with them"},
			{Name: "min_expires", Set: &m.minExpires, Min: 0, Max: maxExpires, Unit: "s", Doc: "shortest lifetime that is asked for"},
			{Name: "default_expires", Set: &m.defaultExpires, Min: 1, Max: maxExpires, Unit: "s", Doc: "lifetime that is asked for where nothing says one"},
			{Name: "update_period", Set: &m.updatePeriod, Min: -1 << 31, Max: 1 << 20, Unit: "s", Doc: "how often the database is written, and how long before their end publications and subscriptions are renewed, at half of their lifetime at the latest; 0 or less for never, but by pua.cleanup"},
			{Name: "outbound_proxy", Set: &m.outboundProxy, Doc: "SIP URI that PUBLISH requests go to where whoever publishes names none"},
			{Name: "dlginfo_increase_version", Set: &m.dialogVersion, Min: 0, Max: 1, Doc: "1 counts the attribute version of the documents of Event dialog"},
			{Name: "reginfo_increase_version", Set: &m.regVersion, Min: 0, Max: 1, Doc: "1 counts the attribute version of the documents of Event reg"},
			{Name: "db_mode", Set: &m.dbMode, Doc: "0 keeps publications and subscriptions in memory, and in the database for the next start; 2 in the database only, which several servers may share"},
			{Name: "db_table_lock_write", Set: &m.lockWrite, Min: 0, Max: 1, Notice: "a row is changed by one statement, tables are not locked", Doc: "1 locks the table while it is changed"},
			{Name: "check_remote_contact", Set: &m.checkContact, Min: 0, Max: 1, Doc: "1 has subscriptions of the same watcher to different targets stand side by side"},
			{Name: "fetch_rows", Set: &m.fetchRows, Notice: "rows are read one by one", Doc: "rows to read at once"},
		},
		Functions: []module.Function{
			{Name: "pua_update_contact", Routes: module.RequestRoute, Run: m.updateContact,
				Doc: "Takes the Contact of a NOTIFY as the target of the subscription's later SUBSCRIBEs. False where it belongs to no subscription."},
		},
		RPC: []module.Command{
			{Name: "pua.cleanup", Run: m.rpcCleanup, Doc: "Writes the database, renews what is due and drops what is over: what update_period does by itself."},
		},
		Counters: []counter.Entry{
			{Name: "publications", Gauge: func() int64 { n, _ := m.count(); return n }, Doc: "states that are published, with db_mode 0"},
			{Name: "subscriptions", Gauge: func() int64 { _, n := m.count(); return n }, Doc: "subscriptions, with db_mode 0"},
		},
	}
}

func (m *Module) count() (publications, subscriptions int64) {
	if m.keep == nil {
		return 0, 0
	}
	return m.keep.count()
}

// Prepare implements module.Preparer.
func (m *Module) Prepare(b module.Binder) error {
	if m.dbMode != inMemory && m.dbMode != inTable {
		b.Log().Warn("pua: db_mode is 0 or 2: 0 is taken", "db_mode", m.dbMode)
		m.dbMode = inMemory
	}
	if m.dbMode == inTable && m.dbURL == "" {
		return errors.New("pua: db_mode 2 needs db_url")
	}
	if m.outboundProxy != "" {
		if err := checkURIs(m.outboundProxy); err != nil {
			return fmt.Errorf("pua: outbound_proxy: %w", err)
		}
	}
	return nil
}

// Start implements module.Starter.
func (m *Module) Start(ctx context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "pua")
	m.ctx, m.cancel = context.WithCancel(ctx)
	m.flights = flights{start: func(f func()) { h.Transactions().Go("pua", f) }, waiting: map[identity]job{}}
	m.early = early{all: map[string]*record{}}
	if err := m.open(ctx); err != nil {
		return err
	}
	if m.updatePeriod > 0 {
		m.task = h.Timers().Every("pua", time.Duration(m.updatePeriod)*time.Second, m.tick)
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *Module) DatabaseURLs() []string {
	if m.dbURL == "" {
		return nil
	}
	return []string{m.dbURL}
}

// open makes the keeper of records.
func (m *Module) open(ctx context.Context) error {
	k := newMemory(m)
	if m.dbURL == "" {
		m.keep = k
		return nil
	}
	d, err := m.host.Database(ctx, m.dbURL)
	if err != nil {
		return fmt.Errorf("db_url: %w", err)
	}
	if err := db.CheckVersion(ctx, d, m.host.Core().VersionTable, m.dbTable, tableVersion); err != nil {
		return err
	}
	r := &rows{m: m, db: d, table: m.dbTable}
	if m.dbMode == inTable {
		m.keep = r
		return nil
	}
	m.keep, k.rows = k, r
	if err := k.load(ctx); err != nil {
		return fmt.Errorf("cannot read table %s: %w", m.dbTable, err)
	}
	return nil
}

// Stop implements module.Stopper.
func (m *Module) Stop(ctx context.Context) error {
	if m.task != nil {
		m.task.Stop()
		m.task.Wait()
	}
	m.cancel()
	if m.keep == nil {
		return nil
	}
	if err := m.keep.close(ctx); err != nil {
		return fmt.Errorf("publications and subscriptions are not in the database: %w", err)
	}
	return nil
}

func (m *Module) now() int64 { return m.host.Clock().Now().Unix() }

// tick is what is done every update_period.
func (m *Module) tick() {
	if err := m.keep.tick(m.ctx); err != nil {
		m.log.Error("the table "+m.dbTable+" cannot be used", "err", err)
	}
}

// lookAt renews a record that is due, where renew says so, and drops one that is
// over.
func (m *Module) lookAt(ctx context.Context, k keeper, r *record, renew bool) {
	switch {
	case m.flights.busy(r.identity):
	case r.stale && m.now() < r.expires, renew && m.renewed(r):
		m.renew(r)
	case m.now() >= r.expires:
		if err := k.drop(ctx, r); err != nil {
			m.log.Error("what is over stays in the table "+m.dbTable, "pres_uri", r.uri, "err", err)
		}
	}
}

// renew asks for more time, as far as that is wanted.
func (m *Module) renew(r *record) {
	expires := int64(m.defaultExpires)
	if r.desired != 0 {
		expires = max(r.desired-m.now(), 0)
	}
	e := numbered(r.event)
	if !r.published() {
		m.flights.begin(&subscribing{m: m, renewal: true, Subscription: Subscription{URI: r.uri, Watcher: r.watcher, ID: r.id, Event: e, Source: r.source,
			Target: r.contact, Contact: r.ourContact, Expires: int(expires)}})
		return
	}
	p := &publishing{m: m, renewal: true, Publication: Publication{URI: r.uri, ID: r.id, Event: e, Source: r.source, Expires: int(expires)}}
	if r.stale {
		p.Body = r.body
	}
	m.flights.begin(p)
}

func (m *Module) rpcCleanup(*module.Request) error { return m.keep.clean(m.ctx) }

// newCallID makes a Call-ID.
func (m *Module) newCallID() string {
	return strconv.FormatUint(m.host.Rand().Uint64(), 16) + "-" + strconv.FormatUint(m.host.Rand().Uint64(), 16)
}
