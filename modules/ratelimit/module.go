// SPDX-License-Identifier: Apache-2.0

// Package ratelimit limits requests by their method.
package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("ratelimit", func() module.Module { return New() }) }

// RateLimit is the module.
type RateLimit struct {
	interval int // seconds
	pipes    [maxPipes]definition
	queues   []queue

	log    *slog.Logger
	limits *limits
	task   *timer.Task
	passed counter.Counter
	denied counter.Counter
}

// limits are what outlives a generation: what was counted, and what commands
// have changed.
type limits struct {
	// pipes are all that can be; those without a definition have the
	// algorithm NOP.
	pipes  [maxPipes]*limit.Pipe
	queues atomic.Pointer[[]queue]
	source *limit.Source
	debug  atomic.Bool

	mu sync.Mutex // held while queues are changed
}

// New returns the module with its defaults.
func New() *RateLimit { return &RateLimit{interval: 10} }

var (
	_ module.Preparer = (*RateLimit)(nil)
	_ module.Starter  = (*RateLimit)(nil)
	_ module.Stopper  = (*RateLimit)(nil)
)

// Exports implements module.Module.
func (r *RateLimit) Exports() module.Exports {
	pipe := module.Arg{Name: "pipe", Type: module.ArgInt, Doc: "number of a pipe"}
	optional := pipe
	optional.Optional = true
	return module.Exports{
		Doc:      "Limits requests by their method.",
		Requires: []string{"sl"},
		Params: []module.Param{
			{Name: "timer_interval", Set: &r.interval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "the interval in which requests are counted"},
			{Name: "pipe", Set: r.addPipe, Doc: "a limit, may be set several times: NUMBER:ALGORITHM:LIMIT. With TAILDROP and RED the limit is a number of requests per second, with FEEDBACK a load of the processors in percent, with NETWORK a number of bytes that wait in sockets"},
			{Name: "queue", Set: r.addQueue, Doc: "which pipe the requests of a method go through, may be set several times: NUMBER:METHOD; * is every method. The first one that fits counts"},
		},
		Functions: []module.Function{
			{Name: "rl_check", Args: []module.Arg{optional}, Routes: module.AnyRoute, Run: r.check, Doc: "Counts the request in a pipe, without an argument in that of its method. False when it is over the limit, or no queue has its method."},
			{Name: "rl_check_pipe", Args: []module.Arg{pipe}, Routes: module.AnyRoute, Run: r.check, Doc: "The same with a pipe. A negative number means the pipe of the method."},
		},
		RPC: []module.Command{
			{Name: "rl.stats", Run: r.rpcStats, Array: true, Doc: "Lists all pipes with the requests of the interval before, limit and drop rate."},
			{Name: "rl.get_pipes", Run: r.rpcPipes, Array: true, Doc: "Lists the pipes that are defined; in brackets stand the requests of this interval."},
			{Name: "rl.set_pipe", Run: r.rpcSetPipe, Doc: "Defines a pipe: number, algorithm, limit."},
			{Name: "rl.get_queues", Run: r.rpcQueues, Array: true, Doc: "Lists the queues."},
			{Name: "rl.set_queue", Run: r.rpcSetQueue, Doc: "Changes a queue: its number, method, pipe."},
			{Name: "rl.get_pid", Run: r.rpcGains, Doc: "Shows the parameters of the controller of FEEDBACK."},
			{Name: "rl.set_pid", Run: r.rpcSetGains, Doc: "Sets them: ki, kp, kd."},
			{Name: "rl.push_load", Run: r.rpcLoad, Doc: "Sets the load by which FEEDBACK goes, from 0 to 1; a negative one goes back to what is measured."},
			{Name: "rl.set_dbg", Run: r.rpcDebug, Doc: "1 writes the counters of all pipes to the log at the end of each interval, 0 does not."},
		},
		Counters: []counter.Entry{
			{Name: "passed", Counter: &r.passed, Doc: "requests that were within their limit"},
			{Name: "denied", Counter: &r.denied, Doc: "requests that were not"},
		},
	}
}

// Prepare implements module.Preparer.
func (r *RateLimit) Prepare(b module.Binder) error {
	for _, q := range r.queues {
		if r.pipes[q.pipe].algorithm == limit.NOP {
			b.Log().Warn("all requests of a queue pass: its pipe is not defined", "module", "ratelimit", "queue", q.method, "pipe", q.pipe)
		}
	}
	return nil
}

// Start implements module.Starter.
func (r *RateLimit) Start(_ context.Context, h module.Host) error {
	r.log = h.Log().With("module", "ratelimit")
	r.limits = h.Store("ratelimit", r.newLimits).(*limits)
	if r.limits.measured() {
		if err := r.limits.source.Read(); err != nil {
			return fmt.Errorf("ratelimit: FEEDBACK and NETWORK cannot be used here: %w", err)
		}
	}
	r.task = h.Timers().Every("ratelimit", time.Duration(r.interval)*time.Second, r.turn)
	return nil
}

func (r *RateLimit) newLimits() any {
	l := &limits{source: limit.NewSource(os.DirFS("/proc"))}
	for i, d := range r.pipes {
		l.pipes[i] = limit.NewPipe(d.algorithm, d.limit, r.interval)
	}
	l.queues.Store(&r.queues)
	return l
}

// Stop implements module.Stopper.
func (r *RateLimit) Stop(context.Context) error {
	if r.task != nil {
		r.task.Stop()
		r.task.Wait()
	}
	return nil
}

// turn begins the next interval.
func (r *RateLimit) turn() {
	if r.limits.measured() {
		if err := r.limits.source.Read(); err != nil {
			r.log.Warn("the load before is used", "err", err)
		}
	}
	load, gains := r.limits.source.Load()
	if r.limits.debug.Load() {
		r.tell()
	}
	for _, p := range r.limits.pipes {
		p.Turn(load, gains)
	}
}

// measured tells whether a pipe goes by the load of the machine.
func (l *limits) measured() bool {
	for _, p := range l.pipes {
		if a := p.Algorithm(); a == limit.Feedback || a == limit.Network {
			return true
		}
	}
	return false
}
