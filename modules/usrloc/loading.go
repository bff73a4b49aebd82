// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// A large table does not keep the first call waiting. Start goes on when
// headStart rows are in memory, and the rest follows while messages are served:
// a million contacts take seconds, one AOR takes the database a millisecond.
// Whoever visits an AOR meanwhile has its rows read first; from then on memory
// is right about it, and the rest of the load leaves it alone.
//
// Databases that have no index for the rows of an AOR are loaded before Start
// goes on.

// headStart is how many rows are loaded before the first message: what most
// tables hold, in a fraction of a second.
const headStart = 20_000

// loading is a table of which rows may not be in memory yet.
type loading struct {
	rows, enough int
	started      chan error    // told once: Start may go on
	done         chan struct{} // closed when all is loaded, or given up

	mu sync.Mutex
	// brought are the AORs whose rows were read for a visit; guarded by mu.
	brought map[string]struct{}
}

// has tells whether memory is right about an AOR already.
func (l *loading) has(aor string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.brought[aor]
	return ok
}

func (l *loading) add(aor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.brought[strings.Clone(aor)] = struct{}{}
}

// count counts a row that was read.
func (l *loading) count() {
	if l.rows++; l.rows == l.enough {
		l.begin(nil)
	}
}

// begin lets Start go on, or fail. Only the first call counts.
func (l *loading) begin(err error) {
	select {
	case l.started <- err:
	default:
	}
}

// startLoading loads a table, or the first rows of it and the rest later. An
// error before that keeps the server from starting.
func (b *database) startLoading(ctx context.Context, d *Domain) error {
	l := &loading{enough: b.loc.headStart, started: make(chan error, 1), done: make(chan struct{}), brought: map[string]struct{}{}}
	if _, indexed := b.db.(db.Transactor); !indexed {
		close(l.done)
		l.enough = 0
		return b.load(ctx, d, l)
	}
	d.loading.Store(l)
	b.loc.host.Go("usrloc-load "+d.name, func() {
		err := errGivenUp
		defer func() {
			l.begin(err)
			close(l.done)
		}()
		err = b.loadAll(b.loc.ctx, d, l)
	})
	return <-l.started
}

var errGivenUp = errors.New("loading the contacts was given up")

// loadAll loads a table, however often it takes: once Start has gone on, rows
// that are not in memory are nowhere else.
func (b *database) loadAll(ctx context.Context, d *Domain, l *loading) error {
	begin := time.Now()
	err := b.load(ctx, d, l)
	for ; err != nil && l.rows >= l.enough && ctx.Err() == nil; err = b.load(ctx, d, l) {
		d.tellUnread("the rest of the contacts cannot be loaded yet", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryInterval):
		}
	}
	d.loading.Store(nil)
	if err == nil && l.rows >= l.enough {
		d.gave()
		b.loc.host.Log().Info("all contacts are loaded", "table", d.name, "rows", l.rows, "took", time.Since(begin))
	}
	return err
}

// awaitLoaded waits until all rows are in memory, for who looks at all of them.
func (d *Domain) awaitLoaded(ctx context.Context) error {
	l := d.loading.Load()
	if l == nil {
		return nil
	}
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listPatience is how long a list of all contacts waits for those that are being
// loaded. When the database has gone away meanwhile, the list has what is there.
const listPatience = 5 * time.Second

// awaitMost is awaitLoaded for a list.
func (d *Domain) awaitMost(ctx context.Context) {
	if d.loading.Load() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	_ = d.awaitLoaded(ctx)
}

// arrived adds the contact of a row, unless memory has it or is right about its
// AOR without it.
func (t *table) arrived(d *Domain, aor string, c *Contact, l *loading) error {
	b := d.lock(t, aor)
	defer b.Unlock()
	if l.has(aor) || b.n != 0 && b.MatchRUID(c.RUID) != 0 {
		return nil
	}
	return b.insertRow(c)
}

// bring reads the rows of the AOR of a visit, where nobody has yet. Contacts in
// memory are served when the database is away.
func (v *Visit) bring(l *loading) (err error) {
	if l.has(v.aor) {
		return nil
	}
	v.wait(func() { err = v.d.loc.db.bring(v.context(), v.d, l, v.aor) })
	if err == nil {
		v.d.gave()
		return nil
	}
	v.d.tellUnread("contacts cannot be read from the database", err)
	b := v.Lock()
	defer b.Unlock()
	if b.First() != 0 {
		return nil
	}
	return err
}

// bring makes memory right about an AOR. While it holds writing, the rows do not
// change by this server.
func (b *database) bring(ctx context.Context, d *Domain, l *loading, aor string) error {
	s := d.t.shard(d.t.store.hash(aor))
	s.writing.Lock()
	defer s.writing.Unlock()
	if l.has(aor) || d.loading.Load() != l {
		return nil
	}
	found, err := b.rowsOf(ctx, d, aor)
	if err != nil {
		return err
	}
	keep := found[:0]
	for i := range found {
		if b.admits(d, aor, &found[i]) {
			keep = append(keep, found[i])
		}
	}
	bindings := d.lock(d.t, aor)
	defer bindings.Unlock()
	for i := range keep {
		if bindings.knows(keep[i].RUID) {
			continue
		}
		if err := bindings.insertRow(&keep[i]); err != nil {
			return err
		}
	}
	l.add(aor)
	return nil
}

// knows tells whether a row is that of a contact in memory, or of one that was
// removed from it.
func (b *Bindings) knows(ruid string) bool {
	for i := range b.s.gone {
		if b.s.gone[i].ruid == ruid {
			return true
		}
	}
	return b.n != 0 && b.MatchRUID(ruid) != 0
}
