// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kahea-sip/kahea/core/db/trust"
)

// server is a Redis that scripts know by a name, or a node of a cluster.
type server struct {
	name           string
	addr, port     string
	unix, password string
	db             int
	// group is the name that sentinels have for the server; with replica one of
	// its replicas is chosen.
	group     string
	replica   bool
	sentinels []string
	tls       bool
	secrets   *tls.Config // with tls

	m      *Redis
	client *redis.Client

	mu    sync.Mutex
	fails int       // commands that failed, one after the other; guarded by mu
	until time.Time // before this time the server is left alone; guarded by mu
	lost  bool      // a command failed since the last flush; guarded by mu
}

// Defaults of a server.
const (
	defaultAddr = "127.0.0.1"
	defaultPort = "6379"
	// poolSize bounds the connections to a server.
	poolSize = 64
)

var (
	errServer   = errors.New("there is no Redis of that name: parameter server defines them")
	errDisabled = errors.New("the server has failed too often and is left alone for a while")
)

// addServer takes a parameter server.
func (m *Redis) addServer(text string) error {
	s, err := parseServer(text)
	if err != nil {
		return err
	}
	if m.server(s.name) != nil {
		return fmt.Errorf("server %s is defined twice", s.name)
	}
	m.servers = append(m.servers, s)
	return nil
}

// parseServer reads key=value pairs with semicolons between them.
func parseServer(text string) (*server, error) {
	s := &server{addr: defaultAddr, port: defaultPort}
	for pair := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" {
			return nil, fmt.Errorf("%q is not of the form key=value", strings.TrimSpace(pair))
		}
		if err := s.set(key, value); err != nil {
			return nil, err
		}
	}
	switch {
	case s.name == "":
		return nil, errors.New("a server needs a name: name=srv;addr=127.0.0.1;port=6379")
	case s.group != "" && len(s.sentinels) == 0:
		return nil, fmt.Errorf("server %s: sentinel_group needs at least one sentinel=host:port", s.name)
	case s.group == "" && len(s.sentinels) > 0:
		return nil, fmt.Errorf("server %s: sentinel needs sentinel_group", s.name)
	}
	return s, nil
}

func (s *server) set(key, value string) (err error) {
	switch key {
	case "name":
		s.name = value
	case "addr":
		s.addr = value
	case "port":
		if n, err := strconv.ParseUint(value, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q is no port", value)
		}
		s.port = value
	case "db":
		if s.db, err = strconv.Atoi(value); err != nil || s.db < 0 {
			return fmt.Errorf("%q is no number of a database", value)
		}
	case "pass":
		s.password = value
	case "unix":
		s.unix = value
	case "tls":
		if value != "0" && value != "1" {
			return fmt.Errorf("tls is 0 or 1, not %q", value)
		}
		s.tls = value == "1"
	case "sentinel_group":
		s.group = value
	case "sentinel_master":
		if value != "0" && value != "1" {
			return fmt.Errorf("sentinel_master is 0 or 1, not %q", value)
		}
		s.replica = value == "0"
	case "sentinel":
		if _, _, err := net.SplitHostPort(value); err != nil {
			return fmt.Errorf("sentinel %q is not of the form host:port", value)
		}
		s.sentinels = append(s.sentinels, value)
	default:
		return fmt.Errorf("unknown key %q: name, addr, port, db, pass, unix, tls, sentinel_group, sentinel_master, sentinel", key)
	}
	return nil
}

// server finds a server by its name.
func (m *Redis) server(name string) *server {
	if i := slices.IndexFunc(m.servers, func(s *server) bool { return s.name == name }); i >= 0 {
		return m.servers[i]
	}
	return nil
}

// address is where the server listens.
func (s *server) address() string {
	if s.unix != "" {
		return s.unix
	}
	return net.JoinHostPort(s.addr, s.port)
}

// open makes the client, which connects with the first command.
func (s *server) open(m *Redis) error {
	s.m = m
	if s.tls {
		host := s.addr
		if s.group != "" {
			host = "" // that of each server
		}
		var err error
		if s.secrets, err = trust.Client(host, m.caPath); err != nil {
			return fmt.Errorf("server %s: %w", s.name, err)
		}
	}
	s.client = s.newClient(poolSize)
	return nil
}

