// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"

	"github.com/kahea-sip/kahea/core/db"
)

// clean removes publications that have expired, and tells their watchers; of the
// watchers table it removes rows whose watchers nobody has decided about for watchersKept.
func (p *Presence) clean() {
	ctx, now := p.ctx, p.now()
	list, err := p.pubs.expired(ctx, now)
	if err != nil {
		p.log.Error("publications that have expired cannot be looked for", "err", err)
		return
	}
	for _, who := range list {
		at, err := p.cleanOne(ctx, who, now)
		if err != nil {
			p.log.Error("publications that have expired cannot be removed", "uri", who.URI, "err", err)
			continue
		}
		p.announce(at)
	}
	if t, ok := p.pubs.(*presentityTable); ok {
		t.sweep(now)
	}
	if err := p.watchers.sweep(ctx, now-watchersKept); err != nil {
		p.log.Error("old rows of watchers cannot be removed", "table", p.watchersName, "err", err)
	}
}

// watchersKept is how long a row of watchers without a decision stays, in
// seconds.
const watchersKept = 3 * 24 * 3600

// cleanOne removes what has expired of one presentity.
func (p *Presence) cleanOne(ctx context.Context, who Presentity, now int64) (*presentity, error) {
	at := p.open(who)
	defer p.close(at)
	err := p.pubs.removeExpired(ctx, at, now)
	if err == nil && p.forceDelete == 0 {
		p.change(at, nil, "")
	}
	return at, err
}

// expire ends subscriptions that have expired, and writes what waits.
func (p *Presence) expire() {
	if p.subsMode == subsDatabase && p.store != nil {
		if err := p.store.loadExpired(p.ctx, p.now()); err != nil {
			p.log.Error("subscriptions that have expired cannot be looked for", "err", err)
		}
	}
	for _, at := range p.table.all() {
		ended, due := p.expired(at)
		p.notifier.add(due...)
		p.watchersChanged(at, ended...)
	}
	if p.store != nil {
		p.store.flushed(p.ctx)
	}
}

// expired ends the subscriptions of a presentity that have expired.
func (p *Presence) expired(at *presentity) (ended []happened, due []*subscription) {
	now := p.now()
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, s := range at.subs {
		if s.status == Terminated {
			if s.stranded(now) && s.owe(dueEnd) {
				due = append(due, s)
			}
			continue
		}
		if s.expires > now {
			continue
		}
		s.end("timeout")
		ended = append(ended, happened{s, eventTimeout})
		if s.owe(dueEnd) {
			due = append(due, s)
		}
	}
	return ended, due
}

// strandedAfter is how many seconds after its end a subscription counts as one
// whose last NOTIFY nobody sends any more: longer than the transaction of one
// takes, here or in another server.
const strandedAfter = 40

// stranded tells that a subscription has ended and its last NOTIFY was lost, as
// with a server that stopped meanwhile. The lock is held.
func (s *subscription) stranded(now int64) bool {
	return s.way == nil && !s.queued && (s.due&dueEnd != 0 || s.expires <= now-strandedAfter)
}

// loadExpired takes up the subscriptions that have expired (subs_db_mode 3).
func (t *store) loadExpired(ctx context.Context, now int64) error {
	return t.p.db.Select(ctx, db.Query{Table: t.name, Columns: subscriptionColumns,
		Where: []db.Cond{{Column: "expires", Op: db.LessEqual, Value: now}}}, func(row []db.Value) error {
		if s := t.takeUp(row); s != nil {
			t.follow(s, row)
		}
		return nil
	})
}

// sweep removes rows of pending watchers that are older than a moment.
func (t *watchers) sweep(ctx context.Context, before int64) error {
	if t == nil {
		return nil
	}
	_, err := t.p.db.Delete(ctx, t.name, []db.Cond{db.Is("status", int64(Pending)), {Column: "inserted_time", Op: db.Less, Value: before}})
	return err
}
