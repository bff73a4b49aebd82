// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
)

// TestEndTellsWatchers: what was accepted is told before the server ends, also to those
// who have not answered the NOTIFY before it.
func TestEndTellsWatchers(t *testing.T) {
	const watchers = 200
	w := newWatched(t, watchers)
	w.publish(t, "change 0")
	w.settle(t)
	w.mu.Lock()
	w.told = nil // nobody answers
	w.mu.Unlock()
	w.publish(t, "change 1")
	if status := w.end(); status != exitOK {
		t.Fatalf("exit status %d\n%s", status, w.log.String())
	}
	heard := map[string]bool{}
	for _, data := range w.told {
		if !bytes.Contains(data, []byte("<note>change 1<")) {
			t.Fatalf("a watcher is told %q", data)
		}
		heard[watcherOf(data)] = true
	}
	if len(heard) != watchers || len(w.told) != watchers {
		t.Errorf("%d NOTIFYs reached %d of %d watchers", len(w.told), len(heard), watchers)
	}
}
