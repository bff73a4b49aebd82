// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"context"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

var _ presence.Policy = (*XML)(nil)

// The doc_type of rules, and of documents for pidf-manipulation, in the table.
const (
	docTypeRules     = 2
	docTypeHardState = 16
)

// Judge implements presence.Policy: with force_active everybody may watch, else
// the presentity's rules say who.
func (x *XML) Judge(ctx context.Context, p presence.Presentity, w presence.Watcher) (presence.Judgement, error) {
	if x.forceActive != 0 {
		return presence.Judgement{Status: presence.Active}, nil
	}
	rules, err := x.rulesOf(ctx, p)
	if err != nil {
		return presence.Judgement{}, err
	}
	q := asked{watcher: "sip:" + w.User + "@" + w.Domain, domain: w.Domain, now: x.host.Clock().Now()}
	if rules.sphereAware() {
		if q.sphere, q.anySphere, err = x.presence.Sphere(ctx, p); err != nil {
			return presence.Judgement{}, err
		}
	}
	return x.judgement(rules, &q, w), nil
}

// judgement is what the rules say. A watcher without a rule waits for one
// (RFC 3856 6.6.2); one whose rule is gone is let go.
func (x *XML) judgement(rules *ruleset, q *asked, w presence.Watcher) presence.Judgement {
	r := rules.first(q)
	if r == nil || r.handling == handlingNone {
		if w.Status == presence.Active || w.Status == presence.Terminated {
			return presence.Judgement{Status: presence.Terminated, Reason: x.deletedReason}
		}
		return presence.Judgement{Status: presence.Pending}
	}
	switch r.handling {
	case handlingBlock:
		return presence.Judgement{Status: presence.Terminated, Reason: "rejected"}
	case handlingPoliteBlock:
		return presence.Judgement{Status: presence.Active, Reason: "polite-block"}
	case handlingConfirm:
		return presence.Judgement{Status: presence.Pending}
	}
	j := presence.Judgement{Status: presence.Active}
	if r.transforms != nil {
		j.View = r.transforms
	}
	return j
}

// rulesOf reads the rules of a presentity; without a document there are none. One
// that cannot be read lets nobody see more than before: it counts as one without
// rules.
func (x *XML) rulesOf(ctx context.Context, p presence.Presentity) (*ruleset, error) {
	if x.db == nil {
		return &ruleset{}, nil
	}
	rows, err := db.Rows(ctx, x.db, db.Query{Table: x.table, Columns: []string{"doc"}, Limit: 1,
		Where: []db.Cond{db.Is("username", p.User), db.Is("domain", p.Domain), db.Is("doc_type", int64(docTypeRules))}})
	if err != nil {
		return nil, fmt.Errorf("rules of %s cannot be read: %w", p.URI, err)
	}
	if len(rows) == 0 {
		return &ruleset{}, nil
	}
	set, err := parseRules(db.Text(rows[0][0]))
	if err != nil {
		x.log.Warn("a document of rules cannot be read", "uri", p.URI, "err", err)
		return &ruleset{}, nil
	}
	return set, nil
}

// hardState reads a document for pidf-manipulation from the table (RFC 4827). One
// that is no XML counts as none.
func (x *XML) hardState(ctx context.Context, p presence.Presentity, uri string) (body string, ok bool, err error) {
	rows, err := db.Rows(ctx, x.db, db.Query{Table: x.table, Columns: []string{"doc"}, Limit: 1,
		Where: []db.Cond{db.Is("doc_uri", uri), db.Is("doc_type", int64(docTypeHardState))}})
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	body = db.Text(rows[0][0])
	if _, err := xmldoc.Parse(body, xmldoc.Usual); err != nil {
		x.log.Warn("a document for pidf-manipulation cannot be read", "uri", p.URI, "doc_uri", uri, "err", err)
		return "", false, nil
	}
	return body, true, nil
}
