// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// TestWork: a message is at work from when it was taken until its route has ended.
func TestWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, _ := refuser()
		e.opt.Timers = timer.New(timer.NewManual(time.Now()), timer.Options{})
		g := &gate{open: make(chan struct{})}
		e.generation.Store(module.NewGeneration(1, g, nil))
		for range workCells + 1 {
			w, b := e.NewWorker(), transport.NewBuffer(len(message))
			p := transport.Packet{Data: b.Data[:copy(b.Data, message)], Buffer: b, Src: netip.MustParseAddrPort("127.0.0.1:999"), Socket: &socket}
			go w.Receive(p, new(transport.Out))
		}
		synctest.Wait()
		if taken, atWork := e.Work(); taken != workCells+1 || atWork != taken {
			t.Errorf("%d messages taken, %d at work, want %d of both", taken, atWork, workCells+1)
		}
		close(g.open)
		synctest.Wait()
		if taken, atWork := e.Work(); taken != workCells+1 || atWork != 0 {
			t.Errorf("%d messages taken, %d at work, want %d and none", taken, atWork, workCells+1)
		}
	})
}
