// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// load starts the module with a list and parameters, under a script.
func load(t testing.TB, list, params, script string) (*scripttest.Env, *Dispatcher) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dispatcher.list")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := fmt.Sprintf("loadmodule \"pv\"\nloadmodule \"print\"\nloadmodule \"dispatcher\"\nmodparam(\"dispatcher\", \"list_file\", %q)\n%s\n%s\n", file, params, script)
	env := scripttest.MustLoad(t, cfg, scripttest.Options{Modules: map[string]module.New{"print": func() module.Module { return scripttest.Prints{} }}})
	for _, m := range env.Modules {
		if d, ok := m.Module.(*Dispatcher); ok {
			return env, d
		}
	}
	t.Fatal("dispatcher is not loaded")
	return nil, nil
}

const failover = "modparam(\"dispatcher\", \"flags\", 2)\n"

// tried runs selections and returns the ports of the gateways of each, by way of
// the XAVPs.
func tried(t testing.TB, env *scripttest.Env, d *Dispatcher, set, algorithm, limit, times int) string {
	t.Helper()
	var out []string
	for range times {
		c := env.Call(t, scripttest.Invite)
		var ports []string
		if d.route(c, "test", toXAVP, limit, rule{set, algorithm}) == module.True {
			for i := 0; ; i++ {
				it := c.XAVPs.At("_dsdst_", i)
				if it == nil {
					break
				}
				ports = append(ports, strings.TrimPrefix(it.Fields.At("uri", 0).Value.Str, "sip:127.0.0.1:700"))
			}
		}
		out = append(out, strings.Join(ports, ""))
	}
	return strings.Join(out, " ")
}

// setState puts the state of a gateway as an operator does.
func setState(t testing.TB, d *Dispatcher, set int, port string, bits uint32) {
	t.Helper()
	dst := d.list.Load().set(set).find("sip:127.0.0.1:700" + port)
	if dst == nil {
		t.Fatal("there is no gateway " + port)
	}
	dst.force(bits)
	d.reweighSet(set)
}

const five = "1 sip:127.0.0.1:7000\n1 sip:127.0.0.1:7001\n1 sip:127.0.0.1:7002\n1 sip:127.0.0.1:7003\n1 sip:127.0.0.1:7004\n"

// TestTurns: the order of gateways is that of Kamailio 5.6.3 under the same
// changes of state.
func TestTurns(t *testing.T) {
	env, d := load(t, five, failover, "request_route { exit; }")
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	check("round robin", tried(t, env, d, 1, roundRobin, 0, 6), "43210 32104 21043 10432 04321 43210")
	setState(t, d, 1, "3", inactive)
	check("one inactive", tried(t, env, d, 1, roundRobin, 0, 10), "2104 1042 0421 4210 2104 1042 0421 4210 2104 1042")
	setState(t, d, 1, "2", disabled)
	check("one disabled", tried(t, env, d, 1, roundRobin, 0, 4), "041 410 104 041")
	check("priority", tried(t, env, d, 1, byPriority, 0, 2), "410 410")
	check("no weights", tried(t, env, d, 1, byWeight, 0, 2), "410 410")
	check("no algorithm", tried(t, env, d, 1, 64, 0, 2), "410 410")
	setState(t, d, 1, "4", trying)
	check("one trying", tried(t, env, d, 1, roundRobin, 0, 4), "410 104 041 410")
	check("limit", tried(t, env, d, 1, roundRobin, 2, 2), "10 04")
	for _, port := range []string{"0", "1", "4"} {
		setState(t, d, 1, port, inactive)
	}
	for algorithm := range algorithms {
		check(fmt.Sprint("nobody, algorithm ", algorithm), tried(t, env, d, 1, algorithm, 0, 1), "")
	}
	check("no such set", tried(t, env, d, 9, roundRobin, 0, 1), "")
}

