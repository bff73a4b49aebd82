// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const oneCall = "MESSAGE sip:bob@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK00000000\nFrom: <sip:alice@a>;tag=fa\n" +
	"To: <sip:bob@b>\nCall-ID: one-call@192.0.2.1\nCSeq: 1 MESSAGE\nMax-Forwards: 70\nContent-Length: 0\n\n"

// hold makes n transactions of a text that differs each time, and leaves them
// in the wait state.
func (b *bench) hold(n int, text func(i int) string) {
	var r Received
	for i := range n {
		b.receive([]byte(strings.ReplaceAll(text(i), "\n", "\r\n")), &r)
		t, fresh, err := b.layer.Create(&r)
		if err != nil || !fresh {
			panic(fmt.Sprint(i, fresh, err))
		}
		t.Release()
		t.EndScript()
		t.Unref()
	}
}

func (b *bench) longest(index int) int {
	most := 0
	for i := range b.layer.table.index[index] {
		n := 0
		for t := b.layer.table.index[index][i].head; t != nil; t = t.links[index].next {
			n++
		}
		most = max(most, n)
	}
	return most
}

// TestChainsStayShort: whatever somebody varies, his requests do not meet in
// one chain. With as many buckets as requests one of 16 is as good as
// impossible.
func TestChainsStayShort(t *testing.T) {
	const n = 4096
	old := strings.Replace(oneCall, "z9hG4bK", "", 1)
	for name, text := range map[string]func(i int) string{
		"branch":                func(i int) string { return strings.Replace(oneCall, "bK00000000", fmt.Sprint("bK", i), 1) },
		"sent-by host":          func(i int) string { return strings.Replace(oneCall, "192.0.2.1:5060;", fmt.Sprint("H", i, ".a;"), 1) },
		"sent-by port":          func(i int) string { return strings.Replace(oneCall, "5060;", fmt.Sprint(i+1, ";"), 1) },
		"CSeq":                  func(i int) string { return strings.Replace(oneCall, "CSeq: 1", fmt.Sprint("CSeq: ", i<<18), 1) },
		"method":                func(i int) string { return strings.ReplaceAll(oneCall, "MESSAGE", fmt.Sprint("M", i)) },
		"Call-ID":               func(i int) string { return strings.Replace(oneCall, "one-", fmt.Sprint(i, "-"), 1) },
		"From tag of RFC 2543":  func(i int) string { return strings.Replace(old, "tag=fa", fmt.Sprint("tag=", i), 1) },
		"branch of RFC 2543":    func(i int) string { return strings.Replace(old, "branch=0", fmt.Sprint("branch=", i), 1) },
		"Request-URI, RFC 2543": func(i int) string { return strings.Replace(old, "sip:bob@", fmt.Sprint("sip:", i, "@"), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchSize(oneCall, n)
			b.hold(n, text)
			if got := b.longest(byRequest); got > 16 {
				t.Errorf("%d of %d requests meet in one chain", got, n)
			}
		})
	}
}

// TestOneCallIsFoundByItsNewest: a chain of requests with one Call-ID is walked
// no further than callDepth, and its INVITEs stand apart.
func TestOneCallIsFoundByItsNewest(t *testing.T) {
	b := newBenchSize(oneCall, 16)
	b.hold(1, func(int) string { return strings.ReplaceAll(oneCall, "MESSAGE", "INVITE") })
	invite := b.layer.FindCall("one-call@192.0.2.1", 1)
	if invite == nil {
		t.Fatal("the INVITE is not found")
	}
	b.hold(10*callDepth, func(i int) string { return strings.Replace(oneCall, "bK00000000", fmt.Sprint("bK", i), 1) })
	if again := b.layer.FindAny("one-call@192.0.2.1", 1); again != invite {
		t.Error("the INVITE is not found among other requests of its call")
	}
	seen := 0
	b.layer.walkCall(b.layer.table.hashCall("one-call@192.0.2.1", 1, false), func(*Transaction) bool { seen++; return false })
	if seen != callDepth {
		t.Errorf("%d requests were looked at, want %d", seen, callDepth)
	}
	invite.Unref()
	invite.Unref()
	b.clock.Advance(time.Minute)
	if b.longest(byCall) != 0 || b.longest(byRequest) != 0 {
		t.Error("finished transactions stay in the table")
	}
}

func TestSentByInCapitals(t *testing.T) {
	w := newWorld(t)
	small := strings.Replace(bye, "192.0.2.1:5060;branch", "alice.example;branch", 1)
	w.request(small, relay)
	w.take()
	w.request(strings.Replace(small, "alice.example", "Alice.EXAMPLE", 1), relay)
	w.expect("the same sent-by", "")
	w.end()
}

// BenchmarkOneCallID is a new request while 40,000 with its Call-ID are alive.
// Hot path: with buckets by Call-ID and CSeq alone it took 1.3 ms.
func BenchmarkOneCallID(bm *testing.B) {
	b := newBenchSize(oneCall, 1<<16)
	b.hold(40000, func(i int) string { return strings.Replace(oneCall, "bK00000000", fmt.Sprint("bK", i), 1) })
	var r Received
	b.receive(b.text, &r)
	bm.ReportAllocs()
	for bm.Loop() {
		if b.layer.Lookup(&r) != nil {
			bm.Fatal("found")
		}
	}
}
