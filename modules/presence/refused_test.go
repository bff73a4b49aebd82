// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

// picky is a database that takes the rows of all subscriptions but some: whole
// transactions are undone with those.
type picky struct {
	db.Database
	err  map[string]error // by Call-ID
	rows []string
}

func (d *picky) Put(_ context.Context, _ string, columns, _ []string, row []db.Value) error {
	return d.take("put ", row[slices.Index(columns, "callid")].(string))
}

func (d *picky) Delete(_ context.Context, _ string, where []db.Cond) (int64, error) {
	return 1, d.take("delete ", where[0].Value.(string))
}

func (d *picky) take(what, callID string) error {
	if err := d.err[callID]; err != nil {
		return err
	}
	d.rows = append(d.rows, what+callID)
	return nil
}

func (d *picky) Transact(_ context.Context, f func(db.Operations) error) error {
	rows := d.rows
	err := f(d)
	if err != nil {
		d.rows = rows
	}
	return err
}

// A row that the database refuses holds up no other one; with any other error all
// wait.
func TestFlushRefused(t *testing.T) {
	p, _, _, at := newStill(t, "alice", "carol", "dave")
	d := &picky{err: map[string]error{"alice": db.ErrRefused, "eve": db.ErrDuplicate, "dave": db.ErrUnavailable}}
	p.db, p.subsMode = d, subsWriteBack
	p.store = &store{p: p}
	at.mu.Lock()
	for _, s := range at.subs {
		p.store.touch(s)
	}
	at.mu.Unlock()
	p.store.dropped = []dialogID{{callID: "eve"}, {callID: "frank"}}
	if err := p.store.flush(t.Context()); !errors.Is(err, db.ErrUnavailable) || len(p.store.changed) != 3 || len(p.store.dropped) != 2 {
		t.Fatalf("got %v, %d and %d wait", err, len(p.store.changed), len(p.store.dropped))
	}
	delete(d.err, "dave")
	d.rows = nil
	if err := p.store.flush(t.Context()); err != nil {
		t.Error(err)
	}
	if want := []string{"put carol", "put dave", "delete frank"}; !slices.Equal(d.rows, want) {
		t.Errorf("got %q, want %q", d.rows, want)
	}
	if n := len(p.store.changed) + len(p.store.dropped); n != 0 {
		t.Errorf("%d changes that are refused wait", n)
	}
}

// judges is a policy that blocks those who are named, and fails at one.
type judges struct{ fails string }

var errJudge = errors.New("no rules")

func (j *judges) Judge(_ context.Context, _ Presentity, w Watcher) (Judgement, error) {
	if w.CallID == j.fails {
		return Judgement{}, errJudge
	}
	return Judgement{Status: Terminated, Reason: "rejected"}, nil
}

// When the rules of a presentity cannot be read for one of its watchers, those are
// told that were judged before.
func TestRefreshFailsHalfway(t *testing.T) {
	p, _, _, at := newStill(t, "alice", "carol", "dave")
	policy := &judges{fails: "dave"}
	at.Event.Policy = policy
	for _, s := range at.subs {
		s.judged = true
	}
	refresh := func() error { return p.refresh(t.Context(), at.URI, "presence", refreshRules, hardState{}) }
	told := func() string {
		ids := ""
		for _, s := range p.notifier.list {
			ids += fmt.Sprintf("%s:%v ", s.callID, s.status)
		}
		return ids
	}
	if err := refresh(); !errors.Is(err, errJudge) || told() != "alice:terminated carol:terminated " {
		t.Errorf("got %v; told %s", err, told())
	}
	policy.fails = ""
	if err := refresh(); err != nil || told() != "alice:terminated carol:terminated dave:terminated " {
		t.Errorf("got %v; told %s", err, told())
	}
}
