// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"math"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
)

// presentityTable keeps publications in the table presentity (publ_cache 0 and
// 1). With publ_cache 1 it knows for which presentities there are rows, and asks
// for no others.
type presentityTable struct {
	p    *Presence
	name string

	mu    sync.Mutex
	known map[key]int64 // guarded by mu: until when there is something; nil with publ_cache 0
}

var publicationColumns = []string{"etag", "body", "sender", "expires", "received_time", "priority", "ruid"}

func (t *presentityTable) where(p *presentity, more ...db.Cond) []db.Cond {
	return append([]db.Cond{db.Is("username", p.User), db.Is("domain", p.Domain), db.Is("event", p.Event.Name)}, more...)
}

func readPublication(row []db.Value) publication {
	number := func(i int) int64 { n, _ := db.Int(row[i]); return n }
	return publication{etag: db.Text(row[0]), body: db.Text(row[1]), sender: db.Text(row[2]), expires: number(3), received: number(4), priority: number(5), ruid: db.Text(row[6])}
}

func (t *presentityTable) list(ctx context.Context, p *presentity, now int64) ([]publication, error) {
	var list []publication
	err := t.p.db.Select(ctx, db.Query{Table: t.name, Columns: publicationColumns, OrderBy: t.p.order(),
		Where: t.where(p)}, func(row []db.Value) error {
		if d := readPublication(row); d.good(now) {
			t.note(p, d.expires)
			list = append(list, d)
		}
		return nil
	})
	return list, err
}

func (t *presentityTable) find(ctx context.Context, p *presentity, etag string, now int64) (publication, error) {
	rows, err := db.Rows(ctx, t.p.db, db.Query{Table: t.name, Columns: publicationColumns, Where: t.where(p, db.Is("etag", etag))})
	if err != nil {
		return publication{}, err
	}
	if len(rows) > 0 {
		if d := readPublication(rows[0]); d.good(now) {
			return d, nil
		}
	}
	return publication{}, errNoETag
}

func (t *presentityTable) put(ctx context.Context, p *presentity, d *publication, old string) error {
	t.note(p, d.expires)
	if old == "" {
		return t.p.db.Insert(ctx, t.name, []string{"username", "domain", "event", "etag", "expires", "received_time", "body", "sender", "priority", "ruid"},
			[]db.Value{p.User, p.Domain, p.Event.Name, d.etag, d.expires, d.received, []byte(d.body), d.sender, d.priority, d.ruid})
	}
	_, err := t.p.db.Update(ctx, t.name, []db.Set{{Column: "etag", Value: d.etag}, {Column: "expires", Value: d.expires}, {Column: "received_time", Value: d.received},
		{Column: "body", Value: []byte(d.body)}, {Column: "sender", Value: d.sender}, {Column: "priority", Value: d.priority}}, t.where(p, db.Is("etag", old)))
	return err
}

func (t *presentityTable) remove(ctx context.Context, p *presentity, etag string) error {
	_, err := t.p.db.Delete(ctx, t.name, t.where(p, db.Is("etag", etag)))
	return err
}

func (t *presentityTable) expired(ctx context.Context, now int64) ([]Presentity, error) {
	var list []Presentity
	seen := map[key]bool{}
	err := t.p.db.Select(ctx, db.Query{Table: t.name, Columns: []string{"username", "domain", "event"}, OrderBy: "username",
		Where: over(now)}, func(row []db.Value) error {
		who := Presentity{User: db.Text(row[0]), Domain: db.Text(row[1]), Event: t.p.Event(db.Text(row[2]))}
		who.URI = joinURI(who.User, who.Domain)
		if k := t.p.table.key(who.URI, who.Event); who.Event != nil && !seen[k] {
			seen[k] = true
			list = append(list, who)
		}
		return nil
	})
	return list, err
}

func (t *presentityTable) removeExpired(ctx context.Context, p *presentity, now int64) error {
	_, err := t.p.db.Delete(ctx, t.name, t.where(p, over(now)...))
	return err
}

// over are the conditions for what has expired.
func over(now int64) []db.Cond {
	return []db.Cond{{Column: "expires", Op: db.LessEqual, Value: now}, {Column: "expires", Op: db.NotEqual, Value: int64(never)}}
}

func (t *presentityTable) any(p *presentity) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known == nil || t.known[t.p.table.key(p.URI, p.Event)] > t.p.now()
}

func (t *presentityTable) note(p *presentity, expires int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if expires == never {
		expires = math.MaxInt64
	}
	if t.known != nil {
		k := t.p.table.key(p.URI, p.Event)
		t.known[key{strings.Clone(k.uri), k.event}] = max(t.known[k], expires)
	}
}

// sweep forgets presentities of which all has expired.
func (t *presentityTable) sweep(now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, until := range t.known {
		if until <= now {
			delete(t.known, k)
		}
	}
}

// load reads for which presentities there are rows.
func (t *presentityTable) load(ctx context.Context) error {
	return t.p.db.Select(ctx, db.Query{Table: t.name, Columns: []string{"username", "domain", "event", "expires"}}, func(row []db.Value) error {
		expires, _ := db.Int(row[3])
		if e := t.p.Event(db.Text(row[2])); e != nil {
			t.note(&presentity{Presentity: Presentity{URI: joinURI(db.Text(row[0]), db.Text(row[1])), Event: e}}, expires)
		}
		return nil
	})
}
