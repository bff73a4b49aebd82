// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"testing"
)

// hashCfg bans, forgives and looks for users in a hash table.
const hashCfg = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "ctl.so"
loadmodule "db_redis.so"
loadmodule "htable.so"
modparam("db_redis", "keys", "htable=entry:key_name")
modparam("htable", "db_url", "redis://127.0.0.1:PORT/6")
modparam("htable", "db_share", 1)
modparam("htable", "htable", "ban=>size=8;autoexpire=600;dbtable=htable")

request_route {
	if ($rU == "ready") {
		sl_send_reply("200", "ready");
		exit;
	}
	$var(who) = $(rU{s.select,1,-});
	if ($rU =~ "^ban-") {
		$sht(ban=>$var(who)) = "banned";
	} else if ($rU =~ "^forgive-") {
		$sht(ban=>$var(who)) = $null;
	} else if ($rU =~ "^has-" && $sht(ban=>$var(who)) == $null) {
		sl_send_reply("404", "Not banned");
		exit;
	} else if ($rU =~ "^hasnot-" && $sht(ban=>$var(who)) != $null) {
		sl_send_reply("404", "Banned");
		exit;
	}
	sl_send_reply("200", "OK");
}
`

// TestHashTableOfTwoNodesAndARedis: what one node has put into a hash table the
// other one finds there. Each of the three is killed in turn.
func TestHashTableOfTwoNodesAndARedis(t *testing.T) {
	n, r := startNodes(t, hashCfg)
	both := func(what string, users ...string) {
		t.Helper()
		for _, user := range users {
			for i := range n.at {
				if n.at[i] != nil {
					n.call(what, i, "has-"+user)
				}
			}
		}
	}
	n.call("at first", 0, "ban-anna")
	n.call("at first", 1, "ban-bert")
	n.call("at first", 1, "ban-carl")
	banned := []string{"anna", "bert"}
	both("at first", "anna", "bert", "carl")
	n.call("at first", 0, "forgive-carl")
	n.call("forgiven", 1, "hasnot-carl")

	for i := range n.at {
		n.kill(i)
		both(fmt.Sprintf("without node %d", i), banned...)
		user := fmt.Sprintf("new%d", i)
		n.call("with one node", 1-i, "ban-"+user)
		banned = append(banned, user)
		n.start(i)
		both(fmt.Sprintf("node %d is back", i), banned...)
	}

	r.Kill()
	both("without Redis", banned...)
	n.call("without Redis", 0, "ban-dora")
	n.call("without Redis", 1, "ban-emil")
	n.call("without Redis", 0, "has-dora")
	n.call("without Redis", 0, "forgive-bert")
	r.Start()
	banned = []string{"anna", "new0", "new1", "dora", "emil"}
	both("Redis is back", banned...)
	n.call("Redis is back", 1, "hasnot-bert")

	n.kill(0)
	n.kill(1)
	r.Kill()
	r.Start()
	n.start(0)
	n.start(1)
	both("after all were killed", banned...)
}
