// SPDX-License-Identifier: Apache-2.0

// Package msilo keeps messages for users who are offline.
package msilo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("msilo", func() module.Module { return New() }) }

// goodbye is how long the end of the server waits for the last deletions.
const goodbye = 5 * time.Second

// Silo is the module.
type Silo struct {
	host     module.Host
	log      *slog.Logger
	database db.Database
	boxes    *deliveries
	tasks    []*timer.Task
	rounds   int // of check_time since the last search for what has expired
	stop     context.CancelFunc
	done     chan struct{}

	deleting sync.Mutex
	failing  bool // guarded by deleting; the last deletions failed

	// Parameters.
	url, table                  string
	columns                     [colCount]string
	fromAddress, contactHeader  module.Template
	extraHeaders, offlineText   module.Template
	contentTypeHeader           module.Template
	reminder, outboundProxy     string
	expireTime, checkTime       int
	sendTime, cleanPeriod       int
	useContact, addDate         int
	sendAVP, extraAVP           module.Accessor
	maxMessages, addContact     int
	skipFlag, keepCallID        int
	stored, dumped, failed      counter.Counter
	dumpedReminders, failedRems counter.Counter
}

// New returns the module with its defaults.
func New() *Silo {
	s := &Silo{url: "mysql://kamailio:kamailiorw@localhost/kamailio", table: "silo", expireTime: 259200,
		checkTime: 60, cleanPeriod: 10, useContact: 1, addDate: 1, skipFlag: -1}
	for i, c := range columns {
		s.columns[i] = c.name
	}
	return s
}

var (
	_ module.Preparer = (*Silo)(nil)
	_ module.Starter  = (*Silo)(nil)
	_ module.Stopper  = (*Silo)(nil)
)

// Exports implements module.Module.
func (s *Silo) Exports() module.Exports {
	return module.Exports{
		Doc:       "Keeps messages for users who are offline, and delivers them when they register, or at a time that was set.",
		Requires:  []string{"tm"},
		Params:    s.params(),
		Functions: s.functions(),
		Counters: []counter.Entry{
			{Name: "stored_messages", Counter: &s.stored, Doc: "messages that were stored"},
			{Name: "dumped_messages", Counter: &s.dumped, Doc: "messages of m_dump that were delivered"},
			{Name: "failed_messages", Counter: &s.failed, Doc: "messages of m_dump that were not accepted; they stay in the table"},
			{Name: "dumped_reminders", Counter: &s.dumpedReminders, Doc: "reminders that were delivered"},
			{Name: "failed_reminders", Counter: &s.failedRems, Doc: "reminders that were not accepted"},
		},
	}
}

// Prepare implements module.Preparer.
func (s *Silo) Prepare(module.Binder) error {
	for _, name := range append([]string{s.table}, s.columns[:]...) {
		if err := db.CheckName(name); err != nil {
			return fmt.Errorf("msilo: %q: %w", name, err)
		}
	}
	for _, p := range [...]struct{ name, uri string }{{"reminder", s.reminder}, {"outbound_proxy", s.outboundProxy}} {
		if p.uri == "" {
			continue
		}
		if u, err := sip.ParseURI(p.uri); err != nil || !u.IsSIP() {
			return fmt.Errorf("msilo: %s is a SIP URI, not %q", p.name, p.uri)
		}
	}
	if s.sendTime > 0 && s.reminder == "" {
		return errors.New("msilo: send_time needs the parameter reminder, the address that reminders come from")
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (s *Silo) DatabaseURLs() []string { return []string{s.url} }

// Start implements module.Starter.
func (s *Silo) Start(ctx context.Context, h module.Host) error {
	s.host, s.log = h, h.Log().With("module", "msilo")
	var err error
	if s.database, err = h.Database(ctx, s.url); err != nil {
		return fmt.Errorf("db_url: %w", err)
	}
	if err := db.CheckVersion(ctx, s.database, h.Core().VersionTable, s.table, tableVersion); err != nil {
		return err
	}
	if err := db.CheckColumns(ctx, s.database, s.table, s.columns[:s.used()]...); err != nil {
		return err
	}
	s.boxes = h.Store("msilo", func() any { return newDeliveries() }).(*deliveries)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.done = stop, make(chan struct{})
	h.Go("msilo deletions", func() { s.deleteDelivered(run) })
	s.tasks = append(s.tasks, h.Timers().Every("msilo check", time.Duration(s.checkTime)*time.Second, s.check))
	if s.sendTime > 0 {
		s.tasks = append(s.tasks, h.Timers().Every("msilo reminders", time.Duration(s.sendTime)*time.Second, s.remind))
	}
	return nil
}

// Stop implements module.Stopper: what was delivered is deleted.
func (s *Silo) Stop(ctx context.Context) error {
	if s.done == nil {
		return nil
	}
	for _, t := range s.tasks {
		t.Stop()
		t.Wait()
	}
	s.stop()
	<-s.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	return s.deleteAll(ctx)
}
