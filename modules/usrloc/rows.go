// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"

	"github.com/kahea-sip/kahea/core/db"
)

// over are the conditions for rows that have expired before a time in seconds
// since the epoch.
func (b *database) over(before int64) []db.Cond {
	return append(b.mine(), db.Cond{Column: b.columns.expires, Op: db.Less, Value: b.time(before)},
		db.Cond{Column: b.columns.expires, Op: db.Greater, Value: b.time(0)})
}

// cleanRows removes the rows that have expired (db_timer_clean): those of
// contacts that are not in memory, too.
func (b *database) cleanRows(ctx context.Context, now int64) {
	for _, d := range b.loc.domains {
		if _, err := b.db.Delete(ctx, d.name, b.over(now)); err != nil {
			d.tell("expired contacts cannot be removed from the database", err)
		}
	}
}

// expireRows removes what has expired with db_mode 3, rm_expired_delay seconds
// later, and tells those who want to know.
func (b *database) expireRows(ctx context.Context, now int64) {
	for _, d := range b.loc.domains {
		if err := b.expireTable(ctx, d, now-int64(b.loc.expiredDelay)); err != nil {
			d.tell("expired contacts cannot be removed from the database", err)
		}
	}
}

func (b *database) expireTable(ctx context.Context, d *Domain, before int64) error {
	if len(b.loc.onExpire.all()) == 0 && b.loc.closeExpired == 0 {
		n, err := b.db.Delete(ctx, d.name, b.over(before))
		d.t.expired.Add(n)
		return err
	}
	var told []over
	err := b.db.Select(ctx, db.Query{Table: d.name, Columns: b.names, Where: b.over(before)}, func(row []db.Value) error {
		if aor, c, err := b.read(row); err == nil {
			told = append(told, over{aor: aor, c: c})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range told {
		where := append(b.over(before), db.Is(b.columns.ruid, told[i].c.RUID))
		if n, err := b.db.Delete(ctx, d.name, where); err != nil {
			return err
		} else if n == 0 {
			continue // registered again, or another server was quicker
		}
		d.t.expired.Add(1)
		d.tellExpired(&told[i])
	}
	return nil
}

// count tells how many contacts of a table are over or not, and of how many
// AORs those are that are not.
func (b *database) count(ctx context.Context, table string) (users, contacts, expired int64, err error) {
	now, seen := b.loc.host.Clock().Now().Unix(), map[string]bool{}
	err = b.db.Select(ctx, db.Query{Table: table, Columns: b.names}, func(row []db.Value) error {
		aor, c, err := b.read(row)
		switch {
		case err != nil:
		case c.Expired(now):
			expired++
		default:
			contacts++
			seen[aor] = true
		}
		return nil
	})
	return int64(len(seen)), contacts, expired, err
}
