// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestCallRecords makes calls as TestDialogModel does and counts their records:
// one for each call that was answered, none for another.
func TestCallRecords(t *testing.T) {
	const orders, length = 200, 14
	var w *walk
	b := newBudgetIn(t, "testdata/dialog.cfg", func(to netip.AddrPort, data []byte) {
		if w != nil {
			w.heard(to, data)
		}
	}, "-A", "CDR")
	walks := map[string][]string{}
	for n := range orders {
		w = &walk{budget: b, rand: rand.New(rand.NewPCG(11, uint64(n))), id: fmt.Sprintf("c%d@x", n)}
		for i := range length + 1 {
			s := steps[0]
			if i > 0 {
				s = steps[w.rand.IntN(len(steps))]
			}
			if s.do(w) {
				w.log = append(w.log, s.name)
			}
		}
		b.Advance(10 * time.Minute)
		walks[w.id] = w.log
	}
	answered, records := map[string]int{}, map[string]int{}
	for line := range strings.SplitSeq(b.log.String(), "\n") {
		if _, id, ok := strings.Cut(line, "event start "); ok {
			answered[strings.TrimSpace(id)]++
		}
		if _, id, ok := strings.Cut(line, "; call="); ok {
			records[strings.TrimSpace(id)]++
		}
	}
	if len(answered) < orders/10 {
		t.Errorf("only %d calls were answered", len(answered))
	}
	for id, log := range walks {
		if records[id] != answered[id] {
			t.Errorf("%s was answered %d times and has %d records: %s", id, answered[id], records[id], strings.Join(log, ", "))
		}
	}
}
