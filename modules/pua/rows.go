// SPDX-License-Identifier: Apache-2.0

package pua

import (
	"context"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// tableVersion is that of the table pua.
const tableVersion = 7

// The columns. Those of the identity come first.
var columns = []string{"pres_uri", "pres_id", "event", "flag", "watcher_uri", "expires", "desired_expires", "etag", "tuple_id", "call_id", "to_tag", "from_tag",
	"cseq", "record_route", "contact", "remote_contact", "version", "extra_headers"}

const identityColumns = 5

// rows keeps records in a table of a database only, which other servers use as
// well. It is a keeper for db_mode 2, and what memory writes to otherwise.
type rows struct {
	m     *Module
	db    db.Database
	table string
}

// where picks the row of an identity.
func where(id *identity) []db.Cond {
	list := []db.Cond{db.Is("pres_uri", id.uri), db.Is("pres_id", id.id), db.Is("event", int64(id.event)), db.Is("flag", int64(id.source)),
		db.Is("watcher_uri", id.watcher)}
	if id.contact != "" {
		list = append(list, db.Is("remote_contact", id.contact))
	}
	return list
}

// where picks the row of a record. The target of a subscription changes, its
// dialog does not.
func (r *record) where() []db.Cond {
	if r.callID != "" {
		return []db.Cond{db.Is("call_id", r.callID), db.Is("from_tag", r.fromTag)}
	}
	return where(&r.identity)
}

func (r *record) row() []db.Value {
	return []db.Value{r.uri, r.id, int64(r.event), int64(r.source), r.watcher, r.expires, r.desired, r.etag, r.tuple, r.callID, r.toTag, r.fromTag,
		int64(r.cseq), r.routes, r.ourContact, r.target, int64(r.version), r.headers}
}

// read makes a record of a row.
func (k *rows) read(row []db.Value) *record {
	text := func(i int) string { return db.Text(row[i]) }
	number := func(i int) int64 { n, _ := db.Int(row[i]); return n }
	r := &record{identity: identity{uri: text(0), id: text(1), event: int(number(2)), source: Source(number(3)), watcher: text(4)},
		expires: number(5), desired: number(6), etag: text(7), tuple: text(8), callID: text(9), toTag: text(10), fromTag: text(11),
		cseq: uint32(number(12)), routes: text(13), ourContact: text(14), target: text(15), version: int(number(16)), headers: text(17)}
	if r.source == ForSharedLine && k.m.checkContact != 0 {
		r.contact = r.target
	}
	if r.headers != "" && !strings.HasSuffix(r.headers, "\n") {
		r.headers += "\r\n"
	}
	return r
}

// list reads the records of rows; one that names no event package is left out.
func (k *rows) list(ctx context.Context, where []db.Cond) (list []*record, err error) {
	err = k.db.Select(ctx, db.Query{Table: k.table, Columns: columns, Where: where}, func(row []db.Value) error {
		r := k.read(row)
		if numbered(r.event) == nil || r.uri == "" {
			k.m.log.Warn("a row of table "+k.table+" is left out", "pres_uri", r.uri, "event", r.event)
			return nil
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

func (k *rows) find(ctx context.Context, id identity) (*record, error) {
	list, err := k.list(ctx, where(&id))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func (k *rows) dialog(ctx context.Context, callID, fromTag, toTag string) (*record, error) {
	list, err := k.list(ctx, []db.Cond{db.Is("call_id", callID), db.Is("from_tag", fromTag)})
	for _, r := range list {
		if r.ofDialog(fromTag, toTag) {
			return r, err
		}
	}
	return nil, err
}

func (k *rows) put(ctx context.Context, r *record) error {
	row := r.row()
	set := make([]db.Set, 0, len(columns))
	for i := identityColumns; i < len(columns); i++ {
		set = append(set, db.Set{Column: columns[i], Value: row[i]})
	}
	if n, err := k.db.Update(ctx, k.table, set, r.where()); err != nil || n > 0 {
		return err
	}
	return k.db.Insert(ctx, k.table, columns, row)
}

func (k *rows) drop(ctx context.Context, r *record) error {
	_, err := k.db.Delete(ctx, k.table, r.where())
	return err
}

func (k *rows) tick(ctx context.Context) error { return k.clean(ctx) }

func (k *rows) clean(ctx context.Context) error {
	now := k.m.now()
	list, err := k.list(ctx, []db.Cond{{Column: "expires", Op: db.Less, Value: now + k.m.period()}})
	for _, r := range list {
		k.m.lookAt(ctx, k, r, true)
	}
	return err
}

// count asks nobody: other servers have their part in the table.
func (k *rows) count() (publications, subscriptions int64) { return 0, 0 }

func (k *rows) close(context.Context) error { return nil }
