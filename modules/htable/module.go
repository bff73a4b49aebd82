// SPDX-License-Identifier: Apache-2.0

// Package htable has hash tables that all workers share.
package htable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("htable", func() module.Module { return New() }) }

// HTable is the module.
type HTable struct {
	specs     []spec
	interval  int
	dbURL     string
	enableDMQ int
	callback  string
	storage   storage
	share     int

	host    module.Host
	tables  []*Table // in the order of their definition
	byName  map[string]*Table
	sweeper *timer.Task
	expired counter.Counter
	// shares counts what tables do that are shared; endSharing ends their
	// goroutines.
	shares     sharingCounters
	endSharing context.CancelFunc
}

// New returns the module with its defaults.
func New() *HTable { return &HTable{interval: 20, byName: map[string]*Table{}, storage: newStorage()} }

var (
	_ module.Preparer = (*HTable)(nil)
	_ module.Starter  = (*HTable)(nil)
	_ module.Readier  = (*HTable)(nil)
	_ module.Stopper  = (*HTable)(nil)
)

// Exports implements module.Module.
func (h *HTable) Exports() module.Exports {
	return module.Exports{
		Doc:       "Hash tables with integers and texts, shared by all workers, whose items may expire.",
		Params:    h.params(),
		Functions: h.functions(),
		Lua:       h.lua(),
		Variables: h.variables(),
		RPC:       h.commands(),
		Events: []module.Event{
			{Name: "htable:mod-init", Doc: "Run once after all modules have started, before the first message: the place to fill tables."},
			{Name: "htable:expired:NAME", Doc: "Run for each item of table NAME that has expired, after it was removed; $shtrecord(key) and $shtrecord(value) have it."},
		},
		Counters: []counter.Entry{
			{Name: "items", Gauge: h.items, Doc: "items in all tables"},
			{Name: "expired", Counter: &h.expired, Doc: "items that have expired"},
			{Name: "db_waiting", Gauge: h.waiting, Doc: "changes of shared tables that are not yet in the database"},
			{Name: "db_refreshed", Counter: &h.shares.refreshed, Doc: "items that were read again because another server has changed them (db_share)"},
			{Name: "db_lost", Counter: &h.shares.lost, Doc: "changes of shared tables that other servers do not hear of because too many waited"},
			{Name: "db_failures", Counter: &h.shares.failures, Doc: "operations of the database of shared tables that have failed"},
		},
	}
}

func (h *HTable) params() []module.Param {
	column := func(name string, set *string, what string) module.Param {
		return module.Param{Name: name, Set: set, Doc: "column of the database with " + what}
	}
	return []module.Param{
		{Name: "htable", Set: h.define, Doc: "definition of a table, may be set several times: name=>size=8;autoexpire=3600;initval=0;updateexpire=0. " +
			"The number of slots that commands show is 2^size, size 2 to 31. Items expire autoexpire seconds after they were set, or never; " +
			"with updateexpire 0 a later assignment does not prolong that. initval is what $sht has where there is no item. " +
			"dbtable is a table of the database of db_url, which is loaded at start; with dbmode 1 it is written when the server ends. cols='key,a,b' names its columns: the values of all but the first, with commas (coldelim) between them and * (colnull) for NULL, are the item; such a table is not written. " +
			"dmqreplicate, which needs enable_dmq, is taken."},
		{Name: "timer_interval", Set: &h.interval, Min: 1, Max: 1 << 31, Unit: "s", Doc: "how often expired items are looked for"},
		{Name: "db_url", Set: &h.dbURL, Doc: "the database with the tables of dbtable; empty for none"},
		{Name: "db_share", Set: &h.share, Min: 0, Max: 1, Doc: "1 shares all tables that have a dbtable with other servers that have the same db_url, of a database that carries messages (db_redis). Not of Kamailio"},
		{Name: "enable_dmq", Set: &h.enableDMQ, Min: 0, Max: 1, Doc: "1 is refused: db_share shares tables with other servers"},
		{Name: "dmq_init_sync", Set: new(int), Min: 0, Max: 1, Notice: "belongs to enable_dmq", Doc: "asks other servers for their items at start"},
		{Name: "dmq_peer_id", Set: new(string), Notice: "belongs to enable_dmq", Doc: "name of the group of servers"},
		{Name: "timer_procs", Set: new(int), Notice: "one timer looks for expired items, in small steps", Doc: "number of processes that look for expired items"},
		{Name: "event_callback", Set: &h.callback, Event: "htable:", Doc: "function of a Lua script that is run in place of the event routes, with the name of the event"},
		{Name: "event_callback_mode", Set: new(int), Min: 0, Max: 1, Notice: "event_route[htable:mod-init] runs when all modules have started, databases included", Doc: "when event_route[htable:mod-init] runs"},
		{Name: "fetch_rows", Set: new(int), Notice: "rows are taken as they arrive", Doc: "rows that are read at once"},
		{Name: "db_expires", Set: &h.storage.keepExpires, Doc: "1 reads and writes when items expire, in tables with autoexpire"},
		{Name: "array_size_suffix", Set: &h.storage.arraySize, Doc: "suffix of the key with the number of items of an array"},
		column("key_name_column", &h.storage.key, "the key"),
		column("key_type_column", &h.storage.keyType, "the type of the key: 0, or 1 for the items of an array, which become key[0], key[1] … and their number"),
		column("value_type_column", &h.storage.valueType, "the type of the value: 0 text, 1 integer"),
		column("key_value_column", &h.storage.value, "the value"),
		column("expires_column", &h.storage.expires, "the time of expiry, in seconds since the epoch; 0 for none"),
	}
}

