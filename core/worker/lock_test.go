// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// gate is a program whose routes wait until somebody opens it.
type gate struct {
	open    chan struct{}
	entered atomic.Int32
}

func (g *gate) Run(*module.Call, module.RouteRef) module.Outcome {
	g.entered.Add(1)
	<-g.open
	return module.Outcome{Result: module.True}
}

func (g *gate) Lookup(k module.RouteKind, _ string) (module.RouteRef, bool) {
	if k == module.RequestRoute {
		return 1, true
	}
	return module.NoRoute, false
}

func (g *gate) RouteName(module.RouteRef) string { return "" }

// TestRouteLocks: with route_locks_size the second message of a call waits for
// the first.
func TestRouteLocks(t *testing.T) {
	for _, tt := range []struct {
		locks int
		want  int32
	}{{0, 2}, {1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			e, _, out := refuser()
			e.opt.RouteLocks, e.seed = tt.locks, maphash.MakeSeed()
			e.opt.Timers = timer.New(timer.NewManual(time.Now()), timer.Options{})
			g := &gate{open: make(chan struct{})}
			e.generation.Store(module.NewGeneration(1, g, nil))
			for range 2 {
				c, b := e.newCall(), transport.NewBuffer(len(message))
				p := transport.Packet{Data: b.Data[:copy(b.Data, message)], Buffer: b, Src: netip.MustParseAddrPort("127.0.0.1:999"), Socket: &socket}
				go e.receive(c, p, out)
			}
			synctest.Wait()
			if got := g.entered.Load(); got != tt.want {
				t.Errorf("with %d locks: %d messages are in their route, want %d", tt.locks, got, tt.want)
			}
			close(g.open)
			synctest.Wait()
			if got := g.entered.Load(); got != 2 {
				t.Errorf("with %d locks: %d messages were handled, want 2", tt.locks, got)
			}
		})
	}
}
