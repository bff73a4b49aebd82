// SPDX-License-Identifier: Apache-2.0

package msilo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// deliveries are the messages that are on their way. One that was accepted stays
// here until its row is deleted, so that a database that is not there has nobody
// get a message twice.
type deliveries struct {
	wake chan struct{}

	mu   sync.Mutex
	busy map[int64]bool // guarded by mu; by number: it was accepted
}

func newDeliveries() *deliveries {
	return &deliveries{wake: make(chan struct{}, 1), busy: map[int64]bool{}}
}

// begin tells whether a message may be sent: it is not on its way yet.
func (d *deliveries) begin(id int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.busy[id]; ok {
		return false
	}
	d.busy[id] = false
	return true
}

// end is told how a message fared: one that was not accepted may be sent again.
func (d *deliveries) end(id int64, accepted bool) {
	d.mu.Lock()
	if accepted {
		d.busy[id] = true
	} else {
		delete(d.busy, id)
	}
	d.mu.Unlock()
	if accepted {
		d.signal()
	}
}

func (d *deliveries) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// accepted are the messages whose rows are to be deleted, in their order.
func (d *deliveries) accepted() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []int64
	for id := range maps.Keys(d.busy) {
		if d.busy[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// forget is told that a row is gone.
func (d *deliveries) forget(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, id)
}

// deliver sends a message unless it is on its way already; c is the Call that
// asks, nil for none.
func (s *Silo) deliver(m *message, r transaction.LocalRequest, c *module.Call) {
	if !s.boxes.begin(m.id) {
		return
	}
	id, done, failed := m.id, &s.dumped, &s.failed
	if m.send != 0 {
		done, failed = &s.dumpedReminders, &s.failedRems
	}
	r.Events = transaction.LocalDone
	r.Heard = func(n *transaction.Notice) {
		accepted := n.Code >= 200 && n.Code < 300
		if accepted {
			done.Inc()
		} else {
			failed.Inc()
		}
		s.boxes.end(id, accepted)
	}
	if err := s.send(&r, c); err != nil {
		failed.Inc()
		s.boxes.end(id, false)
		s.log.Warn("a stored message cannot be sent", "id", id, "uri", r.URI, "err", err)
	}
}

// deleteDelivered deletes what was accepted, until ctx ends.
func (s *Silo) deleteDelivered(ctx context.Context) {
	defer close(s.done)
	for {
		select {
		case <-s.boxes.wake:
			s.tryDeletions(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// tryDeletions deletes what was accepted, and tells once that it cannot be done.
func (s *Silo) tryDeletions(ctx context.Context) {
	s.deleting.Lock()
	defer s.deleting.Unlock()
	err := s.deleteAll(ctx)
	if err != nil && !s.failing && ctx.Err() == nil {
		s.log.Error("delivered messages cannot be deleted from the database yet", "err", err)
	}
	s.failing = err != nil
}

func (s *Silo) deleteAll(ctx context.Context) error {
	var failures []error
	for _, id := range s.boxes.accepted() {
		if _, err := s.database.Delete(ctx, s.table, []db.Cond{db.Is(s.columns[colID], id)}); err != nil {
			failures = append(failures, err)
			if errors.Is(err, db.ErrUnavailable) {
				break
			}
			continue
		}
		s.boxes.forget(id)
	}
	return errors.Join(failures...)
}

// check runs every check_time.
func (s *Silo) check() {
	ctx := context.Background()
	s.tryDeletions(ctx)
	if s.rounds++; s.rounds < s.cleanPeriod {
		return
	}
	s.rounds = 0
	where := []db.Cond{{Column: s.columns[colExpires], Op: db.LessEqual, Value: s.host.Clock().Now().Unix()}}
	if _, err := s.database.Delete(ctx, s.table, where); err != nil {
		s.log.Error("expired messages cannot be deleted", "err", err)
	}
}
