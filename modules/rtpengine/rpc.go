// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
)

// named are the nodes that an argument names: a URL, perhaps with "::" in front, or all. Those that a reload has taken out are not there.
func (r *RTPEngine) named(q *module.Request) (name string, nodes []*relay.Node, err error) {
	if name, err = q.Str(0); err != nil {
		return "", nil, module.Faultf(500, "Not enough parameters")
	}
	name = strings.TrimPrefix(name, "::")
	for n := range r.sets.Nodes() {
		if !hidden(n) && (name == "all" || n.URL == name) {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 {
		return "", nil, module.Faultf(404, "Instance not found")
	}
	return name, nodes, nil
}

func (r *RTPEngine) rpcShow(q *module.Request) error {
	_, nodes, err := r.named(q)
	for _, n := range nodes {
		s := q.Struct().Add("url", n.URL).Add("set", n.Set).Add("index", n.Index).Add("weight", n.Weight())
		switch {
		case n.Forbidden():
			s.Add("disabled", "1(permanent)").Add("recheck_ticks", "N/A")
		case n.Away():
			s.Add("disabled", 1).Add("recheck_ticks", int64(max(0, n.Until()-r.now())/time.Second))
		default:
			s.Add("disabled", 0).Add("recheck_ticks", 0)
		}
	}
	return err
}

func (r *RTPEngine) rpcPing(q *module.Request) error {
	name, nodes, err := r.named(q)
	if err != nil {
		return err
	}
	q.Struct().Add("url", name).Add("status", status(r.probeEach(nodes) == len(nodes), "success"))
	return nil
}

func status(ok bool, well string) string {
	if ok {
		return well
	}
	return "fail"
}

func (r *RTPEngine) rpcEnable(q *module.Request) error {
	if q.Len() < 2 {
		return module.Faultf(500, "Not enough parameters")
	}
	name, nodes, err := r.named(q)
	if err != nil {
		return err
	}
	on, err := q.Int(1)
	if err != nil {
		return module.Missing(err, "Not enough parameters")
	}
	if on <= 0 {
		for _, n := range nodes {
			n.Forbid()
		}
		q.Struct().Add("url", name).Add("status", "disable")
		return nil
	}
	for _, n := range nodes {
		n.Permit()
	}
	q.Struct().Add("url", name).Add("status", status(r.probeEach(nodes) == len(nodes), "enable"))
	return nil
}

func (r *RTPEngine) rpcTotal(q *module.Request) error {
	q.Add(r.calls.count(r.now()))
	return nil
}

// reloadPause is how often the nodes may be read, at start or by rtpengine.reload.
const reloadPause = 10 * time.Second

func (r *RTPEngine) rpcReload(q *module.Request) error {
	if r.db == nil {
		return module.Faultf(500, "No Database URL")
	}
	now, last := int64(r.now()), r.reloaded.Load()
	if now-last < int64(reloadPause) || !r.reloaded.CompareAndSwap(last, now) {
		return module.Faultf(500, "Too short reload interval - try later")
	}
	if err := r.load(q.Context); err != nil {
		r.host.Log().Error("rtpengine: cannot reload", "err", err)
		return module.Faultf(500, "Failed reloading db")
	}
	r.askAll()
	q.Add("Ok. Reload successful.")
	return nil
}
