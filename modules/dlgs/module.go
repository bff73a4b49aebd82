// SPDX-License-Identifier: Apache-2.0

// Package dlgs counts calls by the messages that pass, without transactions.
package dlgs

import (
	"context"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("dlgs", func() module.Module { return New() }) }

// Dlgs is the module.
type Dlgs struct {
	// Parameters.
	life     lifetimes
	interval int
	hashSize int

	host    module.Host
	calls   *table
	task    *timer.Task
	started counter.Counter
	refused counter.Counter
	expired counter.Counter
}

// New returns the module with its defaults.
func New() *Dlgs {
	return &Dlgs{life: lifetimes{starting: 180, active: 10800, finished: 10}, interval: 30, hashSize: 9}
}

var (
	_ module.Starter = (*Dlgs)(nil)
	_ module.Stopper = (*Dlgs)(nil)
)

// Exports implements module.Module.
func (d *Dlgs) Exports() module.Exports {
	const forever = 1 << 31
	return module.Exports{
		Doc: "Counts calls by the messages that pass, without transactions.",
		Params: []module.Param{
			{Name: "init_lifetime", Set: &d.life.starting, Min: 1, Max: forever, Unit: "s", Doc: "how long a call is kept that does not become active"},
			{Name: "active_lifetime", Set: &d.life.active, Min: 1, Max: forever, Unit: "s", Doc: "how long an active call is kept, from its ACK on"},
			{Name: "finish_lifetime", Set: &d.life.finished, Min: 1, Max: forever, Unit: "s", Doc: "how long a call is kept that has ended or was not answered"},
			{Name: "timer_interval", Set: &d.interval, Min: 1, Max: forever, Unit: "s", Doc: "how often calls whose time is over are removed"},
			{Name: "hash_size", Set: &d.hashSize, Min: 1, Max: 14, Doc: "the calls lie in two to the power of this many parts, each with a lock of its own"},
		},
		Functions: d.functions(),
		RPC:       d.commands(),
		Counters: []counter.Entry{
			{Name: "active", Gauge: d.active, Doc: "calls whose 2xx was acknowledged"},
			{Name: "ongoing", Gauge: d.ongoing, Doc: "calls that have not ended"},
			{Name: "started", Counter: &d.started, Doc: "calls that dlgs_init began to follow"},
			{Name: "expired", Counter: &d.expired, Doc: "calls that were removed and had not ended"},
			{Name: "refused", Counter: &d.refused, Doc: "calls for which there was no room: there are never more than 2^20"},
		},
	}
}

func (d *Dlgs) functions() []module.Function {
	const requests = module.RequestRoute | module.BranchRoute | module.OnSendRoute
	filter := []module.Arg{
		{Name: "field", Compile: compileField, Doc: "what is compared: src, dst, data, or any for all calls"},
		{Name: "op", Compile: compileOperator, Doc: "eq, ne, re (regular expression), sw (starts with), fm (pattern of the shell)"},
		{Name: "data", Doc: "what to compare with"},
	}
	tag := []module.Arg{{Name: "vtag", Doc: "tag"}}
	return []module.Function{
		{Name: "dlgs_init", Routes: requests | module.AnyReply, Run: d.begin,
			Args: []module.Arg{{Name: "src", Doc: "who calls"}, {Name: "dst", Doc: "who is called"}, {Name: "data", Doc: "any text"}},
			Doc:  "Begins to follow the call of an INVITE; replies to it are seen without more. True also for a call that is followed already."},
		{Name: "dlgs_update", Routes: requests, Run: d.update, Doc: "Tells the call of a request that there was an ACK, BYE or CANCEL. False where the call is not followed."},
		{Name: "dlgs_count", Routes: module.AnyRoute, Args: filter, Prepare: checkFilter, Run: d.count, Doc: "The number of calls that match and have not ended; -1 for none."},
		{Name: "dlgs_tags_add", Routes: module.AnyRoute, Args: tag, Run: d.tag, Doc: "Gives the call of the message a tag. False where it is not followed."},
		{Name: "dlgs_tags_rm", Routes: module.AnyRoute, Args: tag, Run: d.untag, Doc: "Takes a tag away. False where the call does not have it."},
		{Name: "dlgs_tags_count", Routes: module.AnyRoute, Args: tag, Run: d.countTag, Doc: "The number of calls that have the tag and have not ended; -1 for none."},
	}
}

// Start implements module.Starter.
func (d *Dlgs) Start(_ context.Context, h module.Host) error {
	d.host = h
	d.calls = h.Store("dlgs", func() any { return newTable(d.hashSize) }).(*table)
	h.Transport().Watch(replies{d})
	d.task = h.Timers().Every("dlgs", time.Duration(d.interval)*time.Second, func() {
		d.expired.Add(int64(d.calls.expire(d.now(), d.life)))
	})
	return nil
}

// Stop implements module.Stopper.
func (d *Dlgs) Stop(context.Context) error {
	d.task.Stop()
	d.task.Wait()
	return nil
}

// now is the time in seconds since the epoch.
func (d *Dlgs) now() int64 { return d.host.Clock().Now().Unix() }

func (d *Dlgs) active() int64 {
	if d.calls == nil {
		return 0
	}
	return d.calls.in(active)
}

func (d *Dlgs) ongoing() int64 {
	if d.calls == nil {
		return 0
	}
	return d.calls.ongoing()
}
