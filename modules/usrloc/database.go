// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/gate"
)

// The values of db_mode.
const (
	dbNone = iota
	// dbThrough writes a change before the REGISTER is answered.
	dbThrough
	// dbBack writes changes by the timer.
	dbBack
	// dbOnly keeps nothing in memory.
	dbOnly
	// dbLoad reads at start and writes nothing.
	dbLoad
)

// retryInterval is how often db_mode 1 tries to write what the database did not
// take, and what no REGISTER has changed.
const retryInterval = time.Second

// Versions of the tables that are known.
const (
	locationVersion   = 9
	attributesVersion = 1
)

// attributesTable has the XAVPs of contacts (xavp_contact).
const attributesTable = "location_attrs"

// database is the database behind the tables, with db_mode above 0.
type database struct {
	loc     *Usrloc
	db      db.Database
	columns columns
	// names are the columns of a row, in the order of appendRow.
	names []string
	zone  *time.Location
	// backlog are the visits that wait for their rows to be written.
	backlog gate.Backlog
}

// errHangs tells that a visit does not wait for the database.
var errHangs = fmt.Errorf("%w: many contacts wait for it, and it has taken none for a while", db.ErrUnavailable)

// startDatabase opens the database and loads the tables.
func (u *Usrloc) startDatabase(ctx context.Context) error {
	if u.dbMode == dbNone {
		return nil
	}
	if err := u.openDatabase(ctx); err != nil {
		return err
	}
	if u.dbMode == dbThrough {
		u.retry = u.host.Timers().Every("usrloc-retry", retryInterval, func() {
			if u.waiting() > 0 {
				u.flush(u.ctx)
			}
		})
	}
	if u.loadsNothing() {
		return nil
	}
	for _, d := range u.domains {
		if err := u.db.startLoading(ctx, d); err != nil {
			return err
		}
	}
	return u.startSharing()
}

// loadsNothing tells whether the start reads no rows.
func (u *Usrloc) loadsNothing() bool {
	return u.dbMode == dbOnly || u.dbLoad == 0 && u.dbMode != dbLoad
}

// flush writes what waits of all tables. One that cannot be written, as it was
// renamed, holds up no other one.
func (u *Usrloc) flush(ctx context.Context) (all error) {
	for _, d := range u.domains {
		err := u.db.flush(ctx, d)
		all = errors.Join(all, err)
		if errors.Is(err, db.ErrUnavailable) { // nor are there the other tables
			break
		}
	}
	return all
}

// DatabaseURLs implements module.Connector.
func (u *Usrloc) DatabaseURLs() []string {
	if u.dbMode == dbNone {
		return nil
	}
	return []string{u.dbURL}
}

// openDatabase opens the database and compares the versions of the tables.
func (u *Usrloc) openDatabase(ctx context.Context) error {
	d, err := u.host.Database(ctx, u.dbURL)
	if err != nil {
		return err
	}
	u.db = &database{backlog: gate.Backlog{Limit: gate.MostWaiting}, loc: u, db: d, columns: u.columns, names: u.columns.list(), zone: time.Local}
	versions := u.host.Core().VersionTable
	for _, dom := range u.domains {
		if u.versionTable != 0 {
			if err := db.CheckVersion(ctx, d, versions, dom.name, locationVersion); err != nil {
				return err
			}
		}
		if u.loadsNothing() { // what is loaded is looked at then
			if err := db.CheckColumns(ctx, d, dom.name, u.db.names...); err != nil {
				return err
			}
		}
	}
	if u.xavp != "" && u.versionTable != 0 {
		return db.CheckVersion(ctx, d, versions, attributesTable, attributesVersion)
	}
	return nil
}

// caches tells whether contacts are kept in memory and written to the database.
func (u *Usrloc) caches() bool { return u.dbMode == dbThrough || u.dbMode == dbBack }

// userAndDomain are an AOR as the columns have it: the domain is NULL with
// use_domain 0.
func (b *database) userAndDomain(aor string) (user string, domain db.Value) {
	if !b.loc.UseDomain() {
		return aor, nil
	}
	for i := len(aor) - 1; i >= 0; i-- {
		if aor[i] == '@' {
			return aor[:i], aor[i+1:]
		}
	}
	return "", aor
}

// ofAOR are the conditions for the rows of an AOR.
func (b *database) ofAOR(aor string) []db.Cond {
	user, domain := b.userAndDomain(aor)
	conds := []db.Cond{db.Is(b.columns.user, user)}
	if b.loc.UseDomain() {
		conds = append(conds, db.Is(b.columns.domain, domain))
	}
	return conds
}

// waiting is how many rows of all tables are not as memory has them.
func (u *Usrloc) waiting() (n int64) {
	for _, d := range u.domains {
		if d.t != nil {
			n += d.t.waiting.Load()
		}
	}
	return n
}

// prepareDatabase checks the parameters of the database.
func (u *Usrloc) prepareDatabase() error {
	if u.dbMode == dbNone && u.share == 0 {
		return nil
	}
	if _, err := db.ParseURL(u.dbURL); err != nil {
		return fmt.Errorf("usrloc: db_url %q: %w", u.dbURL, err)
	}
	return u.prepareSharing()
}
