// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/relay"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// TestHash: the hash of each hash_algo; remainders by 61 as Kamailio 5.6.3 chooses among 61 nodes.
func TestHash(t *testing.T) {
	for id, want := range map[string][3]uint32{
		"a": {97 % 61, 7, 33}, "b": {98 % 61, 2, 41}, "call1": {205 % 61, 17, 38}, "call2": {206 % 61, 36, 11}, "xyz@host": {relay.Sum("xyz@host") % 61, 25, 51},
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6": {relay.Sum("f81d4fae-7dec-11d0-a765-00a0c91e6bf6") % 61, 46, 23},
	} {
		for algo := range want {
			r := load(t, config(sock("udp:127.0.0.1:1"), count("hash_algo", algo)), "drop;").Modules[1].Module.(*RTPEngine)
			if got := r.hash(id) % 61; got != want[algo] {
				t.Errorf("hash_algo %d of %s: %d, want %d", algo, id, got, want[algo])
			}
		}
	}
}

// call makes a message of a call with another Call-ID.
func call(first, id string) string {
	return strings.Replace(message(first, "tt", "application/sdp", one), "call1", id, 1)
}

// nodesOf has the configuration handle a message of each call and returns the nodes that were asked, by name.
func nodesOf(t *testing.T, env *scripttest.Env, first string, nodes map[string]*mediarelay.Relay, calls ...string) string {
	t.Helper()
	var got []string
	for _, id := range calls {
		rc, _ := send(t, env, call(first, id))
		at := ""
		for _, name := range slices.Sorted(maps.Keys(nodes)) {
			if len(nodes[name].Commands()) > 0 {
				at += name
			}
		}
		if rc != "1" {
			at += "!"
		}
		got = append(got, at)
	}
	return strings.Join(got, " ")
}

// TestFailover: one of two nodes dead, both, and back: the table of the README.
func TestFailover(t *testing.T) {
	a, b := newRelay(t), newRelay(t)
	nodes := map[string]*mediarelay.Relay{"a": a, "b": b}
	env := load(t, config(sock(url(a)+"=2 "+url(b))), "rtpengine_offer();")
	check := func(what, want string, calls ...string) {
		t.Helper()
		if got := nodesOf(t, env, "INVITE", nodes, calls...); got != want {
			t.Errorf("%s: %v went to %s, want %s", what, calls, got, want)
		}
	}
	check("both in use", "a b a a b a", "a", "b", "c", "d", "e", "f")
	a.Close()
	check("a is dead", "! b ! b b b", "a", "b", "c", "n1", "n2", "n3")
	b.Close()
	check("both are dead", "! ! !", "a", "b", "n4")
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	check("b is back, nothing else is in use", "b b", "n4", "b")
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	check("a is back, its time is not over", "! b b", "a", "b", "n6")
	env.Host.Advance(61 * time.Second)
	check("its time is over", "a b a", "a", "b", "c")
	if got := a.Pings(); got < 2 {
		t.Errorf("a was asked %d times whether it is there", got)
	}
}

// TestRedetection: without aggressive_redetection nobody is asked before the time is over.
func TestRedetection(t *testing.T) {
	a := newRelay(t)
	env := load(t, config(sock(url(a)), count("aggressive_redetection", 0)), "rtpengine_offer();")
	a.Close()
	if rc, _ := send(t, env, call("INVITE", "x")); rc != "-1" {
		t.Errorf("dead: %s", rc)
	}
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	if rc, _ := send(t, env, call("INVITE", "y")); rc != "-1" {
		t.Errorf("before its time is over: %s", rc)
	}
	env.Host.Advance(61 * time.Second)
	if rc, _ := send(t, env, call("INVITE", "y")); rc != "1" {
		t.Errorf("afterwards: %s", rc)
	}
}

// TestProbeOnce: who wants to know at the same time whether a node is there waits for one answer.
func TestProbeOnce(t *testing.T) {
	a := newRelay(t)
	env := load(t, config(sock(url(a))), "rtpengine_offer();")
	r, n := env.Modules[1].Module.(*RTPEngine), (*relay.Node)(nil)
	for n = range r.sets.Nodes() {
	}
	before := a.Pings()
	a.Answer("ping", mediarelay.Silence) // so that the first one still asks when the others come
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if r.probe(n) {
				t.Error("a silent node is there")
			}
		})
	}
	wait.Wait()
	if got := a.Pings() - before; got > 5 {
		t.Errorf("50 have asked %d times", got)
	}
}

