// SPDX-License-Identifier: Apache-2.0

package usrloc

import "strings"

// expire removes what is over, at each run of the timer. A shard is locked for a
// few contacts at a time; those who want to know of them are told in between.
// Then the database follows.
func (u *Usrloc) expire() {
	now := seconds(u.host.Clock().Now().Unix())
	if u.dbMode == dbOnly {
		u.db.expireRows(u.ctx, int64(now))
		return
	}
	for _, d := range u.domains {
		for i := range d.t.shards {
			d.expireShard(&d.t.shards[i], now)
		}
	}
	if u.caches() {
		u.flush(u.ctx)
		if u.timerClean != 0 {
			u.db.cleanRows(u.ctx, int64(now))
		}
	}
}

// over is a contact that was removed, with texts of its own.
type over struct {
	aor string
	c   Contact
}

// expireBatch bounds the contacts that are removed under one lock.
const expireBatch = 64

func (d *Domain) expireShard(s *shard, now uint32) {
	var told []over
	for page := 0; ; {
		told = told[:0]
		s.mu.Lock()
		done := 0
		for ; page < len(s.pages) && done < expireBatch; page++ {
			done += d.expirePage(s, page, now, &told)
		}
		last := page >= len(s.pages)
		s.mu.Unlock()
		d.t.expired.Add(int64(done))
		for i := range told {
			d.tellExpired(&told[i])
		}
		if last {
			return
		}
	}
}

func (d *Domain) expirePage(s *shard, number int, now uint32, told *[]over) (n int) {
	p := s.pages[number]
	lost := d.loc.handleLost != 0
	for i := range p.expires {
		if e := p.expires[i]; (e == 0 || e > now) && !(lost && gone(&p.records[i], d.loc.host.Transport())) {
			continue
		}
		n++
		id := uint32(number*contactPage + i)
		if len(d.loc.onExpire.all()) > 0 || d.loc.closeExpired != 0 {
			*told = append(*told, d.over(s, id))
		}
		d.t.remove(s, id)
	}
	return n
}

// over copies a contact with its texts.
func (d *Domain) over(s *shard, n uint32) over {
	o := over{aor: strings.Clone(s.aorText(s.aor(s.record(n).aor)))}
	d.t.read(s, n, &o.c)
	o.c.Own()
	return o
}

// Own gives c texts of its own, so that it outlives the lock.
func (c *Contact) Own() {
	for _, p := range []*string{&c.URI, &c.Received, &c.Path, &c.CallID, &c.Instance, &c.RUID} {
		*p = strings.Clone(*p)
	}
}

func (d *Domain) tellExpired(o *over) {
	if d.loc.closeExpired != 0 && o.c.Conn != 0 {
		d.loc.host.Transport().CloseConn(o.c.Conn)
	}
	for _, f := range d.loc.onExpire.all() {
		f(d.name, o.aor, &o.c)
	}
}
