// SPDX-License-Identifier: Apache-2.0

package db_cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// connection is a database behind clusters.
type connection struct {
	m    *Cluster
	name string
	url  db.URL
	refs int // clusters that name it

	mu       sync.Mutex
	db       db.Database // guarded by mu; nil while it could not be opened
	until    time.Time   // guarded by mu: not used before
	disabled bool        // guarded by mu: by a command
}

// active tells whether the connection may be used.
func (c *connection) active() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isActive()
}

func (c *connection) isActive() bool { return !c.m.host.Clock().Now().Before(c.until) }

// database opens the database, with the first operation that needs it.
func (c *connection) database(ctx context.Context) (db.Database, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		return c.db, nil
	}
	driver, ok := c.m.host.Module("db_" + c.url.Scheme).(db.Driver)
	if !ok {
		return nil, fmt.Errorf("connection %s needs module db_%s, which is not loaded", c.name, c.url.Scheme)
	}
	d, err := driver.Open(ctx, c.url)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", c.name, err)
	}
	c.db = d
	return d, nil
}

func (c *connection) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db == nil {
		return nil
	}
	d := c.db
	c.db = nil
	return d.Close()
}

// do does an operation, and leaves the connection alone for a while when its
// database is not available.
func (c *connection) do(ctx context.Context, f func(d db.Database) error) error {
	start := time.Now()
	d, err := c.database(ctx)
	opened := err == nil
	if opened {
		err = f(d)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	c.m.failed.Inc()
	if opened && !errors.Is(err, db.ErrUnavailable) || time.Since(start) < time.Duration(c.m.minFailure)*time.Second {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isActive() {
		c.until, c.disabled = c.m.host.Clock().Now().Add(time.Duration(c.m.interval)*time.Second), false
		c.m.log.Error("a database of a cluster has failed", "connection", c.name, "seconds", c.m.interval, "err", err)
	}
	return err
}

// leave does not use the connection for a time that a command gives, 0 to use it
// again.
func (c *connection) leave(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until, c.disabled = time.Time{}, d > 0
	if d > 0 {
		c.until = c.m.host.Clock().Now().Add(d)
	}
}
