// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// callsPerSecond is the rate of the load, as the document says it.
const callsPerSecond = 200

// shareCalls is how many calls the shares are counted over.
const shareCalls = 1000

// load makes calls of a customer, so many in a second where the machine can, until enough says so.
func load(c *customer, rate int, enough func(made int) bool) (calls []*call) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for !enough(len(calls)) {
		if <-tick.C; c.mayCall() {
			calls = append(calls, c.call("4930123456", false))
		}
	}
	return calls
}

// finish waits until calls are over.
func finish(t *testing.T, s *site, calls []*call) {
	t.Helper()
	limit := time.After(patience)
	for _, k := range calls {
		select {
		case <-k.over:
		case <-limit:
			t.Fatalf("call %s is not over: code %d of %q, BYE %d\n%s", k.id, k.code, k.gateway, k.byeCode, s.LogTail())
		}
	}
}

// shares makes calls of which each must go well, and compares who got them with the weights.
func shares(t *testing.T, s *site, c *customer) {
	t.Helper()
	calls := load(c, callsPerSecond, func(made int) bool { return made == shareCalls })
	finish(t, s, calls)
	got := map[string]int{}
	for _, k := range calls {
		if k.code != 200 || k.byeCode != 200 {
			t.Fatalf("call %s was lost: %d, BYE %d\n%s", k.id, k.code, k.byeCode, s.LogTail())
		}
		got[k.gateway]++
	}
	for i, weight := range []int{5, 3, 1, 1, 0} {
		name := fmt.Sprint("gw", i+1)
		if want := weight * shareCalls / 10; got[name] < want-1 || got[name] > want+1 {
			t.Errorf("%s got %d of %d calls, its share is %d", name, got[name], shareCalls, want)
		}
	}
}

// TestCarrier plays what docs/recipes/carrier.md promises.
func TestCarrier(t *testing.T) {
	s := newSite(t)
	bulk := newCustomer(t, "bulk", "127.0.0.13", s.Addr())
	hotel := newCustomer(t, "hotel", "127.0.0.12", s.Addr())
	acme := newCustomer(t, "acme", "127.0.0.11", s.Addr())
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"shares", func(t *testing.T) { shares(t, s, bulk) }},
		{"a gateway is killed and started again", func(t *testing.T) { killed(t, s, bulk) }},
		{"shares afterwards", func(t *testing.T) { shares(t, s, bulk) }},
		{"failover", func(t *testing.T) { failover(t, s, bulk) }},
		{"channels of a customer", func(t *testing.T) { channels(t, s, hotel, 20, 486) }},
		{"calls per second", func(t *testing.T) { perSecond(t, s, acme) }},
		{"channels of a carrier", func(t *testing.T) { carrierChannels(t, s, bulk) }},
		{"a command ends a call", func(t *testing.T) { ended(t, s, bulk) }},
	} {
		ok := t.Run(step.name, func(st *testing.T) {
			s.t = st
			step.run(st)
		})
		s.t = t
		if !ok {
			return
		}
	}
	records(t, s, bulk, hotel, acme)
}

// killed: while calls are made a gateway is killed; it is found to be down, started, found to be up, and gets calls again. No call is lost
// but those that it had already answered.
func killed(t *testing.T, s *site, c *customer) {
	victim := s.gateways[0]
	var calls []*call
	goOn := func(what string, least int, so func() bool) {
		t.Helper()
		end := time.Now().Add(patience)
		calls = append(calls, load(c, callsPerSecond, func(made int) bool {
			if time.Now().After(end) {
				t.Fatalf("%s: not within %v\n%s", what, patience, s.LogTail())
			}
			return made >= least && made%20 == 0 && so()
		})...)
	}
	goOn("calls", 200, func() bool { return true })
	held, _ := burst(t, s, c, 40)
	victim.kill()
	c.hangUp(held...)
	goOn("the gateway is down", 200, func() bool { return strings.HasPrefix(s.flags(victim), "I") })
	finish(t, s, held) // also those whose end the gateway never hears of
	goOn("the gateway is out", 200, func() bool { return strings.HasPrefix(s.flags(victim), "I") })
	victim.start(t)
	goOn("the gateway is up", 200, func() bool { return strings.HasPrefix(s.flags(victim), "A") })
	goOn("calls afterwards", 200, func() bool { return true })
	last := calls[len(calls)-100:]
	finish(t, s, last)
	if !slices.ContainsFunc(last, func(k *call) bool { return k.gateway == victim.name }) {
		t.Errorf("%s gets no calls after it was started again", victim.name)
	}
	c.giveUp() // what it had answered with 180 alone
	finish(t, s, calls)
	lost := 0
	for _, k := range append(calls, held...) {
		if k.code == 200 && k.byeCode == 200 {
			continue
		}
		lost++
		if k.gateway != victim.name {
			t.Errorf("call %s was lost: %d of %q, BYE %d", k.id, k.code, k.gateway, k.byeCode)
		}
	}
	if lost == 0 {
		t.Error("no call was up at the gateway: the test shows nothing")
	}
	t.Logf("%d calls, %d were up at the gateway when it was killed", len(calls), lost)
}

// failover: 503 of a gateway and no answer lead to the next one, 486 and 603 do not.
func failover(t *testing.T, s *site, c *customer) {
	for _, x := range []struct {
		number  string
		code    int
		further int // gateways that were tried behind the first
	}{
		{"486-any", 486, 0},
		{"603-any", 603, 0},
		{"503-any", 503, 4},
	} {
		before := s.counter("failovers")
		k := c.call(x.number, false)
		finish(t, s, []*call{k})
		if further := s.counter("failovers") - before; k.code != x.code || further != x.further {
			t.Errorf("%s: %d after %d further gateways, want %d after %d", x.number, k.code, further, x.code, x.further)
		}
	}
	var calls []*call
	for range 10 {
		calls = append(calls, c.call("503-gw1", false))
	}
	finish(t, s, calls)
	for _, k := range calls {
		if k.code != 200 || k.gateway == "gw1" {
			t.Errorf("a call that gw1 refuses: %d of %s", k.code, k.gateway)
		}
	}
}

