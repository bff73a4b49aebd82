// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/gate"
)

// TestAway: nothing that was answered is lost when the database goes away.
func TestAway(t *testing.T) {
	for _, mode := range []int{dbThrough, dbBack} {
		t.Run(fmt.Sprint("db_mode ", mode), func(t *testing.T) {
			f := newDatabase(t)
			h, u, d := serve(t, f, mode)
			register(t, d, "old@h", contact("sip:old@h"))
			if err := u.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.away.Store(true)
			err := register(t, d, "bob@h", contact("sip:bob@h"))
			if mode == dbThrough && !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			alter(t, d, "old@h", func(b *Bindings) { b.Delete(b.First()) })
			register(t, d, "gone@h", contact("sip:gone@h"))
			alter(t, d, "gone@h", func(b *Bindings) { b.Delete(b.First()) })
			h.Time.Advance(61 * time.Second)
			wantRows(t, f, "while it is away", "old@h sip:old@h")
			if got := visited(t, d, "bob@h"); len(got) != 1 {
				t.Errorf("%d contacts in memory, want 1", len(got))
			}
			f.away.Store(false)
			h.Time.Advance(61 * time.Second)
			wantRows(t, f, "when it is back", "bob@h sip:bob@h")
			if u.waiting() != 0 {
				t.Errorf("%d changes wait", u.waiting())
			}
			f.away.Store(true)
			register(t, d, "late@h", contact("sip:late@h"))
			if err := u.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "1 changes of contacts are lost") {
				t.Errorf("the end says %v", err)
			}
			f.away.Store(false)
			_ = u.flush(t.Context())
		})
	}
}

// TestReadOnly: what a database does not take because of its own state is written
// when that is over, and told once.
func TestReadOnly(t *testing.T) {
	for _, mode := range []int{dbThrough, dbBack} {
		f := newDatabase(t)
		h, u, d := serve(t, f, mode)
		f.why = errors.New("it is read-only")
		f.away.Store(true)
		for _, aor := range []string{"a@h", "b@h", "c@h"} {
			if err := register(t, d, aor, contact("sip:"+aor)); (err == nil) != (mode == dbBack) || errors.Is(err, ErrRefused) {
				t.Errorf("mode %d: the error is %v", mode, err)
			}
		}
		h.Time.Advance(61 * time.Second)
		if n := u.waiting(); n != 3 {
			t.Errorf("mode %d: %d changes wait, want 3", mode, n)
		}
		f.away.Store(false)
		h.Time.Advance(61 * time.Second)
		wantRows(t, f, fmt.Sprint("mode ", mode, " when it is over"), "a@h sip:a@h", "b@h sip:b@h", "c@h sip:c@h")
	}
}

// TestHangs: nobody waits for a database that hangs. With db_mode 1 the contact
// is in memory and written later, with 3 there is none.
func TestHangs(t *testing.T) {
	for _, mode := range []int{dbThrough, dbOnly} {
		f := newDatabase(t)
		h, u, d := serve(t, f, mode)
		u.db.backlog.Limit = 0 // as if too many waited
		if err := alter(t, d, "bob@h", func(b *Bindings) { c := contact("sip:a@h"); b.Insert(&c) }); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("mode %d: the error is %v", mode, err)
		}
		wantRows(t, f, fmt.Sprint("mode ", mode, " while it hangs"))
		u.db.backlog.Limit = gate.MostWaiting
		if mode == dbThrough {
			h.Time.Advance(2 * time.Second)
			wantRows(t, f, "later", "bob@h sip:a@h")
		}
	}
}

// TestOutagesAreTold: each outage is told once, and its end, whether nothing can be
// read or only nothing be written.
func TestOutagesAreTold(t *testing.T) {
	for _, row := range []struct {
		name     string
		set      func(f *flaky, away bool)
		away, on string
	}{
		{"away", func(f *flaky, away bool) { f.away.Store(away) }, "contacts cannot be read", "gives rows again"},
		{"read-only", func(f *flaky, away bool) { f.readOnly.Store(away) }, "contacts cannot be written", "is back"},
	} {
		f := newDatabase(t)
		h, _, d := serve(t, f, dbOnly)
		for n := 1; n <= 2; n++ {
			row.set(f, true)
			for range 3 {
				if err := register(t, d, "bob@h", contact("sip:a@h")); err == nil {
					t.Errorf("%s: there is no error", row.name)
				}
			}
			row.set(f, false)
			for range 3 {
				if err := register(t, d, "bob@h", contact("sip:a@h")); err != nil {
					t.Error(err)
				}
			}
			log := h.lines.String()
			if away, on := strings.Count(log, row.away), strings.Count(log, row.on); away != n || on != n {
				t.Errorf("%s: after %d outages the log tells of %d, and of %d ends:\n%s", row.name, n, away, on, log)
			}
		}
	}
}

// TestOneTableIsAway: the contacts of others are written meanwhile.
func TestOneTableIsAway(t *testing.T) {
	f := newDatabase(t)
	for _, statement := range []string{"CREATE TABLE aliases AS SELECT * FROM location", "INSERT INTO version VALUES (9, 'aliases', 9)"} {
		if _, err := f.storage.(db.Querier).Raw(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	h, u, d := serve(t, f, dbBack, func(u *Usrloc) { u.Domain("aliases") })
	f.lacks = "aliases"
	register(t, u.Domain("aliases"), "sales@h", contact("sip:a@h"))
	for range 3 {
		register(t, d, "bob@h", contact("sip:a@h"))
		h.Time.Advance(61 * time.Second)
	}
	wantRows(t, f, "without the other table", "bob@h sip:a@h")
	if n := strings.Count(h.lines.String(), "level="); u.waiting() != 1 || n != 1 {
		t.Errorf("%d changes wait, want 1; the log is\n%s", u.waiting(), h.lines.String())
	}
	if err := u.flush(t.Context()); !errors.Is(err, db.ErrNoTable) {
		t.Errorf("got %v", err)
	}
	f.lacks = ""
	h.Time.Advance(61 * time.Second)
	if u.waiting() != 0 {
		t.Errorf("%d changes wait", u.waiting())
	}
}
