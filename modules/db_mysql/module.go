// SPDX-License-Identifier: Apache-2.0

// Package db_mysql is the driver of MySQL and MariaDB.
package db_mysql

import (
	"context"
	"log/slog"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_mysql", func() module.Module { return New() }) }

// MySQL is the module.
type MySQL struct {
	params params

	log       *slog.Logger
	slow      time.Duration
	slowLevel slog.Level
	// optionFiles are where groups of options are looked for.
	optionFiles []string
	// sockets are where the server of this machine is looked for.
	sockets []string
}

// params are the module's parameters.
type params struct {
	pingInterval, timeoutInterval                 int
	connectTimeout, sendTimeout, receiveTimeout   int
	autoReconnect, insertDelayed, affectedIsFound bool
	serverTimezone                                bool
	sslMode, retries, unsignedType                int
	sslCA                                         string
}

// New returns the module with its defaults.
func New() *MySQL {
	return &MySQL{
		params: params{pingInterval: 300, timeoutInterval: 2, autoReconnect: true},
		log:    slog.New(slog.DiscardHandler), optionFiles: optionFiles(), sockets: sockets(),
	}
}

var (
	_ module.Starter = (*MySQL)(nil)
	_ db.Driver      = (*MySQL)(nil)
)

// Exports implements module.Module.
func (m *MySQL) Exports() module.Exports {
	p := &m.params
	seconds := func(name string, set *int, doc string) module.Param {
		return module.Param{Name: name, Set: set, Min: 0, Max: 1 << 20, Unit: "s", Doc: doc}
	}
	return module.Exports{
		Doc: "Lets modules keep their data in MySQL or MariaDB.",
		Params: []module.Param{
			seconds("ping_interval", &p.pingInterval, "interval of questions whether the server is there; connections that had nothing to do for so long are closed. 0 asks never"),
			seconds("timeout_interval", &p.timeoutInterval, "how long an attempt to connect may take; an operation may take three times as long, and ten seconds with 0"),
			seconds("connect_timeout", &p.connectTimeout, "how long an attempt to connect may take, 0 for timeout_interval"),
			seconds("send_timeout", &p.sendTimeout, "how long a write to the server may take, 0 for no limit of its own"),
			seconds("receive_timeout", &p.receiveTimeout, "how long a read from the server may take, 0 for no limit of its own"),
			{Name: "auto_reconnect", Set: &p.autoReconnect, Doc: "look for a server that was lost; with 0 the database stays away until the next start"},
			{Name: "insert_delayed", Set: &p.insertDelayed, Doc: "insert with INSERT DELAYED, which tables of InnoDB refuse"},
			{Name: "update_affected_found", Set: &p.affectedIsFound, Doc: "statements of scripts that change rows return how many were found, with 0 how many have changed"},
			{Name: "server_timezone", Set: &p.serverTimezone, Doc: "dates are in the zone of the server, with 0 in that of this machine"},
			{Name: "opt_ssl_mode", Set: &p.sslMode, Max: 5, Doc: "encryption: 0 and 1 none, 2 where the server can, 3 always, 4 with a certificate of a known authority, 5 and with the name of the host"},
			{Name: "opt_ssl_ca", Set: &p.sslCA, Doc: "file with the certificates of the authorities that opt_ssl_mode 4 and 5 trust; empty for those of the system"},
			{Name: "retries", Set: &p.retries, Notice: "an operation that has failed is repeated only where the server cannot have seen it", Doc: "attempts of Kamailio's other interface for databases"},
			{Name: "unsigned_type", Set: &p.unsignedType, Notice: "numbers without sign have 63 bits here", Doc: "how Kamailio keeps integers without sign"},
		},
	}
}

// Start implements module.Starter.
func (m *MySQL) Start(_ context.Context, h module.Host) error {
	m.log = h.Log().With("module", "db_mysql")
	m.slow, m.slowLevel = h.Core().SlowQuery, h.Core().SlowLevel
	return nil
}