// burst makes many calls at once and returns those that are up and the codes of the others.
func burst(t *testing.T, s *site, c *customer, n int) (up []*call, refused map[int]int) {
	t.Helper()
	var calls []*call
	for range n {
		calls = append(calls, c.call("4930123456", true))
	}
	refused = map[int]int{}
	for _, k := range calls {
		select {
		case <-k.answered:
		case <-time.After(patience):
			t.Fatalf("call %s has no answer\n%s", k.id, s.LogTail())
		}
		if k.code == 200 {
			up = append(up, k)
		} else {
			refused[k.code]++
		}
	}
	return up, refused
}

// channels: of many calls at once as many are taken as there are channels, and with each that ends one more.
func channels(t *testing.T, s *site, c *customer, limit, code int) {
	t.Helper()
	var all []*call
	free := limit
	for range 5 {
		up, refused := burst(t, s, c, 3*limit)
		if len(up) != free || refused[code] != 3*limit-free {
			t.Fatalf("%d channels are free, %d calls are up, refused with %v", free, len(up), refused)
		}
		all = append(all, up...)
		free = 7
		c.hangUp(all[:free]...)
		finish(t, s, all[:free])
		all = all[free:]
	}
	c.hangUp(all...)
	finish(t, s, all)
}

// perSecond: a customer with 5 calls in a second and 20 channels tries far more of both.
func perSecond(t *testing.T, s *site, c *customer) {
	var up []*call
	begin := time.Now()
	for windows := 0; len(up) < 20; windows++ {
		more, refused := burst(t, s, c, 30)
		up = append(up, more...)
		// So many seconds can have begun meanwhile, as the server counts them.
		if seconds := int(time.Since(begin)/time.Second) + 2; len(up) > 5*seconds || len(up) > 20 {
			t.Fatalf("%d calls are up after %d seconds", len(up), seconds)
		}
		if refused[503]+refused[486]+len(more) != 30 {
			t.Fatalf("calls are refused with %v", refused)
		}
		// The first ones find channels: the rate alone refuses calls, those that the seconds have no room for.
		if seconds := int(time.Since(begin)/time.Second) + 2; windows == 0 && 5*seconds <= 20 && (len(more) < 5 || refused[503] < 30-5*seconds) {
			t.Errorf("of 30 calls in %d seconds %d are up, refused with %v", seconds, len(more), refused)
		}
	}
	s.await("a call that no channel is left for", func() bool {
		more, refused := burst(t, s, c, 1)
		up = append(up, more...)
		return refused[486] == 1
	})
	if len(up) != 20 {
		t.Errorf("%d calls are up, there are 20 channels", len(up))
	}
	c.hangUp(up...)
	finish(t, s, up)
}

// carrierChannels: while all gateways but the last are out, all calls are its carrier's.
func carrierChannels(t *testing.T, s *site, c *customer) {
	for _, g := range s.gateways[:4] {
		s.rpc("dispatcher.set_state", "dp", "1", "sip:"+g.addr())
	}
	channels(t, s, c, 50, 503)
	for _, g := range s.gateways[:4] {
		s.rpc("dispatcher.set_state", "ap", "1", "sip:"+g.addr())
	}
}

// ended: dlg.end_dlg ends a call on both sides.
func ended(t *testing.T, s *site, c *customer) {
	up, _ := burst(t, s, c, 1)
	if len(up) != 1 {
		t.Fatal("the call is not taken")
	}
	list := s.rpc("dlg.dlg_list", up[0].id, up[0].id)
	value := func(name string) string {
		_, rest, _ := strings.Cut(list, name+": ")
		v, _, _ := strings.Cut(rest, "\n")
		return v
	}
	s.rpc("dlg.end_dlg", value("h_entry"), value("h_id"))
	finish(t, s, up)
}

// records: each call that was answered has left one record in the log and one in the table, and no dialog is left.
func records(t *testing.T, s *site, customers ...*customer) {
	t.Helper()
	s.await("no dialog is left", func() bool { return strings.Contains(s.rpc("dlg.stats_active"), "all: 0") })
	want := map[string]string{}
	for _, c := range customers {
		c.mu.Lock()
		for _, k := range c.order {
			if k.code == 200 {
				want[k.id] = c.name + "|" + k.gateway
			}
		}
		c.mu.Unlock()
	}
	s.await("the records are in the table", func() bool { return s.sql("SELECT count(*) FROM cdrs")[0] == fmt.Sprint(len(want)) })
	got := map[string]string{}
	for _, row := range s.sql("SELECT callid || '=' || customer || '|' || gateway FROM cdrs WHERE duration >= 0") {
		id, what, _ := strings.Cut(row, "=")
		got[id] = what
	}
	for id, what := range want {
		if got[id] != what {
			t.Errorf("call %s: %q, its record says %q", id, what, got[id])
		}
	}
	if n := strings.Count(s.log(), "end_time="); n != len(want) {
		t.Errorf("%d records in the log, %d calls were answered", n, len(want))
	}
	if rows := s.sql("SELECT count(*) FROM dialog")[0]; rows != "0" {
		t.Errorf("%s dialogs are left in the database", rows)
	}
}
