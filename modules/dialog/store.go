// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// Values of db_mode.
const (
	noDatabase = iota
	// atOnce writes changes as they are made, in the background.
	atOnce
	// delayed writes them every db_update_period.
	delayed
	// atShutdown reads at start and writes at the end only.
	atShutdown
)

// Pauses of the writer whose database is not available, as those of db.Queue.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	goodbye    = 5 * time.Second
	// batch is how many dialogs are written in one transaction.
	batch = 100
	// endedLimit is how many ended dialogs wait for a database that is not
	// available. The rows of those beyond stay and are taken up at the next
	// start, until their timeout.
	endedLimit = 50_000
)

// store keeps the dialogs that were answered in a database. What has changed is
// written by one goroutine; a dialog waits in its list once, however often it
// changes. While the database is not available the list is bounded by the dialogs
// that there are, and endedLimit.
type store struct {
	m    *Module
	db   db.Database
	wake chan struct{}
	done chan struct{}
	stop context.CancelFunc

	mu      sync.Mutex
	changed []*Dialog // guarded by mu
}

// DatabaseURLs implements module.Connector.
func (m *Module) DatabaseURLs() []string {
	if m.dbMode == noDatabase {
		return nil
	}
	return []string{m.dbURL}
}

// openStore opens the database and takes its dialogs up.
func (m *Module) openStore(ctx context.Context, h module.Host) error {
	d, err := h.Database(ctx, m.dbURL)
	if err != nil {
		return err
	}
	for _, t := range [...]struct {
		table   string
		version int
		columns []string
	}{{m.names.table, versionDialog, m.names.all()}, {m.names.varsTable, versionVars, m.names.vars()}} {
		if err := db.CheckVersion(ctx, d, h.Core().VersionTable, t.table, t.version); err != nil {
			return err
		}
		if err := db.CheckColumns(ctx, d, t.table, t.columns...); err != nil {
			return err
		}
	}
	s := &store{m: m, db: d, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if m.skipLoad == 0 {
		n, err := s.load(ctx, nil)
		if err != nil {
			return fmt.Errorf("cannot read the dialogs of the database: %w", err)
		}
		if n > 0 {
			m.log.Info("dialogs were taken up from the database", "count", n)
		}
	}
	m.store = s
	if m.dbMode == atShutdown {
		close(s.done)
		s.stop = func() {}
		return s.forgetRows(ctx)
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	h.Go("dialog database", func() { s.run(run) })
	if m.dbMode == delayed {
		m.tasks = append(m.tasks, h.Timers().Every("dialog database", time.Duration(m.updatePeriod)*time.Second, s.signal))
	}
	return nil
}

// forgetRows empties the tables of what was read: with atShutdown they have
// what was up when a server ended, and nothing else.
func (s *store) forgetRows(ctx context.Context) error {
	n := &s.m.names
	if s.m.skipLoad != 0 {
		return nil
	}
	if _, err := s.db.Delete(ctx, n.table, nil); err != nil {
		return err
	}
	_, err := s.db.Delete(ctx, n.varsTable, nil)
	s.m.table.each(func(d *Dialog) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stored = false
		return true
	})
	return err
}

// touch has the dialog written, as far as db_mode says so. mu is held.
func (d *Dialog) touch() {
	s := d.m.store
	if s == nil || d.dirty || s.m.dbMode == atShutdown || d.state < Answered || d.state == Deleted && !d.stored && !d.writing {
		return
	}
	d.dirty = true
	s.add(d)
}

// add puts a dialog into the list.
func (s *store) add(d *Dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = append(s.changed, d)
	if s.m.dbMode == atOnce {
		s.signal()
	}
}

func (s *store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends.
func (s *store) run(ctx context.Context) {
	defer close(s.done)
	pause := firstPause
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		for err := s.flush(ctx); err != nil; err = s.flush(ctx) {
			if pause == firstPause {
				s.m.log.Warn("dialogs wait for the database", "waiting", s.waiting(), "err", err)
			}
			s.compact()
			select {
			case <-time.After(pause):
				pause = min(2*pause, lastPause)
			case <-ctx.Done():
				return
			}
		}
		pause = firstPause
	}
}

// close writes what waits, or with atShutdown all there is.
func (s *store) close(ctx context.Context) error {
	s.stop()
	<-s.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if s.m.dbMode == atShutdown {
		s.m.table.each(func(d *Dialog) bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.state == Answered || d.state == Confirmed {
				d.dirty = true
				s.add(d)
			}
			return true
		})
	}
	if err := s.flush(ctx); err != nil {
		return fmt.Errorf("%d dialogs could not be written to the database: %w", s.waiting(), err)
	}
	return nil
}

// waiting is how many dialogs wait to be written.
func (s *store) waiting() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.changed))
}

// take returns the first dialogs that wait.
func (s *store) take() []*Dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.changed), batch)
	list := s.changed[:n:n]
	if s.changed = s.changed[n:]; len(s.changed) == 0 {
		s.changed = nil
	}
	return list
}

