// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
)

// content is the state of a presentity at one moment: the body that watchers are
// told, and the views of it that were made. All NOTIFYs share the texts.
type content struct {
	of   Presentity
	body string
	// until is when a publication expires that it was made of.
	until int64

	// docs are what it was made of; turn is the one in which it was told.
	docs []Document
	turn uint64

	mu    sync.Mutex
	views map[string]string   // guarded by mu
	late  map[uint64]*content // guarded by mu: by the turn that a watcher waits since
}

// view returns the body as a view shows it.
func (c *content) view(v View) string {
	if v == nil || c.body == "" {
		return c.body
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := v.Key()
	text, ok := c.views[k]
	if !ok {
		text = v.Apply(c.of, c.body)
		if c.views == nil {
			c.views = map[string]string{}
		}
		c.views[k] = text
	}
	return text
}

// column is one that publications are ordered by.
type column struct {
	name string // in small letters
	down bool
}

// columns are those that publications are ordered by: their arrival, or with
// retrieve_order what retrieve_order_by says.
func (p *Presence) columns() []column {
	if p.retrieveOrder == 0 {
		return []column{{name: "received_time"}}
	}
	var list []column
	for _, c := range strings.Split(p.retrieveOrderBy, ",") {
		name, direction, _ := strings.Cut(strings.TrimSpace(c), " ")
		list = append(list, column{strings.ToLower(name), strings.EqualFold(strings.TrimSpace(direction), "desc")})
	}
	return list
}

// sort orders publications as a database would.
func (p *Presence) sort(list []publication) {
	columns := p.columns()
	slices.SortStableFunc(list, func(a, b publication) int {
		for _, c := range columns {
			n := a.compare(&b, c.name)
			if c.down {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
}

// compare compares one column.
func (d *publication) compare(o *publication, column string) int {
	switch column {
	case "received_time":
		return cmp.Compare(d.received, o.received)
	case "expires":
		return cmp.Compare(d.expires, o.expires)
	case "priority":
		return cmp.Compare(d.priority, o.priority)
	case "etag":
		return strings.Compare(d.etag, o.etag)
	case "sender":
		return strings.Compare(d.sender, o.sender)
	}
	return 0
}

// order is that of sort for a database.
func (p *Presence) order() string {
	if p.retrieveOrder != 0 {
		return p.retrieveOrderBy
	}
	return "received_time"
}

// assemble makes the content of publications, of which the last gone ones were
// removed just now. The change lock is held.
func (p *Presence) assemble(at *presentity, list []publication, gone []publication) *content {
	who := at.Presentity
	c := &content{of: who, until: math.MaxInt64}
	removed := map[string]bool{}
	if len(gone) > 0 && who.Event.Aggregate != nil {
		for i := range gone {
			removed[gone[i].etag] = true
		}
		list = append(slices.Clone(list), gone...)
		p.sort(list)
	}
	docs := make([]Document, len(list))
	for i := range list {
		docs[i] = list[i].document()
		if docs[i].Gone = removed[docs[i].ETag]; !docs[i].Gone && list[i].expires != never {
			c.until = min(c.until, list[i].expires)
		}
	}
	at.remember(p, docs)
	p.composed.Inc()
	switch e := who.Event; {
	case len(docs) == 0 && e.Empty != nil:
		c.body = e.Empty(who)
	case len(docs) == 0:
	case e.Aggregate != nil:
		c.docs = docs
		c.body = e.Aggregate(who, docs)
	default:
		c.body = docs[len(docs)-1].Body
	}
	return c
}

// open returns a presentity with its change lock held; close gives it back.
func (p *Presence) open(who Presentity) *presentity {
	for {
		at := p.table.take(who)
		at.mu.Unlock()
		at.change.Lock()
		at.mu.Lock()
		gone := at.gone
		at.mu.Unlock()
		if !gone {
			return at
		}
		at.change.Unlock()
	}
}

func (p *Presence) close(at *presentity) {
	at.change.Unlock()
	at.mu.Lock()
	p.table.done(at)
}

// current makes now, what a new subscription sees, unless it is there. The
// change lock is held.
func (p *Presence) current(ctx context.Context, at *presentity) error {
	now := p.now()
	at.mu.Lock()
	stale := at.stale
	fresh := at.now != nil && !stale && p.publMode != publDatabase && at.now.until > now
	at.mu.Unlock()
	if fresh {
		return nil
	}
	var list []publication
	if stale || p.pubs.any(at) { // what has changed may be what another server has written
		var err error
		if list, err = p.pubs.list(ctx, at, now); err != nil {
			return err
		}
	}
	c := p.assemble(at, list, nil)
	at.mu.Lock()
	defer at.mu.Unlock()
	at.now, at.stale = c, false
	return nil
}

// sameWatcher tells whether a URI is the one that the subscription came from.
func sameWatcher(s *subscription, uri string) bool {
	user, domain := splitURI(uri)
	return user == s.fromUser && strings.EqualFold(domain, s.fromDomain)
}

// watchersOf makes sure that the subscriptions in memory are those that there
// are, and that it is known what each sees. The change lock is held.
func (p *Presence) watchersOf(ctx context.Context, at *presentity) error {
	if p.store != nil && p.subsMode == subsDatabase {
		if err := p.store.reload(ctx, at); err != nil {
			return err
		}
	}
	return p.judgeViews(ctx, at)
}

// bodyFor is the body of a NOTIFY that is due for d, with its type. The lock is
// held.
func (p *Presence) bodyFor(s *subscription, d due) (body, ctype string) {
	e := s.of.Event
	c := s.of.now
	switch {
	case e.IsWinfo():
		body = s.watcherinfo(d)
	case !s.sees || d == dueEnd:
	case d&dueChange != 0 && s.of.told != nil:
		body = s.of.tell(s.since).view(s.view)
	case c != nil:
		body = c.view(s.view)
	}
	if body == "" {
		return "", ""
	}
	if e.PerWatcher != nil {
		body = e.PerWatcher(s.watcher(), body)
	}
	return body, e.ContentType
}
