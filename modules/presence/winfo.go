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
}

// happened is what has happened to a subscription, in a word of RFC 3857.
type happened struct {
	s     *subscription
	event string
}

// watchersChanged tells who watches the watchers of a presentity what has happened
// to these, in one NOTIFY. Where one of them is gone it lists all that are left, as
// with Kamailio.
func (p *Presence) watchersChanged(of *presentity, list ...happened) {
	e := of.Event
	if e.winfo == nil || len(list) == 0 {
		return
	}
	at := p.table.find(of.URI, e.winfo)
	if at == nil {
		return
	}
	watching := len(at.subs) > 0
	at.mu.Unlock()
	if !watching {
		return
	}
	news, full := p.news(of, list)
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, w := range at.subs {
		if w.status != Active {
			continue
		}
		if full {
			w.news, w.full = slices.Clone(news), true
		} else {
			for _, c := range news {
				w.note(c)
			}
		}
		if w.owe(dueChange) {
			p.notifier.add(w)
		}
	}
}

// news is what watchers of watchers are told; with full it is all watchers that
// are left.
func (p *Presence) news(of *presentity, list []happened) (news []change, full bool) {
	of.mu.Lock()
	for _, h := range list {
		full = full || h.event == eventTimeout || h.s.status == Terminated && h.s.reason == "timeout"
		news = append(news, h.s.change(h.event))
	}
	of.mu.Unlock()
	if !full {
		return news, false
	}
	return p.watching(of), true
}

// change is the subscription in watcher information. The lock is held.
func (s *subscription) change(event string) change {
	return change{id: s.callID, event: event, uri: s.uri(), status: s.status}
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

// watching lists the watchers of a presentity.
func (p *Presence) watching(at *presentity) []change {
	at.mu.Lock()
	defer at.mu.Unlock()
	now := p.now()
	var all []change
	for _, o := range at.subs {
		if o.status != Terminated && o.expires > now {
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
			all = p.watching(at)
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
