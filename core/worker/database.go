// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// databases are those that modules have opened, by URL.
type databases struct {
	mu   sync.Mutex
	open map[string]db.Database // guarded by mu
}

// Database implements module.Host.
func (e *Engine) Database(ctx context.Context, url string) (db.Database, error) {
	u, err := db.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("%q is no database URL: %w", url, err)
	}
	e.databases.mu.Lock()
	defer e.databases.mu.Unlock()
	if d, ok := e.databases.open[url]; ok {
		return d, nil
	}
	driver, ok := e.Module("db_" + u.Scheme).(db.Driver)
	if !ok {
		return nil, fmt.Errorf("database %s needs module db_%s, which is not loaded", u, u.Scheme)
	}
	open := driver.Open
	if e.opt.OpenDatabase != nil {
		open = e.opt.OpenDatabase
	}
	d, err := open(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("cannot open database %s: %w", u, err)
	}
	if e.databases.open == nil {
		e.databases.open = map[string]db.Database{}
	}
	e.databases.open[url] = d
	return d, nil
}

// Databases returns the URLs of the databases that modules have opened, sorted.
func (e *Engine) Databases() []string {
	e.databases.mu.Lock()
	defer e.databases.mu.Unlock()
	return slices.Sorted(maps.Keys(e.databases.open))
}

// driversFirst puts the drivers of databases before the modules that open
// databases when they start.
func driversFirst(g *module.Generation, names []string) []string {
	drivers := slices.Clone(names)
	slices.SortStableFunc(drivers, func(a, b string) int { return rank(g, a) - rank(g, b) })
	return drivers
}

func rank(g *module.Generation, name string) int {
	if _, ok := g.Module(name).(db.Driver); ok {
		return 0
	}
	return 1
}

func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, d := range d.open {
		errs = append(errs, d.Close())
	}
	d.open = nil
	return errors.Join(errs...)
}
