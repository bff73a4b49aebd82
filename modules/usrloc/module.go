// SPDX-License-Identifier: Apache-2.0

// Package usrloc keeps where the users are.
package usrloc

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("usrloc", func() module.Module { return New() }) }

// Usrloc is the module.
type Usrloc struct {
	natFlag      int
	useDomain    int
	timeOrder    int
	interval     int
	dbMode       int
	dbURL        string
	matching     int
	cseqDelay    int
	hashSize     int
	parts        int // of a table, a power of two
	xavp         string
	handleLost   int
	closeExpired int
	preload      []string
	advertised   bool

	// Of the database; see params.go.
	columns      columns
	dbLoad       int
	expiresType  int
	skipRemote   int
	timerClean   int
	expiredDelay int
	serverFilter int
	versionTable int
	cleanTCP     int
	share        int

	// headStart is how many rows of a table are in memory before the first
	// message; see loading.
	headStart int

	host       module.Host
	store      *store
	db         *database // nil with db_mode 0
	scratch    scratch
	dbFailures counter.Counter
	refreshed  counter.Counter
	domains    []*Domain
	task       *timer.Task
	retry      *timer.Task // with db_mode 1
	// ctx ends the operations of the timer at Stop.
	ctx      context.Context
	cancel   context.CancelFunc
	asks     keepalives
	onChange hooks[changeHook]
	onExpire hooks[expireHook]
}

// New returns the module with its defaults.
func New() *Usrloc {
	u := &Usrloc{natFlag: -1, interval: 60, cseqDelay: 20, hashSize: 10, parts: tableParts,
		dbURL: "mysql://kamailio:kamailiorw@localhost/kamailio", columns: defaultColumns(), dbLoad: 1, versionTable: 1, headStart: headStart}
	u.asks.init(u)
	return u
}

var (
	_ module.Preparer = (*Usrloc)(nil)
	_ module.Starter  = (*Usrloc)(nil)
	_ module.Stopper  = (*Usrloc)(nil)
)

// Exports implements module.Module.
func (u *Usrloc) Exports() module.Exports {
	return module.Exports{
		Doc:    "Keeps the contacts of registered users (AORs) in memory, for registrar and others.",
		Params: slices.Concat(u.params(), u.asks.params(), u.databaseParams()),
		RPC:    u.commands(),
		Counters: append([]counter.Entry{
			{Name: "registered_users", Gauge: u.users, Doc: "AORs that have contacts, in all tables"},
			{Name: "db_waiting", Gauge: u.waiting, Doc: "changes of contacts that are not yet in the database"},
			{Name: "db_refreshed", Counter: &u.refreshed, Doc: "AORs that were read again because another server has changed them (db_share)"},
			{Name: "db_failures", Counter: &u.dbFailures, Doc: "operations of the database that have failed"},
		}, u.asks.counters()...),
	}
}

// NATFlag is the branch flag of contacts behind NAT (nat_bflag), -1 for none.
func (u *Usrloc) NATFlag() int { return u.natFlag }

// UseDomain reports whether an AOR is user@domain, not only user (use_domain).
func (u *Usrloc) UseDomain() bool { return u.useDomain != 0 }

// XAVPName is the name of the attributes that are kept with a contact
// (xavp_contact), empty for none.
func (u *Usrloc) XAVPName() string { return u.xavp }

// InMemory reports whether contacts are in memory, whatever the database does:
// all but db_mode 3.
func (u *Usrloc) InMemory() bool { return u.dbMode != dbOnly }

// ShowAdvertised has the sockets of contacts shown, and stored in the database, by
// their advertised address (sock_mode of registrar). It is called before Start.
func (u *Usrloc) ShowAdvertised() { u.advertised = true }

// socketText is how the socket of a contact is shown and stored.
func (u *Usrloc) socketText(s *transport.Socket) string {
	if u.advertised && s.Advertised {
		return s.Proto.String() + ":" + s.Host + ":" + strconv.Itoa(s.Port)
	}
	return s.Text
}

// Domain returns the table of a name. Before Start it is made; after that it is
// nil when the configuration does not name it.
func (u *Usrloc) Domain(name string) *Domain {
	for _, d := range u.domains {
		if d.name == name {
			return d
		}
	}
	if u.host != nil {
		return nil
	}
	d := &Domain{name: name, loc: u}
	u.domains = append(u.domains, d)
	return d
}

// Domains returns all tables.
func (u *Usrloc) Domains() []*Domain { return u.domains }

// Prepare implements module.Preparer.
func (u *Usrloc) Prepare(b module.Binder) error {
	if err := u.prepareDatabase(); err != nil {
		return err
	}
	for _, name := range u.preload {
		u.Domain(name)
	}
	return u.asks.prepare(b)
}

// Start implements module.Starter.
func (u *Usrloc) Start(ctx context.Context, h module.Host) error {
	u.store = h.Store("usrloc", func() any { return newStore(h.Clock().Now().Unix(), h.Rand().Uint32(), h.Transport().Sockets()) }).(*store)
	u.ctx, u.cancel = context.WithCancel(ctx)
	for _, d := range u.domains {
		d.t = u.store.table(d.name, u.hashSize, u.parts)
		d.t.written = u.caches()
		if err := h.Counters().Declare("usrloc", d.counters(h.Core().StatsSeparator)...); err != nil {
			return err
		}
	}
	u.host = h
	if err := u.startDatabase(ctx); err != nil {
		u.cancel() // a table may be loading
		return err
	}
	u.task = h.Timers().Every("usrloc", time.Duration(u.interval)*time.Second, u.expire)
	u.asks.start()
	return nil
}

// Stop implements module.Stopper. What waits is written first.
func (u *Usrloc) Stop(ctx context.Context) error {
	for _, t := range []*timer.Task{u.asks.task, u.retry, u.task} {
		if t != nil {
			t.Stop()
			t.Wait()
		}
	}
	u.cancel()
	for _, d := range u.domains {
		_ = d.awaitLoaded(ctx) // it ends at once, by the context that was cancelled
	}
	if !u.caches() || u.waiting() == 0 {
		return nil
	}
	if err := u.flush(ctx); err != nil {
		return fmt.Errorf("%d changes of contacts are lost: %w", u.waiting(), err)
	}
	return nil
}

func (d *Domain) counters(sep string) []counter.Entry {
	sep = cmp.Or(sep, "_")
	t := d.t
	return []counter.Entry{
		{Name: d.name + sep + "users", Gauge: t.users.Load, Doc: "AORs that have contacts"},
		{Name: d.name + sep + "contacts", Gauge: t.contacts.Load, Doc: "contacts"},
		{Name: d.name + sep + "expires", Gauge: t.expired.Load, Doc: "contacts that have expired"},
	}
}

// users counts the AORs of all tables.
func (u *Usrloc) users() (n int64) {
	for _, d := range u.domains {
		if d.t != nil {
			n += d.t.users.Load()
		}
	}
	return n
}