// newClient makes a client with at most so many connections. It tries nothing
// twice: which commands may be sent again is decided here.
func (s *server) newClient(connections int) *redis.Client {
	connect, limit := time.Duration(s.m.connectTimeout)*time.Millisecond, time.Duration(s.m.cmdTimeout)*time.Millisecond
	if s.group != "" {
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: s.group, SentinelAddrs: s.sentinels, ReplicaOnly: s.replica, Password: s.password, DB: s.db, TLSConfig: s.secrets,
			DialTimeout: connect, ReadTimeout: limit, WriteTimeout: limit, ContextTimeoutEnabled: true,
			MaxRetries: -1, DialerRetries: 1, PoolSize: connections, PoolTimeout: limit, Protocol: 2, DisableIdentity: true,
		})
	}
	network := "tcp"
	if s.unix != "" {
		network = "unix"
	}
	return redis.NewClient(&redis.Options{
		Network: network, Addr: s.address(), Password: s.password, DB: s.db, TLSConfig: s.secrets,
		DialTimeout: connect, ReadTimeout: limit, WriteTimeout: limit, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, PoolSize: connections, PoolTimeout: limit, Protocol: 2, DisableIdentity: true,
	})
}

func (s *server) close() error {
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}

// limit is the time that one attempt may take.
func (s *server) limit() time.Duration {
	return time.Duration(s.m.connectTimeout+s.m.cmdTimeout) * time.Millisecond
}

func (s *server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.limit())
	defer cancel()
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("server %s (%s): %w", s.name, s.address(), err)
	}
	return nil
}

// run sends commands together, over a client of the server's, and returns their
// replies. Where a connection was closed that had lain unused, they are sent
// over a new one.
func (s *server) run(ctx context.Context, client *redis.Client, commands [][]string) ([]reply, error) {
	if s.disabled() {
		return nil, errDisabled
	}
	replies, err := s.try(ctx, client, commands)
	if wasClosed(err) {
		replies, err = s.try(ctx, client, commands)
	}
	s.note(err)
	if err != nil {
		s.m.failed.Inc()
		return nil, fmt.Errorf("server %s (%s): %w", s.name, s.address(), err)
	}
	return replies, nil
}

func (s *server) try(ctx context.Context, client *redis.Client, commands [][]string) ([]reply, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit())
	defer cancel()
	if s.flushes() {
		if err := client.FlushAll(ctx).Err(); err != nil {
			return nil, err
		}
		s.flushed()
	}
	pipe := client.Pipeline()
	sent := make([]*redis.RawCmd, len(commands))
	for i, words := range commands {
		args := make([]any, len(words))
		for j, w := range words {
			args[j] = w
		}
		sent[i] = redis.NewRawCmd(ctx, args...)
		if err := pipe.Process(ctx, sent[i]); err != nil {
			return nil, err
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	replies := make([]reply, len(sent))
	for i, cmd := range sent {
		raw, err := cmd.Bytes()
		if err == nil {
			replies[i], err = parseReply(string(raw))
		}
		if err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// wasClosed tells whether the other side has closed the connection.
func wasClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// note counts failures, and leaves the server alone after too many.
func (s *server) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.fails = 0
		return
	}
	s.lost = true
	if s.fails++; s.m.allowedTimeouts < 0 || s.fails <= s.m.allowedTimeouts {
		return
	}
	s.until = s.m.host.Clock().Now().Add(time.Duration(s.m.disableTime) * time.Second)
	s.m.log.Warn("REDIS server "+s.name+" disabled for "+strconv.Itoa(s.m.disableTime)+" seconds", "err", err)
}

// disabled tells whether the server is left alone.
func (s *server) disabled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until.IsZero() {
		return false
	}
	if s.m.host.Clock().Now().Before(s.until) {
		return true
	}
	s.until, s.fails = time.Time{}, 0
	s.m.log.Warn("REDIS server " + s.name + " re-enabled")
	return false
}

func (s *server) flushes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost && s.m.flush != 0
}

func (s *server) flushed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = false
}
