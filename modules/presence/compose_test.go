// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

// still is a host whose clock stands still and whose goroutines run when the test
// says so.
type still struct {
	module.Host
	clock *timer.Manual
	wheel *timer.Wheel
	todo  map[string][]func()
}

func (h *still) Clock() timer.Clock    { return h.clock }
func (h *still) Timers() *timer.Wheel  { return h.wheel }
func (h *still) NewCall() *module.Call { return new(module.Call) }
func (h *still) FreeCall(*module.Call) {}

// run runs what was started under a name, and returns how many that were.
func (h *still) run(name string) int {
	list := h.todo[name]
	delete(h.todo, name)
	for _, f := range list {
		f()
	}
	return len(list)
}

// counted is an event package that counts what it is asked for.
type counted struct{ made, read int }

func (n *counted) aggregate(_ Presentity, docs []Document) string {
	n.made++
	var b strings.Builder
	for i := range docs {
		b.WriteString(Read(&docs[i], func(body string) string { n.read++; return "<" + body + ">" }))
		if docs[i].Gone {
			b.WriteByte('!')
		}
	}
	return b.String()
}

// newStill is a presence that keeps all in memory, with watchers of sip:bob@x.
func newStill(t *testing.T, watchers ...string) (*Presence, *still, *counted, *presentity) {
	t.Helper()
	h := &still{clock: timer.NewManual(time.Unix(1_000_000, 0)), todo: map[string][]func(){}}
	h.wheel = timer.New(h.clock, timer.Options{})
	p, n := New(), new(counted)
	p.host, p.log, p.ctx = h, slog.New(slog.DiscardHandler), context.Background()
	p.spawn = func(name string, f func()) { h.todo[name] = append(h.todo[name], f) }
	p.table, p.pubs, p.notifier = newTable(false), memory{p}, &notifier{p: p}
	e := &Event{Name: "presence", Aggregate: n.aggregate}
	if err := p.AddEvent(e); err != nil {
		t.Fatal(err)
	}
	at := p.table.take(Presentity{URI: "sip:bob@x", Event: e})
	for _, who := range watchers {
		p.table.add(&subscription{of: at, callID: who, fromUser: who, fromDomain: "x", status: Active, sees: true, expires: p.now() + 600})
	}
	at.mu.Unlock()
	return p, h, n, at
}

