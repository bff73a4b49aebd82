// SPDX-License-Identifier: Apache-2.0

// Package usrloc keeps where the users are.
package usrloc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
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

	host     module.Host
	store    *store
	domains  []*Domain
	task     *timer.Task
	onChange hooks[changeHook]
	onExpire hooks[expireHook]
}

// New returns the module with its defaults.
func New() *Usrloc {
	return &Usrloc{natFlag: -1, interval: 60, cseqDelay: 20, hashSize: 10, parts: tableParts}
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
		Params: append(u.params(), databaseParams()...),
		RPC:    u.commands(),
		Counters: []counter.Entry{
			{Name: "registered_users", Gauge: u.users, Doc: "AORs that have contacts, in all tables"},
		},
	}
}

// NATFlag is the branch flag of contacts behind NAT (nat_bflag), -1 for none.
func (u *Usrloc) NATFlag() int { return u.natFlag }

// UseDomain reports whether an AOR is user@domain, not only user (use_domain).
func (u *Usrloc) UseDomain() bool { return u.useDomain != 0 }

// XAVPName is the name of the attributes that are kept with a contact
// (xavp_contact), empty for none.
func (u *Usrloc) XAVPName() string { return u.xavp }

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

var errDatabase = errors.New("database modes are not there yet: set db_mode to 0, contacts are then kept in memory only")

// Prepare implements module.Preparer.
func (u *Usrloc) Prepare(module.Binder) error {
	if u.dbMode != 0 {
		return fmt.Errorf("usrloc: db_mode %d: %w", u.dbMode, errDatabase)
	}
	for _, name := range u.preload {
		u.Domain(name)
	}
	return nil
}

// Start implements module.Starter.
func (u *Usrloc) Start(_ context.Context, h module.Host) error {
	u.store = h.Store("usrloc", func() any { return newStore(h.Clock().Now().Unix(), h.Transport().Sockets()) }).(*store)
	for _, d := range u.domains {
		d.t = u.store.table(d.name, u.hashSize, u.parts)
		if err := h.Counters().Declare("usrloc", d.counters(h.Core().StatsSeparator)...); err != nil {
			return err
		}
	}
	u.host = h
	u.task = h.Timers().Every("usrloc", time.Duration(u.interval)*time.Second, u.expire)
	return nil
}

// Stop implements module.Stopper.
func (u *Usrloc) Stop(context.Context) error {
	u.task.Stop()
	u.task.Wait()
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
