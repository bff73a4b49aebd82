// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

// picky is a database that takes the rows of all presentities but some.
type picky struct {
	db.Database
	err  map[string]error // by pres_uri
	rows []string
}

func (d *picky) Update(_ context.Context, _ string, _ []db.Set, where []db.Cond) (int64, error) {
	uri := where[0].Value.(string)
	if err := d.err[uri]; err != nil {
		return 0, err
	}
	d.rows = append(d.rows, uri)
	return 1, nil
}

// A row that the database refuses holds up no other one, nor the end; with any other
// error what was not written waits.
func TestFlushRefused(t *testing.T) {
	d := &picky{err: map[string]error{"sip:a": db.ErrRefused, "sip:b": db.ErrUnavailable}}
	m := &Module{log: slog.New(slog.DiscardHandler)}
	k := newMemory(m)
	k.rows = &rows{m: m, db: d}
	for _, uri := range []string{"sip:a", "sip:b", "sip:c", "sip:d"} {
		r := &record{identity: identity{uri: uri}}
		k.all[r.identity] = &entry{memory: k, record: *r}
		k.note(r)
	}
	if err := k.flush(t.Context()); !errors.Is(err, db.ErrUnavailable) || k.changed[identity{uri: "sip:b"}] == nil {
		t.Errorf("got %v; %d wait", err, len(k.changed))
	}
	delete(d.err, "sip:b")
	if err := k.flush(t.Context()); err != nil || len(k.changed) != 0 {
		t.Errorf("got %v; %d wait", err, len(k.changed))
	}
	if slices.Sort(d.rows); !slices.Equal(d.rows, []string{"sip:b", "sip:c", "sip:d"}) {
		t.Errorf("%q are written", d.rows)
	}
}
