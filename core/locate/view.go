// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Entry is one answer in the cache, for the commands dns.view and dns.lookup.
type Entry struct {
	Name string
	Type Type
	// Records is empty when the name is known not to exist, or not to answer.
	Records []Record
	// Left is how long the answer is still kept; Permanent ones stay.
	Left      time.Duration
	Permanent bool
	// Unused is the time since the answer was last asked for.
	Unused time.Duration
}

// Entries lists the answers in the cache, sorted by name and type.
func (l *Locator) Entries() []Entry {
	now := l.cache.clock.Monotonic()
	l.cache.mu.RLock()
	out := make([]Entry, 0, len(l.cache.answers))
	for q, a := range l.cache.answers {
		if now < a.expires {
			out = append(out, Entry{
				Name: q.name(), Type: q.typ, Records: a.records,
				Left: a.expires - now, Permanent: a.expires == forever, Unused: now - time.Duration(a.used.Load()),
			})
		}
	}
	l.cache.mu.RUnlock()
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// recordBytes is what a record takes, about.
const recordBytes = 48

// Size is the memory that the answer takes, in bytes, about.
func (e *Entry) Size() int {
	n := recordBytes + len(e.Name)
	for i := range e.Records {
		r := &e.Records[i]
		n += recordBytes + len(r.Name) + len(r.Service) + len(r.Flags) + len(r.Regexp)
	}
	return n
}

// Is tells whether the answer is one for a name, however it is written.
func (e *Entry) Is(name string) bool { return strings.EqualFold(e.Name, strings.TrimSuffix(name, ".")) }

// Put adds an answer by hand (dns.add_a, dns.add_srv …) in place of the one
// that is there. A permanent one stays until Delete, whatever the name servers
// say; another one for the least time to live of its records, or without
// records, which says that the name does not exist, for Config.NegativeTTL.
// ErrName if name is not one.
func (l *Locator) Put(name string, t Type, permanent bool, records ...Record) error {
	q, ok := parseQuestion(name, t)
	if !ok {
		return ErrName
	}
	q.host = strings.Clone(q.host)
	a := &answer{records: slices.Clone(records)}
	if len(records) == 0 {
		a.err = ErrNotFound
	}
	now := l.cache.clock.Monotonic()
	a.used.Store(int64(now))
	a.expires = forever
	if !permanent {
		a.expires = now + min(lifetime(a, l.conf.Load()), forever-now-1)
	}
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	l.cache.answers[q] = a
	return nil
}

// Delete forgets an answer (dns.delete_a …) and says whether there was one.
func (l *Locator) Delete(name string, t Type) bool {
	q, ok := parseQuestion(name, t)
	if !ok {
		return false
	}
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	_, found := l.cache.answers[q]
	delete(l.cache.answers, q)
	return found
}

// Flush forgets all answers (dns.delete_all), those put in by hand only if
// all is set (dns.delete_all_force).
func (l *Locator) Flush(all bool) {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	for q, a := range l.cache.answers {
		if all || a.expires != forever {
			delete(l.cache.answers, q)
		}
	}
}

// Sweep removes what has expired: for a task that runs every
// dns_cache_gc_interval seconds.
func (l *Locator) Sweep() {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	l.cache.sweep(l.cache.clock.Monotonic())
}

// parseQuestion is newQuestion for a whole name, SRV services included.
func parseQuestion(name string, t Type) (question, bool) {
	s := noService
	if t == SRV {
		for i := sipUDP; i <= sipsWS; i++ {
			if p := services[i]; len(name) > len(p) && strings.EqualFold(name[:len(p)], p) {
				s, name = i, name[len(p):]
				break
			}
		}
	}
	return newQuestion(name, s, t)
}
