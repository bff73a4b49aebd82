// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"slices"
	"time"
)

// What is published for a presentity changes in a moment; to make a body of it and
// to find out who is to be told may take long. So a change is only noted, and one
// goroutine for each presentity that has changed tells of it: what changes while it
// is at work waits for its next turn, and is told as one (RFC 6665 4.2.2: the newest
// state counts). Nobody is told of each state between, but all of the last one.
//
// Of each document the event package reads the body once, however often the
// presentity changes: see Read.

// changes are what watchers are still to be told of.
type changes struct {
	// senders are those whose subscriptions are left out, of each change one;
	// "" leaves nobody out.
	senders []string
	// gone are publications that were removed.
	gone []publication
}

// change notes that the publications have changed; gone is what was removed, and
// sender the URI that is left out. Whoever calls it calls announce when it has
// given the change lock back. The change lock is held.
func (p *Presence) change(at *presentity, gone *publication, sender string) {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.stale = true
	at.count++
	if at.changes == nil {
		at.changes = &changes{}
	}
	if c := at.changes; !slices.Contains(c.senders, sender) {
		c.senders = append(c.senders, sender)
	}
	if gone != nil {
		at.changes.gone = append(at.changes.gone, *gone)
	}
}

// announce has the watchers told of what was noted.
func (p *Presence) announce(at *presentity) {
	at.mu.Lock()
	begin := at.changes != nil && !at.telling
	at.telling = at.telling || begin
	at.mu.Unlock()
	if begin {
		p.spawn("presence changes", func() { p.tellChanges(at) })
	}
}

// retryAfter is how long changes wait that could not be told, because a database
// does not answer.
const retryAfter = 2 * time.Second

// tellChanges tells of changes as long as there are some.
func (p *Presence) tellChanges(at *presentity) {
	for {
		due, more, err := p.tellOnce(at)
		p.notifier.add(due...)
		switch {
		case err != nil && p.ctx.Err() != nil:
			return // the server stops
		case err != nil:
			p.log.Error("watchers cannot be told of a change; it is tried again", "uri", at.URI, "event", at.Event.Name, "err", err)
			p.host.Timers().After(retryAfter, func() { p.spawn("presence changes", func() { p.tellChanges(at) }) })
			return
		case !more:
			return
		}
	}
}

// tellOnce makes what all changes so far come to, and returns the subscriptions
// that the notifier is to be given; without more there was no change.
func (p *Presence) tellOnce(at *presentity) (due []*subscription, more bool, err error) {
	at.change.Lock()
	defer p.close(at)
	at.mu.Lock()
	c := at.changes
	if c == nil {
		at.telling = false
	}
	at.mu.Unlock()
	if c == nil {
		return nil, false, nil
	}
	if err := p.compose(p.ctx, at, c.gone); err != nil {
		return nil, false, err
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	at.changes = nil
	due = p.due(at, c.senders)
	at.miss(c.gone)
	return due, true, nil
}

// compose makes told, if somebody is there to be told it. The change lock is held.
func (p *Presence) compose(ctx context.Context, at *presentity, gone []publication) error {
	if err := p.watchersOf(ctx, at); err != nil || !p.watched(at) {
		return err
	}
	if len(gone) == 0 {
		if err := p.current(ctx, at); err != nil {
			return err
		}
		at.mu.Lock()
		defer at.mu.Unlock()
		at.told = at.now
		return nil
	}
	list, err := p.pubs.list(ctx, at, p.now())
	if err != nil {
		return err
	}
	told := p.assemble(at, list, gone)
	at.mu.Lock()
	defer at.mu.Unlock()
	at.told = told
	return nil
}

// watched tells whether somebody sees the state of a presentity.
func (p *Presence) watched(at *presentity) bool {
	at.mu.Lock()
	defer at.mu.Unlock()
	now := p.now()
	return slices.ContainsFunc(at.subs, func(s *subscription) bool { return s.watches(now) })
}

// watches tells that the subscription sees changes. The lock is held.
func (s *subscription) watches(now int64) bool {
	return s.status == Active && s.sees && s.expires > now
}

// due are the subscriptions that the notifier is to be given for changes. The lock
// is held.
func (p *Presence) due(at *presentity, senders []string) []*subscription {
	list := make([]*subscription, 0, len(at.subs))
	now := p.now()
	at.turn++
	if at.told != nil {
		at.told.turn = at.turn
	}
	for _, s := range at.subs {
		if s.due&dueChange == 0 {
			s.since = at.turn
		}
		news := s.seen < at.count
		s.seen = at.count
		if news && s.watches(now) && s.concerned(senders) && s.owe(dueChange) {
			list = append(list, s)
		}
	}
	return list
}

// concerned tells that a change is none of the subscription's own.
func (s *subscription) concerned(senders []string) bool {
	return slices.ContainsFunc(senders, func(sender string) bool { return sender == "" || !sameWatcher(s, sender) })
}

// reading is what an event package has read of a body.
type reading struct {
	body  string
	value any
	p     *Presence
}

// Read returns what read makes of the body of a document. The publication keeps it
// as long as it stays, and somebody watches: it is read once, and no other package
// asks for it.
func Read[T any](d *Document, read func(body string) T) T {
	if d.reading == nil {
		return read(d.Body)
	}
	value, ok := d.reading.value.(T)
	if !ok {
		value = read(d.Body)
		d.reading.value = value
		d.reading.p.read.Inc()
	}
	return value
}

// remember gives documents what was read of them already. The change lock is held.
func (at *presentity) remember(p *Presence, docs []Document) {
	readings := make(map[string]*reading, len(docs))
	for i := range docs {
		d := &docs[i]
		if d.reading = at.readings[d.ETag]; d.reading == nil || d.reading.body != d.Body {
			d.reading = &reading{body: d.Body, p: p}
		}
		readings[d.ETag] = d.reading
	}
	at.readings = readings
}
