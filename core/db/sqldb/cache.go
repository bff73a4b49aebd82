// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"sync"
)

// cache keeps the prepared statements that were used last, by their text.
// database/sql prepares each of them once per connection.
type cache struct {
	limit int

	mu    sync.Mutex
	known map[string]*list.Element // guarded by mu; of *prepared
	order list.List                // guarded by mu; the last used one first
}

// prepared is a statement with those who use it now: one that the cache has
// dropped is closed by the last of them.
type prepared struct {
	text    string
	stmt    *sql.Stmt
	users   int  // guarded by cache.mu
	dropped bool // guarded by cache.mu
}

// get returns the prepared statement of a text; release gives it back. text is
// copied where it is kept.
func (c *cache) get(ctx context.Context, pool *sql.DB, text []byte) (*prepared, error) {
	if p := c.find(text); p != nil {
		return p, nil
	}
	own := string(text)
	stmt, err := pool.PrepareContext(ctx, own)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.known[own]; ok { // somebody else was quicker
		p := e.Value.(*prepared)
		p.users++
		return p, stmt.Close()
	}
	p := &prepared{text: own, stmt: stmt, users: 1}
	if c.known == nil {
		c.known = map[string]*list.Element{}
	}
	c.known[own] = c.order.PushFront(p)
	if len(c.known) > c.limit {
		return p, c.drop(c.order.Back())
	}
	return p, nil
}

func (c *cache) find(text []byte) *prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known[string(text)]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	p := e.Value.(*prepared)
	p.users++
	return p
}

// drop takes a statement out; c.mu is held.
func (c *cache) drop(e *list.Element) error {
	p := e.Value.(*prepared)
	c.order.Remove(e)
	delete(c.known, p.text)
	p.dropped = true
	if p.users == 0 {
		return p.stmt.Close()
	}
	return nil
}

// release ends a use of a statement. One that went wrong is dropped: some
// servers answer all uses that follow with the same error.
func (c *cache) release(p *prepared, wrong bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.known[p.text]; wrong && !p.dropped && e != nil {
		c.order.Remove(e)
		delete(c.known, p.text)
		p.dropped = true
	}
	if p.users--; p.users == 0 && p.dropped {
		return p.stmt.Close()
	}
	return nil
}

func (c *cache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for c.order.Len() > 0 {
		errs = append(errs, c.drop(c.order.Back()))
	}
	return errors.Join(errs...)
}