// TestQueriedNodes: no more nodes are asked than queried_nodes_limit says.
func TestQueriedNodes(t *testing.T) {
	var urls []string
	for range 3 {
		r := newRelay(t)
		urls = append(urls, url(r))
		r.Answer("offer", mediarelay.Silence)
	}
	last := newRelay(t)
	for limit, want := range map[int]string{1: "-1", 4: "1"} {
		env := load(t, config(sock(urls[0]+"=9999 "+urls[1]+"=999 "+urls[2]+"=99 "+url(last)), count("queried_nodes_limit", limit), count("rtpengine_tout_ms", 500)), "rtpengine_offer();")
		if rc, _ := send(t, env, call("INVITE", "x")); rc != want {
			t.Errorf("limit %d: %s, want %s", limit, rc, want)
		}
	}
}

// TestAllowOp: the calls of a node that is out of use.
func TestAllowOp(t *testing.T) {
	for _, k := range []struct {
		allow                int
		forbidden, away, new string
	}{{0, "!", "!", "b"}, {1, "a", "a", "b"}, {2, "a", "!", "b"}} {
		a, b := newRelay(t), newRelay(t)
		nodes := map[string]*mediarelay.Relay{"a": a, "b": b}
		env := load(t, config(sock(url(a)+"=2 "+url(b)), count("rtpengine_allow_op", k.allow)), "rtpengine_offer();")
		r := env.Modules[1].Module.(*RTPEngine)
		if got := nodesOf(t, env, "INVITE", nodes, "a", "b"); got != "a b" {
			t.Fatal(got)
		}
		n := r.lookUp(0, url(a))
		n.Forbid()
		if got := nodesOf(t, env, "INVITE", nodes, "a", "new1", "c"); got != k.forbidden+" "+k.new+" b" {
			t.Errorf("rtpengine_allow_op %d, forbidden: %s", k.allow, got)
		}
		n.Permit()
		n.Disable(1 << 60)
		if got := nodesOf(t, env, "INVITE", nodes, "a"); got != k.away {
			t.Errorf("rtpengine_allow_op %d, away: %s", k.allow, got)
		}
	}
}

