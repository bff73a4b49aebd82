// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// store keeps subscriptions in the table active_watchers. What a SUBSCRIBE does is
// written before it is answered (subs_db_mode 1 and 3) or by the timer (2). What a
// NOTIFY changes, the CSeq number, is written soon after, many at once: a change
// that ten thousand watch costs no ten thousand statements before it is told.
//
// A nil store keeps nothing.
type store struct {
	p    *Presence
	name string

	mu      sync.Mutex
	changed []*subscription // guarded by mu: listed is set
	dropped []dialogID      // guarded by mu
	soon    bool            // guarded by mu: flush is about to run

	// writing is held while rows of known subscriptions are written, so that what
	// is newer is written later. It is taken before the lock of a presentity.
	writing sync.Mutex
}

// soonAfter is how long what a NOTIFY changed waits to be written.
const soonAfter = 500 * time.Millisecond

// atOnce tells whether the table follows each request.
func (t *store) atOnce() bool { return t != nil && t.p.subsMode != subsWriteBack }

// insert keeps a new subscription, which nobody else knows yet.
func (t *store) insert(ctx context.Context, s *subscription) error {
	if t == nil {
		return nil
	}
	if !t.atOnce() {
		t.touch(s)
		return nil
	}
	s.stored = true
	return t.p.db.Insert(ctx, t.name, subscriptionColumns, s.fields())
}

// update keeps what a request has changed.
func (t *store) update(ctx context.Context, s *subscription) error {
	if t == nil {
		return nil
	}
	if t.atOnce() {
		t.writing.Lock()
		defer t.writing.Unlock()
		return t.put(ctx, t.p.db, s)
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	t.touch(s)
	return nil
}

// touch notes that a subscription is to be written. The lock of its presentity is
// held.
func (t *store) touch(s *subscription) {
	if t == nil || s.listed {
		return
	}
	s.listed = true
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed = append(t.changed, s)
	t.hurry()
}

// drop removes the row of a subscription that is in no table any more.
func (t *store) drop(s *subscription) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropped = append(t.dropped, s.id())
	t.hurry()
}

// hurry has flush run soon, where the table follows each request. The lock is held.
func (t *store) hurry() {
	if !t.atOnce() || t.soon {
		return
	}
	t.soon = true
	t.p.host.Timers().After(soonAfter, func() {
		t.p.host.Transactions().Go("presence subscriptions", func() {
			t.mu.Lock()
			t.soon = false
			t.mu.Unlock()
			t.flushed(t.p.ctx)
		})
	})
}

// flushed is flush for who has nobody to return an error to.
func (t *store) flushed(ctx context.Context) {
	if err := t.flush(ctx); err != nil {
		t.p.log.Error("subscriptions cannot be written into the database; they are tried again", "err", err)
	}
}

// perTransaction is how many rows are written in one transaction.
const perTransaction = 500

// flush writes what waits. What could not be written waits on, but for what the
// database refuses: it would not take that later either.
func (t *store) flush(ctx context.Context) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.Lock()
	changed, dropped := t.changed, t.dropped
	t.changed, t.dropped = nil, nil
	t.mu.Unlock()
	for len(changed) > 0 || len(dropped) > 0 {
		c, d := changed[:min(len(changed), perTransaction)], dropped[:min(len(dropped), perTransaction)]
		err := t.transact(ctx, func(o db.Operations) error { return t.write(ctx, o, c, d) })
		if db.Refused(err) {
			err = t.writeEach(ctx, c, d)
		}
		if err != nil {
			t.mu.Lock()
			t.changed, t.dropped = append(changed, t.changed...), append(dropped, t.dropped...)
			t.mu.Unlock()
			return err
		}
		changed, dropped = changed[len(c):], dropped[len(d):]
	}
	return nil
}

func (t *store) transact(ctx context.Context, f func(db.Operations) error) error {
	if x, ok := t.p.db.(db.Transactor); ok {
		return x.Transact(ctx, f)
	}
	return f(t.p.db)
}

func (t *store) write(ctx context.Context, o db.Operations, changed []*subscription, dropped []dialogID) error {
	for _, s := range changed {
		if err := t.put(ctx, o, s); err != nil {
			return err
		}
	}
	for _, id := range dropped {
		if _, err := o.Delete(ctx, t.name, []db.Cond{db.Is("callid", id.callID), db.Is("to_tag", id.to), db.Is("from_tag", id.from)}); err != nil {
			return err
		}
	}
	return nil
}