// TestLatencyOrder: as the table of the documentation, and as Kamailio 5.6.3
// orders those that are equal.
func TestLatencyOrder(t *testing.T) {
	list := ""
	for i, ms := range []int{21, 91, 61, 19, 32, 0, 201} {
		list += fmt.Sprintf("1 sip:127.0.0.1:700%d 0 30 latency=%d\n", i+1, ms)
	}
	for i, ms := range []int{21, 28, 35, 42, 49, 56, 500} {
		list += fmt.Sprintf("2 sip:127.0.0.1:700%d 0 7 latency=%d\n", i, ms)
	}
	list += "2 sip:127.0.0.1:7007 0 2 latency=0\n2 sip:127.0.0.1:7008 0 1 latency=0\n2 sip:127.0.0.1:7009 0 0 latency=0\n"
	list += "3 sip:127.0.0.1:7001 0 3\n3 sip:127.0.0.1:7002 0 3\n3 sip:127.0.0.1:7003 0 2\n3 sip:127.0.0.1:7004 0 1\n"
	env, d := load(t, list, failover+"modparam(\"dispatcher\", \"ds_ping_latency_stats\", 1)\n", "request_route { exit; }")
	for _, c := range []struct {
		set, algorithm, times int
		want                  string
	}{
		{1, byLatency, 5, "6415327 4165327 1645327 6415327 4165327"},
		{1, roundRobin, 2, "3217654 2176543"},
		{1, byLatency, 2, "1645327 6415327"},
		{2, byLatency, 2, "0127654389 0172865439"},
		{3, byLatency, 5, "2134 1234 2134 1234 2134"},
		{3, roundRobin, 2, "1342 3421"},
		{3, byLatency, 2, "2134 1234"},
	} {
		if got := tried(t, env, d, c.set, c.algorithm, 0, c.times); got != c.want {
			t.Errorf("set %d, algorithm %d: got %s, want %s", c.set, c.algorithm, got, c.want)
		}
	}
}

// TestDefault: with use_default the last gateway is only what remains, whatever
// its state, where there are others.
func TestDefault(t *testing.T) {
	env, d := load(t, five, failover+"modparam(\"dispatcher\", \"use_default\", 1)\n", "request_route { exit; }")
	if got := tried(t, env, d, 1, roundRobin, 0, 5); got != "43210 32140 21430 14320 43210" {
		t.Errorf("got %s", got)
	}
	setState(t, d, 1, "0", inactive)
	if got := tried(t, env, d, 1, byPriority, 0, 1); got != "43210" {
		t.Errorf("the last one is inactive: got %s", got)
	}
	for _, port := range []string{"1", "2", "3", "4"} {
		setState(t, d, 1, port, inactive)
	}
	if got := tried(t, env, d, 1, byPriority, 0, 1); got != "" {
		t.Errorf("all are inactive: got %s", got)
	}
	setState(t, d, 1, "0", 0)
	if got := tried(t, env, d, 1, roundRobin, 0, 2); got != "0 0" {
		t.Errorf("all others are inactive: got %s", got)
	}
}

// TestRelativeShares: an inactive gateway's share goes to the others by their
// weights, at once.
func TestRelativeShares(t *testing.T) {
	env, d := load(t, "1 sip:127.0.0.1:7000 0 0 rweight=5\n1 sip:127.0.0.1:7001 0 0 rweight=3\n1 sip:127.0.0.1:7002 0 0 rweight=1\n"+
		"1 sip:127.0.0.1:7003 0 0 rweight=1\n1 sip:127.0.0.1:7004\n", failover, "request_route { exit; }")
	shares := func() string {
		n := [5]int{}
		for range 1000 {
			c := env.Call(t, scripttest.Invite)
			d.route(c, "test", toDst, 0, rule{1, byRelativeWeight})
			n[c.Target.DstURI[len(c.Target.DstURI)-1]-'0']++
		}
		return fmt.Sprint(n)
	}
	if got := shares(); got != "[500 300 100 100 0]" {
		t.Errorf("got %s", got)
	}
	setState(t, d, 1, "1", inactive)
	if got := shares(); got != "[714 0 143 143 0]" {
		t.Errorf("one inactive: got %s", got)
	}
}

