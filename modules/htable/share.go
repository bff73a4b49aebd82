// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
)

// Several servers share the tables of a database (db_share) in this way. Each
// keeps all items in memory, and scripts wait for nobody: the keys that they
// change are noted, and one goroutine per table writes their items to the
// database and then publishes the keys. The others read the rows of these again.
// A change of this server that still waits to be written stands above what the
// row says; of two servers that change an item at the same time, the one that
// writes last wins, for all. Whoever may have missed messages, because its
// connection was lost, compares all rows with memory: resync.
type sharing struct {
	h     *HTable
	table *Table
	bus   bus
	id    string // tells the messages of this server from those of others
	wake  chan struct{}
	limit int // of changed

	mu sync.Mutex
	// changed are the keys that wait to be written; guarded by mu.
	changed map[string]change
	// writing is how many are being written; guarded by mu.
	writing int
	// full tells that changes are lost; guarded by mu.
	full bool

	// io is held by whoever reads rows into memory or writes them, so that an
	// older row never follows a newer one. It is taken before the lock of a shard.
	io sync.Mutex
	// mark is that of the database when rows and memory were last the same;
	// guarded by io.
	mark string

	// down tells that the last operation failed, so that an outage is told once.
	down atomic.Bool
}

// bus is a database that carries messages.
type bus interface {
	db.Database
	db.Notifier
}

// change is what happened to an item last.
type change struct{ expired bool }

// maxWaiting bounds the changes of a table that wait for the database.
const maxWaiting = 1 << 20

// sharePause is how long to wait before the database is tried again.
const sharePause = time.Second

// sharingCounters are those of all tables.
type sharingCounters struct{ refreshed, lost, failures counter.Counter }

var (
	errShareURL     = errors.New("db_share needs a db_url, and tables with a dbtable")
	errShareColumns = errors.New("db_share: a table whose columns are named by cols cannot be shared")
	errShareTwice   = errors.New("db_share: each needs a dbtable of its own")
	errShareDriver  = errors.New("the database of db_url carries no messages between servers: db_share needs one of db_redis")
)

// prepareSharing checks what belongs together.
func (h *HTable) prepareSharing() error {
	if h.share == 0 {
		return nil
	}
	of := map[string]string{}
	for _, t := range h.tables {
		switch other, taken := of[t.dbTable]; {
		case t.dbTable == "":
			continue
		case t.cols != "":
			return fmt.Errorf("htable: table %s: %w", t.name, errShareColumns)
		case taken:
			return fmt.Errorf("htable: tables %s and %s: %w", other, t.name, errShareTwice)
		}
		of[t.dbTable] = t.name
	}
	if h.dbURL == "" || len(of) == 0 {
		return fmt.Errorf("htable: %w", errShareURL)
	}
	h.storage.keepExpires = true
	return nil
}

// startSharing begins when all tables are loaded.
func (h *HTable) startSharing(ctx context.Context) error {
	if h.share == 0 {
		return nil
	}
	b, ok := h.storage.Database.(bus)
	if !ok {
		return errShareDriver
	}
	ctx, h.endSharing = context.WithCancel(ctx)
	for _, t := range h.tables {
		if t.dbTable == "" {
			continue
		}
		s := &sharing{h: h, table: t, bus: b, id: fmt.Sprintf("%x", h.host.Rand().Uint64()), limit: maxWaiting,
			wake: make(chan struct{}, 1), changed: map[string]change{}}
		t.shared = s
		h.host.Go("htable-write "+t.name, func() { s.run(ctx) })
		h.host.Go("htable-share "+t.name, func() {
			b.Subscribe(ctx, s.channel(), func(message string) { s.heard(ctx, message) }, func() { s.catchUp(ctx) })
		})
	}
	return nil
}

func (s *sharing) channel() string { return "kahea:htable:" + s.table.dbTable }

// note is called with the shard of a key locked, after each change of its item.
func (s *sharing) note(key string, c change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.changed[key]; ok {
		if !c.expired { // the row is not the one whose time is over
			s.changed[key] = c
		}
		return
	}
	if len(s.changed) >= s.limit {
		s.h.shares.lost.Inc()
		if !s.full {
			s.full = true
			s.h.host.Log().Error("changes of a hash table are lost for the other servers: too many wait for the database", "table", s.table.name, "limit", s.limit)
		}
		return
	}
	s.changed[strings.Clone(key)] = c
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// pending tells whether a change of a key is to be written.
func (s *sharing) pending(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.changed[key]
	return ok
}

func (s *sharing) waiting() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.changed) + s.writing)
}

func (s *sharing) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = 0
}

// run writes what was noted, until ctx ends.
func (s *sharing) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		for s.flush(ctx) != nil && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(sharePause):
			}
		}
	}
}

