// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"context"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/timer"
)

// keeper keeps the records. Its functions may wait for a database.
type keeper interface {
	// find returns a copy of a record, nil where there is none.
	find(ctx context.Context, id identity) (*record, error)
	// dialog finds the subscription of a dialog.
	dialog(ctx context.Context, callID, fromTag, toTag string) (*record, error)
	// put keeps a record in the place of the one with its identity.
	put(ctx context.Context, r *record) error
	drop(ctx context.Context, r *record) error
	// tick is called every update_period: it writes what is not written yet, or
	// does what clean does where nothing else does.
	tick(ctx context.Context) error
	// clean renews what is due and drops what is over.
	clean(ctx context.Context) error
	// count returns how many publications and subscriptions there are.
	count() (publications, subscriptions int64)
	// close ends the work; what is nowhere else is written.
	close(ctx context.Context) error
}

// memory keeps records here; with rows they are written to a database as well,
// every update_period and at the end.
type memory struct {
	m    *Module
	rows *rows // nil without a database

	// writing is held while rows are written, so that what is newer is written later.
	writing sync.Mutex

	mu sync.Mutex
	// All below is guarded by mu. Nothing but the locks of timers is taken
	// inside it.
	all     map[identity]*entry
	dialogs map[string]*entry    // by Call-ID
	changed map[identity]*record // what the database does not know yet, as it was last
	closed  bool
}

// entry is a record in memory, with the timer that looks after it.
type entry struct {
	memory *memory
	timer  timer.Timer
	record
}

func newMemory(m *Module) *memory {
	return &memory{m: m, all: map[identity]*entry{}, dialogs: map[string]*entry{}, changed: map[identity]*record{}}
}

func (k *memory) find(_ context.Context, id identity) (*record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all[id].copied(), nil
}

// copied is a copy of the record, nil for none.
func (e *entry) copied() *record {
	if e == nil {
		return nil
	}
	r := e.record
	return &r
}

func (k *memory) dialog(_ context.Context, callID, fromTag, toTag string) (*record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.dialogs[callID]; e != nil && e.ofDialog(fromTag, toTag) {
		return e.copied(), nil
	}
	return nil, nil
}

// ofDialog says whether tags are those of the subscription's dialog.
func (r *record) ofDialog(fromTag, toTag string) bool {
	return r.fromTag == fromTag && (r.toTag == toTag || r.toTag == "")
}

func (k *memory) put(_ context.Context, r *record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(r)
	k.note(r)
	return nil
}

// add puts a record in and arms its timer. mu is held.
func (k *memory) add(r *record) {
	e := k.all[r.identity]
	if e == nil {
		e = &entry{memory: k}
		e.timer.Init(k.m.host.Timers(), e)
		k.all[r.identity] = e
	} else if e.callID != r.callID {
		delete(k.dialogs, e.callID)
	}
	e.record = *r
	if r.callID != "" {
		k.dialogs[r.callID] = e
	}
	e.arm()
}

// arm has the timer run out when the record is to be renewed, or is over. mu is
// held.
func (e *entry) arm() {
	if m := e.memory.m; !e.memory.closed {
		e.timer.Arm(time.Duration(m.wait(&e.record, m.now())) * time.Second)
	}
}

// Expire implements timer.Expirer.
func (e *entry) Expire(*timer.Timer) {
	e.memory.m.host.Transactions().Go("pua", e.look)
}

// look renews the record, or drops it when it is over.
func (e *entry) look() {
	k := e.memory
	k.mu.Lock()
	gone := k.closed || k.all[e.identity] != e
	r := e.record
	k.mu.Unlock()
	if !gone {
		k.m.lookAt(k.m.ctx, k, &r, k.m.updatePeriod > 0)
	}
}

func (k *memory) drop(_ context.Context, r *record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.all[r.identity]; e != nil {
		e.timer.Stop()
		delete(k.all, r.identity)
		delete(k.dialogs, e.callID)
		k.note(e.copied())
	}
	return nil
}

// note has a record written. mu is held.
func (k *memory) note(r *record) {
	if k.rows != nil {
		k.changed[r.identity] = r
	}
}

// tick implements keeper. The timers of the records do the rest.
func (k *memory) tick(ctx context.Context) error { return k.flush(ctx) }

func (k *memory) clean(ctx context.Context) error {
	if err := k.flush(ctx); err != nil {
		return err
	}
	now := k.m.now()
	var due []record
	k.mu.Lock()
	for _, e := range k.all {
		if e.expires < now+k.m.period() {
			due = append(due, e.record)
		}
	}
	k.mu.Unlock()
	for i := range due {
		k.m.lookAt(ctx, k, &due[i], true)
	}
	return nil
}

func (k *memory) count() (publications, subscriptions int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.all {
		if id.watcher == "" {
			publications++
		} else {
			subscriptions++
		}
	}
	return publications, subscriptions
}

// flush writes what has changed. What the database does not take waits, but for a row
// that it refuses: it would not take that later either.
func (k *memory) flush(ctx context.Context) error {
	if k.rows == nil {
		return nil
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	changed := k.changed
	k.changed = map[identity]*record{}
	k.mu.Unlock()
	for id, r := range changed {
		switch err := k.write(ctx, r); {
		case db.Refused(err):
			k.m.log.Error("a row of the table "+k.m.dbTable+" is refused by the database", "pres_uri", r.uri, "err", err)
		case err != nil:
			k.giveBack(changed)
			return err
		}
		delete(changed, id)
	}
	return nil
}

func (k *memory) write(ctx context.Context, r *record) error {
	k.mu.Lock()
	now := k.all[r.identity].copied()
	k.mu.Unlock()
	if now == nil {
		return k.rows.drop(ctx, r)
	}
	return k.rows.put(ctx, now)
}

// giveBack has changes wait again.
func (k *memory) giveBack(changed map[identity]*record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, r := range changed {
		if k.changed[id] == nil {
			k.changed[id] = r
		}
	}
}

func (k *memory) close(ctx context.Context) error {
	k.mu.Lock()
	k.closed = true
	for _, e := range k.all {
		e.timer.Stop()
	}
	k.mu.Unlock()
	return k.flush(ctx)
}

// load takes the records of the database up.
func (k *memory) load(ctx context.Context) error {
	list, err := k.rows.list(ctx, nil)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range list {
		k.add(r)
	}
	return err
}
