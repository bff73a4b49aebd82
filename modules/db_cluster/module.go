// SPDX-License-Identifier: Apache-2.0

// Package db_cluster spreads the operations of modules over several databases.
package db_cluster

import (
	"context"
	"log/slog"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("db_cluster", func() module.Module { return New() }) }

// Cluster is the module.
type Cluster struct {
	connections []*connection
	clusters    []*cluster
	interval    int
	minFailure  int

	host   module.Host
	log    *slog.Logger
	failed counter.Counter
}

// New returns the module with its defaults.
func New() *Cluster { return &Cluster{interval: 300} }

var (
	_ module.Preparer = (*Cluster)(nil)
	_ module.Starter  = (*Cluster)(nil)
	_ db.Driver       = (*Cluster)(nil)
)

// Exports implements module.Module.
func (m *Cluster) Exports() module.Exports {
	return module.Exports{
		Doc: "Makes one database of several: with priorities, in turn or in parallel, without those that fail.",
		Params: []module.Param{
			{Name: "connection", Set: m.addConnection, Doc: "a database, may be set several times: `name=>URL`"},
			{Name: "cluster", Set: m.addCluster, Doc: "a cluster, which modules name as cluster://name, may be set several times: `name=>connection=9s8p;connection=9s8p` with priority (9 first, 0 never) and mode for reading, and the same for writing. Modes are s, one after the other until one succeeds; r, the same in turn; p, all at once, for writing only"},
			{Name: "inactive_interval", Set: &m.interval, Min: 0, Max: 1 << 31, Unit: "s", Doc: "how long a database is left alone after it has failed"},
			{Name: "max_query_length", Set: &m.minFailure, Min: 0, Max: 1 << 31, Unit: "s", Doc: "a failure after less than this does not count for inactive_interval"},
		},
		RPC: []module.Command{
			{Name: "dbcl.list_clusters", Run: m.listClusters, Doc: "Lists the clusters."},
			{Name: "dbcl.list_connections", Run: m.listConnections, Doc: "Lists the connections of a cluster: cluster."},
			{Name: "dbcl.disable_connection", Run: m.disable, Doc: "Leaves a connection alone for some seconds: cluster, connection, seconds. The last active one of a cluster stays."},
			{Name: "dbcl.enable_connection", Run: m.enable, Doc: "Uses a connection again: cluster, connection."},
		},
		Counters: []counter.Entry{{Name: "failures", Counter: &m.failed, Doc: "operations that a database of a cluster has failed to do"}},
	}
}

// Prepare implements module.Preparer: connections may be defined behind the
// clusters that name them.
func (m *Cluster) Prepare(module.Binder) error {
	for _, c := range m.clusters {
		if err := m.resolve(c); err != nil {
			return err
		}
	}
	return nil
}

// Start implements module.Starter.
func (m *Cluster) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "db_cluster")
	return nil
}