// flush writes all that waits and publishes it. At an error the rest waits on.
func (s *sharing) flush(ctx context.Context) error {
	s.io.Lock()
	defer s.io.Unlock()
	s.mu.Lock()
	taken := s.changed
	s.changed, s.full, s.writing = map[string]change{}, false, len(taken)
	s.mu.Unlock()
	defer s.wrote()
	if len(taken) == 0 {
		return nil
	}
	message := []byte(s.id)
	for key, c := range taken {
		if err := s.write(ctx, key, c); err != nil {
			return s.failed(taken, err)
		}
		message = strconv.AppendQuote(append(message, '\n'), key)
	}
	if err := s.bus.Publish(ctx, s.channel(), string(message)); err != nil {
		return s.failed(taken, err)
	}
	if s.down.Swap(false) {
		s.h.host.Log().Warn("the database of hash tables is back", "table", s.table.name)
	}
	return nil
}

// failed makes changes wait again: those that were written lead to the same when
// they are written twice.
func (s *sharing) failed(taken map[string]change, err error) error {
	for key, c := range taken {
		s.giveBack(key, c)
	}
	s.wrote()
	s.tell("changes of a hash table wait for the database", err)
	return err
}

// giveBack makes a change wait again, unless there is a newer one.
func (s *sharing) giveBack(key string, c change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.changed[key]; !ok {
		s.changed[key] = c
	}
}

// write makes the row of a key what memory has. Its error says that the database
// cannot take it now; a row that it refuses is told and left out.
func (s *sharing) write(ctx context.Context, key string, c change) error {
	st, t := &s.h.storage, s.table
	var err error
	if i, ok := t.look(key); ok {
		err = s.bus.Put(ctx, t.dbTable, st.columns(), []string{st.key}, st.row(&i))
	} else {
		where := []db.Cond{db.Is(st.key, key)}
		if c.expired { // another server may have renewed it
			where = append(where, db.Cond{Column: st.expires, Op: db.LessEqual, Value: int64(t.now())})
		}
		_, err = s.bus.Delete(ctx, t.dbTable, where)
	}
	if !db.Refused(err) {
		return err
	}
	s.tell("an item of a hash table cannot be written to the database", err)
	return nil
}

// heard reads again what another server has changed.
func (s *sharing) heard(ctx context.Context, message string) {
	from, keys, _ := strings.Cut(message, "\n")
	if from == s.id {
		return
	}
	for text := range strings.SplitSeq(keys, "\n") {
		key, err := strconv.Unquote(text)
		if err != nil {
			continue
		}
		if err := s.refresh(ctx, key); err != nil {
			s.tell("items that another server has changed cannot be read", err)
			s.catchUp(ctx)
			return
		}
	}
}

// refresh makes memory follow the row of a key.
func (s *sharing) refresh(ctx context.Context, key string) error {
	s.io.Lock()
	defer s.io.Unlock()
	rows, err := s.h.read(ctx, s.table, db.Is(s.h.storage.key, key))
	if err != nil {
		return err
	}
	s.h.shares.refreshed.Inc()
	for i := range rows {
		if rows[i].key == key {
			s.follow(key, &rows[i])
			return nil
		}
	}
	s.follow(key, nil)
	return nil
}

// follow makes an item that of its row, nil for none, unless this server has
// changed it and not yet written.
func (s *sharing) follow(key string, r *row) {
	t := s.table
	p := t.place(key)
	k, now := t.shard(p), t.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.pending(key) {
		return
	}
	n := k.find(p.hash, key)
	if r == nil || r.over(now) {
		if n != 0 {
			t.discard(k, n)
		}
		return
	}
	if n == 0 {
		n = t.add(k, p, key)
	}
	if *k.expires(n) = 0; now != 0 {
		*k.expires(n) = uint32(r.expires)
	}
	k.setValue(k.record(n), r.value)
}

// over tells whether the time of a row is past.
func (r *row) over(now uint32) bool { return now != 0 && r.expires != 0 && r.expires <= int64(now) }

// tell logs an error of the database: once for an outage.
func (s *sharing) tell(what string, err error) {
	s.h.shares.failures.Inc()
	if db.Refused(err) || !s.down.Swap(true) {
		s.h.host.Log().Error(what, "table", s.table.name, "err", err, "waiting", s.waiting())
	}
}

// stop writes what waits. The goroutines end with their context.
func (s *sharing) stop(ctx context.Context) error {
	if err := s.flush(ctx); err != nil {
		return fmt.Errorf("htable: table %s: %d changes are lost for the other servers: %w", s.table.name, s.waiting(), err)
	}
	return nil
}

// row is an item as the database has it.
func (s *storage) row(i *item) []db.Value {
	values := []db.Value{i.key, int64(typeText), int64(typeText), i.value.Str}
	if i.value.Kind != avp.Str {
		values[2], values[3] = int64(typeNumber), strconv.FormatInt(i.value.Int, 10)
	}
	if s.keepExpires {
		values = append(values, int64(i.expires))
	}
	return values
}
