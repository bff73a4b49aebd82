// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const head = `loadmodule "pv.so"
loadmodule "ndb_redis.so"
loadmodule "prints.so"
`

var prints = map[string]module.New{"prints": func() module.Module { return scripttest.Prints{} }}

func load(t *testing.T, params, script string) *scripttest.Env {
	t.Helper()
	env := scripttest.MustLoad(t, head+params+"\nrequest_route {\n"+script+"\n}", scripttest.Options{Modules: prints})
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	return env
}

// answers runs the script for a request and returns what it printed, without
// the lines of the log.
func answers(t *testing.T, env *scripttest.Env) []string {
	t.Helper()
	return slices.DeleteFunc(env.Request(t, scripttest.Invite), func(line string) bool { return strings.HasPrefix(line, "msg=") })
}

func param(name string, value any) string {
	return fmt.Sprintf("modparam(\"ndb_redis\", %q, %#v)\n", name, value)
}

func serverParam(addr string, more ...string) string {
	host, port, _ := strings.Cut(addr, ":")
	return param("server", strings.Join(append([]string{"name=a;addr=" + host + ";port=" + port + ";db=1"}, more...), ";"))
}

// conversation is a script, and what the reference prints for it: each line
// behind a command.
var conversation = []struct{ script, print, want string }{
	{`redis_cmd("a", "SET foo bar", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info) $redis(r=>size)`, "1 5 <null> OK <null>"},
	{`redis_cmd("a", "GET foo", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>size) $redis(r=>value[0])`, "1 1 bar <null> <null>"},
	{`redis_cmd("a", "GET none", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`, "1 4 <null> <null>"},
	{`redis_cmd("a", "INCR c", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`, "1 3 1 <null>"},
	{`redis_cmd("a", "INCR foo", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`, "-1 6 <null> ERR value is not an integer or out of range"},
	{`redis_cmd("a", "SET %s %s", "k e", "a  b", "r"); redis_cmd("a", "GET %s", "k e", "r");`, `$rc $redis(r=>type) [$redis(r=>value)]`, "1 1 [a  b]"},
	{`redis_cmd("a", "RPUSH l a b", "r"); redis_cmd("a", "LRANGE l 0 -1", "r");`, `$rc $redis(r=>type) $redis(r=>size) $redis(r=>value) $redis(r=>type[0]) $redis(r=>value[0]) $redis(r=>value[1]) $redis(r=>value[2])`, "1 2 2 <null> 1 a b <null>"},
	{`$var(i) = 1;`, `$redis(r=>value[$var(i)])`, "b"},
	{`redis_cmd("a", "MULTI", "r1"); redis_cmd("a", "LRANGE l 0 -1", "r2"); redis_cmd("a", "EXEC", "r");`,
		`$rc $redis(r1=>info) $redis(r2=>info) $redis(r=>type) $redis(r=>size) $redis(r=>value[0]) $redis(r=>value[0]=>size) $redis(r=>value[0]=>value[0]) $redis(r=>value[0]=>type[1]) $redis(r=>type[0])`, "1 OK QUEUED 2 1 <null> 2 a 1 2"},
	{`redis_free("r");`, `$rc $redis(r=>type) $redis(r=>value)`, "1 <null> <null>"},
	{`redis_free("nope");`, `$rc`, "-1"},
	{``, `$redisd(rpl_str) $redisd(rpl_arr) $redisd(rpl_int) $redisd(rpl_nil) $redisd(rpl_sts) $redisd(rpl_err)`, "1 2 3 4 5 6"},
	{`redis_cmd("nosrv", "GET a", "r");`, `$rc`, "-1"},
	{`redis_cmd("a", "RPUSH n 'a b' c", "r");`, `$rc $redis(r=>value)`, "1 3"},
	{`redis_cmd("a", "ECHO 100%%", "r");`, `$rc $redis(r=>type) $redis(r=>value)`, "1 1 100%"},
	{`redis_cmd("a", "ECHO a%sb", "X Y", "r");`, `$rc $redis(r=>value)`, "1 aX Yb"},
	{`redis_cmd("a", "ECHO   foo ", "X Y", "r");`, `$rc $redis(r=>value)`, "1 foo"},
	{`redis_cmd("a", "", "r");`, `$rc $redis(r=>value)`, "-1 foo"},
	{`redis_cmd("a", "GET %s", "r");`, `$rc $redis(r=>value)`, "-1 foo"},
	{`redis_cmd("a", "SET e %s", "", "r"); redis_cmd("a", "GET e", "r");`, `$rc $redis(r=>type) [$redis(r=>value)]`, "1 1 []"},
	{`$var(cmd) = "SET whole %s"; redis_cmd("a", "$var(cmd)", "x y", "r"); redis_cmd("a", "GET whole", "r");`, `$redis(r=>value)`, "x y"},
	{`redis_pipe_cmd("a", "SET q 1", "p1"); $var(p) = $rc; redis_pipe_cmd("a", "INCR q", "p2"); redis_pipe_cmd("a", "INCR foo", "p3"); redis_execute("a");`,
		`$var(p) $rc $redis(p1=>info) $redis(p2=>value) $redis(p3=>type)`, "1 1 OK 2 6"},
	{`redis_execute("a");`, `$rc`, "-1"},
	{`redis_pipe_cmd("a", "INCR q", "p4"); redis_cmd("a", "GET q", "r");`, `$redis(p4=>value) $redis(r=>value)`, "3 3"},
	{`redis_execute("nosrv");`, `$rc`, "-1"},
	{`redis_pipe_cmd("nosrv", "GET a", "r");`, `$rc`, "-1"},
	{`redis_pipe_cmd("a", "GET q", "p1"); redis_pipe_cmd("a", "GET foo", "p1"); redis_execute("a");`, `$rc $redis(p1=>value)`, "1 bar"},
	// Beyond the reference: what a variable has is one argument, and is not
	// looked through for percent signs.
	{`$var(x) = "x y %s %%"; redis_cmd("a", "SET v:$var(x):%s $var(x)", "z", "r"); redis_cmd("a", "GET %s", "v:x y %s %%:z", "r");`, `$redis(r=>value)`, "x y %s %%"},
	{`$var(x) = "a\r\nFLUSHALL\r\n"; redis_cmd("a", "ECHO $var(x)", "r");`, `$rc $redis(r=>type) $(redis(r=>value){s.len})`, "1 1 13"},
	{`redis_cmd("a", "SUBSCRIBE x", "r");`, `$rc`, "-1"},
	{`redis_cmd("a", "SELECT 2", "r"); redis_cmd("a", "SET foo two", "r"); redis_cmd("a", "GET foo", "r");`, `$redis(r=>value)`, "two"},
}

func converse(t *testing.T, addr string) {
	var script strings.Builder
	for _, row := range conversation {
		fmt.Fprintf(&script, "%s\nprint(\"%s\");\n", row.script, row.print)
	}
	script.WriteString(`exit;`)
	env := load(t, serverParam(addr), script.String())
	got := answers(t, env)
	for i, row := range conversation {
		if i >= len(got) || got[i] != row.want {
			t.Errorf("%s: got %q, want %q", row.script, got[min(i, len(got)-1)], row.want)
		}
	}
	// What SELECT did is over with the message.
	env = load(t, serverParam(addr), `redis_cmd("a", "GET foo", "r"); print("$redis(r=>value)");`)
	if got := answers(t, env); !slices.Equal(got, []string{"bar"}) {
		t.Errorf("after SELECT of another message: got %q, want bar", got)
	}
}

func TestConversation(t *testing.T) { converse(t, miniredis.RunT(t).Addr()) }

func TestConversationWithServer(t *testing.T) {
	s := testserver.Redis(t)
	converse(t, fmt.Sprintf("127.0.0.1:%d", s.Port))
}

// TestTLS: commands go over TLS to a server that is trusted, and to no other.
func TestTLS(t *testing.T) {
	c := testserver.NewCertificates(t)
	s := testserver.RedisTLS(t, c)
	const script = `redis_cmd("a", "SET foo bar", "r"); print("$rc $redis(r=>info)");`
	for _, row := range []struct{ ca, tls, want string }{{c.Root, "1", "1 OK"}, {c.Other, "1", "-1 <null>"}, {c.Root, "0", "-1 <null>"}} {
		env := load(t, serverParam(fmt.Sprintf("127.0.0.1:%d", s.Port), "tls="+row.tls)+fmt.Sprintf("modparam(\"ndb_redis\", \"ca_path\", %q)\n", row.ca)+param("init_without_redis", 1), script)
		if got := answers(t, env); !slices.Equal(got, []string{row.want}) {
			t.Errorf("authority %s, tls=%s: got %q, want %q", row.ca, row.tls, got, row.want)
		}
	}
}

// A server that hangs or is gone costs its time limit and a false result, and is
// used again when it is back.
func TestServerThatHangsOrEnds(t *testing.T) {
	s := testserver.Redis(t)
	env := load(t, serverParam(fmt.Sprintf("127.0.0.1:%d", s.Port))+param("cmd_timeout", 50)+param("connect_timeout", 50),
		`redis_cmd("a", "INCR n", "r"); print("$rc $redis(r=>type)");`)
	ask := func(what, want string) {
		t.Helper()
		if got := answers(t, env); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	ask("at first", "1 3")
	s.Pause()
	ask("while it hangs", "-1 <null>")
	s.Resume()
	s.Kill()
	ask("while it is gone", "-1 <null>")
	s.Start()
	ask("when it is back", "1 3")
}

func TestServerIsLeftAlone(t *testing.T) {
	s := miniredis.RunT(t)
	s.Set("kept", "x")
	env := load(t, serverParam(s.Addr())+param("allowed_timeouts", 1)+param("disable_time", 30)+param("flush_on_reconnect", 1),
		`redis_cmd("a", "INCR n", "r"); print("$rc"); redis_pipe_cmd("a", "INCR n", "p"); redis_execute("a"); print("$rc");`)
	ask := func(what string, want ...string) {
		t.Helper()
		if got := answers(t, env); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	s.Close()
	ask("one more than allowed", "-1", "-1")
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	ask("left alone", "-2", "-2")
	if keys := s.DB(0).Keys(); len(keys) != 1 {
		t.Errorf("got keys %q while the server is left alone", keys)
	}
	env.Host.Clock().(*timer.Manual).Advance(31 * time.Second)
	ask("used again", "1", "1")
	if s.DB(0).Exists("kept") {
		t.Error("flush_on_reconnect has deleted nothing")
	}
}

func TestInitWithoutRedis(t *testing.T) {
	s := miniredis.RunT(t)
	addr := s.Addr()
	s.Close()
	params := serverParam(addr)
	load(t, params+param("init_without_redis", 1), `exit;`)
	m := New()
	host, port, _ := strings.Cut(addr, ":")
	if err := m.addServer("name=a;addr=" + host + ";port=" + port); err != nil {
		t.Fatal(err)
	}
	env := load(t, "", `exit;`)
	if err := m.Start(t.Context(), env.Host); err == nil || !strings.Contains(err.Error(), "server a ("+addr+")") {
		t.Errorf("got %v, want that the server is not there", err)
	}
}

func TestCluster(t *testing.T) {
	one, two := miniredis.RunT(t), miniredis.RunT(t)
	two.Set("x", "of two")
	script := `redis_cmd("a", "GET x", "r"); print("$rc $redis(r=>value)"); redis_pipe_cmd("a", "GET x", "r"); print("$rc"); redis_execute("a"); print("$rc");`
	params := strings.ReplaceAll(serverParam(one.Addr()), ";db=1", "") + param("cluster", 1)
	host, port, _ := strings.Cut(two.Addr(), ":")
	named := param("server", "name="+two.Addr()+";addr="+host+";port="+port)
	for _, row := range []struct{ name, params, reply, want string }{
		{"named", params + named, "MOVED 1 " + two.Addr(), "1 of two"},
		{"asked", params + named, "ASK 1 " + two.Addr(), "1 of two"},
		{"unnamed", params, "MOVED 1 " + two.Addr(), "-1 <null>"},
		{"dynamic", params + param("allow_dynamic_nodes", 1), "MOVED 1 " + two.Addr(), "1 of two"},
		{"nonsense", params + param("allow_dynamic_nodes", 1), "MOVED 1 nowhere", "-1 <null>"},
		{"back", params + named, "MOVED 1 " + one.Addr(), "-1 <null>"},
	} {
		one.SetError("")
		env := load(t, row.params, script)
		one.SetError(row.reply)
		got := answers(t, env)
		if !slices.Equal(got, []string{row.want, "-1", "-1"}) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	one.SetError("")
}

func TestMistakesStopTheStart(t *testing.T) {
	for text, want := range map[string]string{
		param("server", "addr=127.0.0.1"):                                                    "a server needs a name",
		param("server", "name=a;port=x"):                                                     `"x" is no port`,
		param("server", "name=a;db=-1"):                                                      `"-1" is no number of a database`,
		param("server", "name=a;colour=red"):                                                 `unknown key "colour"`,
		param("server", "name=a;addr"):                                                       `"addr" is not of the form key=value`,
		param("server", "name=a") + param("server", "name=a"):                                "server a is defined twice",
		param("server", "name=a;sentinel_group=g"):                                           "needs at least one sentinel",
		param("server", "name=a;sentinel=1.2.3.4:5"):                                         "sentinel needs sentinel_group",
		param("server", "name=a;sentinel=1.2.3.4"):                                           "is not of the form host:port",
		param("server", "name=a;sentinel_master=2"):                                          "sentinel_master is 0 or 1",
		param("allow_dynamic_nodes", 1):                                                      "allow_dynamic_nodes needs cluster",
		`request_route { $var(a) = $redis(r); }`:                                             "write it as replyid=>type",
		`request_route { $var(a) = $redis(r=>colour); }`:                                     "write it as replyid=>type",
		`request_route { $var(a) = $redis(r=>size[0]); }`:                                    "write it as replyid=>type",
		`request_route { $var(a) = $redis(r=>value=>size); }`:                                "write it as replyid=>type",
		`request_route { $var(a) = $redis(r=>value[x]); }`:                                   `index "x" is no number`,
		`request_route { $var(a) = $redis(=>value); }`:                                       "a reply needs a name",
		`request_route { $var(a) = $redisd(rpl_x); }`:                                        "write it as rpl_str",
		`request_route { redis_cmd("a", "GET $nothing(x)", "r"); }`:                          "nothing",
		`request_route { redis_cmd("a", "GET x"); }`:                                         "redis_cmd",
		`request_route { redis_cmd("a", "GET %s %s %s %s", "1", "2", "3", "4", "5", "r"); }`: "redis_cmd",
	} {
		err := scripttest.Load(head+text, scripttest.Options{Modules: prints}).Errors.Err()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestParseServer(t *testing.T) {
	s, err := parseServer(" name = srvX ; addr=127.0.0.2;port=6380;db=4;pass=my=pass ;")
	if err != nil || s.name != "srvX" || s.address() != "127.0.0.2:6380" || s.db != 4 || s.password != "my=pass" {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err = parseServer("name=y;addr=1.1.1.1;unix=/tmp/redis.sock"); err != nil || s.address() != "/tmp/redis.sock" {
		t.Errorf("got %+v, %v, want the Unix socket", s, err)
	}
	s, err = parseServer("name=z;sentinel_group=g;sentinel_master=0;sentinel=1.2.3.4:26379;sentinel=1.2.3.5:26379")
	if err != nil || s.group != "g" || !s.replica || len(s.sentinels) != 2 {
		t.Errorf("got %+v, %v, want a replica that two sentinels name", s, err)
	}
}

func TestParseReply(t *testing.T) {
	for wire, want := range map[string]string{
		"+OK\r\n":                               "{5 OK 0 []}",
		"-ERR x\r\n":                            "{6 ERR x 0 []}",
		":-7\r\n":                               "{3  -7 []}",
		"$-1\r\n":                               "{4  0 []}",
		"*-1\r\n":                               "{4  0 []}",
		"$2\r\n\r\n\r\n":                        "{1 \r\n 0 []}",
		"*2\r\n*1\r\n:1\r\n$0\r\n\r\n":          "{2  0 [{2  0 [{3  1 []}]} {1  0 []}]}",
		"":                                      "bad",
		"?\r\n":                                 "bad",
		"$5\r\nabc\r\n":                         "bad",
		"$-2\r\n":                               "bad",
		":x\r\n":                                "bad",
		"*99999999\r\n":                         "bad",
		"+OK\r\n+OK\r\n":                        "bad",
		strings.Repeat("*1\r\n", 99) + ":1\r\n": "bad",
	} {
		r, err := parseReply(wire)
		got := fmt.Sprint(r)
		if err != nil {
			got = "bad"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", wire, got, want)
		}
	}
}

func FuzzParseReply(f *testing.F) {
	f.Add("*2\r\n*1\r\n:1\r\n$0\r\n\r\n")
	f.Add("-MOVED 1 a:1\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		if r, err := parseReply(wire); err == nil && r.kind == 0 {
			t.Fatalf("%q: a reply without a type", wire)
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("SET %s $(var(x){s.select,0, }):%s 100%%")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range append(words(text), plain(text)...) {
			if len(w) == 0 {
				t.Fatalf("%q: an empty word", text)
			}
		}
	})
}
