// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"hash/maphash"
	"strings"
	"sync"
)

// presentity is a URI with an event package: what is published for it, where
// that is kept in memory, and who watches it.
type presentity struct {
	Presentity

	// change is held while the publications change and until watchers are told
	// so; it is taken before mu, and may be held while a database answers.
	change sync.Mutex

	mu   sync.Mutex
	gone bool            // guarded by mu: it is in no table any more
	subs []*subscription // guarded by mu
	docs []*publication  // guarded by mu: with publ_cache 2
	told *content        // guarded by mu: what the last change tells; nil before one
	now  *content        // guarded by mu: what a new subscription sees; nil while nobody asked

	missed []departed // guarded by mu: removed publications that somebody was not told of
	turn   uint64     // guarded by mu: how often changes were told

	stale   bool     // guarded by mu: now is older than the last change
	count   uint64   // guarded by mu: changes so far
	changes *changes // guarded by mu: what watchers are still to be told of; nil for nothing
	telling bool     // guarded by mu: somebody is about to tell them

	readings map[string]*reading // guarded by change: by entity tag
}

// key finds a presentity. With sip_uri_match 1 the URI has no capital letters.
type key struct {
	uri   string
	event *Event
}

const shards = 64

// table has the presentities and the subscriptions, each found by its name.
type table struct {
	seed   maphash.Seed
	fold   bool
	shards [shards]struct {
		mu   sync.Mutex
		list map[key]*presentity // guarded by mu
	}
	dialogs [shards]struct {
		mu   sync.Mutex
		list map[dialogID]*subscription // guarded by mu
	}
}

// dialogID names the dialog of a subscription: the watcher's tag is from.
type dialogID struct{ callID, from, to string }

func newTable(fold bool) *table {
	t := &table{seed: maphash.MakeSeed(), fold: fold}
	for i := range t.shards {
		t.shards[i].list = map[key]*presentity{}
		t.dialogs[i].list = map[dialogID]*subscription{}
	}
	return t
}

func (t *table) shard(s string) int { return int(maphash.String(t.seed, s) % shards) }

func (t *table) key(uri string, e *Event) key {
	if t.fold {
		uri = strings.ToLower(uri)
	}
	return key{uri, e}
}

// find returns a presentity, locked, or nil.
func (t *table) find(uri string, e *Event) *presentity {
	k := t.key(uri, e)
	s := &t.shards[t.shard(k.uri)]
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.list[k]
	if p != nil {
		p.mu.Lock()
	}
	return p
}

// take returns a presentity, locked, which is made where there is none.
func (t *table) take(who Presentity) *presentity {
	k := t.key(who.URI, who.Event)
	s := &t.shards[t.shard(k.uri)]
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.list[k]
	if p == nil {
		who.URI = strings.Clone(who.URI)
		who.User, who.Domain = splitURI(who.URI)
		k.uri = who.URI
		if t.fold {
			k.uri = strings.ToLower(who.URI)
		}
		p = &presentity{Presentity: who}
		s.list[k] = p
	}
	p.mu.Lock()
	return p
}

// empty tells that nothing is to be known of a presentity. The lock is held.
func (p *presentity) empty() bool {
	return len(p.subs) == 0 && len(p.docs) == 0 && p.changes == nil && !p.telling
}

// done unlocks a presentity, and forgets it where there is nothing of it.
func (t *table) done(p *presentity) {
	empty := p.empty() && !p.gone
	p.mu.Unlock()
	if !empty || !p.change.TryLock() {
		return
	}
	defer p.change.Unlock()
	k := t.key(p.URI, p.Event)
	s := &t.shards[t.shard(k.uri)]
	s.mu.Lock()
	defer s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.empty() && s.list[k] == p {
		p.gone = true
		delete(s.list, k)
	}
}

// all returns the presentities of this moment.
func (t *table) all() []*presentity {
	var list []*presentity
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, p := range s.list {
			list = append(list, p)
		}
		s.mu.Unlock()
	}
	return list
}

// dialog returns the subscription of a dialog, or nil.
func (t *table) dialog(id dialogID) *subscription {
	d := &t.dialogs[t.shard(id.callID)]
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.list[id]
}

// add makes a subscription known; the presentity's lock is held.
func (t *table) add(s *subscription) {
	s.place = len(s.of.subs)
	s.of.subs = append(s.of.subs, s)
	d := &t.dialogs[t.shard(s.callID)]
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list[s.id()] = s
}

// has tells that a subscription is known still; the presentity's lock is held.
func (t *table) has(s *subscription) bool {
	return s.place < len(s.of.subs) && s.of.subs[s.place] == s
}

// remove forgets a subscription; the presentity's lock is held. False where it
// was forgotten before.
func (t *table) remove(s *subscription) bool {
	if !t.has(s) {
		return false
	}
	subs := s.of.subs
	last := len(subs) - 1
	subs[s.place] = subs[last]
	subs[s.place].place = s.place
	subs[last] = nil
	s.of.subs = subs[:last]
	d := &t.dialogs[t.shard(s.callID)]
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list[s.id()] == s {
		delete(d.list, s.id())
	}
	return true
}

// splitURI returns user and domain of "sip:user@domain", without parameters.
func splitURI(uri string) (user, domain string) {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok {
		rest = uri
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 && !strings.Contains(rest[i:], "@") {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		return rest[:i], rest[i+1:]
	}
	return "", rest
}

// joinURI makes "sip:user@domain".
func joinURI(user, domain string) string {
	if user == "" {
		return "sip:" + domain
	}
	return "sip:" + user + "@" + domain
}
