// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/gate"
	"github.com/kahea-sip/kahea/core/db/trust"
)

const (
	defaultPort = 6379
	// connectLimit, replyLimit and limit bound the wait for a connection, for a
	// reply, and for an operation as a whole.
	connectLimit = time.Second
	replyLimit   = 3 * time.Second
	limit        = 10 * time.Second
	poolSize     = 64
)

// database is an open database.
type database struct {
	m      *Redis
	client *redis.Client
	gate   gate.Gate
	name   string // for log lines
}

var (
	_ db.Database = (*database)(nil)
	_ db.Notifier = (*database)(nil)
)

// Open implements db.Driver.
func (m *Redis) Open(ctx context.Context, u db.URL) (db.Database, error) {
	client, err := m.client(u)
	if err != nil {
		return nil, err
	}
	d := &database{m: m, client: client, name: u.String()}
	if err := d.run(ctx, "connect", true, func(ctx context.Context) error { return d.client.Ping(ctx).Err() }); err != nil {
		return nil, errors.Join(err, d.client.Close())
	}
	return d, nil
}

// client makes a client of the server that a URL or the sentinels name.
func (m *Redis) client(u db.URL) (*redis.Client, error) {
	o, err := options(u)
	if err != nil {
		return nil, err
	}
	if m.tls != 0 {
		host := u.Host
		if m.withSentinels != 0 {
			host = "" // that of each server
		}
		if o.TLSConfig, err = trust.Client(host, m.caPath); err != nil {
			return nil, err
		}
	}
	if m.withSentinels == 0 {
		return redis.NewClient(o), nil
	}
	list := strings.FieldsFunc(m.sentinels, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	if len(list) == 0 || m.masterName == "" {
		return nil, errors.New("with_sentinels needs sentinels_config, host:port of each sentinel, and redis_master_name")
	}
	for _, s := range list {
		if _, _, err := net.SplitHostPort(s); err != nil {
			return nil, fmt.Errorf("sentinels_config: %q is not of the form host:port", s)
		}
	}
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: m.masterName, SentinelAddrs: list, Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, ContextTimeoutEnabled: true,
		MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries, PoolSize: o.PoolSize, PoolTimeout: o.PoolTimeout, Protocol: o.Protocol, DisableIdentity: true,
	}), nil
}

// options reads a URL: redis://user:password@host:port/number.
func options(u db.URL) (*redis.Options, error) {
	if strings.Contains(u.Host, ",") {
		return nil, errors.New("a cluster is not supported: name one Redis")
	}
	if u.Options != "" {
		return nil, errors.New("options behind a question mark have no meaning")
	}
	number := 0
	if u.Name != "" {
		n, err := strconv.ParseUint(u.Name, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of a database: redis://host:port/number", u.Name)
		}
		number = int(n)
	}
	host, port := u.Host, u.Port
	if host == "" {
		return nil, errors.New("the host is missing: redis://host:port/number")
	}
	if port == 0 {
		port = defaultPort
	}
	return &redis.Options{
		Addr: net.JoinHostPort(host, strconv.Itoa(port)), Username: u.User, Password: u.Password, DB: number,
		DialTimeout: connectLimit, ReadTimeout: replyLimit, WriteTimeout: replyLimit, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, PoolSize: poolSize, PoolTimeout: replyLimit, Protocol: 2, DisableIdentity: true,
	}, nil
}

// Close implements db.Database.
func (d *database) Close() error { return d.client.Close() }

// run does an operation: past the gate, within the time limit, its error in the
// words of package db. What leads to the same when it is done twice (again) is
// done so where its connection was one that the server had ended.
func (d *database) run(ctx context.Context, what string, again bool, f func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %s was given up: %w", db.ErrUnavailable, what, err)
	}
	if err := d.gate.Enter(); err != nil {
		if d.gate.Hung() {
			d.m.log.Error("the database hangs: it is not asked until it answers", "db", d.name, "err", err)
		}
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := f(limited)
	if again && wasClosed(err) {
		err = f(limited)
	}
	return d.judge(ctx, what, err)
}

// judge gives an error its class, and tells the gate what it means.
func (d *database) judge(ctx context.Context, what string, err error) error {
	answer, answered := errors.AsType[redis.Error](err)
	switch {
	case err == nil:
		d.there()
		return nil
	case ctx.Err() != nil:
		d.gate.Undecided()
		return fmt.Errorf("%w: %s was given up: %w", db.ErrUnavailable, what, ctx.Err())
	case answered && isPassing(answer.Error()):
		d.gate.Undecided()
		return fmt.Errorf("%w: cannot %s: %w", db.ErrUnavailable, what, err)
	case answered && strings.Contains(answer.Error(), "WRONGTYPE"):
		// The key of the row has something else: so it will tomorrow.
		d.there()
		return fmt.Errorf("%w: cannot %s: %w", db.ErrRefused, what, err)
	case answered:
		d.there()
		return fmt.Errorf("cannot %s: %w", what, err)
	}
	if d.gate.Lost(err) {
		d.m.log.Error("the database is not available", "db", d.name, "err", err)
	}
	return fmt.Errorf("%w: cannot %s: %w", db.ErrUnavailable, what, err)
}

func (d *database) there() {
	if d.gate.There() {
		d.m.log.Warn("the database answers again", "db", d.name)
	}
}

// isPassing tells whether the error of a server has nothing to do with the
// command.
func isPassing(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	switch word {
	case "LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "OOM", "MISCONF":
		return true
	}
	return false
}

// wasClosed tells whether the other side has closed the connection.
func wasClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
