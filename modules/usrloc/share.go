// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Several servers share a table (db_share) in this way. Each keeps all contacts
// in memory and writes its changes before it answers, as with db_mode 1; when
// the database has taken them it publishes the AORs, and the others read the rows
// of these again. A change of this server that still waits to be written stands
// above what the rows say. Whoever may have missed messages, because its
// connection was lost, compares all rows with memory: resync.

// shareChannel is the channel of a table.
func shareChannel(table string) string { return "kahea:usrloc:" + table }

var (
	errShareMode   = errors.New("usrloc: db_share needs db_mode 1, db_load 1, and neither server_id_filter nor skip_remote_socket")
	errShareDriver = errors.New("the database of db_url carries no messages between servers: db_share needs one of db_redis")
)

// prepareSharing checks the parameters that belong together.
func (u *Usrloc) prepareSharing() error {
	if u.share != 0 && (u.dbMode != dbThrough || u.dbLoad == 0 || u.serverFilter != 0 || u.skipRemote != 0) {
		return errShareMode
	}
	return nil
}

// startSharing listens to the other servers.
func (u *Usrloc) startSharing() error {
	if u.share == 0 {
		return nil
	}
	n, ok := u.db.db.(db.Notifier)
	if !ok {
		return errShareDriver
	}
	for _, d := range u.domains {
		u.host.Go("usrloc-share "+d.name, func() {
			if d.awaitLoaded(u.ctx) != nil {
				return
			}
			n.Subscribe(u.ctx, shareChannel(d.name), func(message string) { u.db.heard(u.ctx, d, message) },
				func() { u.db.catchUp(u.ctx, d) })
		})
	}
	return nil
}

// publish tells the others which AORs have changed: who we are, and the AORs, a
// line each.
func (b *database) publish(ctx context.Context, d *Domain, all *changes) {
	if b.loc.share == 0 {
		return
	}
	var text strings.Builder
	text.WriteString(b.loc.store.prefix)
	seen := map[string]bool{}
	add := func(aor string) {
		if !seen[aor] {
			seen[aor] = true
			text.WriteString("\n" + aor)
		}
	}
	for i := range all.records {
		add(all.records[i].aor)
	}
	for i := range all.gone {
		add(all.gone[i].aor)
	}
	// Where this fails the connections of the others are lost as well, or
	// theirs is the only one that is not: resync finds what they have missed.
	if err := b.db.(db.Notifier).Publish(ctx, shareChannel(d.name), text.String()); err != nil {
		d.tell("a change of contacts cannot be told to the other servers", err)
	}
}

// heard reads again what another server has changed.
func (b *database) heard(ctx context.Context, d *Domain, message string) {
	from, aors, _ := strings.Cut(message, "\n")
	if from == b.loc.store.prefix {
		return
	}
	for aor := range strings.SplitSeq(aors, "\n") {
		if aor == "" {
			continue
		}
		if err := b.refresh(ctx, d, aor); err != nil {
			d.tellUnread("contacts that another server has changed cannot be read", err)
			b.catchUp(ctx, d)
			return
		}
	}
}

// catchUp does resync until it succeeds.
func (b *database) catchUp(ctx context.Context, d *Domain) {
	for ctx.Err() == nil {
		err := b.resync(ctx, d)
		if err == nil {
			d.gave()
			return
		}
		d.tellUnread("contacts cannot be compared with the database", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryInterval):
		}
	}
}

// refresh makes memory follow the rows of an AOR. While it holds writing, the
// rows do not change by this server.
func (b *database) refresh(ctx context.Context, d *Domain, aor string) error {
	s := d.t.shard(d.t.store.hash(aor))
	s.writing.Lock()
	defer s.writing.Unlock()
	found, err := b.rowsOf(ctx, d, aor)
	if err != nil {
		return err
	}
	b.loc.refreshed.Inc()
	bindings := d.lock(d.t, aor)
	defer bindings.Unlock()
	bindings.follow(found, b.loc.host.Clock().Now().Unix())
	return nil
}

