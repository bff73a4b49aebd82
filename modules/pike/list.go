// SPDX-License-Identifier: Apache-2.0

package pike

import (
	"net/netip"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
)

// row is an address as commands show it.
type row struct {
	addr    netip.Addr
	hits    [2]uint32
	expires uint32
	status  string
	path    [17]uint32 // how old the nodes on the way to the leaf are
}

// rows returns the leaves that choose takes, in the order of the reference: by the
// first byte downwards, below that as they came.
func (t *tree) rows(choose func(status string) bool) []row {
	epoch := t.epoch.Load()
	var rows []row
	t.sweep(func(s *shard, number uint32, _ *[]netip.Addr) {
		n := &s.nodes[number]
		if !n.leaf() {
			return
		}
		n.turn(epoch)
		if status := t.status(n); choose(status) {
			rows = append(rows, row{n.addr(), n.leafHits, n.expires, status, t.path(s, n)})
		}
	}, func(netip.Addr) {})
	slices.SortFunc(rows, func(a, b row) int { return slices.Compare(a.path[:], b.path[:]) })
	return rows
}

func (t *tree) status(n *node) string {
	switch {
	case t.hot(n):
		return "HOT"
	case n.hits[0] >= t.warm || n.hits[1] >= t.warm:
		return "WARM"
	}
	return ""
}

func (t *tree) path(s *shard, n *node) (path [17]uint32) {
	path[0] = 255 - uint32(n.bytes[0])
	for depth := uint8(1); depth <= n.depth; depth++ {
		p := n.to(depth)
		path[depth] = s.nodes[s.find(t.hash(p), p)].serial
	}
	return path
}

// rpcTop is pike.top and pike.list.
func (p *Pike) rpcTop(r *module.Request) error {
	choose := func(status string) bool { return status == "HOT" }
	if r.Len() > 0 {
		filter, err := r.Str(0)
		if err != nil {
			return err
		}
		switch filter {
		case "HOT":
		case "WARM":
			choose = func(status string) bool { return status == "WARM" }
		case "ALL":
			choose = func(string) bool { return true }
		default:
			return module.Faultf(500, "Bad argument. Select: ALL, HOT or WARM")
		}
	}
	now := p.now()
	list := module.Rows{}
	for _, e := range p.tree.rows(choose) {
		left := uint32(0)
		if e.expires > now {
			left = e.expires - now
		}
		list = append(list, new(module.Struct).Add("ip_addr", e.addr.String()).Add("leaf_hits_prev", e.hits[0]).
			Add("leaf_hits_curr", e.hits[1]).Add("expires", left).Add("status", e.status))
	}
	r.Struct().Add("max_hits", p.density).Add("list", list).Add("number_of_rows", len(list))
	return nil
}
