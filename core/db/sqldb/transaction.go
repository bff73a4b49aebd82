// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kahea-sip/kahea/core/db"
)

// transaction is one that has begun. It belongs to one goroutine.
//
// Its statements are prepared on its own connection, once: another one could
// find the tables locked, or be waited for by all transactions at once.
type transaction struct {
	*sql.Tx
	statements map[string]*sql.Stmt // closed by the end of the transaction
	outdated   bool                 // its connection is to be renewed when it is given back
}

func (tx *transaction) statement(ctx context.Context, text []byte) (*sql.Stmt, error) {
	if s, ok := tx.statements[string(text)]; ok {
		return s, nil
	}
	s, err := tx.PrepareContext(ctx, string(text))
	if err == nil {
		tx.statements[string(text)] = s
	}
	return s, err
}

// Transact implements db.Transactor.
func (d *Database) Transact(ctx context.Context, f func(db.Operations) error) error {
	return d.operations.together(ctx, func(o operations) error { return f(o) })
}

// together runs f in a transaction: the one that there is, or one of its own.
func (o operations) together(ctx context.Context, f func(operations) error) error {
	if o.tx != nil {
		return f(o)
	}
	// The transaction is undone when its context ends, so that it must not be
	// the one that run gives.
	whole, end := context.WithCancel(ctx)
	defer end()
	tx := &transaction{statements: map[string]*sql.Stmt{}}
	var done func()
	err := o.d.run(ctx, "begin a transaction", always, func(limited context.Context, _ *waiting) (err error) {
		defer context.AfterFunc(limited, end)()
		if done, err = o.writer(limited); err != nil {
			return err
		}
		if tx.Tx, err = o.d.pool.BeginTx(whole, nil); err != nil {
			done()
		}
		return err
	})
	if err != nil {
		return err
	}
	defer func() {
		_ = tx.Rollback() // nothing is left to undo after Commit
		done()
		if tx.outdated {
			o.d.renew()
		}
	}()
	if err := f(operations{d: o.d, tx: tx}); err != nil {
		return err
	}
	return o.d.run(ctx, "end a transaction", never, func(limited context.Context, _ *waiting) error {
		defer context.AfterFunc(limited, end)()
		err := tx.Commit()
		if errors.Is(err, sql.ErrTxDone) && limited.Err() != nil {
			return limited.Err()
		}
		return err
	})
}
