// SPDX-License-Identifier: Apache-2.0

// Package sqlops lets scripts run statements in databases.
package sqlops

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("sqlops", func() module.Module { return New() }) }

// SQLOps is the module.
type SQLOps struct {
	connections []*connection
	connectMode int
	maxResults  int
	bufferSize  int // has no meaning here

	host module.Host
	log  *slog.Logger

	mu      sync.RWMutex
	results []string // names of results, whose places are their numbers; guarded by mu

	refused, failed counter.Counter
}

// New returns the module with its defaults.
func New() *SQLOps { return &SQLOps{maxResults: 32, bufferSize: 2048} }

var (
	_ module.Starter = (*SQLOps)(nil)
	_ module.Stopper = (*SQLOps)(nil)
)

// Exports implements module.Module.
func (s *SQLOps) Exports() module.Exports {
	const everywhere = module.AnyRoute
	con := module.Arg{Name: "connection", Doc: "name of the connection", Compile: s.compileConnection}
	query := module.Arg{Name: "query", Doc: "the statement"}
	result := module.Arg{Name: "result", Doc: "name of the result", Compile: s.compileResult}
	kept := result
	kept.Optional = true
	return module.Exports{
		Doc: "Runs statements in databases and gives their results to the script.",
		Params: []module.Param{
			{Name: "sqlcon", Set: s.addConnection, Doc: "a connection, `name=>URL`"},
			{Name: "sqlres", Set: func(name string) error { _, err := s.result(name); return err }, Doc: "a name for results; those that the script names need none"},
			{Name: "tr_buf_size", Set: &s.bufferSize, Unit: "bytes", Notice: "values of any length are taken", Doc: "size of Kamailio's buffer for the transformations of class sql"},
			{Name: "connect_mode", Set: &s.connectMode, Min: 0, Max: 1, Doc: "1 starts although a database cannot be reached, and tries again with each statement, once a second at most"},
			{Name: "results_maxsize", Set: &s.maxResults, Min: 1, Max: 1 << 20, Doc: "how many names results may have"},
		},
		Functions: []module.Function{
			{Name: "sql_query", Args: []module.Arg{con, query, kept}, Routes: everywhere, Run: s.query, Lua: "-",
				Doc: "Runs a statement and keeps what it gives for `$dbr`, until the next statement with that result or `sql_result_free`. $rc is 1 where there are rows, 2 where there are none, 3 where there are rows and no result was named, -1 for a failure."},
			{Name: "sql_xquery", Args: []module.Arg{con, query, {Name: "result", Doc: "name of the XAVP"}}, Routes: everywhere, Run: s.xquery,
				Doc: "Runs a statement and adds its rows to an XAVP, the first one in front; its fields are named like the columns. $rc as of sql_query."},
			{Name: "sql_pvquery", Args: []module.Arg{con, query, {Name: "result", Doc: "variables, `$pv;$pv`", Literal: true, Compile: compileTargets}}, Routes: everywhere, Run: s.pvquery, Prepare: prepareTargets,
				Doc: "Runs a statement and assigns its columns to variables, row by row from the last one; NULL leaves an AVP as it is. $rc as of sql_query."},
			{Name: "sql_result_free", Args: []module.Arg{result}, Routes: everywhere, Run: s.free,
				Doc: "Forgets a result."},
			{Name: "sql_query_async", Args: []module.Arg{con, query}, Routes: everywhere, Run: s.async,
				Doc: "Runs a statement in the background, in the order of the calls for a connection. False when too many wait. While the database is not available they are kept."},
		},
		Lua: s.lua(result),
		Variables: []module.Variable{
			{Name: "dbr", Bind: s.bindResult, Doc: "$dbr(result=>key) of sql_query: rows, cols, [row,col] and colname[col], counted from 0; row and col may be variables"},
			{Name: "sqlrows", Bind: s.bindAffected, Doc: "$sqlrows(connection): rows that the last statement of this worker on the connection changed or gave"},
		},
		Counters: []counter.Entry{
			{Name: "async_refused", Counter: &s.refused, Doc: "statements in the background that were not taken, because too many waited"},
			{Name: "async_failed", Counter: &s.failed, Doc: "statements in the background that a database refused, or that could not be run before the end"},
			{Name: "async_waiting", Gauge: s.waiting, Doc: "statements in the background that wait"},
		},
	}
}

// DatabaseURLs implements module.Connector.
func (s *SQLOps) DatabaseURLs() (urls []string) {
	for _, c := range s.connections {
		urls = append(urls, c.url)
	}
	return urls
}

// Start implements module.Starter.
func (s *SQLOps) Start(ctx context.Context, h module.Host) error {
	s.host, s.log = h, h.Log().With("module", "sqlops")
	for _, c := range s.connections {
		_, err := c.database(ctx, h)
		if err != nil && s.connectMode == 0 {
			return err
		}
		if err != nil {
			s.log.Error("a database is not there: it is tried again with the next statement", "connection", c.name, "err", err)
		}
	}
	return nil
}

// Stop implements module.Stopper: what waits in the background is run.
func (s *SQLOps) Stop(ctx context.Context) error {
	var errs []error
	for _, c := range s.connections {
		errs = append(errs, c.queue.close(ctx))
	}
	return errors.Join(errs...)
}

func (s *SQLOps) waiting() (n int64) {
	for _, c := range s.connections {
		n += int64(c.queue.len())
	}
	return n
}
