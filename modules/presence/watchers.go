// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// watchers is the table of who may watch whom: it keeps what a Policy has said of
// each watcher once, until the presentity changes its rules.
type watchers struct {
	p    *Presence
	name string
}

func (t *watchers) where(who Presentity, user, domain string) []db.Cond {
	return []db.Cond{db.Is("presentity_uri", who.URI), db.Is("watcher_username", user), db.Is("watcher_domain", domain), db.Is("event", who.Event.Name)}
}

// find returns how a watcher stands; ok is false where there is no row.
func (t *watchers) find(ctx context.Context, who Presentity, user, domain string) (status Status, reason string, ok bool, err error) {
	rows, err := db.Rows(ctx, t.p.db, db.Query{Table: t.name, Columns: []string{"status", "reason"}, Where: t.where(who, user, domain)})
	if err != nil || len(rows) == 0 {
		return 0, "", false, err
	}
	n, _ := db.Int(rows[0][0])
	return Status(n), db.Text(rows[0][1]), true, nil
}

// put keeps how a watcher stands.
func (t *watchers) put(ctx context.Context, who Presentity, user, domain string, status Status, reason string) error {
	return t.p.db.Put(ctx, t.name, []string{"presentity_uri", "watcher_username", "watcher_domain", "event", "status", "reason", "inserted_time"},
		[]string{"presentity_uri", "watcher_username", "watcher_domain", "event"},
		[]db.Value{who.URI, user, domain, who.Event.Name, int64(status), reason, t.p.now()})
}

// judge says how a subscription stands: what the table has of its watcher, but that
// a Policy can deny, else what the Policy says, which the table has from then on.
// The change lock of its presentity is held.
func (p *Presence) judge(ctx context.Context, at *presentity, s *subscription) (Judgement, error) {
	policy := at.Event.Policy
	if policy == nil {
		return Judgement{Status: Active}, nil
	}
	w := Watcher{URI: s.uri(), User: s.watcherUser, Domain: s.watcherDomain, CallID: s.callID, FromTag: s.fromTag, ToTag: s.toTag, UserAgent: s.userAgent}
	if p.watchers == nil {
		return policy.Judge(ctx, at.Presentity, w)
	}
	status, reason, known, err := p.watchers.find(ctx, at.Presentity, w.User, w.Domain)
	if err != nil {
		return Judgement{}, err
	}
	j, err := policy.Judge(ctx, at.Presentity, w)
	switch {
	case err != nil:
		return Judgement{}, err
	case known && (!j.denies() || status == j.Status && reason == j.Reason):
		j.Status, j.Reason = status, reason
		return j, nil
	}
	return j, p.watchers.put(ctx, at.Presentity, w.User, w.Domain, j.Status, j.Reason)
}

// denies tells that a rule keeps the watcher out: that counts at once, whatever
// the table says.
func (j *Judgement) denies() bool { return j.Status == Terminated || j.Reason == politeBlock }

// judgeViews finds out what those subscriptions see that were read from the
// database. The change lock is held.
func (p *Presence) judgeViews(ctx context.Context, at *presentity) error {
	if at.Event.Policy == nil {
		return nil
	}
	at.mu.Lock()
	var open []*subscription
	for _, s := range at.subs {
		if !s.judged {
			open = append(open, s)
		}
	}
	at.mu.Unlock()
	for _, s := range open {
		j, err := at.Event.Policy.Judge(ctx, at.Presentity, s.asWatcher())
		if err != nil {
			return err
		}
		at.mu.Lock()
		s.view, s.judged = j.View, true
		s.sees = s.sees && !j.denies()
		at.mu.Unlock()
	}
	return nil
}

// asWatcher is watcher for who does not hold the lock.
func (s *subscription) asWatcher() Watcher {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.watcher()
}

// Types of a refresh.
const (
	refreshRules = iota
	refreshState
	refreshManipulation
)

// hardState names a document for pidf-manipulation: its URI, and the entity tag
// under which it counts as published, for ever.
type hardState struct{ uri, name string }