// does publishes a body, and returns its entity tag.
func does(t *testing.T, p *Presence, at *presentity, body, etag, sender string, expires int64) string {
	t.Helper()
	etag, at, err := p.publish(context.Background(), &publishing{who: at.Presentity, body: body, etag: etag, sender: sender, expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	p.announce(at)
	return etag
}

// Changes that come while another one waits to be told are told as one, as they are
// at last, and each document is read once.
func TestChangesAreToldAsOne(t *testing.T) {
	p, h, n, at := newStill(t, "alice", "carol")
	var etags []string
	for i := range 50 {
		etags = append(etags, does(t, p, at, fmt.Sprint(i), "", "", 600))
	}
	if tasks := h.run("presence changes"); tasks != 1 || n.made != 1 || n.read != 50 {
		t.Errorf("50 publications: %d goroutines made %d bodies out of %d documents", tasks, n.made, n.read)
	}
	if len(p.notifier.list) != 2 || !strings.HasSuffix(at.told.body, "<48><49>") {
		t.Errorf("%d watchers are told %s", len(p.notifier.list), at.told.body)
	}
	etags[7] = does(t, p, at, "seven", etags[7], "", 600)
	does(t, p, at, "", etags[8], "", 0)
	does(t, p, at, "", etags[9], "", 0)
	h.run("presence changes")
	if n.made != 2 || n.read != 51 {
		t.Errorf("one change: %d bodies, %d documents read", n.made, n.read)
	}
	for _, want := range []string{"<seven>", "<8>!", "<9>!", "<10><11>"} {
		if !strings.Contains(at.told.body, want) {
			t.Errorf("%s is not told: %s", want, at.told.body)
		}
	}
	does(t, p, at, "", etags[7], "", 600) // a refresh
	if h.run("presence changes"); n.made != 3 || strings.Contains(at.told.body, "!") || strings.Contains(at.told.body, "<8>") {
		t.Errorf("what was removed is told again: %s", at.told.body)
	}
	if len(at.readings) != 48 {
		t.Errorf("%d readings are kept of 48 publications", len(at.readings))
	}
}

// Nothing is made where nobody watches, and the presentity is forgotten with its
// last publication.
func TestNobodyWatches(t *testing.T) {
	p, h, n, at := newStill(t)
	etag := does(t, p, at, "one", "", "", 600)
	h.run("presence changes")
	does(t, p, at, "", etag, "", 0)
	if len(p.table.all()) != 1 {
		t.Error("a presentity is forgotten whose change is not told")
	}
	h.run("presence changes")
	if n.made != 0 || len(p.table.all()) != 0 {
		t.Errorf("%d bodies, %d presentities", n.made, len(p.table.all()))
	}
}

// Whose own change it is hears nothing of it, but of another one's that is told
// with it.
func TestSenders(t *testing.T) {
	for _, tc := range []struct {
		senders []string
		want    int
	}{{[]string{""}, 2}, {[]string{"sip:alice@x"}, 1}, {[]string{"sip:alice@x", "sip:alice@X;a=b"}, 1}, {[]string{"sip:alice@x", "sip:carol@x"}, 2}, {[]string{"sip:alice@x", ""}, 2}} {
		p, h, _, at := newStill(t, "alice", "carol")
		for _, sender := range tc.senders {
			does(t, p, at, "body", "", sender, 600)
		}
		h.run("presence changes")
		if got := len(p.notifier.list); got != tc.want {
			t.Errorf("%q: %d watchers are told, want %d", tc.senders, got, tc.want)
		}
	}
}

// Who subscribes between a change and its being told is told once, by the NOTIFY of
// the subscription.
func TestSubscribedMeanwhile(t *testing.T) {
	p, h, _, at := newStill(t, "alice")
	does(t, p, at, "one", "", "", 600)
	s := &subscription{of: at, callID: "carol", status: Active, sees: true, expires: p.now() + 600, seen: at.count}
	at.mu.Lock()
	p.table.add(s)
	at.mu.Unlock()
	h.run("presence changes")
	if len(p.notifier.list) != 1 || s.due != 0 {
		t.Errorf("%d watchers are told", len(p.notifier.list))
	}
	does(t, p, at, "two", "", "", 600)
	if h.run("presence changes"); s.due != dueChange {
		t.Error("the next change is not told")
	}
}

// down is a store that does not answer.
type down struct {
	publications
	err error
}

func (d *down) list(ctx context.Context, p *presentity, now int64) ([]publication, error) {
	if d.err != nil {
		return nil, d.err
	}
	return d.publications.list(ctx, p, now)
}

// A change that cannot be told, because the database does not answer, is told when
// it does, and with it what has changed since.
func TestChangeIsToldLater(t *testing.T) {
	p, h, n, at := newStill(t, "alice")
	store := &down{p.pubs, errors.New("down")}
	p.pubs = store
	does(t, p, at, "one", "", "", 600)
	h.run("presence changes")
	does(t, p, at, "two", "", "", 600)
	if len(h.todo) != 0 || len(p.notifier.list) != 0 || at.changes == nil {
		t.Fatalf("it is not waited: %v", h.todo)
	}
	store.err = nil
	h.clock.Advance(retryAfter)
	h.run("presence changes")
	if n.made != 1 || len(p.notifier.list) != 1 || at.told == nil || at.told.body != "<one><two>" {
		t.Errorf("%d bodies, %d watchers, %v", n.made, len(p.notifier.list), at.told)
	}
}
