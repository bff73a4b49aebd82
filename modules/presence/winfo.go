// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"slices"
	"strconv"

	"github.com/kahea-sip/kahea/core/xmldoc"
)

// Events of watcher information (RFC 3857 4.7.1) that occur here.
const (
	eventSubscribe = "subscribe"
	eventApproved  = "approved"
	eventRejected  = "rejected"
	eventTimeout   = "timeout"
)

// change is what a watcherinfo document says of a watcher (RFC 3858).
type change struct {
	id, event, uri string
	status         Status
	reason         string
}

// watcherChanged tells who watches the watchers of a presentity that a
// subscription has changed. One that has ended is left out of a list of all that
// are left, as with Kamailio.
func (p *Presence) watcherChanged(s *subscription, event string) {
	e := s.of.Event
	if e.winfo == nil {
		return
	}
	at := p.table.find(s.of.URI, e.winfo)
	if at == nil {
		return
	}
	watching := len(at.subs) > 0
	at.mu.Unlock()
	if !watching {
		return
	}
	s.of.mu.Lock()
	one := s.change(event)
	s.of.mu.Unlock()
	var all []change
	ended := one.status == Terminated && one.reason == "timeout" || event == eventTimeout
	if ended {
		all = p.watching(s.of, s)
	}
	at.mu.Lock()
	var due []*subscription
	for _, w := range at.subs {
		if w.status != Active {
			continue
		}
		if ended {
			w.news, w.full = slices.Clone(all), true
		} else {
			w.note(one)
		}
		if w.owe(dueChange) {
			due = append(due, w)
		}
	}
	at.mu.Unlock()
	p.notifier.add(due...)
}

// change is the subscription in watcher information. The lock is held.
func (s *subscription) change(event string) change {
	return change{id: s.callID, event: event, uri: s.uri(), status: s.status, reason: s.reason}
}

// note adds a change to what the next NOTIFY tells; one of the same watcher is
// replaced. The lock is held.
func (s *subscription) note(c change) {
	if i := slices.IndexFunc(s.news, func(o change) bool { return o.id == c.id }); i >= 0 {
		s.news[i] = c
		return
	}
	s.news = append(s.news, c)
}

// watching lists the watchers of a presentity, without one of them.
func (p *Presence) watching(at *presentity, but *subscription) []change {
	at.mu.Lock()
	defer at.mu.Unlock()
	now := p.now()
	var all []change
	for _, o := range at.subs {
		if o != but && o.status != Terminated && o.expires > now {
			all = append(all, o.change(eventSubscribe))
		}
	}
	return all
}

// allWatchers has the next NOTIFY of a subscription list all watchers.
func (p *Presence) allWatchers(s *subscription) {
	var all []change
	if of := s.of.Event.of; of != nil {
		if at := p.table.find(s.of.URI, of); at != nil {
			at.mu.Unlock()
			all = p.watching(at, nil)
		}
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.news, s.full = all, true
}

// watcherinfo prints what is new, and forgets it. The lock is held.
func (s *subscription) watcherinfo(d due) string {
	if s.status != Active && d&dueAll == 0 {
		return ""
	}
	b := append(make([]byte, 0, 256+128*len(s.news)), "<?xml version=\"1.0\"?>\n<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\""...)
	b = strconv.AppendInt(b, int64(s.version), 10)
	state := "partial"
	if s.full {
		state = "full"
	}
	b = append(append(append(b, "\" state=\""...), state...), "\">\n  <watcher-list resource=\""...)
	name := s.of.Event.Name
	b = append(append(append(b, xmldoc.Escape(s.of.URI)...), "\" package=\""...), name[:len(name)-len(".winfo")]...)
	if len(s.news) == 0 {
		b = append(b, "\"/>\n"...)
	} else {
		b = append(b, "\">\n"...)
		for i := range s.news {
			b = s.news[i].append(b)
		}
		b = append(b, "  </watcher-list>\n"...)
	}
	s.news, s.full = nil, false
	return string(append(b, "</watcherinfo>\n"...))
}

func (c *change) append(b []byte) []byte {
	b = append(append(b, "    <watcher id=\""...), xmldoc.Escape(c.id)...)
	b = append(append(b, "\" event=\""...), c.event...)
	b = append(append(append(b, "\" status=\""...), c.status.String()...), "\">"...)
	return append(append(b, xmldoc.Escape(c.uri)...), "</watcher>\n"...)
}
