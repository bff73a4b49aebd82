// SPDX-License-Identifier: Apache-2.0

// Package pipelimit limits requests by names that a script chooses.
package pipelimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("pipelimit", func() module.Module { return New() }) }

// PipeLimit is the module.
type PipeLimit struct {
	bits, interval, mode, fetch int
	url                         string
	columns                     columns
	code, cleanUnused           setting.Int
	reason                      setting.Str

	host   module.Host
	log    *slog.Logger
	sl     replier
	pipes  *pipes
	source *limit.Source
	task   *timer.Task

	passed, denied, refused counter.Counter
}

// replier is what pipelimit needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
}

// New returns the module with its defaults.
func New() *PipeLimit {
	p := &PipeLimit{bits: 6, interval: 10, fetch: 1, pipes: newPipes(),
		columns: columns{table: "pl_pipes", pipe: "pipeid", limit: "plimit", algorithm: "algorithm"}}
	p.code.Set(503)
	p.reason.Set("Server Unavailable")
	return p
}

var (
	_ module.Starter = (*PipeLimit)(nil)
	_ module.Stopper = (*PipeLimit)(nil)
)

// Exports implements module.Module.
func (p *PipeLimit) Exports() module.Exports {
	return module.Exports{
		Doc:       "Limits requests by names that a script chooses: of a user, an address, a carrier.",
		Requires:  []string{"sl"},
		Params:    p.params(),
		Functions: p.functions(),
		RPC:       p.commands(),
		Counters: []counter.Entry{
			{Name: "passed", Counter: &p.passed, Doc: "requests that were within their limit"},
			{Name: "denied", Counter: &p.denied, Doc: "requests that were not"},
			{Name: "refused_pipes", Counter: &p.refused, Doc: "pipes that were not made because there are 2^20 already"},
			{Name: "pipes", Gauge: func() int64 { return p.pipes.count() }, Doc: "pipes that there are"},
		},
		Settings: []setting.Entry{
			{Group: "pipelimit", Name: "reply_code", Int: &p.code, Min: 400, Max: 699, Doc: "code of the reply of pl_drop"},
			{Group: "pipelimit", Name: "reply_reason", Str: &p.reason, Doc: "reason phrase of the reply of pl_drop"},
			{Group: "pipelimit", Name: "clean_unused", Int: &p.cleanUnused, Min: 0, Max: 1 << 31, Doc: "intervals without a request after which a pipe is removed"},
		},
	}
}

func (p *PipeLimit) params() []module.Param {
	return []module.Param{
		{Name: "hash_size", Set: &p.bits, Min: 1, Max: 31, Doc: "number of slots as a power of 2; it gives the order in which commands list pipes"},
		{Name: "db_url", Set: &p.url, Doc: "database with definitions of pipes, which are loaded at start; empty for none"},
		{Name: "plp_table_name", Set: &p.columns.table, Doc: "its table"},
		{Name: "plp_pipeid_column", Set: &p.columns.pipe, Doc: "column with the name of the pipe"},
		{Name: "plp_limit_column", Set: &p.columns.limit, Doc: "column with the limit"},
		{Name: "plp_algorithm_column", Set: &p.columns.algorithm, Doc: "column with the algorithm"},
		{Name: "timer_interval", Set: &p.interval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "the interval in which requests are counted"},
		{Name: "timer_mode", Set: &p.mode, Min: 0, Max: 1, Notice: "there is one wheel for all timers", Doc: "which of Kamailio's timer processes is used"},
		{Name: "load_fetch", Set: &p.fetch, Min: 0, Max: 1, Doc: "0: the load of the machine is not read, FEEDBACK and NETWORK go by what pl.push_load sets"},
		{Name: "reply_code", Set: &p.code, Min: 400, Max: 699, Doc: "code of the reply of pl_drop"},
		{Name: "reply_reason", Set: &p.reason, Doc: "reason phrase of the reply of pl_drop"},
		{Name: "clean_unused", Set: &p.cleanUnused, Min: 0, Max: 1 << 31, Doc: "intervals without a request after which a pipe is removed; 0 for never"},
	}
}

// Start implements module.Starter.
func (p *PipeLimit) Start(ctx context.Context, h module.Host) error {
	p.host, p.log = h, h.Log().With("module", "pipelimit")
	var ok bool
	if p.sl, ok = h.Module("sl").(replier); !ok {
		return errors.New("pipelimit: the module sl cannot reply")
	}
	p.pipes = h.Store("pipelimit", func() any { return newPipes() }).(*pipes)
	p.source = limit.NewSource(os.DirFS("/proc"))
	if err := p.load(ctx); err != nil {
		return fmt.Errorf("pipelimit: %w", err)
	}
	p.fetchLoad()
	p.task = h.Timers().Every("pipelimit", time.Duration(p.interval)*time.Second, p.turn)
	return nil
}

// DatabaseURLs implements module.Connector.
func (p *PipeLimit) DatabaseURLs() []string {
	if p.url == "" {
		return nil
	}
	return []string{p.url}
}

// load reads the definitions of the database.
func (p *PipeLimit) load(ctx context.Context) error {
	if p.url == "" {
		return nil
	}
	d, err := p.host.Database(ctx, p.url)
	if err != nil {
		return err
	}
	if err := db.CheckVersion(ctx, d, p.host.Core().VersionTable, p.columns.table, tableVersion); err != nil {
		return err
	}
	return p.pipes.load(ctx, d, p.columns)
}

// fetchLoad reads the load of the machine, when a pipe goes by it.
func (p *PipeLimit) fetchLoad() {
	if p.fetch == 0 || !p.pipes.measured.Load() {
		return
	}
	if err := p.source.Read(); err != nil {
		p.log.Warn("the load before is used", "err", err)
	}
}

// turn begins the next interval.
func (p *PipeLimit) turn() {
	p.fetchLoad()
	load, gains := p.source.Load()
	p.pipes.turn(load, gains, int(p.cleanUnused.Get()))
}

// Stop implements module.Stopper.
func (p *PipeLimit) Stop(context.Context) error {
	if p.task != nil {
		p.task.Stop()
		p.task.Wait()
	}
	return nil
}
