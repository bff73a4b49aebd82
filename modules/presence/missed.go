// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"math"
	"slices"
)

// A publication that was removed is shown once more as ended, by event packages that
// put publications together: the lamp of a phone goes out. A watcher that waits while
// the next change takes the place of this one would never see the end; so what was
// removed is kept until all those were told who waited then.

// departed is a publication that was removed.
type departed struct {
	turn uint64 // of the presentity, in which watchers were told
	publication
}

// mostMissed bounds what is kept for the slowest watcher.
const mostMissed = 100

// miss keeps what was removed for those who wait, and forgets what all were told. The
// lock is held.
func (at *presentity) miss(gone []publication) {
	oldest := uint64(math.MaxUint64)
	for _, s := range at.subs {
		if s.due&dueChange != 0 {
			oldest = min(oldest, s.since)
		}
		if s.way != nil && s.way.due&dueChange != 0 {
			oldest = min(oldest, s.way.since)
		}
	}
	for _, d := range gone {
		at.missed = append(at.missed, departed{at.turn, d})
	}
	at.missed = slices.DeleteFunc(at.missed, func(d departed) bool { return d.turn < oldest })
	if extra := len(at.missed) - mostMissed; extra > 0 {
		at.missed = slices.Delete(at.missed, 0, extra)
	}
}

// tell is what a watcher is told that waits since a turn: the newest state, with what
// was removed meanwhile. Those who wait as long share it. The lock is held.
func (at *presentity) tell(since uint64) *content {
	c := at.told
	if since >= c.turn || at.Event.Aggregate == nil {
		return c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.late[since]; l != nil {
		return l
	}
	shown := map[string]bool{}
	docs := slices.Clone(c.docs)
	for i := range docs {
		docs[i].reading = nil // the change lock guards it
		shown[docs[i].ETag] = true
	}
	more := false
	for i := range at.missed {
		if d := &at.missed[i]; d.turn >= since && !shown[d.etag] {
			doc := d.document()
			doc.Gone, more = true, true
			docs, shown[d.etag] = append(docs, doc), true
		}
	}
	if !more {
		return c
	}
	l := &content{of: c.of, body: at.Event.Aggregate(at.Presentity, docs), until: c.until, turn: c.turn}
	if c.late == nil {
		c.late = map[uint64]*content{}
	}
	c.late[since] = l
	return l
}
