// SPDX-License-Identifier: Apache-2.0

// Package db_redis is the driver of tables that lie in a Redis.
package db_redis

import (
	"context"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9/logging"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_redis", func() module.Module { return New() }) }

// Redis is the module.
type Redis struct {
	schemaPath string
	verbosity  int
	tls        int
	caPath     string
	// Of sentinels, which watch servers.
	withSentinels         int
	sentinels, masterName string
	keys                  map[string]*keys // by table

	log *slog.Logger

	mu     sync.Mutex
	tables map[string]*table // that were asked for, nil for one that is not there; guarded by mu
}

// New returns the module with its defaults.
func New() *Redis {
	return &Redis{schemaPath: "/usr/share/kamailio/db_redis", verbosity: 1, keys: map[string]*keys{}, tables: map[string]*table{},
		log: slog.New(slog.DiscardHandler)}
}

// NewWithKeys is New with a parameter keys, for programs without a configuration.
func NewWithKeys(keys string) *Redis {
	m := New()
	if err := m.addKeys(keys); err != nil {
		panic(err) // a constant of the program
	}
	return m
}

var (
	_ module.Starter = (*Redis)(nil)
	_ db.Driver      = (*Redis)(nil)
)

// Exports implements module.Module.
func (m *Redis) Exports() module.Exports {
	return module.Exports{
		Doc: "Lets modules keep their data in a Redis, as rows that Kamailio's driver reads too.",
		Params: []module.Param{
			{Name: "schema_path", Set: &m.schemaPath, Doc: "folder with a file for each table: its columns with their types, and its version. A table without a file is as Kamailio 5.6.3 has it"},
			{Name: "keys", Set: m.addKeys, Doc: "keys of tables, may be set several times: `table=entry:column,column&map:column,column;table=…`. entry are the columns that make a row's own key, each map is one more way to find rows"},
			{Name: "opt_tls", Set: &m.tls, Min: 0, Max: 1, Doc: "1 speaks TLS with the servers, whose certificates must be those of an authority of ca_path, with their names"},
			{Name: "ca_path", Set: &m.caPath, Doc: "file with the certificates of authorities, or a folder with such files; empty for those of the system"},
			{Name: "with_sentinels", Set: &m.withSentinels, Min: 0, Max: 1, Doc: "1 asks sentinels which server is the database: host and port of the URL count for nothing then"},
			{Name: "sentinels_config", Set: &m.sentinels, Doc: "the sentinels, `host:port` with commas or semicolons between them"},
			{Name: "redis_master_name", Set: &m.masterName, Doc: "the name that the sentinels have for the database"},
			{Name: "verbosity", Set: &m.verbosity, Min: 0, Max: 1, Doc: "1 logs the columns and keys of each table that is used, at the level of debugging"},
		},
	}
}

// Start implements module.Starter.
func (m *Redis) Start(_ context.Context, h module.Host) error {
	logging.Disable() // the library prints what errors say too
	m.log = h.Log().With("module", "db_redis")
	return nil
}
