// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/memory"
)

func TestTransactionMemory(t *testing.T) {
	m := memory.Machine{Container: 1 << 30, Total: 8 << 30}
	if got := transactionMemory(64, m); got != 64<<20 {
		t.Errorf("-m 64: %d", got)
	}
	if got := transactionMemory(0, m); got != 512<<20 {
		t.Errorf("in a container of 1 GiB: %d", got)
	}
}

// TestMemoryBound: with -m 1 there is room for some hundred requests that
// nobody answers. More are answered as Kamailio does when its shared memory is
// full; a BYE still goes through, and so does all when the others are gone.
func TestMemoryBound(t *testing.T) {
	b := newBudgetOf(t, "testdata/bound.cfg", "-m", "1")
	info := b.round(request("INFO", "sip:bob@127.0.0.1:7", ""))
	n := 0
	for {
		b.deliver(info.next())
		if !bytes.HasPrefix(b.sent, []byte("INFO ")) {
			break
		}
		n++
	}
	if n < 50 || n > 300 {
		t.Errorf("there was room for %d requests", n)
	}
	if want := []byte("SIP/2.0 500 I'm terribly sorry, server error occurred (1/SL)"); !bytes.HasPrefix(b.sent, want) {
		t.Errorf("sent %q, want %q", b.sent, want)
	}
	if s := b.counters.Lookup("tm", "refused_transactions"); s == nil || s.Value() != 1 {
		t.Errorf("the counter of refused transactions is %v", s)
	}
	bye := b.round(request("BYE", "sip:bob@127.0.0.1:7", ""))
	b.receive(t, bye.next(), "BYE ")
	b.Advance(time.Minute)
	b.receive(t, info.next(), "INFO ")
}