// TestSets: which set a message uses, and two of them in a row.
func TestSets(t *testing.T) {
	a, b, c := newRelay(t), newRelay(t), newRelay(t)
	nodes := map[string]*mediarelay.Relay{"a": a, "b": b, "c": c}
	cfg := config(sock(url(a)), sock("3 == "+url(b)), sock("4 == "+url(c)))
	for _, k := range []struct{ more, line, want string }{
		{"", "rtpengine_offer();", "a"}, {count("setid_default", 4), `set_rtpengine_set("3"); rtpengine_offer();`, "b"}, {"", `set_rtpengine_set("4"); rtpengine_offer();`, "c"},
		{param("setid_avp", "$p(s)"), "$p(s) = 3; rtpengine_offer();", "b"}, {param("setid_avp", "$p(s)"), `$p(s) = "4"; rtpengine_offer();`, "c"}, {param("setid_avp", "$p(s)"), "rtpengine_offer();", "a"},
		{param("setid_avp", "$p(s)"), "$p(s) = 9; rtpengine_offer();", "!"}, {param("setid_avp", "$p(s)"), `$p(s) = "x"; rtpengine_offer();`, "!"}, {count("setid_default", 9), "rtpengine_offer();", "a"},
		{"", `set_rtpengine_set("3", "4"); rtpengine_offer();`, "bc"}, {"", `set_rtpengine_set("3", "0"); rtpengine_manage();`, "ab"}, {"", `$p(s) = 9; set_rtpengine_set("$p(s)");`, "!"},
		{"", `set_rtpengine_set("3", "4"); block_media();`, "bc"},
	} {
		if got := nodesOf(t, load(t, cfg+k.more+"\n", k.line), "INVITE", nodes, "x"); got != k.want {
			t.Errorf("%s %s: %s, want %s", k.more, k.line, got, k.want)
		}
	}
	cfg = config(sock("0 == "+url(a)), sock("3 == "+url(b)), sock("4 == "+url(c)))
	if got := nodesOf(t, load(t, cfg+count("setid_default", 3)+"\n", "rtpengine_offer();"), "INVITE", nodes, "x"); got != "b" {
		t.Errorf("with setid_default 3 %s is asked", got)
	}
	b.Answer("offer", "d6:result2:ok3:sdp5:v=1\r\ne")
	if _, body := send(t, load(t, cfg, `set_rtpengine_set("3", "4"); rtpengine_offer();`), call("INVITE", "x")); body != "v=1\r\n" || !strings.Contains(strings.Join(c.Commands(), ""), `sdp="v=1\r\n"`) {
		t.Errorf("through two sets: %q", body)
	}
	env := scripttest.Load(cfg+"request_route { set_rtpengine_set(\"9\"); }\n", scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	if err := env.Errors.Err(); err == nil || !strings.Contains(err.Error(), "set 9: there is no such set") {
		t.Errorf("%v", err)
	}
}

// TestCalls: a node is remembered for its time, and forgotten with the call.
func TestCalls(t *testing.T) {
	c := newCalls(2, time.Minute)
	n := new(relay.Node)
	for i := range 1000 {
		c.set(fmt.Sprint(i), n, time.Duration(i)*time.Second)
	}
	if got := c.count(999 * time.Second); got != 60 {
		t.Errorf("%d calls are remembered, want 60", got)
	}
	if c.find("939", 999*time.Second) != nil || c.find("940", 999*time.Second) != n {
		t.Error("a call is remembered too long, or not long enough")
	}
	c.forget("940")
	if c.find("940", 999*time.Second) != nil {
		t.Error("a call that was forgotten is found")
	}
	for range 100000 {
		c.set("one", n, 1000*time.Second)
	}
	for i := range c.shards {
		if got := len(c.shards[i].queue); got > 200 {
			t.Errorf("a shard keeps %d entries for one call", got)
		}
	}
	if got := c.count(2000 * time.Second); got != 0 {
		t.Errorf("%d calls are left", got)
	}
}

// run runs a command.
func run(r *RTPEngine, f func(*module.Request) error, args ...any) string {
	q := &module.Request{Context: context.Background(), Args: args}
	if err := f(q); err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, v := range q.Reply {
		if s, ok := v.(*module.Struct); ok {
			for _, field := range s.Fields {
				fmt.Fprint(&b, field.Name, ":", field.Value, " ")
			}
			continue
		}
		fmt.Fprint(&b, v)
	}
	return strings.TrimSpace(b.String())
}

func TestCommands(t *testing.T) {
	a, b := newRelay(t), newRelay(t)
	env := load(t, config(sock(url(a)+"=2"), sock("7 == "+url(b))), "rtpengine_offer();")
	r := env.Modules[1].Module.(*RTPEngine)
	ua, ub := url(a), url(b)
	show := "url:" + ua + " set:0 index:0 weight:2 disabled:%s recheck_ticks:%s"
	check := func(f func(*module.Request) error, want string, args ...any) {
		t.Helper()
		if got := run(r, f, args...); got != want {
			t.Errorf("%v: %s, want %s", args, got, want)
		}
	}
	check(r.rpcShow, fmt.Sprintf(show, "0", "0")+" url:"+ub+" set:7 index:1 weight:1 disabled:0 recheck_ticks:0", "all")
	check(r.rpcShow, fmt.Sprintf(show, "0", "0"), "::"+ua)
	for _, f := range []func(*module.Request) error{r.rpcShow, r.rpcPing, r.rpcEnable} {
		check(f, "500 Not enough parameters")
		check(f, "404 Instance not found", "udp:x:1", int64(1))
	}
	check(r.rpcPing, "url:all status:success", "all")
	check(r.rpcEnable, "500 Not enough parameters", "all")
	check(r.rpcEnable, `500 argument 2: "off" is no integer`, "all", "off")
	check(r.rpcEnable, "url:"+ua+" status:disable", ua, int64(0))
	check(r.rpcShow, fmt.Sprintf(show, "1(permanent)", "N/A"), ua)
	check(r.rpcPing, "url:"+ua+" status:success", ua)
	check(r.rpcShow, fmt.Sprintf(show, "1(permanent)", "N/A"), ua)
	check(r.rpcEnable, "url:"+ua+" status:enable", ua, int64(1))
	check(r.rpcShow, fmt.Sprintf(show, "0", "0"), ua)
	a.Close()
	check(r.rpcPing, "url:all status:fail", "all")
	check(r.rpcShow, fmt.Sprintf(show, "1", "60"), ua)
	check(r.rpcEnable, "url:"+ua+" status:disable", ua, int64(0))
	check(r.rpcEnable, "url:"+ua+" status:fail", ua, int64(1))
	env.Host.Advance(20 * time.Second)
	check(r.rpcShow, fmt.Sprintf(show, "1", "40"), ua)
	check(r.rpcTotal, "0")
	check(r.rpcReload, "500 No Database URL")
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	send(t, env, call("INVITE", "x"))
	send(t, env, call("INVITE", "y"))
	check(r.rpcTotal, "2")
}

// table is a database of one table.
type table struct {
	db.Database
	rows  [][]db.Value
	err   error
	asked string // the last query for nodes
}

func (d *table) Select(_ context.Context, q db.Query, each func([]db.Value) error) error {
	if d.err != nil {
		return d.err
	}
	rows := d.rows
	if q.Table == "" || q.Table == "version" {
		rows = [][]db.Value{{int64(1)}}
	} else {
		d.asked = fmt.Sprint(q.Table, q.Columns)
	}
	for _, r := range rows {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// TestColumns: the names of the table with the nodes.
func TestColumns(t *testing.T) {
	for want, more := range map[string]string{
		"rtpengine[setid url weight disabled]": "",
		"t[a b c d]":                           param("table_name", "t") + "\n" + param("setid_col", "a") + "\n" + param("url_col", "b") + "\n" + param("weight_col", "c") + "\n" + param("disabled_col", "d"),
	} {
		d := new(table)
		env := scripttest.Load(config(param("db_url", "sqlite:///x"), more)+"request_route { rtpengine_offer(); }\n",
			scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
		if err := env.Errors.Err(); err != nil {
			t.Fatal(err)
		}
		env.Host.DB = d
		env.Start(t)
		if d.asked != want {
			t.Errorf("asked for %s, want %s", d.asked, want)
		}
	}
}

// TestTimes: ping_interval, hash_table_tout and rtpengine_disable_tout.
func TestTimes(t *testing.T) {
	a := newRelay(t)
	env := load(t, config(sock(url(a)), count("ping_interval", 7), count("hash_table_tout", 9), count("hash_table_size", 3), count("rtpengine_disable_tout", 5)), "rtpengine_offer();")
	r := env.Modules[1].Module.(*RTPEngine)
	send(t, env, call("INVITE", "x"))
	pings := a.Pings()
	for range 8 {
		env.Host.Advance(time.Second)
	}
	if got := a.Pings() - pings; got != 1 {
		t.Errorf("asked %d times in 8 s whether it is there", got)
	}
	if got := run(r, r.rpcTotal); got != "1" || len(r.calls.shards) != 3 {
		t.Errorf("after 8 s %s calls in %d parts", got, len(r.calls.shards))
	}
	env.Host.Advance(time.Second)
	if got := run(r, r.rpcTotal); got != "0" {
		t.Errorf("after 9 s %s calls", got)
	}
	a.Close()
	send(t, env, call("INVITE", "y"))
	if got := run(r, r.rpcShow, "all"); !strings.HasSuffix(got, "disabled:1 recheck_ticks:5") {
		t.Error(got)
	}
}

// TestPatience: rtpengine_tout_ms and rtpengine_retr, which core/relay keeps to.
func TestPatience(t *testing.T) {
	r := load(t, config(sock("udp:127.0.0.1:1"), count("rtpengine_tout_ms", 7), count("rtpengine_retr", 3)), "drop;").Modules[1].Module.(*RTPEngine)
	if a := r.asking(); a.Patience != 7*time.Millisecond || a.Tries != 3 {
		t.Errorf("asks %d times and waits %v for each", a.Tries, a.Patience)
	}
}

// TestWebNodes: nodes of WebSocket need wsapi, which has one value, and are false where nobody listens.
func TestWebNodes(t *testing.T) {
	for more, want := range map[string]string{"": `"ws://127.0.0.1:1/": a media relay is asked over WebSocket where wsapi is "lwsc"`, param("wsapi", "other"): `"other": this is not lwsc`} {
		env := scripttest.Load(config(sock("ws://127.0.0.1:1/"), more)+"request_route { drop; }\n", scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
		if err := env.Errors.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", more, err)
		}
	}
	env := load(t, config(sock("ws://127.0.0.1:1/=3"), param("wsapi", "lwsc")), "rtpengine_offer();")
	if rc, _ := send(t, env, call("INVITE", "x")); rc != "-1" {
		t.Errorf("nobody listens: %s", rc)
	}
	if got := run(env.Modules[1].Module.(*RTPEngine), env.Modules[1].Module.(*RTPEngine).rpcShow, "all"); !strings.Contains(got, "url:ws://127.0.0.1:1/ ") || !strings.Contains(got, "weight:3") {
		t.Error(got)
	}
}

// TestReload: nodes of a database come, change and go.
func TestReload(t *testing.T) {
	a, b := newRelay(t), newRelay(t)
	d := &table{rows: [][]db.Value{{int64(0), url(a), int64(2), int64(0)}, {int64(0), url(b) + "=9", int64(1), int64(1)}, {int64(0), "tcp:x", int64(1), int64(0)}, {"x", url(a), int64(1), int64(0)}, {int64(1), url(a), int64(-1), int64(0)}, {int64(1), "unix:/x", int64(1), int64(0)}}}
	env := scripttest.Load(config(param("db_url", "sqlite:///x"), sock(url(newRelay(t))), count("rtpengine_allow_op", 1))+"request_route {\nrtpengine_offer();\nprint(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	if err := env.Errors.Err(); err != nil {
		t.Fatal(err)
	}
	env.Host.DB = d
	env.Start(t)
	r := env.Modules[1].Module.(*RTPEngine)
	nodes := map[string]*mediarelay.Relay{"a": a, "b": b}
	check := func(want string, shown ...string) {
		t.Helper()
		if got := run(r, r.rpcShow, "all"); got != strings.Join(shown, " ") {
			t.Errorf("%s, want %s", got, shown)
		}
		if got := nodesOf(t, env, "INVITE", nodes, "a", "n"); got != want {
			t.Errorf("calls go to %s, want %s", got, want)
		}
	}
	of := func(r *mediarelay.Relay, index, weight int, disabled string) string {
		return fmt.Sprintf("url:%s set:0 index:%d weight:%d disabled:%s", url(r), index, weight, disabled)
	}
	const on, off = "0 recheck_ticks:0", "1(permanent) recheck_ticks:N/A"
	check("a a", of(a, 0, 2, on), of(b, 1, 1, off))
	d.rows = [][]db.Value{{int64(0), url(b), int64(5), int64(0)}}
	soon := func() {
		t.Helper()
		if got := run(r, r.rpcReload); got != "500 Too short reload interval - try later" {
			t.Errorf("within ten seconds: %s", got)
		}
	}
	soon()
	env.Host.Advance(11 * time.Second)
	if got := run(r, r.rpcReload); got != "Ok. Reload successful." {
		t.Errorf("reload: %s", got)
	}
	soon()
	env.Host.Advance(11 * time.Second)
	check("a a", of(b, 1, 5, on)) // both calls are with a, which may end them
	if got := nodesOf(t, env, "INVITE", nodes, "m"); got != "b" {
		t.Errorf("a new call goes to %s", got)
	}
	d.err = fmt.Errorf("gone")
	if got := run(r, r.rpcReload); got != "500 Failed reloading db" {
		t.Errorf("without a database: %s", got)
	}
}