// writeEach is write where the database has refused one of them: each for itself.
func (t *store) writeEach(ctx context.Context, changed []*subscription, dropped []dialogID) error {
	alone := func(callID string, changed []*subscription, dropped []dialogID) error {
		err := t.write(ctx, t.p.db, changed, dropped)
		if !db.Refused(err) {
			return err
		}
		t.p.log.Error("the database refuses a change of a subscription", "call_id", callID, "err", err)
		return nil
	}
	for i, s := range changed {
		if err := alone(s.callID, changed[i:i+1], nil); err != nil {
			return err
		}
	}
	for i, id := range dropped {
		if err := alone(id.callID, nil, dropped[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// put writes one subscription; not one that was forgotten meanwhile.
func (t *store) put(ctx context.Context, o db.Operations, s *subscription) error {
	s.of.mu.Lock()
	row := s.fields()
	known := t.p.table.has(s)
	s.listed = false
	s.of.mu.Unlock()
	if !known {
		return nil
	}
	return o.Put(ctx, t.name, subscriptionColumns, subscriptionKeys, row)
}

// load takes up the subscriptions of the table, and returns how many there are.
func (t *store) load(ctx context.Context) (n int, err error) {
	err = t.p.db.Select(ctx, db.Query{Table: t.name, Columns: subscriptionColumns}, func(row []db.Value) error {
		if t.takeUp(row) != nil {
			n++
		}
		return nil
	})
	return n, err
}

// takeUp makes the subscription of a row known, or returns the one that is. It is
// nil for a package that nobody brings, and for one that another server is about to
// end (subs_db_mode 3). Of one that has ended the last NOTIFY is due: the server
// that owed it stopped before its answer. The CSeq number goes on
// behind all that may have been used, see unwritten.
func (t *store) takeUp(row []db.Value) *subscription {
	who, s := t.p.readSubscription(row)
	if who.Event == nil {
		return nil
	}
	if known := t.p.table.dialog(s.id()); known != nil {
		return known
	}
	if s.status == Terminated {
		if t.p.subsMode == subsDatabase && !s.stranded(t.p.now()) {
			return nil
		}
		s.due = dueEnd
	}
	at := t.p.table.take(who)
	defer at.mu.Unlock()
	s.of = at
	s.localCSeq += unwritten
	t.p.table.add(s)
	return s
}

// unwritten is how many CSeq numbers a row may be behind those that were used, where
// the server that wrote it was killed: what half a second of NOTIFYs takes (with
// subs_db_mode 2 update_period) is not in the table yet. A watcher refuses a number
// that it has seen, and takes a gap (RFC 3261 12.2.2); a subscription that lasts has
// numbers for thirty thousand starts.
const unwritten = 1 << 16

// find returns the subscription of a dialog as the table has it (subs_db_mode 3),
// nil where there is none.
func (t *store) find(ctx context.Context, id dialogID) (*subscription, error) {
	rows, err := db.Rows(ctx, t.p.db, db.Query{Table: t.name, Columns: subscriptionColumns,
		Where: []db.Cond{db.Is("callid", id.callID), db.Is("to_tag", id.to), db.Is("from_tag", id.from)}})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		if s := t.p.table.dialog(id); s != nil {
			t.forget(s)
		}
		return nil, nil
	}
	s := t.takeUp(rows[0])
	if s != nil {
		t.follow(s, rows[0])
	}
	return s, nil
}

// reload makes the subscriptions of a presentity those of the table (subs_db_mode
// 3): another server may have changed them.
func (t *store) reload(ctx context.Context, at *presentity) error {
	found := map[*subscription]bool{}
	err := t.p.db.Select(ctx, db.Query{Table: t.name, Columns: subscriptionColumns,
		Where: []db.Cond{db.Is("presentity_uri", at.URI), db.Is("event", at.Event.Name)}}, func(row []db.Value) error {
		if s := t.takeUp(row); s != nil {
			t.follow(s, row)
			found[s] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	at.mu.Lock()
	var lost []*subscription
	for _, s := range at.subs {
		if !found[s] && s.way == nil && !s.queued {
			lost = append(lost, s)
		}
	}
	at.mu.Unlock()
	for _, s := range lost {
		t.forget(s)
	}
	return nil
}

// follow takes over what another server may have changed of a subscription. The
// CSeq number never goes back.
func (t *store) follow(s *subscription, row []db.Value) {
	_, o := t.p.readSubscription(row)
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.listed || s.way != nil {
		return
	}
	s.localCSeq, s.remoteCSeq, s.version = max(s.localCSeq, o.localCSeq), max(s.remoteCSeq, o.remoteCSeq), max(s.version, o.version)
	s.contact, s.expires, s.userAgent = o.contact, o.expires, o.userAgent
	if s.status != o.status || s.reason != o.reason {
		s.status, s.reason, s.sees, s.judged = o.status, o.reason, o.sees, false
	}
}

// forget takes a subscription out of memory that the table has no more.
func (t *store) forget(s *subscription) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	t.p.table.remove(s)
	s.due = 0
}
