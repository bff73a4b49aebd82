// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

var (
	errSoon   = errors.New("reload_delta has not passed since the list was changed last")
	errBroken = errors.New("gateways of the list cannot be used (ds_load_mode 1)")
)

// load reads the database or list_file and makes that the current list. With an
// error the one before stays.
func (d *Dispatcher) load(ctx context.Context) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	name := d.listFile
	var entries []entry
	var faults []string
	var err error
	if d.db != nil {
		name = "table " + d.names.table
		entries, faults, err = d.rows(ctx)
	} else {
		entries, faults, err = readFile(name)
	}
	if err != nil {
		return err
	}
	l, err := d.build(ctx, name, entries, faults, d.store.list.Load())
	if err != nil {
		return err
	}
	d.install(l)
	return nil
}

func readFile(name string) (entries []entry, faults []string, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read list_file: %w", err)
	}
	return parseFile(name, string(text))
}

func (d *Dispatcher) install(l *list) {
	d.list.Store(l)
	d.store.list.Store(l)
}

// build makes a list of what was read; faults are what says nothing.
func (d *Dispatcher) build(ctx context.Context, name string, entries []entry, faults []string, before *list) (*list, error) {
	left := len(faults) > 0
	for _, f := range faults {
		d.log.Warn("line of the list of gateways: " + f)
	}
	b := d.newBuilder(ctx, before)
	for _, e := range entries {
		faults, err := b.add(e)
		for _, f := range faults {
			d.log.Error("attribute of a gateway: "+e.at+": "+f, "set", e.set, "uri", e.uri)
		}
		if err == nil {
			continue
		}
		if d.loadMode != 0 {
			return nil, fmt.Errorf("%s: %w", e.at, err)
		}
		d.log.Error("gateway left out: "+e.at+": "+err.Error(), "set", e.set)
	}
	if left && d.loadMode != 0 {
		return nil, fmt.Errorf("%s: %w", name, errBroken)
	}
	return b.finish(), nil
}

// change makes the current list anew, not more often than reload_delta says.
func (d *Dispatcher) change(f func() error) error {
	now := d.host.Clock().Monotonic()
	d.changing.Lock()
	if delta := time.Duration(d.reloadDelta) * time.Second; delta > 0 && d.lastReload != 0 && now < d.lastReload+delta {
		d.changing.Unlock()
		return errSoon
	}
	d.lastReload = max(now, 1)
	d.changing.Unlock()
	return f()
}

func (d *Dispatcher) reload(ctx context.Context) error {
	return d.change(func() error { return d.load(ctx) })
}

// reloadFunction is ds_reload().
func (d *Dispatcher) reloadFunction(c *module.Call, _ module.Args) module.Result {
	var err error
	c.Block(func() { err = d.reload(c.Context()) })
	if err != nil {
		return c.Fail("ds_reload", err)
	}
	return module.True
}

// add adds a gateway to the current list.
func (d *Dispatcher) add(ctx context.Context, e entry) error {
	return d.change(func() error {
		d.changing.Lock()
		defer d.changing.Unlock()
		b := d.newBuilder(ctx, nil)
		for _, s := range d.list.Load().shown {
			for _, dst := range s.destinations {
				b.keep(dst)
			}
		}
		faults, err := b.add(e)
		for _, f := range faults {
			d.log.Error("attribute of a gateway: "+f, "set", e.set, "uri", e.uri)
		}
		if err == nil {
			d.install(b.finish())
		}
		return err
	})
}

// remove takes all gateways with a URI out of a set; as with Kamailio there
// need not be any.
func (d *Dispatcher) remove(ctx context.Context, id int, uri string) error {
	return d.change(func() error {
		d.changing.Lock()
		defer d.changing.Unlock()
		b := d.newBuilder(ctx, nil)
		for _, s := range d.list.Load().shown {
			for _, dst := range s.destinations {
				if s.id != id || dst.uri != uri {
					b.keep(dst)
				}
			}
		}
		d.install(b.finish())
		return nil
	})
}

// logger writes the lines about gateways.
type logger struct{ *slog.Logger }

func (l logger) down(dst *destination) {
	l.Warn("gateway is down", "set", dst.set.id, "uri", dst.uri)
}

func (l logger) up(dst *destination) {
	l.Info("gateway is up", "set", dst.set.id, "uri", dst.uri)
}
