// SPDX-License-Identifier: Apache-2.0

package db_postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
)

// idle is how long a connection without work is kept.
const idle = 5 * time.Minute

// defaultConnectTimeout bounds an attempt to connect where nothing else does.
const defaultConnectTimeout = 5

// setting is one parameter of the connection.
type setting struct{ name, value string }

// setConnection reads NAME=VALUE;NAME=VALUE.
func (p *params) setConnection(text string) error {
	list, err := readSettings(text, ";")
	p.connection = append(p.connection, list...)
	return err
}

func readSettings(text, separator string) ([]setting, error) {
	var list []setting
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is not of the form NAME=VALUE", part)
		}
		list = append(list, setting{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return list, nil
}

// Open implements db.Driver.
func (m *Postgres) Open(ctx context.Context, u db.URL) (db.Database, error) {
	cfg, err := m.config(u)
	if err != nil {
		return nil, err
	}
	return sqldb.Open(ctx, stdlib.OpenDB(*cfg), sqldb.Config{
		Dialect: dialect, Name: u.String(), Log: m.log, Slow: m.slow, SlowLevel: m.slowLevel,
		Limit: time.Duration(m.params.timeout) * time.Second, Idle: idle, Once: m.params.retries == 0,
	})
}

// config says how to connect. What neither the URL nor con_param has comes from
// where PostgreSQL's own clients take it.
func (m *Postgres) config(u db.URL) (*pgx.ConnConfig, error) {
	if u.Group != "" {
		return nil, errors.New("a group of options before the host is MySQL's")
	}
	list := []setting{{"host", u.Host}, {"user", u.User}, {"password", u.Password}, {"dbname", u.Name}}
	if u.Port != 0 {
		list = append(list, setting{"port", strconv.Itoa(u.Port)})
	}
	options, err := readSettings(u.Options, "&")
	if err != nil {
		return nil, err
	}
	list = append(append(list, m.params.connection...), options...)
	cfg, err := pgx.ParseConfig(keywords(list))
	if err != nil {
		return nil, withoutPassword(err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = time.Duration(max(m.params.timeout, defaultConnectTimeout)) * time.Second
	}
	if n := m.params.keepAlive; n > 0 {
		d := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Duration(n) * time.Second}}
		cfg.DialFunc = d.DialContext
	}
	return cfg, nil
}

// keywords writes settings as PostgreSQL's library reads them.
func keywords(list []setting) string {
	var b strings.Builder
	for _, s := range list {
		if s.value != "" {
			fmt.Fprintf(&b, "%s='%s' ", s.name, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s.value))
		}
	}
	return b.String()
}

// withoutPassword keeps the reason of an error whose text has the whole
// connection string.
func withoutPassword(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return fmt.Errorf("wrong parameters of the connection: %w", err)
}
