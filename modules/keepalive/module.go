// SPDX-License-Identifier: Apache-2.0

// Package keepalive watches whether servers answer.
package keepalive

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func init() { module.Register("keepalive", func() module.Module { return New() }) }

// Keepalive is the module.
type Keepalive struct {
	host module.Host
	log  *slog.Logger
	list *list

	interval, failures int
	from               string
	destinations       []string
	ups, downs         counter.Counter
}

// New returns the module with its defaults.
func New() *Keepalive {
	return &Keepalive{interval: 30, failures: 5, from: "sip:keepalive@kamailio.org"}
}

var (
	_ module.Preparer = (*Keepalive)(nil)
	_ module.Starter  = (*Keepalive)(nil)
	_ module.Readier  = (*Keepalive)(nil)
	_ module.Stopper  = (*Keepalive)(nil)
)

// Exports implements module.Module.
func (k *Keepalive) Exports() module.Exports {
	uri := module.Arg{Name: "uri", Doc: "SIP URI, or host and port of one"}
	owner := module.Arg{Name: "owner", Doc: "who wants it watched: a name, for information"}
	return module.Exports{
		Doc:      "Watches whether servers answer, by OPTIONS requests.",
		Requires: []string{"tm"},
		Params: []module.Param{
			{Name: "ping_interval", Set: &k.interval, Min: 1, Max: 1 << 30, Unit: "s", Doc: "time between two requests to a destination"},
			{Name: "destination", Set: &k.destinations, Doc: "destination that is watched from the start; may be set several times"},
			{Name: "delete_counter", Set: &k.failures, Min: 0, Max: 1 << 30, Doc: "after how many failures in a row, and one more, a destination is not asked any more; 0 for never"},
			{Name: "ping_from", Set: &k.from, Doc: "URI in From of the requests"},
		},
		Functions: []module.Function{
			{Name: "ka_is_alive", Lua: "is_alive", Args: []module.Arg{uri}, Routes: module.AnyRoute, Run: k.isAlive, Doc: "1 where the destination has answered the last request with a 2xx, or not been asked yet, 2 where it has not, -1 where it is not watched."},
			{Name: "ka_add_destination", Lua: "add_destination", Args: []module.Arg{uri, owner}, Routes: module.RequestRoute | module.BranchRoute | module.AnyReply, Run: k.add, Doc: "Has a destination watched. -2 where it is already."},
			{Name: "ka_del_destination", Lua: "del_destination", Args: []module.Arg{uri, owner}, Routes: module.AnyRoute, Run: k.del, Doc: "Watches a destination of this owner no longer."},
		},
		RPC: []module.Command{
			{Name: "keepalive.list", Run: k.rpcList, Doc: "Lists the destinations, with their state: 0 not known yet, 1 up, 2 down."},
			{Name: "keepalive.add", Run: k.rpcAdd, Doc: "Has a destination watched: URI, owner."},
			{Name: "keepalive.del", Run: k.rpcDel, Doc: "Watches a destination no longer: URI, owner."},
			{Name: "keepalive.get", Run: k.rpcGet, Doc: "Shows a destination: URI, owner."},
			{Name: "keepalive.flush", Run: k.rpcFlush, Doc: "Watches nothing any more."},
		},
		Counters: []counter.Entry{
			{Name: "answered", Counter: &k.ups, Doc: "requests that were answered with a 2xx"},
			{Name: "failed", Counter: &k.downs, Doc: "requests that were not"},
		},
	}
}

// Prepare implements module.Preparer.
func (k *Keepalive) Prepare(module.Binder) error {
	if u, err := sip.ParseURI(k.from); err != nil || !u.IsSIP() {
		return fmt.Errorf("keepalive: ping_from is a SIP URI, not %q", k.from)
	}
	for _, d := range k.destinations {
		if _, err := whole(d); err != nil {
			return fmt.Errorf("keepalive: destination %q: %w", d, err)
		}
	}
	return nil
}

// Start implements module.Starter.
func (k *Keepalive) Start(_ context.Context, h module.Host) error {
	k.host, k.log = h, h.Log().With("module", "keepalive")
	k.list = h.Store("keepalive", func() any { return new(list) }).(*list)
	return nil
}

// ofParams is the owner of the destinations of parameters.
const ofParams = "_params"

// Ready implements module.Readier.
func (k *Keepalive) Ready(context.Context) error {
	for _, d := range k.destinations {
		uri, _ := whole(d)
		k.watch(uri, ofParams)
	}
	return nil
}

// Stop implements module.Stopper.
func (k *Keepalive) Stop(context.Context) error {
	if k.list != nil {
		for _, d := range k.list.flush() {
			d.task.Stop()
			d.task.Wait()
		}
	}
	return nil
}

func (k *Keepalive) every() time.Duration { return time.Duration(k.interval) * time.Second }
