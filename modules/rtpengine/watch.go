// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/relay"
)

// own is what the module keeps with a node.
type own struct {
	// hidden tells that the database no longer has the node.
	hidden atomic.Bool

	mu     sync.Mutex
	asking *asking // guarded by mu; nil while nobody asks whether the node is there
}

// asking is one run of probe.
type asking struct {
	done  chan struct{}
	there bool // valid when done is closed
}

func of(n *relay.Node) *own { return n.Own.(*own) }

func hidden(n *relay.Node) bool { return of(n).hidden.Load() }

// askAll asks all nodes in the background.
func (r *RTPEngine) askAll() {
	for n := range r.sets.Nodes() {
		if !n.Forbidden() {
			r.host.Go("rtpengine", func() { r.probe(n) })
		}
	}
}

// watchPause is how often the nodes are looked at.
const watchPause = time.Second

// watch has the nodes asked whether they are there: those that were away when their time is over, so that they come back without a call
// that waits for it, and all of them every ping_interval.
func (r *RTPEngine) watch() {
	now := r.now()
	all := r.pingInterval > 0 && now-r.pinged >= time.Duration(r.pingInterval)*time.Second
	if all {
		r.pinged = now
	}
	var nodes []*relay.Node
	for n := range r.sets.Nodes() {
		if !n.Forbidden() && n.InUse(now) && (all || n.Away()) {
			nodes = append(nodes, n)
		}
	}
	r.probeEach(nodes)
}
