// SPDX-License-Identifier: Apache-2.0

// Package pike finds source addresses that send more than a script allows.
package pike

import (
	"context"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

func init() { module.Register("pike", func() module.Module { return New() }) }

// Pike is the module.
type Pike struct {
	period, density, latency, level int

	host    module.Host
	tree    *tree
	tasks   []*timer.Task
	blocked counter.Counter
	found   counter.Counter
}

// New returns the module with its defaults.
func New() *Pike { return &Pike{period: 2, density: 30, latency: 120} }

var (
	_ module.Starter = (*Pike)(nil)
	_ module.Stopper = (*Pike)(nil)
)

// Exports implements module.Module.
func (p *Pike) Exports() module.Exports {
	const routes = module.RequestRoute | module.AnyReply
	return module.Exports{
		Doc: "Finds source addresses, of IPv4 and IPv6, that send more than a script allows.",
		Params: []module.Param{
			{Name: "sampling_time_unit", Set: &p.period, Min: 1, Max: 1 << 31, Unit: "s", Doc: "the period in which packets are counted"},
			{Name: "reqs_density_per_unit", Set: &p.density, Min: 1, Max: 1 << 31, Doc: "packets of an address in a period from which on it is blocked; the first time up to a quarter, and a few for each byte of the address, pass uncounted"},
			{Name: "remove_latency", Set: &p.latency, Min: 1, Max: 1 << 31, Unit: "s", Doc: "how long after its last packet an address is forgotten"},
			{Name: "pike_log_level", Set: &p.level, Min: -5, Max: 3, Doc: "level of the log lines about an address that is blocked, or no longer so"},
		},
		Functions: []module.Function{
			{Name: "pike_check_req", Routes: routes, Run: p.checkSource, Doc: "Counts the message for its source address. False when the address floods: $rc is -2 when that was found just now, else -1."},
			{Name: "pike_check_ip", Args: []module.Arg{{Name: "ipaddr", Doc: "IPv4 or IPv6 address"}}, Routes: routes, Run: p.checkAddress, Doc: "The same for any address."},
		},
		RPC: []module.Command{
			{Name: "pike.top", Run: p.rpcTop, Doc: "Lists addresses: HOT ones, which are blocked, or with an argument WARM or ALL."},
			{Name: "pike.list", Run: p.rpcTop, Doc: "The same as pike.top."},
		},
		Counters: []counter.Entry{
			{Name: "blocked_ips", Counter: &p.found, Doc: "addresses that were found to flood"},
			{Name: "blocked_messages", Counter: &p.blocked, Doc: "messages from such addresses"},
			{Name: "nodes", Gauge: p.nodes, Doc: "nodes of the tree of addresses; there are never more than 2^20"},
		},
	}
}

// Start implements module.Starter.
func (p *Pike) Start(_ context.Context, h module.Host) error {
	p.host = h
	p.tree = h.Store("pike", func() any { return newTree(p.density, p.latency) }).(*tree)
	p.tasks = []*timer.Task{
		h.Timers().Every("pike", time.Duration(p.period)*time.Second, func() {
			p.tree.nextPeriod(func(a addr) { p.log("UNBLOCK", a) })
		}),
		h.Timers().Every("pike", time.Second, func() { p.tree.forget(p.now()) }),
	}
	return nil
}

// Stop implements module.Stopper.
func (p *Pike) Stop(context.Context) error {
	for _, t := range p.tasks {
		t.Stop()
		t.Wait()
	}
	return nil
}

// now is the time in seconds since the epoch.
func (p *Pike) now() uint32 { return uint32(p.host.Clock().Now().Unix()) }

func (p *Pike) nodes() (n int64) {
	if p.tree == nil {
		return 0
	}
	for i := range p.tree.shards {
		s := &p.tree.shards[i]
		s.mu.Lock()
		n += int64(s.used)
		s.mu.Unlock()
	}
	return n
}
