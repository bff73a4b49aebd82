// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const redisRowsCfg = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "ctl.so"
loadmodule "db_redis.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("db_redis", "schema_path", "/usr/share/kamailio/db_redis/kamailio")
modparam("db_redis", "keys", "version=entry:table_name;location=entry:ruid&usrdom:username,domain&timer:partition,keepalive")
modparam("usrloc", "db_url", "redis://127.0.0.1:PORT/5")
modparam("usrloc", "db_mode", MODE)
modparam("usrloc", "use_domain", 1)

request_route {
	if (method == "REGISTER") {
		save("location");
		exit;
	}
	if ($rU == "ready") sl_send_reply("200", "ready");
	else if (lookup("location")) sl_send_reply("200", "$ru");
	else sl_send_reply("404", "none");
}
`

// TestRedisRows: a phone that has registered at one server is known to the other
// one, which changes and removes what the first has written.
func TestRedisRows(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamcmd")
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/db_redis.so"); len(found) == 0 {
		refserver.Absent(t, "Kamailio's db_redis is not installed")
	}
	for _, mode := range []string{"1", "3"} {
		for _, row := range []struct{ name, first, second string }{
			{"Kamailio, then kahea", refserver.ReferenceCommand, kahea}, {"kahea, then Kamailio", kahea, refserver.ReferenceCommand},
		} {
			t.Run(row.name+", db_mode "+mode, func(t *testing.T) { shareRows(t, mode, row.first, row.second) })
		}
	}
}

func shareRows(t *testing.T, mode, first, second string) {
	r := testserver.Redis(t)
	run := t.TempDir()
	cfg := filepath.Join(run, "rows.cfg")
	text := strings.NewReplacer("PORT", fmt.Sprint(r.Port), "MODE", mode).Replace(redisRowsCfg)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(command string) (*refserver.Server, *end) {
		s, err := refserver.Start(command, cfg, run)
		if err != nil {
			t.Fatal(err)
		}
		return s, newEnd(t, s.Addr())
	}
	cseq := 0
	ask := func(a *end, method, extra, want string) {
		t.Helper()
		cseq++
		a.send("%s sip:alice@ex.org SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKrows%d\r\nFrom: <sip:alice@ex.org>;tag=a\r\nTo: <sip:alice@ex.org>\r\nCall-ID: rows@x\r\nCSeq: %[3]d %[1]s\r\n%[4]sContent-Length: 0\r\n\r\n",
			method, a.addr(), cseq, extra)
		a.get("SIP/2.0 " + want)
	}
	s, a := start(first)
	ask(a, "REGISTER", "Contact: <sip:alice@127.0.0.1:5999>;q=0.5\r\nExpires: 600\r\nUser-Agent: phone x\r\n", "200")
	ask(a, "REGISTER", "Contact: <sip:alice@127.0.0.1:5998>\r\nExpires: 600\r\n", "200")
	ask(a, "REGISTER", "Contact: <sip:alice@127.0.0.1:5999>;q=0.7\r\nExpires: 700\r\n", "200")
	s.Kill()
	s, a = start(second)
	ask(a, "OPTIONS", "", "200 sip:alice@127.0.0.1:5999")
	ask(a, "REGISTER", "Contact: <sip:alice@127.0.0.1:5999>\r\nExpires: 0\r\n", "200")
	ask(a, "REGISTER", "Contact: <sip:alice@127.0.0.1:5998>;q=0.1\r\nExpires: 800\r\n", "200")
	s.Kill()
	s, a = start(first)
	ask(a, "OPTIONS", "", "200 sip:alice@127.0.0.1:5998")
	ask(a, "REGISTER", "Contact: *\r\nExpires: 0\r\n", "200")
	ask(a, "OPTIONS", "", "404")
	s.Kill()
	s, a = start(second)
	defer s.Stop()
	ask(a, "OPTIONS", "", "404")
}
