// SPDX-License-Identifier: Apache-2.0

// Package presence takes publications of state and tells those who watch it (RFC 3903, RFC 6665).
package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("presence", func() module.Module { return New() }) }

// Presence is the module.
type Presence struct {
	host module.Host
	log  *slog.Logger
	sl   replier
	tm   requests

	events []*Event // fixed when the modules have started
	ready  atomic.Bool
	// library tells that there is no place for state: the module serves other
	// modules alone.
	library bool

	table    *table
	notifier *notifier
	pubs     publications
	db       db.Database // nil without db_url
	store    *store      // nil with subs_db_mode 0
	watchers *watchers   // nil without db_url
	socket   *transport.Socket
	onReply  module.RouteRef
	etags    etags
	tasks    []*timer.Task
	ctx      context.Context
	cancel   context.CancelFunc

	// spawn starts a goroutine, which the server waits for; busy are those of this
	// module.
	spawn func(name string, f func())
	busy  busy

	published, subscribed, notified, failed, lost, composed, read counter.Counter

	// Parameters.
	dbURL                                  string
	presentityName, subsName, watchersName string
	cleanPeriod, updatePeriod              int
	cseqOffset                             int
	forceDelete                            int
	expiresOffset, maxExpires, minExpires  int
	minExpiresAction                       int
	serverAddress, defaultSocket           string
	subsMode, publMode                     int
	sendFastNotify, sphereCheck            int
	timeoutRmSubs                          int
	localLogLevel                          int
	xavpCfg                                string
	retrieveOrder                          int
	retrieveOrderBy                        string
	uriMatch, subsVar, deleteSameSubs      int
	respond200                             int
	eventCallback                          string
	ignored                                int
	unused                                 string
}

// replier is what presence needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
	ReplyTag(c *module.Call) string
}

// requests is what it needs of tm.
type requests interface {
	InRequest(t *transaction.Transaction, from any, f func(c *module.Call))
}

// New returns the module with its defaults. It has no side effects.
func New() *Presence {
	return &Presence{presentityName: "presentity", subsName: "active_watchers", watchersName: "watchers", cleanPeriod: 100, updatePeriod: 100,
		maxExpires: 3600, minExpiresAction: refuseBrief, subsMode: subsWriteBack, publMode: publIndex, sendFastNotify: 1, timeoutRmSubs: 1,
		localLogLevel: 2, retrieveOrderBy: "priority", subsVar: 1, respond200: 1}
}

var (
	_ module.Preparer = (*Presence)(nil)
	_ module.Starter  = (*Presence)(nil)
	_ module.Readier  = (*Presence)(nil)
	_ module.Finisher = (*Presence)(nil)
	_ module.Stopper  = (*Presence)(nil)
)

// replyEvent is the event route for the reply to a NOTIFY.
const replyEvent = "presence:notify-reply"

// Exports implements module.Module.
func (p *Presence) Exports() module.Exports {
	return module.Exports{
		Doc:       "Takes what clients publish of themselves (PUBLISH), and tells those who watch it (SUBSCRIBE, NOTIFY); other modules bring the event packages.",
		Requires:  []string{"sl", "tm"},
		Params:    p.params(),
		Functions: p.functions(),
		Variables: []module.Variable{
			{Name: "subs", Bind: p.bindSubs, Doc: "attribute of the subscription that handle_subscribe has dealt with, or that a NOTIFY is about in event_route[tm:local-request] and event_route[presence:notify-reply]: uri and pres_uri of the presentity, to_user, to_domain, from_user, from_domain, watcher_username, watcher_domain, event, event_id, to_tag, from_tag, callid, remote_cseq, local_cseq, contact, local_contact, record_route, expires, status, reason, version, flags, user_agent"},
			{Name: "notify_reply", Bind: p.bindReply, Doc: "variable of the reply to a NOTIFY, $notify_reply($rs), in event_route[presence:notify-reply]"},
		},
		RPC:    p.commands(),
		Events: []module.Event{{Name: replyEvent, Doc: "A NOTIFY was answered, or nobody answered it; the message is the NOTIFY."}},
		Counters: []counter.Entry{
			{Name: "publications", Counter: &p.published, Doc: "PUBLISH requests that were accepted"},
			{Name: "subscriptions", Counter: &p.subscribed, Doc: "SUBSCRIBE requests that were accepted"},
			{Name: "notifications", Counter: &p.notified, Doc: "NOTIFY requests that were sent"},
			{Name: "failed_notifications", Counter: &p.failed, Doc: "NOTIFY requests that could not be sent"},
			{Name: "lost_subscriptions", Counter: &p.lost, Doc: "subscriptions that were removed because of the reply to a NOTIFY"},
			{Name: "compositions", Counter: &p.composed, Doc: "bodies that were made of what is published; all NOTIFYs of a change share one"},
			{Name: "documents_read", Counter: &p.read, Doc: "documents that were read to be put together with others; each is read once"},
			{Name: "active_subscriptions", Gauge: p.countSubscriptions, Doc: "subscriptions in memory"},
		},
	}
}

