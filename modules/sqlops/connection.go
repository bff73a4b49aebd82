// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// connection is a database that scripts know by a name.
type connection struct {
	name, url string
	number    int
	queue     queue

	mu      sync.Mutex
	db      db.Querier // guarded by mu; nil while it cannot be opened
	err     error      // guarded by mu: why
	retryAt time.Time  // guarded by mu: when it is tried again
}

// openPause is how long a database that could not be opened is left alone.
const openPause = time.Second

var errConnection = errors.New("there is no connection of that name: parameter sqlcon defines them")

// addConnection takes a parameter sqlcon.
func (s *SQLOps) addConnection(text string) error {
	name, url, ok := strings.Cut(text, "=>")
	name, url = strings.TrimSpace(name), strings.TrimSpace(url)
	if !ok || name == "" || url == "" {
		return fmt.Errorf("%q is not of the form name=>URL", text)
	}
	if _, err := db.ParseURL(url); err != nil {
		return fmt.Errorf("connection %s: %w", name, err)
	}
	if s.connection(name) != nil {
		return fmt.Errorf("connection %s is defined twice", name)
	}
	s.connections = append(s.connections, &connection{name: name, url: url, number: len(s.connections)})
	return nil
}

func (s *SQLOps) connection(name string) *connection {
	for _, c := range s.connections {
		if c.name == name {
			return c
		}
	}
	return nil
}

// compileConnection finds the connection of an argument.
func (s *SQLOps) compileConnection(name string) (any, error) {
	c := s.connection(name)
	if c == nil {
		return nil, fmt.Errorf("%q: %w", name, errConnection)
	}
	return c, nil
}

// database returns the open database. Drivers open a connection again that was
// lost; here is only what could never be opened (connect_mode 1).
func (c *connection) database(ctx context.Context, h module.Host) (db.Querier, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		return c.db, nil
	}
	if now := h.Clock().Now(); now.Before(c.retryAt) {
		return nil, c.err
	} else {
		c.retryAt = now.Add(openPause)
	}
	d, err := h.Database(ctx, c.url)
	if err == nil {
		var ok bool
		if c.db, ok = d.(db.Querier); !ok {
			err = errors.New("its driver takes no statements")
		}
	}
	if err != nil {
		c.err = fmt.Errorf("connection %s: %w", c.name, err)
		return nil, c.err
	}
	return c.db, nil
}

// run runs a statement.
func (c *connection) run(ctx context.Context, h module.Host, statement string) (*db.Result, error) {
	d, err := c.database(ctx, h)
	if err != nil {
		return nil, err
	}
	return d.Raw(ctx, statement)
}