// TestLoad: the least loaded gets the call, a full one nothing, also when
// another fails; BYE, timeouts and the answer count.
func TestLoad(t *testing.T) {
	list := "1 sip:127.0.0.1:7001 0 0 duid=a;maxload=2\n1 sip:127.0.0.1:7002 0 0 duid=b;maxload=1\n1 sip:127.0.0.1:7003 0 0 duid=c\n2 sip:127.0.0.1:7001 0 0 duid=a;maxload=1\n"
	env, d := load(t, list, failover, "request_route { exit; }")
	d.hashSize = 4
	call := func(id, method string) *module.Call {
		return env.Call(t, strings.NewReplacer("call1@host", id, "INVITE", method).Replace(scripttest.Invite))
	}
	loads := func() string {
		var out []string
		for _, dst := range d.list.Load().set(1).destinations {
			out = append(out, fmt.Sprint(dst.load.Load()))
		}
		return strings.Join(out, " ")
	}
	var got []string
	for i := range 7 {
		c := call(fmt.Sprint("c", i), "INVITE")
		d.route(c, "test", toDst, 0, rule{1, byLoad})
		got = append(got, c.Target.DstURI[len(c.Target.DstURI)-1:])
	}
	if s := strings.Join(got, ""); s != "3213133" {
		t.Errorf("calls went to %s", s)
	}
	if s := loads(); s != "4 1 2" {
		t.Errorf("loads are %s", s)
	}
	d.loadUpdate(call("c1", "BYE"), nil)
	if s := loads(); s != "4 0 2" {
		t.Errorf("behind a BYE loads are %s", s)
	}
	d.loadUnset(call("c0", "INVITE"), nil)
	// A call that fails over takes its load along, past the one that is full.
	c := call("c9", "INVITE")
	d.route(c, "test", toDst, 0, rule{1, byLoad})
	if c.Target.DstURI != "sip:127.0.0.1:7002" || loads() != "3 1 2" {
		t.Errorf("%s, loads %s", c.Target.DstURI, loads())
	}
	if r := d.use("ds_next_dst", toDst, true)(c, nil); r != module.True || c.Target.DstURI != "sip:127.0.0.1:7003" || loads() != "4 0 2" {
		t.Errorf("next: %d %s, loads %s", r, c.Target.DstURI, loads())
	}
	// A set that is full.
	for i, want := range []module.Result{module.True, module.False} {
		if got := d.route(call(fmt.Sprint("f", i), "INVITE"), "test", toDst, 0, rule{2, byLoad}); got != want {
			t.Errorf("call %d of a set for one: %d", i, got)
		}
	}
	// The same call is not counted twice, what is no call not at all.
	before := loads()
	d.route(call("c9", "INVITE"), "test", toDst, 0, rule{1, byLoad})
	d.route(call("o1", "OPTIONS"), "test", toDst, 0, rule{1, byLoad})
	if s := loads(); s != before {
		t.Errorf("loads were %s and are %s", before, s)
	}
	now := d.host.Clock().Monotonic()
	d.store.calls.confirm("c9")
	d.store.calls.expire(now+60e9, 60e9, 120e9)
	if s := loads(); s != "1 0 0" {
		t.Errorf("behind ds_hash_initexpire loads are %s", s)
	}
	d.store.calls.expire(now+120e9, 60e9, 120e9)
	if s := loads(); s != "0 0 0" {
		t.Errorf("behind ds_hash_expire loads are %s", s)
	}
}

// TestMaxLoadHolds: no limit is passed by one when many workers choose at once.
func TestMaxLoadHolds(t *testing.T) {
	env, d := load(t, "1 sip:127.0.0.1:7001 0 0 duid=a;maxload=50\n1 sip:127.0.0.1:7002 0 0 duid=b;maxload=30\n", failover, "request_route { exit; }")
	d.hashSize = 4
	calls := make([]*module.Call, 200)
	for i := range calls {
		calls[i] = env.Call(t, strings.Replace(scripttest.Invite, "call1@host", fmt.Sprint(i), 1))
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < len(calls); i += 4 {
				s := d.list.Load().set(1)
				d.leastLoad(calls[i], s, s.destinations, new(selection))
			}
		})
	}
	wg.Wait()
	for i, want := range []int64{30, 50} {
		if got := d.list.Load().set(1).destinations[i].load.Load(); got != want {
			t.Errorf("gateway %d has %d calls, want %d", i, got, want)
		}
	}
}

// TestSelectAllocates nothing once a worker is warm, but what XAVPs need room
// for.
func TestSelectAllocates(t *testing.T) {
	env, d := load(t, five+"2 sip:127.0.0.1:7000 0 0 weight=50;rweight=50\n2 sip:127.0.0.1:7001 0 0 weight=50;rweight=1\n", failover, "request_route { exit; }")
	c := env.Call(t, scripttest.Invite)
	next := d.use("ds_next_dst", toDst, true)
	for _, algorithm := range []int{byCallID, byFrom, byTo, byRequestURI, roundRobin, byPriority, byWeight, byRelativeWeight, byLatency} {
		for _, g := range []goal{toDst, toXAVP} {
			got := testing.AllocsPerRun(100, func() {
				c.XAVPs.Reset()
				if d.route(c, "test", g, 0, rule{2, algorithm}) != module.True {
					t.Fatal("nothing was selected")
				}
				if next(c, nil) != module.True {
					t.Fatal("there was no next one")
				}
			})
			if got > 0 {
				t.Errorf("algorithm %d allocates %.1f times", algorithm, got)
			}
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	env, d := load(b, five, failover, "request_route { exit; }")
	c := env.Call(b, scripttest.Invite)
	for _, algorithm := range []int{byCallID, roundRobin, byLatency} {
		b.Run(fmt.Sprint("algorithm ", algorithm), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.XAVPs.Reset()
				if d.route(c, "bench", toDst, 0, rule{1, algorithm}) != module.True {
					b.Fatal("nothing was selected")
				}
			}
		})
	}
}
