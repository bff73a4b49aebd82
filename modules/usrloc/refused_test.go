// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRefused: a row that the database does not take stops no other one.
func TestRefused(t *testing.T) {
	f := newDatabase(t)
	h, u, d := serve(t, f, dbBack)
	for _, c := range []string{"sip:a@h", "sip:!@h", "sip:c@h"} {
		register(t, d, "bob@h", contact(c))
	}
	h.Time.Advance(61 * time.Second)
	wantRows(t, f, "after the timer", "bob@h sip:a@h", "bob@h sip:c@h")
	if u.waiting() != 0 || u.dbFailures.Value() != 1 {
		t.Errorf("%d wait, %d failures; want 0 and 1", u.waiting(), u.dbFailures.Value())
	}
}

// TestRefusedAtOnce: who waits for the database is told that it refuses a row,
// and a contact that would be gone after a restart is not there before.
func TestRefusedAtOnce(t *testing.T) {
	for _, mode := range []int{dbThrough, dbOnly} {
		f := newDatabase(t)
		_, _, d := serve(t, f, mode)
		if err := register(t, d, "bob@h", contact("sip:a@h")); err != nil {
			t.Fatal(err)
		}
		if err := register(t, d, "bob@h", contact("sip:!@h")); !errors.Is(err, ErrRefused) {
			t.Errorf("mode %d: the error is %v", mode, err)
		}
		if err := register(t, d, "carol@h", contact("sip:!@h")); !errors.Is(err, ErrRefused) {
			t.Errorf("mode %d: the error is %v", mode, err)
		}
		wantRows(t, f, fmt.Sprint("mode ", mode), "bob@h sip:a@h")
		if list := visited(t, d, "bob@h"); len(list) != 1 || list[0].URI != "sip:a@h" {
			t.Errorf("mode %d: bob has %v", mode, list)
		}
		if list := visited(t, d, "carol@h"); len(list) != 0 {
			t.Errorf("mode %d: carol has %v", mode, list)
		}
	}
}

// TestRefusedChange: after a change or a removal that the database refuses the
// contact is what its row is, and each REGISTER is told so, a repeated one too.
func TestRefusedChange(t *testing.T) {
	f := newDatabase(t)
	_, u, d := serve(t, f, dbThrough)
	if err := register(t, d, "bob@h", contact("sip:a@h")); err != nil {
		t.Fatal(err)
	}
	f.frozen.Store(true)
	later := contact("sip:a@h")
	later.CSeq, later.Expires, later.Q = 9, later.Expires+1000, 900
	for _, change := range []func(b *Bindings){
		func(b *Bindings) { b.Update(b.First(), &later) },
		func(b *Bindings) { b.EndAt(b.First(), 77) },
		func(b *Bindings) { b.Delete(b.First()) },
	} {
		for range 2 {
			if err := alter(t, d, "bob@h", change); !errors.Is(err, ErrRefused) {
				t.Errorf("the error is %v", err)
			}
			now, was := visited(t, d, "bob@h"), contact("sip:a@h")
			if len(now) != 1 || now[0].CSeq != was.CSeq || now[0].Expires != was.Expires || now[0].Q != was.Q || now[0].state != stateSynced {
				t.Fatalf("bob has %+v", now)
			}
		}
	}
	if n := u.waiting(); n != 0 {
		t.Errorf("%d changes wait", n)
	}
	f.frozen.Store(false)
	if err := alter(t, d, "bob@h", func(b *Bindings) { b.Delete(b.First()) }); err != nil {
		t.Error(err)
	}
	wantRows(t, f, "in the end")
}

// TestRefusedIsWhose: of the visits to one AOR whose rows are written together
// that one is refused whose row it is, whoever writes them; so is who repeats it.
func TestRefusedIsWhose(t *testing.T) {
	f := newDatabase(t)
	_, _, d := serve(t, f, dbThrough)
	f.hold = make(chan chan struct{})
	begin := func(aor, uri string) Visit {
		t.Helper()
		v, err := d.Visit(nil, aor)
		if err != nil {
			t.Fatal(err)
		}
		if uri != "" {
			b, c := v.Lock(), contact(uri)
			if _, err := b.Insert(&c); err != nil {
				t.Error(err)
			}
			b.Unlock()
		}
		return v
	}
	good, bad, again, later := begin("bob@h", "sip:good@h"), begin("bob@h", "sip:!@h"), begin("bob@h", ""), begin("bob@h", "")
	again.join() // it waits, too
	first := make(chan error)
	go func() { first <- good.Commit() }() // writes both
	goOn := <-f.hold
	later.join() // comes while they are written
	close(goOn)
	for range 2 { // each for itself
		close(<-f.hold)
	}
	if err := <-first; err != nil {
		t.Errorf("who wrote a good row is told %v", err)
	}
	for name, v := range map[string]*Visit{"its own visit": &bad, "a repeated one": &again, "one that came meanwhile": &later} {
		if err := v.Commit(); !errors.Is(err, ErrRefused) {
			t.Errorf("%s is told %v", name, err)
		}
	}
	wantRows(t, f, "in the end", "bob@h sip:good@h")
	if s := d.t.shard(d.t.store.hash("bob@h")); len(s.told)+len(s.authors)+len(s.flying) != 0 {
		t.Errorf("left: %v %v %v", s.told, s.authors, s.flying)
	}
}
