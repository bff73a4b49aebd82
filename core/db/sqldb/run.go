// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// errLimit is the cause of a context that ends because of Config.Limit.
var errLimit = errors.New("time limit")

// maxShown bounds the statement in log lines.
const maxShown = 100

// waiting is the time limit of an operation: it runs while the operation waits
// for the database.
type waiting struct {
	timer *time.Timer
	limit time.Duration
}

// again begins the limit anew, for the next answer.
func (w *waiting) again() { w.timer.Reset(w.limit) }

// pause stops the limit while what was received is dealt with.
func (w *waiting) pause() { w.timer.Stop() }

// work is what an operation does.
type work = func(context.Context, *waiting) error

// always and never tell whether an operation whose connection was lost is done
// again, though the server may have seen it: one that leads to the same when it
// is done twice.
func always() bool { return true }
func never() bool  { return false }

// run does the work of one operation: past the gate, within the time limit, its
// error in the words of package db. It is done again where its connection was
// one that the server had ended.
func (d *Database) run(ctx context.Context, what string, again func() bool, work work) error {
	if err := d.gate.Enter(); err != nil {
		if d.gate.Hung() {
			d.cfg.Log.Error("the database hangs: it is not asked until it answers", "db", d.cfg.Name, "err", err)
		}
		return err
	}
	err, late := d.attempt(ctx, work)
	if err != nil && !late && ctx.Err() == nil && d.isLost(err) {
		d.dropIdle()
		if again() && !d.cfg.NoReconnect && !d.cfg.Once {
			err, late = d.attempt(ctx, work)
		}
	}
	return d.judge(ctx, what, err, late)
}

// attempt does the work within the time limit; late tells that it was too long.
func (d *Database) attempt(ctx context.Context, work work) (err error, late bool) {
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &waiting{limit: d.cfg.Limit, timer: time.AfterFunc(d.cfg.Limit, func() { cancel(errLimit) })}
	err = work(limited, w)
	w.pause()
	return err, context.Cause(limited) == errLimit
}

func (d *Database) isLost(err error) bool {
	if _, ok := errors.AsType[*callerError](err); ok {
		return false
	}
	_, lost := d.cfg.Dialect.Class(err)
	return lost
}

// dropIdle closes the connections that nobody uses: the server has ended them
// with the one that was lost.
func (d *Database) dropIdle() {
	for _, p := range d.pools() {
		p.SetMaxIdleConns(0)
		p.SetMaxIdleConns(d.cfg.Pool)
	}
}

// outdated tells whether an error may be one of old connections only.
func (d *Database) outdated(err error) bool {
	is := d.cfg.Dialect.Outdated
	return err != nil && is != nil && is(err)
}

// renewal is how often connections are renewed at most: where a new one does not
// help either, reads go on with those that there are.
const renewal = time.Second

// renew closes the connections that nobody uses, after an error that may be
// theirs: what is tried again has a new one.
func (d *Database) renew() {
	d.renewing.Lock()
	defer d.renewing.Unlock()
	if now := time.Now(); now.Sub(d.renewed) >= renewal {
		d.renewed = now
		d.dropIdle()
	}
}

// judge gives an error its class, and tells the gate what it means.
func (d *Database) judge(ctx context.Context, what string, err error, late bool) error {
	var own *callerError
	switch {
	case err == nil || errors.As(err, &own):
		d.there()
		if own != nil {
			return own.err
		}
		return nil
	case late:
		d.gate.Undecided()
		return fmt.Errorf("%w: %s took longer than %v", db.ErrUnavailable, what, d.cfg.Limit)
	case ctx.Err() != nil:
		d.gate.Undecided()
		return fmt.Errorf("%w: %s was given up: %w", db.ErrUnavailable, what, ctx.Err())
	}
	class, lost := d.cfg.Dialect.Class(err)
	switch {
	case lost:
		d.lost(err)
	case class == db.ErrUnavailable:
		d.gate.Undecided()
	default:
		d.there()
	}
	if class == nil {
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	return fmt.Errorf("%w: cannot %s: %w", class, what, err)
}

// callerError carries an error of the caller's function past judge.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

func (d *Database) there() {
	if d.gate.There() {
		d.cfg.Log.Warn("the database answers again", "db", d.cfg.Name)
	}
}

func (d *Database) lost(err error) {
	if d.gate.Lost(err) {
		d.cfg.Log.Error("the database is not available", "db", d.cfg.Name, "err", err)
	}
}

// slow logs a statement that took too long, in Kamailio's words.
func (d *Database) slow(ctx context.Context, start time.Time, text []byte) {
	if d.cfg.Slow <= 0 {
		return
	}
	if took := time.Since(start); took >= d.cfg.Slow {
		d.cfg.Log.Log(ctx, d.cfg.SlowLevel, fmt.Sprintf("alert - query execution too long [%d us] for [%s]",
			took.Microseconds(), text[:min(len(text), maxShown)]), "db", d.cfg.Name)
	}
}
