// SPDX-License-Identifier: Apache-2.0

// Package rtimer runs routes periodically.
package rtimer

import (
	"context"
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("rtimer", func() module.Module { return New() }) }

// RTimer is the module.
type RTimer struct {
	interval int // default_interval, seconds
	timers   []*definition
	execs    []exec

	host  module.Host
	tasks []*timer.Task
}

// New returns the module with its defaults.
func New() *RTimer { return &RTimer{interval: 120} }

var (
	_ module.Preparer = (*RTimer)(nil)
	_ module.Readier  = (*RTimer)(nil)
	_ module.Starter  = (*RTimer)(nil)
	_ module.Stopper  = (*RTimer)(nil)
)

// Exports implements module.Module.
func (r *RTimer) Exports() module.Exports {
	return module.Exports{
		Doc: "Runs routes periodically.",
		Params: []module.Param{
			{Name: "timer", Set: r.addTimer, Doc: "definition of a timer, may be set several times: name=NAME;interval=10;mode=1. The interval is in seconds, with u behind it in microseconds. " +
				"With mode N, 2 or more, the routes run N times at once, as they do in Kamailio's N processes."},
			{Name: "exec", Set: r.addExec, Doc: "route that a timer runs, may be set several times: timer=NAME;route=ROUTE. The routes of a timer run one after the other. With a script in Lua it is the name of a function, whose argument is the text rtimer."},
			{Name: "default_interval", Set: &r.interval, Min: 1, Max: 1 << 31, Unit: "s", Doc: "interval of timers whose definition has none"},
		},
		Variables: []module.Variable{
			{Name: "rtimer_worker", Get: worker, Doc: "which of the runs of a timer with mode 2 or more this is, from 0; $null outside of a timer"},
		},
	}
}

// Prepare implements module.Preparer.
func (r *RTimer) Prepare(b module.Binder) error {
	for _, e := range r.execs {
		t := r.find(e.timer)
		if t == nil {
			return fmt.Errorf("rtimer: exec: there is no timer %q: define it with the parameter timer", e.timer)
		}
		if _, ok := b.Route(module.RequestRoute, e.route); !ok && b.Module("app_lua") == nil {
			return fmt.Errorf("rtimer: exec: there is no route[%s]", e.route)
		}
		t.routes = append(t.routes, e.route)
	}
	return nil
}

// Start implements module.Starter.
func (r *RTimer) Start(_ context.Context, h module.Host) error {
	r.host = h
	return nil
}

// Ready implements module.Readier.
func (r *RTimer) Ready(context.Context) error {
	for _, t := range r.timers {
		refs := make([]module.RouteRef, len(t.routes))
		for i, name := range t.routes {
			ref, ok := r.host.Generation().Named(name, "rtimer")
			if !ok {
				return fmt.Errorf("exec: there is no route %s", name)
			}
			refs[i] = ref
		}
		for i := range max(1, t.mode) {
			run := &run{worker: i}
			r.tasks = append(r.tasks, r.host.Timers().Every("rtimer "+t.name, t.every(r.interval), func() { r.execute(refs, run) }))
		}
	}
	return nil
}

// Stop implements module.Stopper.
func (r *RTimer) Stop(context.Context) error {
	for _, t := range r.tasks {
		t.Stop()
		t.Wait()
	}
	return nil
}

// run is what a route of a timer is called with.
type run struct{ worker int }

// execute runs the routes of a timer.
func (r *RTimer) execute(refs []module.RouteRef, with *run) {
	for _, ref := range refs {
		c := r.host.NewCall()
		c.Route, c.Event = module.RequestRoute, with
		c.Gen.Program.Run(c, ref)
		c.Event = nil
		r.host.FreeCall(c)
	}
}

// worker is $rtimer_worker.
func worker(c *module.Call) module.Value {
	if with, ok := c.Event.(*run); ok {
		return avp.Number(int64(with.worker))
	}
	return avp.Value{}
}