// compact takes out of the list what need not be written any more, and ended
// dialogs beyond endedLimit.
func (s *store) compact() {
	s.mu.Lock()
	list := s.changed
	s.changed = nil
	s.mu.Unlock()
	kept := make([]*Dialog, 0, len(list))
	ended, lost := 0, 0
	for _, d := range list {
		d.mu.Lock()
		if d.state == Deleted && d.stored {
			ended++
		}
		if d.state == Deleted && (!d.stored || ended > endedLimit) {
			d.dirty = false
			if d.stored {
				lost++
			}
		} else {
			kept = append(kept, d)
		}
		d.mu.Unlock()
	}
	s.mu.Lock()
	s.changed = append(kept, s.changed...)
	s.mu.Unlock()
	if lost > 0 {
		s.m.unwritten.Add(int64(lost))
		s.m.log.Error("rows of ended dialogs stay in the database: too many wait", "count", lost, "limit", endedLimit)
	}
}

// flush writes what has changed. An error says that the database is not
// available; what was not written waits.
func (s *store) flush(ctx context.Context) error {
	for list := s.take(); len(list) > 0; list = s.take() {
		changes := make([]change, 0, len(list))
		for _, d := range list {
			if c, ok := d.change(); ok {
				changes = append(changes, c)
			}
		}
		err := s.write(ctx, changes)
		if err != nil && !tryAgain(ctx, err) {
			err = s.oneByOne(ctx, changes)
		}
		for i := range changes {
			changes[i].over(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tryAgain tells an error that says nothing of what was to be written.
func tryAgain(ctx context.Context, err error) bool {
	return err != nil && (!db.Refused(err) || ctx.Err() != nil)
}

// change is a dialog as it is to be written.
type change struct {
	d *Dialog
	// row is nil for a dialog that has ended.
	row    []db.Value
	vars   [][]db.Value
	insert bool
	failed bool
}

// change notes what is to be written of the dialog.
func (d *Dialog) change() (c change, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dirty = false
	c = change{d: d, insert: !d.stored}
	if d.state == Deleted {
		return c, d.stored
	}
	d.writing = true
	c.row, c.vars = d.row(), d.varRows()
	return c, true
}

// over follows what came of writing the dialog.
func (c *change) over(err error) {
	d := c.d
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing = false
	switch {
	case err != nil:
		d.stored = true // it may be: nobody knows how far the database came
		if !d.dirty {
			d.dirty = true
			d.m.store.add(d)
		}
	case c.failed:
		d.m.unwritten.Inc()
	default:
		d.stored = c.row != nil
	}
}

// write makes changes, all or none where the database can.
func (s *store) write(ctx context.Context, changes []change) error {
	all := func(o db.Operations) error {
		for i := range changes {
			if err := s.apply(ctx, o, &changes[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if t, ok := s.db.(db.Transactor); ok {
		return t.Transact(ctx, all)
	}
	return all(s.db)
}

// oneByOne makes changes that the database refuses together: those that it
// refuses by themselves are told of and left out.
func (s *store) oneByOne(ctx context.Context, changes []change) error {
	for i := range changes {
		changes[i].insert = false // without transactions some have been made
		err := s.write(ctx, changes[i:i+1])
		if tryAgain(ctx, err) {
			return err
		}
		if err != nil {
			changes[i].failed = true
			s.m.log.Error("a dialog cannot be written to the database", "call_id", changes[i].d.callID, "err", err)
		}
	}
	return nil
}

// apply makes one change. It may have been made before: a database that went
// away does not tell.
func (s *store) apply(ctx context.Context, o db.Operations, c *change) error {
	n := &s.m.names
	keys, varKeys := n.key(c.d.entry, c.d.id), n.keyOfVars(c.d.entry, c.d.id)
	if !c.insert {
		if _, err := o.Delete(ctx, n.varsTable, varKeys); err != nil {
			return err
		}
	}
	if c.row == nil {
		_, err := o.Delete(ctx, n.table, keys)
		return err
	}
	if err := s.applyRow(ctx, o, c, keys); err != nil || len(c.vars) == 0 {
		return err
	}
	return o.Insert(ctx, n.varsTable, n.vars(), c.vars...)
}

// applyRow writes the row of a dialog.
func (s *store) applyRow(ctx context.Context, o db.Operations, c *change, keys []db.Cond) error {
	all := s.m.names.all()
	if !c.insert {
		set := make([]db.Set, 0, len(all))
		for i := len(keys); i < len(all); i++ {
			set = append(set, db.Set{Column: all[i], Value: c.row[i]})
		}
		if n, err := o.Update(ctx, s.m.names.table, set, keys); err != nil || n > 0 {
			return err
		}
	}
	return o.Insert(ctx, s.m.names.table, all, c.row)
}
