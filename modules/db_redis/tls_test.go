// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// works uses a database.
func works(t *testing.T, m *Redis, url string) error {
	t.Helper()
	u, err := db.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Open(t.Context(), u)
	if err != nil {
		return err
	}
	defer d.Close()
	columns := []string{"ruid", "username", "domain", "partition", "keepalive", "q", "expires"}
	return d.Put(t.Context(), "location", columns, []string{"ruid"}, []db.Value{"u-1", "alice", "ex.org", int64(0), int64(0), 0.5, dbtest.Moment})
}

// TestTLS: a Redis is trusted by its authority and its name.
func TestTLS(t *testing.T) {
	c := testserver.NewCertificates(t)
	secure, plain := testserver.RedisTLS(t, c), testserver.Redis(t)
	for _, row := range []struct {
		name, host, ca string
		tls            int
		server         *testserver.Server
		want           bool
	}{
		{"its authority", "127.0.0.1", c.Root, 1, secure, true},
		{"another authority", "127.0.0.1", c.Other, 1, secure, false},
		{"the authorities of the system", "127.0.0.1", "", 1, secure, false},
		{"another name", "localhost", c.Root, 1, secure, false},
		{"no TLS here", "127.0.0.1", "", 0, secure, false},
		{"no TLS there", "127.0.0.1", c.Root, 1, plain, false},
		{"a file that is not there", "127.0.0.1", c.Root + ".none", 1, secure, false},
	} {
		m := newModule(t)
		m.tls, m.caPath = row.tls, row.ca
		if err := works(t, m, fmt.Sprintf("redis://%s:%d/5", row.host, row.server.Port)); (err == nil) != row.want {
			t.Errorf("%s: got %v", row.name, err)
		}
	}
}

// TestSentinels: the database is the one that the sentinels name, which the URL
// need not.
func TestSentinels(t *testing.T) {
	s := testserver.Redis(t)
	sentinel := testserver.Sentinel(t, "calls", s)
	set := func(list, name string) *Redis {
		m := newModule(t)
		m.withSentinels, m.sentinels, m.masterName = 1, list, name
		return m
	}
	at := fmt.Sprintf("127.0.0.1:%d", sentinel.Port)
	if err := works(t, set("127.0.0.1:1; "+at, "calls"), "redis://nowhere/5"); err != nil {
		t.Error(err)
	}
	for _, row := range []struct{ list, name, want string }{
		{"", "calls", "needs sentinels_config"}, {at, "", "redis_master_name"}, {"here", "calls", "host:port"}, {at, "others", ""},
	} {
		if err := works(t, set(row.list, row.name), "redis://nowhere/5"); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("sentinels %q, name %q: got %v", row.list, row.name, err)
		}
	}
}
