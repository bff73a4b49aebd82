// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"fmt"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

var life = lifetimes{starting: 180, active: 10800, finished: 10}

// TestParts: hash_size is the power of two of the parts.
func TestParts(t *testing.T) {
	for line, want := range map[string]int{"": 512, `modparam("dlgs", "hash_size", 3)`: 8} {
		env := scripttest.MustLoad(t, "loadmodule \"dlgs.so\"\n"+line+"\nrequest_route { drop; }\n", scripttest.Options{})
		if got := len(env.Modules[0].Module.(*Dlgs).calls.parts); got != want {
			t.Errorf("%q: %d parts, want %d", line, got, want)
		}
	}
}

// TestStates: what moves a call on, and what does not.
func TestStates(t *testing.T) {
	const ack, bye, cancel = -1, -2, -3
	methods := map[int]sip.Method{ack: sip.MethodAck, bye: sip.MethodBye, cancel: sip.MethodCancel}
	for _, row := range []struct {
		name   string
		events []int // codes of replies, or requests
		want   state
	}{
		{"an INVITE alone", nil, starting},
		{"100 tells nothing", []int{100}, starting},
		{"ringing", []int{100, 180, 183}, progress},
		{"answered", []int{180, 200}, answered},
		{"active", []int{200, ack}, active},
		{"the ACK of a refusal", []int{486, ack}, notAnswered},
		{"an ACK before the answer", []int{ack, 180}, progress},
		{"a second 200 of a fork", []int{200, ack, 200}, active},
		{"a reply to an INVITE within the call", []int{200, ack, 180, 488}, active},
		{"hung up", []int{200, ack, bye}, terminated},
		{"hung up before the ACK", []int{200, bye}, terminated},
		{"BYE before the answer", []int{180, bye}, notAnswered},
		{"cancelled", []int{180, cancel, 487}, notAnswered},
		{"cancelled and answered", []int{180, cancel, 200, ack}, active},
		{"CANCEL after the answer", []int{200, cancel}, answered},
		{"a reply that comes after the end", []int{200, ack, bye, 200, 180}, terminated},
		{"a second BYE", []int{200, ack, bye, bye}, terminated},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := &call{}
			for _, e := range row.events {
				if e > 0 {
					c.state = c.reply(e, "b", 1)
				} else {
					c.state = c.request(methods[e], 1)
				}
			}
			if c.state != row.want {
				t.Errorf("got %s, want %s", names[c.state], names[row.want])
			}
		})
	}
}

// TestWhose: which messages belong to a call.
func TestWhose(t *testing.T) {
	tbl := newTable(2)
	tbl.begin(party{"id", "a", ""}, "", "", "", 1)
	tbl.with(party{"id", "a", "b"}, func(c *call) state { return c.reply(200, "b", 1) })
	for _, row := range []struct {
		who  party
		want bool
	}{
		{party{"id", "a", "b"}, true},
		{party{"id", "b", "a"}, true},
		{party{"id", "a", ""}, true}, // the INVITE once more
		{party{"id", "a", "c"}, false},
		{party{"id", "b", "c"}, false},
		{party{"id", "c", "b"}, false},
		{party{"ID", "a", "b"}, false},
	} {
		if got := tbl.with(row.who, func(c *call) state { return c.state }); got != row.want {
			t.Errorf("%v: got %v", row.who, got)
		}
	}
}

// TestExpire: each state has its time, and nothing of what is gone is counted.
func TestExpire(t *testing.T) {
	tbl := newTable(3)
	begin := func(id string, events ...int) {
		t.Helper()
		who := party{id, "a", ""}
		if fresh, ok := tbl.begin(who, "s", "d", "", 1000); !fresh || !ok {
			t.Errorf("%s is not followed", id)
		}
		for _, code := range events {
			tbl.with(who, func(c *call) state {
				if code == 0 {
					return c.request(sip.MethodAck, 1000)
				}
				return c.reply(code, "b", 1000)
			})
		}
	}
	begin("starting")
	begin("answered", 200)
	begin("active", 200, 0)
	begin("refused", 486)
	all := func(*call) bool { return true }
	for _, row := range []struct {
		now                     int64
		unended                 int
		size, ongoing, counting int64
	}{
		{1009, 0, 4, 3, 3}, {1010, 0, 3, 3, 3}, {1179, 0, 3, 3, 3}, {1180, 2, 1, 1, 1}, {11799, 0, 1, 1, 1}, {11800, 1, 0, 0, 0},
	} {
		if n := tbl.expire(row.now, life); n != row.unended {
			t.Errorf("at %d %d calls had not ended, want %d", row.now, n, row.unended)
		}
		if s, o, c := tbl.size.Load(), tbl.ongoing(), tbl.count(all); s != row.size || o != row.ongoing || c != row.counting {
			t.Errorf("at %d: size %d, ongoing %d, counted %d; want %d, %d, %d", row.now, s, o, c, row.size, row.ongoing, row.counting)
		}
	}
	if n := len(tbl.part("active").calls); n != 0 {
		t.Errorf("%d Call-IDs are kept of calls that are gone", n)
	}
}

// TestFull: no more calls than there may be, and the end of one makes room.
func TestFull(t *testing.T) {
	tbl := newTable(1)
	tbl.size.Store(maxCalls - 1)
	if _, ok := tbl.begin(party{"last", "a", ""}, "", "", "", 1); !ok {
		t.Error("the last one is refused")
	}
	if _, ok := tbl.begin(party{"more", "a", ""}, "", "", "", 1); ok {
		t.Error("one more is taken")
	}
	if fresh, ok := tbl.begin(party{"last", "a", ""}, "", "", "", 1); fresh || !ok {
		t.Error("a call that is there is begun or refused")
	}
	tbl.expire(1000, life)
	if _, ok := tbl.begin(party{"more", "a", ""}, "", "", "", 1); !ok {
		t.Error("there is no room")
	}
}

// TestTogether: many at a time, for the race detector, and the sums are right.
func TestTogether(t *testing.T) {
	tbl := newTable(2)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				who := party{fmt.Sprint(i), fmt.Sprint("a", w), ""}
				tbl.begin(who, "s", "d", "", 1)
				tbl.with(who, func(c *call) state { return c.reply(200, "b", 1) })
				tbl.count(func(c *call) bool { return c.src == "s" })
				tbl.expire(2, life)
			}
		})
	}
	wg.Wait()
	if n := tbl.in(answered); n != 1600 || tbl.size.Load() != 1600 {
		t.Errorf("%d calls are answered, of %d", n, tbl.size.Load())
	}
}

// BenchmarkReply is what a reply costs with a call to find.
func BenchmarkReply(b *testing.B) {
	tbl := newTable(9)
	for i := range 10000 {
		tbl.begin(party{fmt.Sprint(i, "@host"), "a", ""}, "s", "d", "", 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		tbl.with(party{"77@host", "a", "b"}, func(c *call) state { return c.reply(180, "b", 1) })
	}
}
