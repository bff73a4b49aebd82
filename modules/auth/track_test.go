// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

func TestNonceCount(t *testing.T) {
	track := tracker{count: newCounts(4)}
	id := track.add()
	for _, step := range []struct {
		nc   int64
		want module.Result
	}{{0, stale}, {1, module.True}, {1, stale}, {3, module.True}, {2, stale}, {255, module.True}, {255, stale}, {256, stale}, {1 << 31, stale}} {
		if got := track.use(id, step.nc); got != step.want {
			t.Errorf("nc %d: got %d, want %d", step.nc, got, step.want)
		}
	}
	if got := track.use(track.add(), noCount); got != module.True {
		t.Errorf("without nc: %d", got)
	}
}

// TestOldNonce: a nonce whose place a newer one took is stale, and does not
// count for the newer one.
func TestOldNonce(t *testing.T) {
	track := tracker{count: newCounts(4), once: newBits(5)}
	first := track.add()
	for range 16 {
		track.add()
	}
	if got := track.use(first, 1); got != stale {
		t.Errorf("nc of an overwritten nonce: %d", got)
	}
	if got := track.use(16, 1); got != module.True {
		t.Errorf("nc of the nonce in its place: %d", got)
	}
	for range 32 - 17 {
		track.add()
	}
	if got := track.use(first, noCount); got != module.True {
		t.Errorf("the oldest nonce that has a bit: %d", got)
	}
	track.add()
	if got := track.use(first, noCount); got != stale {
		t.Errorf("a nonce whose bit is taken: %d", got)
	}
	if got := track.use(32, noCount); got != module.True {
		t.Errorf("the nonce that has the bit: %d", got)
	}
	if got := track.use(32, noCount); got != reused {
		t.Errorf("the same again: %d", got)
	}
}

// TestOnceForAll: of many that use a nonce at once one may.
func TestOnceForAll(t *testing.T) {
	track := tracker{count: newCounts(4), once: newBits(5)}
	id := track.add()
	for name, nc := range map[string]int64{"nc": 7, "once": noCount} {
		var taken atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if track.use(id, nc) == module.True {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("%s: %d uses count, want 1", name, taken.Load())
		}
	}
}

func TestOrder(t *testing.T) {
	for _, tt := range [][3]int{{0, 20, 20}, {1000000, 20, 19}, {1048576, 4, 20}, {1, 20, 5}} {
		if got := order(tt[0], tt[1]); got != tt[2] {
			t.Errorf("size %d, order %d: got %d, want %d", tt[0], tt[1], got, tt[2])
		}
	}
}
