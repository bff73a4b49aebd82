// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
)

func (r *RateLimit) rpcStats(q *module.Request) error {
	for i, p := range r.limits.pipes {
		q.Printf("PIPE[%d]: %d/%d (drop rate: %d)", i, p.Last(), p.Limit(), p.Drop())
	}
	return nil
}

func (r *RateLimit) rpcPipes(q *module.Request) error {
	for i, p := range r.limits.pipes {
		if a := p.Algorithm(); a != limit.NOP {
			q.Printf("PIPE[%d]: %d:%s %d/%d (drop rate: %d) [%d]", i, a, a, p.Last(), p.Limit(), p.Drop(), p.Count())
		}
	}
	return nil
}

func (r *RateLimit) rpcSetPipe(q *module.Request) error {
	n, err := q.Int(0)
	if err != nil {
		return err
	}
	name, err := q.Str(1)
	if err != nil {
		return err
	}
	max, err := q.Int(2)
	if err != nil {
		return err
	}
	a, ok := limit.ParseAlgorithm(name)
	switch {
	case !ok:
		return module.Faultf(400, "Unknown algorithm")
	case n < 0 || n >= maxPipes:
		return module.Faultf(400, "Unknown pipe")
	}
	if _, err := algorithm(name, int(max)); err != nil {
		return module.Faultf(400, "Invalid limit")
	}
	r.limits.pipes[n].Set(a, int(max))
	return nil
}

func (r *RateLimit) rpcQueues(q *module.Request) error {
	for i, e := range *r.limits.queues.Load() {
		q.Printf("QUEUE[%d]: %d:%s", i, e.pipe, e.method)
	}
	return nil
}

func (r *RateLimit) rpcSetQueue(q *module.Request) error {
	n, err := q.Int(0)
	if err != nil {
		return err
	}
	method, err := q.Str(1)
	if err != nil {
		return err
	}
	pipe, err := q.Int(2)
	if err != nil {
		return err
	}
	if pipe < 0 || pipe >= maxPipes {
		return module.Faultf(400, "Invalid pipe number")
	}
	r.limits.mu.Lock()
	defer r.limits.mu.Unlock()
	queues := *r.limits.queues.Load()
	if n < 0 || n >= int64(len(queues)) {
		return module.Faultf(400, "MAX_QUEUES reached")
	}
	queues = slices.Clone(queues)
	queues[n] = queue{int(pipe), strings.Clone(method)}
	r.limits.queues.Store(&queues)
	return nil
}

func (r *RateLimit) rpcGains(q *module.Request) error {
	_, g := r.limits.source.Load()
	q.Printf("ki[%f] kp[%f] kd[%f] ", g.I, g.P, g.D)
	return nil
}

func (r *RateLimit) rpcSetGains(q *module.Request) (err error) {
	var g limit.Gains
	for i, f := range []*float64{&g.I, &g.P, &g.D} {
		if *f, err = q.Float(i); err != nil {
			return err
		}
	}
	r.limits.source.SetGains(g)
	return nil
}

func (r *RateLimit) rpcLoad(q *module.Request) error {
	load, err := q.Float(0)
	if err != nil {
		return err
	}
	if !r.limits.source.Force(load) {
		return module.Faultf(400, "Value out of range")
	}
	return nil
}

func (r *RateLimit) rpcDebug(q *module.Request) error {
	on, err := q.Int(0)
	if err != nil {
		return err
	}
	r.limits.debug.Store(on != 0)
	return nil
}

// tell writes the counters of all pipes to the log.
func (r *RateLimit) tell() {
	var b strings.Builder
	for _, p := range r.limits.pipes {
		fmt.Fprintf(&b, " %4d", p.Count())
	}
	r.log.Warn(b.String())
}
