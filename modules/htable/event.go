// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// gone is an item that has expired, for $shtrecord.
type gone struct {
	key   string
	value avp.Value
}

// run runs an event route.
func (h *HTable) run(route module.RouteRef, event any) {
	c := h.host.NewCall()
	defer h.host.FreeCall(c)
	c.Route, c.Event = module.EventRoute, event
	c.Gen.Program.Run(c, route)
	c.Event = nil
}

// expireBatch bounds the items that wait for their event route.
const expireBatch = 256

// expire removes what is over, at each run of the timer. The event routes run
// when nothing is locked.
func (h *HTable) expire() {
	for _, t := range h.tables {
		if t.autoExpire == 0 {
			continue
		}
		route, told := h.host.Route(module.EventRoute, "htable:expired:"+t.name)
		var list []gone
		tell := func(least int) {
			if len(list) < least {
				return
			}
			for i := range list {
				h.run(route, &list[i])
			}
			list = list[:0]
		}
		t.expire(t.now(), func(i item) {
			h.expired.Inc()
			if told {
				list = append(list, gone{strings.Clone(i.key), i.value.Clone()})
			}
		}, func() { tell(expireBatch) })
		tell(1)
	}
}

// expire removes the items that are over at a time, after f saw them; between
// runs when no lock is held. The texts of an item are views.
func (t *Table) expire(now uint32, f func(i item), between func()) {
	for k := range t.shards {
		s := &t.shards[k]
		for page, last := 0, false; !last; {
			s.mu.Lock()
			for done := 0; page < len(s.pages) && done < walkBatch; page++ {
				done += t.expirePage(s, page, now, f)
			}
			last = page >= len(s.pages)
			s.mu.Unlock()
			between()
		}
	}
}

func (t *Table) expirePage(s *shard, page int, now uint32, f func(i item)) (done int) {
	p := s.pages[page]
	for i := range p.expires {
		if over(&p.expires[i], now) {
			n := uint32(page*pageSize + i)
			f(s.item(n))
			if t.shared != nil {
				t.shared.note(s.key(s.record(n)), change{expired: true})
			}
			t.discard(s, n)
			done++
		}
	}
	return done + 1
}
