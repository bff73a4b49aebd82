// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"context"
	"strings"
	"time"
)

// catchUp does resync until it succeeds.
func (s *sharing) catchUp(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.resync(ctx)
		if err == nil {
			return
		}
		s.tell("a hash table cannot be compared with the database", err)
		select {
		case <-ctx.Done():
		case <-time.After(sharePause):
		}
	}
}

// resync compares all rows with memory. An item without a row was removed by
// another server; but where the database has lost its content it is written
// again.
func (s *sharing) resync(ctx context.Context) error {
	s.io.Lock()
	defer s.io.Unlock()
	mark, err := s.bus.Mark(ctx, s.channel()+":mark")
	if err != nil {
		return err
	}
	list, err := s.h.read(ctx, s.table)
	if err != nil {
		return err
	}
	rows := make(map[string]*row, len(list))
	for i := range list {
		rows[list[i].key] = &list[i]
	}
	if s.mark != "" && s.mark != mark {
		s.h.host.Log().Warn("the database of hash tables has lost its content: what this server holds is written again", "table", s.table.name, "items", s.table.count.Load())
		s.restore(rows)
	}
	s.mark = mark
	for key := range s.table.all() {
		if rows[key] == nil {
			s.follow(key, nil)
		}
	}
	for key, r := range rows {
		s.follow(key, r)
	}
	return nil
}

// restore makes items wait to be written that have no row any more.
func (s *sharing) restore(rows map[string]*row) {
	for key := range s.table.all() {
		if rows[key] == nil {
			s.note(key, change{})
		}
	}
}

// all are the keys of a table.
func (t *Table) all() map[string]struct{} {
	keys := map[string]struct{}{}
	t.sweep(func(i item) bool {
		keys[strings.Clone(i.key)] = struct{}{}
		return false
	})
	return keys
}