// follow makes the contacts of an AOR those of its rows, but for what this
// server has changed and not yet written.
func (b *Bindings) follow(rows []Contact, now int64) {
	have := map[string]Handle{}
	for h := b.First(); h != 0; h = b.Next(h) {
		have[b.ruid(h)] = h
	}
	for i := range b.s.gone {
		have[b.s.gone[i].ruid] = 0
	}
	for i := range rows {
		c := &rows[i]
		h, known := have[c.RUID]
		delete(have, c.RUID)
		switch {
		case known && h == 0: // removed here
		case known:
			b.followRow(h, c)
		case !c.Expired(now):
			if h, err := b.Insert(c); err == nil {
				b.settle(h)
			}
		}
	}
	for _, h := range have {
		if h != 0 && b.s.record(uint32(h)).state == stateSynced {
			b.drop(h)
		}
	}
}

// followRow takes over what another server has written.
func (b *Bindings) followRow(h Handle, c *Contact) {
	var old Contact
	if b.Read(h, &old); old.state != stateSynced || old.stamp() == c.stamp() {
		return
	}
	if c.Socket == old.Socket {
		c.Conn, c.Roundtrip = old.Conn, old.Roundtrip
	}
	if b.Update(h, c) == nil {
		b.settle(h)
	}
}

// settle notes that a record is as its row.
func (b *Bindings) settle(h Handle) {
	b.s.record(uint32(h)).state = stateSynced
	b.t.waiting.Add(-1)
}

// unsettle notes that a record has no row.
func (b *Bindings) unsettle(h Handle) {
	b.s.record(uint32(h)).state = stateNew
	b.t.waiting.Add(1)
}

// drop removes a contact whose row is gone already.
func (b *Bindings) drop(h Handle) {
	b.unsettle(h)
	b.Delete(h)
}

func (b *Bindings) ruid(h Handle) string {
	var c Contact
	b.Read(h, &c)
	return string(c.AppendRUID(nil))
}

// stamp tells whether a contact is another one than its row.
type stamp struct {
	expires, modified int64
	cseq              uint32
	uri               string
}

func (c *Contact) stamp() stamp {
	return stamp{c.Expires, c.Modified, c.CSeq, strings.Clone(c.URI)}
}

// resync compares all rows with memory, and refreshes the AORs that differ. A
// contact without a row was removed by another server; but where the database has
// lost its content it is written again.
func (b *database) resync(ctx context.Context, d *Domain) error {
	mark, err := b.db.(db.Notifier).Mark(ctx, shareChannel(d.name)+":mark")
	if err != nil {
		return err
	}
	rows := map[string]map[string]stamp{}
	now := b.loc.host.Clock().Now().Unix()
	err = b.db.Select(ctx, db.Query{Table: d.name, Columns: b.names}, func(row []db.Value) error {
		if aor, c, err := b.read(row); err == nil && !c.Expired(now) {
			if rows[aor] == nil {
				rows[aor] = map[string]stamp{}
			}
			rows[aor][c.RUID] = c.stamp()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if d.mark != "" && d.mark != mark {
		b.loc.host.Log().Warn("the database of contacts has lost its content: what this server holds is written again", "table", d.name, "contacts", d.Contacts())
		d.restore(rows)
		if err := b.flush(ctx, d); err != nil {
			return err
		}
	}
	for _, aor := range d.differing(rows) {
		if err := b.refresh(ctx, d, aor); err != nil {
			return err
		}
	}
	d.mark = mark
	return nil
}

// restore makes contacts wait to be written that have no row any more.
func (d *Domain) restore(rows map[string]map[string]stamp) {
	d.Each(func(b *Bindings) bool {
		for h := b.First(); h != 0; h = b.Next(h) {
			if _, ok := rows[b.aor][b.ruid(h)]; !ok && b.s.record(uint32(h)).state == stateSynced {
				b.unsettle(h)
			}
		}
		return true
	})
}

// differing are the AORs whose contacts are not those of the rows.
func (d *Domain) differing(rows map[string]map[string]stamp) (aors []string) {
	d.Each(func(b *Bindings) bool {
		of, n, same := rows[b.aor], 0, true
		for h := b.First(); h != 0; h = b.Next(h) {
			var c Contact
			b.Read(h, &c)
			n++
			same = same && of[string(c.AppendRUID(nil))] == c.stamp()
		}
		if !same || n != len(of) {
			aors = append(aors, strings.Clone(b.aor))
		}
		delete(rows, b.aor)
		return true
	})
	for aor := range rows {
		aors = append(aors, aor)
	}
	return aors
}