// define is one setting of the parameter htable.
func (h *HTable) define(text string) error {
	s, err := parseSpec(text)
	if err != nil {
		return err
	}
	if h.byName[s.name] != nil {
		return fmt.Errorf("table %s is defined twice", s.name)
	}
	h.byName[s.name] = &Table{spec: s}
	h.tables = append(h.tables, h.byName[s.name])
	return nil
}

var errReplication = errors.New("htable: enable_dmq: tables are not replicated by DMQ; db_share shares them through a Redis")

// Prepare implements module.Preparer.
func (h *HTable) Prepare(b module.Binder) error {
	if h.enableDMQ != 0 {
		return errReplication
	}
	for _, t := range h.tables {
		if t.dbTable != "" && h.dbURL == "" {
			b.Log().Warn("a table is not loaded from the database: there is no db_url", "module", "htable", "table", t.name, "dbtable", t.dbTable)
		}
	}
	return h.prepareSharing()
}

// Start implements module.Starter.
func (h *HTable) Start(ctx context.Context, host module.Host) error {
	h.host = host
	for _, t := range h.tables {
		t.content = host.Store("htable:"+t.name, func() any { return newContent(host.Clock()) }).(*content)
	}
	host.OnRequestEnd(func(c *module.Call) {
		for _, t := range h.tables {
			t.locks.UnlockAll(c)
		}
	})
	if err := h.openDatabase(ctx); err != nil {
		return fmt.Errorf("htable: %w", err)
	}
	if err := h.startSharing(ctx); err != nil {
		return fmt.Errorf("htable: %w", err)
	}
	return nil
}

// Ready implements module.Readier.
func (h *HTable) Ready(context.Context) error {
	if route, ok := h.host.Route(module.EventRoute, "htable:mod-init"); ok {
		h.run(route, nil)
	}
	h.sweeper = h.host.Timers().Every("htable", time.Duration(h.interval)*time.Second, h.expire)
	return nil
}

// Stop implements module.Stopper.
func (h *HTable) Stop(ctx context.Context) error {
	if h.sweeper != nil {
		h.sweeper.Stop()
		h.sweeper.Wait()
	}
	if h.endSharing != nil {
		h.endSharing()
	}
	return h.storeAll(ctx)
}

// Table returns a table of the configuration, or nil.
func (h *HTable) Table(name string) *Table { return h.byName[name] }

func (h *HTable) items() (n int64) {
	for _, t := range h.tables {
		if t.content != nil {
			n += t.count.Load()
		}
	}
	return n
}

func (h *HTable) waiting() (n int64) {
	for _, t := range h.tables {
		if t.shared != nil {
			n += t.shared.waiting()
		}
	}
	return n
}
