// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// tableVersion is that of the table dialplan.
const tableVersion = 2

// The columns, in the order in which they are read.
const (
	colPlan = iota
	colPriority
	colOp
	colMatch
	colLength
	colSubst
	colReplace
	colAttrs
	colCount
)

// columns are the parameters that name them, with their defaults.
var columns = [colCount]struct{ param, name, what string }{
	colPlan:     {"dpid_col", "dpid", "the number of the dialplan"},
	colPriority: {"pr_col", "pr", "the priority: the rule with the lowest number that matches counts"},
	colOp:       {"match_op_col", "match_op", "how texts are compared: 0 equal, 1 by an expression of Perl, 2 by a pattern of the shell"},
	colMatch:    {"match_exp_col", "match_exp", "what texts are compared with"},
	colLength:   {"match_len_col", "match_len", "the length that a text must have; 0 for any"},
	colSubst:    {"subst_exp_col", "subst_exp", "the expression whose groups the replacement may name"},
	colReplace:  {"repl_exp_col", "repl_exp", `the replacement: text with \0 to \9 and variables`},
	colAttrs:    {"attrs_col", "attrs", "the attributes of the rule"},
}

// plans are the rules of each dialplan, by their priorities. They never change.
type plans map[int64][]*rule

// anyLength has a rule for texts of one length come before others of its priority.
func anyLength(r *rule) int {
	if r.length == 0 {
		return 1
	}
	return 0
}

var errSoon = errors.New("ongoing reload")

// load reads the rules; with an error those that are there stay.
func (d *Dialplan) load(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	now := d.host.Clock().Now()
	if delta := time.Duration(d.reloadDelta) * time.Second; !d.loaded.IsZero() && now.Sub(d.loaded) < delta {
		return errSoon
	}
	all := plans{}
	err := d.database.Select(ctx, db.Query{Table: d.table, Columns: d.columns[:], OrderBy: d.columns[colPriority]}, func(row []db.Value) error {
		plan, ok := db.Int(row[colPlan])
		if !ok {
			return fmt.Errorf("a rule has no number of a dialplan in column %s", d.columns[colPlan])
		}
		r, err := d.newRule(row)
		if err != nil {
			return fmt.Errorf("dialplan %d, rule %q: %w", plan, db.Text(row[colMatch]), err)
		}
		all[plan] = append(all[plan], r)
		return nil
	})
	if err != nil {
		return err
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b *rule) int {
			return cmp.Or(cmp.Compare(a.priority, b.priority), anyLength(a)-anyLength(b))
		})
	}
	d.loaded = now
	d.plans.Store(&all)
	return nil
}
