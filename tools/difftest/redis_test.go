// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const redisCfg = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "ctl.so"
loadmodule "app_lua.so"
loadmodule "ndb_redis.so"
modparam("ndb_redis", "server", "name=a;addr=127.0.0.1;port=PORT;db=1")
modparam("ndb_redis", "cmd_timeout", 5000)

request_route {
	if ($rU != "redis") {
		sl_send_reply("200", "ready");
		exit;
	}
	redis_cmd("a", "FLUSHALL", "r");
SCRIPT
	sl_send_reply("200", "OK");
}
`

// redisSteps are what the scripts of both servers do, and what they show of it.
var redisSteps = [][2]string{
	{`redis_cmd("a", "SET foo bar", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info) $redis(r=>size)`},
	{`redis_cmd("a", "GET foo", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info) $redis(r=>size) $redis(r=>value[0])`},
	{`redis_cmd("a", "GET none", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`},
	{`redis_cmd("a", "INCR c", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`},
	{`redis_cmd("a", "INCR foo", "r");`, `$rc $redis(r=>type) $redis(r=>value) $redis(r=>info)`},
	{`redis_cmd("a", "NOSUCH foo", "r");`, `$rc $redis(r=>type) $redis(r=>value)`},
	{`redis_cmd("a", "SET ruri $ru", "r"); redis_cmd("a", "GET ruri", "r");`, `$rc $redis(r=>type)`},
	{`redis_cmd("a", "SET %s %s", "k e", "a  b", "r"); redis_cmd("a", "GET %s", "k e", "r");`, `$rc $redis(r=>type) $redis(r=>value)`},
	{`redis_cmd("a", "HSET h f1 v1 f2 v2", "r"); redis_cmd("a", "HMGET %s %s %s", "h", "f2", "f3", "r");`, `$rc $redis(r=>size) $redis(r=>value[0]) $redis(r=>type[1]) $redis(r=>value[1])`},
	{`redis_cmd("a", "RPUSH l a b", "r"); redis_cmd("a", "LRANGE l 0 -1", "r"); `, `$rc $redis(r=>type) $redis(r=>size) $redis(r=>value) $redis(r=>type[0]) $redis(r=>value[0]) $redis(r=>value[1]) $redis(r=>value[2])`},
	{`redis_cmd("a", "MULTI", "r1"); redis_cmd("a", "LRANGE l 0 -1", "r2"); redis_cmd("a", "EXEC", "r");`,
		`$rc $redis(r1=>info) $redis(r2=>info) $redis(r=>type) $redis(r=>size) $redis(r=>value[0]) $redis(r=>value[0]=>size) $redis(r=>value[0]=>value[0]) $redis(r=>value[0]=>type[1]) $redis(r=>type[0])`},
	{`redis_free("r");`, `$rc $redis(r=>type) $redis(r=>value)`},
	{`redis_free("nope");`, `$rc`},
	{`$var(x) = 1;`, `$redisd(rpl_str) $redisd(rpl_arr) $redisd(rpl_int) $redisd(rpl_nil) $redisd(rpl_sts) $redisd(rpl_err)`},
	{`redis_cmd("nosrv", "GET a", "r");`, `$rc`},
	{`redis_cmd("a", "RPUSH n 'a b' c", "r");`, `$rc $redis(r=>value)`},
	{`redis_cmd("a", "ECHO 100%%", "r");`, `$rc $redis(r=>type) $redis(r=>value)`},
	{`redis_cmd("a", "ECHO a%sb", "X Y", "r");`, `$rc $redis(r=>value)`},
	{`redis_cmd("a", "ECHO   foo ", "X Y", "r");`, `$rc $redis(r=>value)`},
	{`redis_cmd("a", "", "r");`, `$rc $redis(r=>value)`},
	{`redis_cmd("a", "GET %s", "r");`, `$rc`},
	{`redis_cmd("a", "SET e %s", "", "r"); redis_cmd("a", "GET e", "r");`, `$rc $redis(r=>type) [$redis(r=>value)]`},
	{`$var(cmd) = "SET whole %s"; redis_cmd("a", "$var(cmd)", "x y", "r"); redis_cmd("a", "GET whole", "r");`, `$redis(r=>value)`},
	{`redis_pipe_cmd("a", "SET q 1", "p1"); $var(p) = $rc; redis_pipe_cmd("a", "INCR q", "p2"); redis_pipe_cmd("a", "INCR foo", "p3"); redis_execute("a");`,
		`$var(p) $rc $redis(p1=>info) $redis(p2=>value) $redis(p3=>type)`},
	{`redis_execute("a");`, `$rc`},
	{`redis_pipe_cmd("a", "INCR q", "p4"); redis_cmd("a", "GET q", "r");`, `$redis(p4=>value) $redis(r=>value)`},
	{`redis_execute("nosrv");`, `$rc`},
	{`redis_pipe_cmd("nosrv", "GET a", "r");`, `$rc`},
	{`redis_pipe_cmd("a", "GET q", "p1"); redis_pipe_cmd("a", "GET foo", "p1"); redis_execute("a");`, `$rc $redis(p1=>value)`},
	{`lua_dostring("KSR.hdr.append_to_reply('L: lua ' .. KSR.ndb_redis.redis_cmd('a', 'SET l1 v1', 'r') .. KSR.ndb_redis.redis_cmd_p1('a', 'SET l2 %s', 'v 2', 'r') .. KSR.ndb_redis.redis_cmd_p2('a', 'SET %s %s', 'l 3', 'v 3', 'r') .. KSR.ndb_redis.redis_cmd_p3('a', 'MGET %s %s %s', 'l1', 'l2', 'l 3', 'r') .. KSR.ndb_redis.redis_cmd('a', 'NOSUCH x', 'q') .. KSR.ndb_redis.redis_cmd('nosrv', 'GET x', 'q') .. KSR.ndb_redis.redis_free('q') .. KSR.ndb_redis.redis_free('nope') .. '\\r\\n')");`,
		`$redis(r=>size) $redis(r=>value[0]) $redis(r=>value[1]) $redis(r=>value[2])`},
}

// TestRedis: Kamailio and kahea say the same of what a Redis has answered.
func TestRedis(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio")
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/ndb_redis.so"); len(found) == 0 {
		refserver.Absent(t, "Kamailio's ndb_redis is not installed")
	}
	r := testserver.Redis(t)
	var script strings.Builder
	for i, step := range redisSteps {
		fmt.Fprintf(&script, "\t%s\n\tappend_to_reply(\"L: %d %s\\r\\n\");\n", step[0], i, step[1])
	}
	text := strings.NewReplacer("PORT", fmt.Sprint(r.Port), "SCRIPT", script.String()).Replace(redisCfg)
	want, got := redisAnswers(t, refserver.ReferenceCommand, text), redisAnswers(t, kahea, text)
	if len(want) < len(redisSteps) || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// redisAnswers starts a server and returns what its script shows.
func redisAnswers(t *testing.T, command, text string) (lines []string) {
	t.Helper()
	s, _ := startText(t, command, t.TempDir(), text)
	defer s.Stop()
	a := newEnd(t, s.Addr())
	a.send("OPTIONS sip:redis@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKredis\r\n%sTo: <sip:redis@x>\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", s.Addr(), a.addr(), endHeaders)
	for line := range strings.SplitSeq(a.get("SIP/2.0 200"), "\r\n") {
		if strings.HasPrefix(line, "L: ") {
			lines = append(lines, line)
		}
	}
	return lines
}
