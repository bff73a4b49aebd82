// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/kahea-sip/kahea/core/db"
)

const (
	// batch is how many rows are asked for together.
	batch = 512
	// scanCount is how many keys a step of a search through all of them looks at.
	scanCount = 1000
)

// record is a row as it stands in Redis.
type record struct {
	key    string
	fields map[string]string
}

func (r record) value(c column) db.Value {
	raw, there := r.fields[c.name]
	return c.decode(raw, there)
}

// Select implements db.Operations.
func (d *database) Select(ctx context.Context, q db.Query, each func(row []db.Value) error) error {
	if name, ok := asksVersion(q); ok {
		return d.version(name, each)
	}
	t, err := d.m.table(q.Table)
	if err != nil {
		return err
	}
	names := q.Columns
	if len(names) == 0 {
		names = t.names()
	}
	if err := t.check(names); err != nil {
		return err
	}
	by, err := t.parseOrder(q.OrderBy)
	if err != nil {
		return err
	}
	give := func(r record) error {
		row := make([]db.Value, len(names))
		for i, name := range names {
			c, _ := t.column(name)
			row[i] = r.value(c)
		}
		return each(row)
	}
	if by == nil {
		n := 0
		return d.search(ctx, t, q.Where, q.Any, func(r record) (bool, error) {
			n++
			return q.Limit > 0 && n >= q.Limit, give(r)
		})
	}
	var found []record
	err = d.search(ctx, t, q.Where, q.Any, func(r record) (bool, error) {
		found = append(found, r)
		return false, nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b record) int { return compareBy(by, a, b) })
	if q.Limit > 0 {
		found = found[:min(len(found), q.Limit)]
	}
	for _, r := range found {
		if err := give(r); err != nil {
			return err
		}
	}
	return nil
}

// asksVersion tells whether a query is that for the version of a table.
func asksVersion(q db.Query) (table string, ok bool) {
	if !slices.Equal(q.Columns, []string{"table_version"}) || len(q.Where) != 1 || q.Where[0].Column != "table_name" || q.Where[0].Op != db.Equal {
		return "", false
	}
	return db.Text(q.Where[0].Value), true
}

// version answers with what the file of the table says, as Kamailio's driver
// does: rows of the table of versions do not count.
func (d *database) version(name string, each func(row []db.Value) error) error {
	t, err := d.m.table(name)
	if err != nil {
		return err
	}
	return each([]db.Value{int64(t.version)})
}

// search calls each for the rows with conditions, until it says that it is
// enough.
func (d *database) search(ctx context.Context, t *table, where []db.Cond, any bool, each func(r record) (enough bool, err error)) error {
	if _, err := t.holds(record{}, where, false); err != nil {
		return err
	}
	keys, err := d.candidates(ctx, t, where, any)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(keys, batch) {
		rows, err := d.fetch(ctx, some)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if ok, err := t.holds(r, where, any); err != nil {
				return err
			} else if !ok {
				continue
			}
			if enough, err := each(r); enough || err != nil {
				return err
			}
		}
	}
	return nil
}

// candidates are the keys of rows that may meet the conditions.
func (d *database) candidates(ctx context.Context, t *table, where []db.Cond, any bool) (keys []string, err error) {
	if !any || len(where) == 1 {
		key, set, ok := t.find(where)
		if ok && !set {
			return []string{key}, nil
		}
		if ok {
			err = d.run(ctx, "find rows of "+t.name, true, func(ctx context.Context) (err error) {
				keys, err = d.client.SMembers(ctx, key).Result()
				return err
			})
			return keys, err
		}
	}
	return d.scan(ctx, t)
}

// scan finds the keys of all rows.
func (d *database) scan(ctx context.Context, t *table) ([]string, error) {
	pattern := strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(t.name) + ":entry::*"
	seen := map[string]struct{}{}
	for cursor := uint64(0); ; {
		var some []string
		err := d.run(ctx, "look through "+t.name, true, func(ctx context.Context) (err error) {
			var next uint64
			if some, next, err = d.client.Scan(ctx, cursor, pattern, scanCount).Result(); err == nil {
				cursor = next
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, key := range some {
			seen[key] = struct{}{}
		}
		if cursor == 0 {
			break
		}
	}
	keys := make([]string, 0, len(seen))
	for key := range seen {
		keys = append(keys, key)
	}
	return keys, nil
}

// fetch reads rows; those that are gone are left out.
func (d *database) fetch(ctx context.Context, keys []string) (rows []record, err error) {
	err = d.run(ctx, "read rows", true, func(ctx context.Context) error {
		rows = rows[:0]
		pipe := d.client.Pipeline()
		answers := make([]*redis.MapStringStringCmd, len(keys))
		for i, key := range keys {
			answers[i] = pipe.HGetAll(ctx, key)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		for i, a := range answers {
			if fields := a.Val(); len(fields) > 0 {
				rows = append(rows, record{keys[i], fields})
			}
		}
		return nil
	})
	return rows, err
}
