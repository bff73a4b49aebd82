// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"context"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/relay"
)

// tableVersion is that of Kamailio 5.6.
const tableVersion = 1

// columns are the names in the database.
type columns struct{ table, set, url, weight, disabled string }

// row is a node as the database has it.
type row struct {
	set, weight int
	url         string
	disabled    bool
}

// DatabaseURLs implements module.Connector.
func (r *RTPEngine) DatabaseURLs() []string {
	if r.dbURL == "" {
		return nil
	}
	return []string{r.dbURL}
}

// open opens the database.
func (r *RTPEngine) open(ctx context.Context) error {
	var err error
	if r.db, err = r.host.Database(ctx, r.dbURL); err != nil {
		return err
	}
	return db.CheckVersion(ctx, r.db, r.host.Core().VersionTable, r.names.table, tableVersion)
}

// load reads the nodes of the database. Those that are there keep their state and get their new weight, others are added or, when the
// database no longer has them, hidden and taken out of use: calls that are with them may end there (rtpengine_allow_op).
func (r *RTPEngine) load(ctx context.Context) error {
	rows, err := r.rows(ctx)
	if err != nil {
		return err
	}
	r.loading.Lock()
	defer r.loading.Unlock()
	known := map[*relay.Node]bool{}
	for _, x := range rows {
		n := r.lookUp(x.set, x.url)
		if n == nil {
			if n, err = relay.ParseNode(x.url); err == nil {
				err = r.accept(n)
			}
			if err != nil {
				r.host.Log().Error("rtpengine: a row of the database is left out", "err", err)
				continue
			}
			_ = n.SetWeight(x.weight) // rows has seen it
			n.URL = x.url
			r.sets.Add(x.set, n)
		}
		_ = n.SetWeight(x.weight)
		r.show(n, x.disabled)
		known[n] = true
	}
	for n := range r.sets.Nodes() {
		if !known[n] {
			n.Forbid()
			of(n).hidden.Store(true)
		}
	}
	return nil
}

// show takes a node of the database into use, or out of it where the database says so.
func (r *RTPEngine) show(n *relay.Node, disabled bool) {
	of(n).hidden.Store(false)
	switch {
	case disabled:
		n.Forbid()
	case n.Forbidden():
		n.Permit()
	}
}

func (r *RTPEngine) lookUp(set int, url string) *relay.Node {
	for n := range r.sets.Nodes() {
		if n.Set == set && n.URL == url {
			return n
		}
	}
	return nil
}

// rows reads the table. A row that is none is left out.
func (r *RTPEngine) rows(ctx context.Context) (rows []row, err error) {
	q := db.Query{Table: r.names.table, Columns: []string{r.names.set, r.names.url, r.names.weight, r.names.disabled}}
	err = r.db.Select(ctx, q, func(v []db.Value) error {
		set, isSet := db.Int(v[0])
		weight, isWeight := db.Int(v[2])
		disabled, _ := db.Int(v[3])
		url, _, _ := strings.Cut(strings.TrimSpace(db.Text(v[1])), "=")
		if !isSet || set < 0 || set > 1<<31 || !isWeight || weight < 0 || weight > relay.MaxWeight {
			r.host.Log().Error("rtpengine: a row of the database is left out", "url", db.Text(v[1]), "setid", db.Text(v[0]), "weight", db.Text(v[2]))
			return nil
		}
		rows = append(rows, row{int(set), int(weight), url, disabled != 0})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read table %s: %w", r.names.table, err)
	}
	return rows, nil
}