var (
	errSL = errors.New("presence needs the module sl")
	errTM = errors.New("presence needs the module tm")
)

// Start implements module.Starter.
func (p *Presence) Start(ctx context.Context, h module.Host) error {
	p.host, p.log = h, h.Log().With("module", "presence")
	p.ctx, p.cancel = context.WithCancel(ctx)
	var ok bool
	if p.sl, ok = h.Module("sl").(replier); !ok {
		return errSL
	}
	if p.tm, ok = h.Module("tm").(requests); !ok {
		return errTM
	}
	if p.defaultSocket != "" {
		if p.socket = h.Transport().SocketByText(p.defaultSocket); p.socket == nil {
			return fmt.Errorf("default_socket: there is no socket %q", p.defaultSocket)
		}
	}
	p.onReply, _ = h.Route(module.EventRoute, replyEvent)
	p.table = h.Store("presence", func() any { return newTable(p.uriMatch != 0) }).(*table)
	p.notifier = &notifier{p: p}
	p.spawn = func(name string, f func()) { p.busy.run(name, f, h.Transactions().Go) }
	p.etags.start(h)
	p.library = p.dbURL == "" && (p.subsMode != subsMemory || p.publMode != publMemory)
	if p.library {
		p.log.Info("no db_url, and state is not to be kept in memory: this module serves other modules alone")
	}
	return p.startDatabase(ctx)
}

// DatabaseURLs implements module.Connector.
func (p *Presence) DatabaseURLs() []string {
	if p.dbURL == "" {
		return nil
	}
	return []string{p.dbURL}
}

// startDatabase opens the database and chooses where state is kept.
func (p *Presence) startDatabase(ctx context.Context) error {
	p.pubs = memory{p}
	if p.dbURL == "" {
		return nil
	}
	var err error
	if p.db, err = p.host.Database(ctx, p.dbURL); err != nil {
		return fmt.Errorf("db_url: %w", err)
	}
	for name, version := range map[string]int{p.presentityName: versionPresentity, p.subsName: versionActiveWatchers, p.watchersName: versionWatchers} {
		if err := db.CheckVersion(ctx, p.db, p.host.Core().VersionTable, name, version); err != nil {
			return err
		}
	}
	p.watchers = &watchers{p: p, name: p.watchersName}
	if p.publMode != publMemory {
		t := &presentityTable{p: p, name: p.presentityName}
		if p.publMode == publIndex {
			t.known = map[key]int64{}
		}
		p.pubs = t
	}
	if p.subsMode != subsMemory {
		p.store = &store{p: p, name: p.subsName}
	}
	return nil
}

// Ready implements module.Readier: the event packages are known now, and what
// the database has is taken up.
func (p *Presence) Ready(ctx context.Context) error {
	p.ready.Store(true)
	if p.library {
		return nil
	}
	if t, ok := p.pubs.(*presentityTable); ok && t.known != nil {
		if err := t.load(ctx); err != nil {
			return fmt.Errorf("publications cannot be read: %w", err)
		}
	}
	if p.store != nil && p.subsMode != subsDatabase {
		n, err := p.store.load(ctx)
		if err != nil {
			return fmt.Errorf("subscriptions cannot be read: %w", err)
		}
		if n > 0 {
			p.log.Info("subscriptions were taken up from the database", "count", n)
		}
	}
	p.every("presence publications", p.cleanPeriod, p.clean)
	p.every("presence subscriptions", p.updatePeriod, p.expire)
	return nil
}

// every runs a task, unless its period says never.
func (p *Presence) every(name string, seconds int, f func()) {
	if seconds > 0 {
		p.tasks = append(p.tasks, p.host.Timers().Every(name, time.Duration(seconds)*time.Second, f))
	}
}

// Stop implements module.Stopper. What waits for the database is written.
func (p *Presence) Stop(ctx context.Context) error {
	for _, t := range p.tasks {
		t.Stop()
		t.Wait()
	}
	if p.notifier != nil {
		p.notifier.close()
	}
	if p.cancel != nil {
		defer p.cancel()
	}
	if p.store == nil {
		return nil
	}
	if err := p.store.flush(ctx); err != nil {
		return fmt.Errorf("subscriptions could not be written: %w", err)
	}
	return nil
}

// now is the time in seconds since the epoch.
func (p *Presence) now() int64 { return p.host.Clock().Now().Unix() }

// block runs f, which may wait for a database, for a message.
func (p *Presence) block(c *module.Call, f func()) {
	if p.db == nil {
		f()
		return
	}
	c.Block(f)
}

func (p *Presence) countSubscriptions() (n int64) {
	if p.table == nil {
		return 0
	}
	for i := range p.table.dialogs {
		d := &p.table.dialogs[i]
		d.mu.Lock()
		n += int64(len(d.list))
		d.mu.Unlock()
	}
	return n
}
