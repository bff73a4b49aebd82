// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// TestDialogMemory brings 50,000 calls up, each with a variable, a profile and
// the headers that phones send and what a record of the call needs, and asks what
// they cost once their transactions are over: 2.5 KB each is the limit. dlg.list is
// made one dialog at a time.
func TestDialogMemory(t *testing.T) {
	const calls, limit = 50_000, 2500
	var sent []byte
	b := newBudgetIn(t, "testdata/dialog.cfg", func(to netip.AddrPort, data []byte) {
		if to == calleeAddr {
			sent = append(sent[:0], data...)
		}
	}, "-A", "LONG", "-A", "CDR")
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	w := &walk{budget: b}
	before := int64(0)
	for n := range calls + 1000 {
		if n == 1000 {
			before = live()
		}
		w.id, w.ok, w.seq = fmt.Sprintf("0123456789abcdef-%08d@192.0.2.77", n), "", 0
		w.put(callerAddr, w.first("INVITE", ""))
		ok := answer(string(sent), 200, "sip:bob@127.0.0.1:5002;transport=udp;ob")
		w.put(calleeAddr, ok)
		w.ok = ok
		w.put(callerAddr, w.within("ACK", true, 1))
		if n%200 == 199 {
			b.Advance(10 * time.Second) // the transactions are over
		}
	}
	b.Advance(time.Minute)
	if n := b.counters.Lookup("dialog", "active_dialogs").Value(); n != calls+1000 {
		t.Fatalf("%d dialogs are up", n)
	}
	each := (live() - before) / calls
	t.Logf("%d bytes each", each)
	if each > limit {
		t.Errorf("a dialog costs %d bytes, the limit is %d", each, limit)
	}
	r, err := b.Command("dlg.list", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Values) != 1 {
		t.Fatalf("dlg.list made %d values at once", len(r.Values))
	}
	listed := 0
	for v := range r.Values[0].(module.Stream) {
		if listed++; listed == 1 {
			// Between two dialogs of the list nothing is locked.
			w.put(callerAddr, strings.Replace(w.within("INFO", true, 2), w.id, field(v.(*module.Struct), "call-id").(string), 1))
		}
	}
	if listed != calls+1000 {
		t.Errorf("dlg.list shows %d dialogs", listed)
	}
}
