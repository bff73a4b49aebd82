// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"reflect"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

func TestBuilder(t *testing.T) {
	plain := &Dialect{Quote: '`', Upsert: OnConflict}
	dollar := &Dialect{Quote: '"', Dollar: true, Fold: true}
	for _, row := range []struct {
		name    string
		dialect *Dialect
		build   func(*Builder) error
		want    string
		args    []any
	}{
		{"query", plain, func(b *Builder) error {
			return b.query(&db.Query{Table: "a.t", Columns: []string{"x", "y`z"}, Where: []db.Cond{db.Is("x", int64(1)), db.Is("y", nil), {Column: "z", Op: db.Bits, Value: int64(4)}}, Any: true, OrderBy: "x desc, y", Limit: 2})
		}, "SELECT `x`,`y``z` FROM `a`.`t` WHERE `x`=? OR `y` IS NULL OR (`z` & ?)<>0 ORDER BY `x` DESC,`y` LIMIT 2", []any{int64(1), int64(4)}},
		{"names and placeholders", dollar, func(b *Builder) error {
			b.update("T", []db.Set{{Column: "Name", Value: "v"}}, []db.Cond{{Column: "Id", Op: db.NotEqual, Value: int64(2)}})
			return nil
		}, `UPDATE "t" SET "name"=$1 WHERE "id"<>$2`, []any{"v", int64(2)}},
		{"raw", dollar, func(b *Builder) error {
			return b.fill("SELECT '?', \"?\" FROM t WHERE a = ? AND b = ?", []db.Value{"x", "y"})
		}, "SELECT '?', \"?\" FROM t WHERE a = $1 AND b = $2", []any{"x", "y"}},
		{"upsert", plain, func(b *Builder) error {
			if err := b.insert("t", []string{"id", "n"}, [][]db.Value{{int64(1), "v"}}); err != nil {
				return err
			}
			OnConflict(b, []string{"id", "n"}, []string{"id"})
			return nil
		}, "INSERT INTO `t` (`id`,`n`) VALUES (?,?) ON CONFLICT (`id`) DO UPDATE SET `n`=excluded.`n`", []any{int64(1), "v"}},
	} {
		b := &Builder{dialect: row.dialect, loc: time.UTC}
		if err := row.build(b); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if string(b.text) != row.want || !reflect.DeepEqual(b.args, row.args) {
			t.Errorf("%s: got %s with %v, want %s with %v", row.name, b.text, b.args, row.want, row.args)
		}
	}
	for _, order := range []string{"a b c", "a up", ",", "a;b c"} {
		if err := (&Builder{dialect: plain}).order(order); err == nil {
			t.Errorf("the order %q is taken", order)
		}
	}
}