// refresh follows a change that presence cannot see: of the rules, of what the
// database has, of a document for pidf-manipulation.
func (p *Presence) refresh(ctx context.Context, uri, event string, kind int, hard hardState) error {
	who, err := parseWho(uri)
	if err != nil {
		return err
	}
	if who.Event = p.Event(event); who.Event == nil {
		return errNoEvent
	}
	switch {
	case p.library:
		return errLibrary
	case kind == refreshRules && who.Event.Policy == nil:
		return errPolicy
	case kind == refreshManipulation && (hard.uri == "" || hard.name == ""):
		return errHardName
	case kind == refreshManipulation && who.Event.HardState == nil:
		return errHardState
	}
	// What was decided before an error counts, and is told.
	at, due, told, err := p.refreshed(ctx, who, kind, hard)
	p.announce(at)
	p.notifier.add(due...)
	p.watchersChanged(at, told...)
	return err
}

func (p *Presence) refreshed(ctx context.Context, who Presentity, kind int, hard hardState) (at *presentity, due []*subscription, told []happened, err error) {
	at = p.open(who)
	defer p.close(at)
	switch kind {
	case refreshRules:
		due, told, err = p.rejudgeAll(ctx, at)
		return at, due, told, err
	case refreshManipulation:
		if err := p.putHardState(ctx, at, hard); err != nil {
			return at, nil, nil, err
		}
	}
	p.change(at, nil, "")
	return at, nil, nil, nil
}

// rejudgeAll asks again how each subscription stands. With an error it returns those
// that were asked about before. The change lock is held.
func (p *Presence) rejudgeAll(ctx context.Context, at *presentity) (due []*subscription, told []happened, err error) {
	if err := p.watchersOf(ctx, at); err != nil {
		return nil, nil, err
	}
	at.mu.Lock()
	at.stale = true
	list := append([]*subscription(nil), at.subs...)
	at.mu.Unlock()
	if err := p.current(ctx, at); err != nil {
		return nil, nil, err
	}
	for _, s := range list {
		x, changed, err := p.rejudge(ctx, at, s)
		if err != nil {
			return due, told, err
		}
		if x.event != "" {
			told = append(told, x)
		}
		if changed {
			due = append(due, s)
		}
	}
	return due, told, nil
}

// putHardState keeps the document as a publication, or removes it with the
// document.
func (p *Presence) putHardState(ctx context.Context, at *presentity, hard hardState) error {
	body, ok, err := at.Event.HardState(ctx, at.Presentity, hard.uri)
	if err != nil {
		return err
	}
	if !ok {
		return p.pubs.remove(ctx, at, hard.name)
	}
	now := p.now()
	d := &publication{etag: strings.Clone(hard.name), body: body, received: now, expires: never, ruid: p.etags.ruid()}
	old := hard.name
	switch _, err := p.pubs.find(ctx, at, hard.name, now); {
	case errors.Is(err, errNoETag):
		old = ""
	case err != nil:
		return err
	}
	return p.pubs.put(ctx, at, d, old)
}

// rejudge asks again how a subscription stands. changed tells that the notifier is
// to be given it.
func (p *Presence) rejudge(ctx context.Context, at *presentity, s *subscription) (x happened, changed bool, err error) {
	w := s.asWatcher()
	j, err := at.Event.Policy.Judge(ctx, at.Presentity, w)
	if err != nil || w.Status == Terminated {
		return x, false, err
	}
	if p.watchers != nil && (j.Status != w.Status || j.Reason != w.Reason) {
		if err := p.watchers.put(ctx, at.Presentity, w.User, w.Domain, j.Status, j.Reason); err != nil {
			return x, false, err
		}
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	same := j.Status == s.status && j.Reason == s.reason && viewKey(j.View) == viewKey(s.view)
	if same {
		return x, false, nil
	}
	if j.Status != s.status {
		x = happened{s, eventApproved}
		if j.Status != Active {
			x.event = eventRejected
		}
	}
	s.settle(j)
	p.store.touch(s)
	d := dueAll
	if s.status == Terminated {
		d = dueEnd
	}
	return x, s.owe(d), nil
}

func viewKey(v View) string {
	if v == nil {
		return ""
	}
	return "=" + v.Key()
}
