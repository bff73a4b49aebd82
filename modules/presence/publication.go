// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"slices"
	"time"
)

// publication is what one client has published for a presentity (RFC 3903 3).
type publication struct {
	etag     string
	body     string
	ctype    string
	sender   string
	expires  int64 // seconds since the epoch
	received int64
	priority int64
	ruid     string
}

// never is the expires of what does not expire: a hard state.
const never = -1

// good tells that the publication has not expired.
func (d *publication) good(now int64) bool { return d.expires > now || d.expires == never }

// document is the publication as event packages see it.
func (d *publication) document() Document {
	return Document{Body: d.body, ETag: d.etag, ContentType: d.ctype, Sender: d.sender, Received: time.Unix(d.received, 0), Expires: time.Unix(d.expires, 0), Priority: d.priority}
}

// tag is the entity tag, "" of no publication.
func (d *publication) tag() string {
	if d == nil {
		return ""
	}
	return d.etag
}

// errNoETag is the error for an entity tag that names nothing.
var errNoETag = errors.New("no such publication")

// publications keep what is published. The presentity's change lock is held in
// all but expired.
type publications interface {
	// list returns those that are good at a moment, ordered.
	list(ctx context.Context, p *presentity, now int64) ([]publication, error)
	// find returns the one of an entity tag; errNoETag where there is none.
	find(ctx context.Context, p *presentity, etag string, now int64) (publication, error)
	// put adds a publication, or changes that with the entity tag old. Without
	// body it changes the tag and the lifetime only.
	put(ctx context.Context, p *presentity, d *publication, old string) error
	// remove takes one away.
	remove(ctx context.Context, p *presentity, etag string) error
	// expired returns the presentities of which something has expired by now.
	expired(ctx context.Context, now int64) ([]Presentity, error)
	// removeExpired takes that away.
	removeExpired(ctx context.Context, p *presentity, now int64) error
	// any tells whether anything may be published for a presentity: false
	// saves a question.
	any(p *presentity) bool
}

// memory keeps publications in memory (publ_cache 2).
type memory struct{ p *Presence }

func (m memory) list(_ context.Context, p *presentity, now int64) ([]publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]publication, 0, len(p.docs))
	for _, d := range p.docs {
		if d.good(now) {
			list = append(list, *d)
		}
	}
	m.p.sort(list)
	return list, nil
}

func (memory) index(p *presentity, etag string) int {
	return slices.IndexFunc(p.docs, func(d *publication) bool { return d.etag == etag })
}

func (m memory) find(_ context.Context, p *presentity, etag string, now int64) (publication, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := m.index(p, etag)
	if i < 0 || !p.docs[i].good(now) {
		return publication{}, errNoETag
	}
	return *p.docs[i], nil
}

func (m memory) put(_ context.Context, p *presentity, d *publication, old string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := *d
	if i := m.index(p, old); i >= 0 && old != "" {
		p.docs = slices.Delete(p.docs, i, i+1)
	}
	p.docs = append(p.docs, &c) // the last of its second
	return nil
}

func (m memory) remove(_ context.Context, p *presentity, etag string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := m.index(p, etag); i >= 0 {
		p.docs = slices.Delete(p.docs, i, i+1)
	}
	return nil
}

func (m memory) expired(_ context.Context, now int64) ([]Presentity, error) {
	var list []Presentity
	for _, p := range m.p.table.all() {
		p.mu.Lock()
		if slices.ContainsFunc(p.docs, func(d *publication) bool { return !d.good(now) }) {
			list = append(list, p.Presentity)
		}
		p.mu.Unlock()
	}
	return list, nil
}

func (m memory) removeExpired(_ context.Context, p *presentity, now int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.docs = slices.DeleteFunc(p.docs, func(d *publication) bool { return !d.good(now) })
	return nil
}

func (memory) any(*presentity) bool { return true }
