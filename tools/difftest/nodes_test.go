// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const nodesCfg = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "ctl.so"
loadmodule "db_redis.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("db_redis", "keys", "location=entry:ruid&usrdom:username,domain&timer:partition,keepalive")
modparam("usrloc", "db_url", "redis://127.0.0.1:PORT/5")
modparam("usrloc", "db_mode", 1)
modparam("usrloc", "db_share", 1)
modparam("usrloc", "use_domain", 1)

request_route {
	if (method == "REGISTER") {
		if (!save("location")) sl_reply_error();
		exit;
	}
	if ($rU == "ready") {
		sl_send_reply("200", "ready");
		exit;
	}
	if (!lookup("location")) {
		sl_send_reply("404", "Nobody");
		exit;
	}
	t_relay();
}
`

// nodes are two servers that share their contacts through a Redis.
type nodes struct {
	*testing.T
	command, cfg string
	runs         [2]string
	at           [2]*refserver.Server
	cseq         int
}

// startNodes starts a Redis and two servers with a configuration, in which PORT
// is that of the Redis. The servers are killed when the test ends.
func startNodes(t *testing.T, cfg string) (*nodes, *testserver.Server) {
	t.Helper()
	n := &nodes{T: t, command: refserver.KaheaCommand(t, "../kahea"), runs: [2]string{t.TempDir(), t.TempDir()}}
	r := testserver.Redis(t)
	n.cfg = filepath.Join(n.runs[0], "nodes.cfg")
	if err := os.WriteFile(n.cfg, []byte(strings.ReplaceAll(cfg, "PORT", fmt.Sprint(r.Port))), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range n.at {
			if s != nil {
				s.Kill()
			}
		}
	})
	n.start(0)
	n.start(1)
	return n, r
}

func (n *nodes) start(i int) {
	n.Helper()
	s, err := refserver.Start(n.command, n.cfg, n.runs[i])
	if err != nil {
		n.Fatal(err)
	}
	n.at[i] = s
}

func (n *nodes) kill(i int) {
	n.at[i].Kill()
	n.at[i] = nil
}

// register registers a phone at a server. The phone takes calls from anywhere.
func (n *nodes) register(i int, user string) {
	n.Helper()
	phone, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { phone.Close() })
	n.cseq++
	to, err := net.ResolveUDPAddr("udp", n.at[i].Addr())
	if err != nil {
		n.Fatal(err)
	}
	text := fmt.Sprintf("REGISTER sip:ex.org SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKr%d\r\nFrom: <sip:%s@ex.org>;tag=p\r\nTo: <sip:%[3]s@ex.org>\r\nCall-ID: %[3]s@nodes\r\nCSeq: %[2]d REGISTER\r\nContact: <sip:%[3]s@%[1]s>\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n",
		phone.LocalAddr(), n.cseq, user)
	if _, err := phone.WriteToUDP([]byte(text), to); err != nil {
		n.Fatal(err)
	}
	buf := make([]byte, 4096)
	phone.SetReadDeadline(time.Now().Add(rowsLimit))
	if size, err := phone.Read(buf); err != nil || !strings.HasPrefix(string(buf[:size]), "SIP/2.0 200") {
		n.Fatalf("%s is not registered: %v\n%s", user, err, buf[:size])
	}
	phone.SetReadDeadline(time.Time{})
	go pickUp(phone)
}

// pickUp answers each request that a phone receives, until the phone is closed.
func pickUp(phone *net.UDPConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := phone.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if request := string(buf[:n]); strings.HasPrefix(request, "MESSAGE ") {
			phone.WriteToUDP([]byte(accepted(request, phone.LocalAddr().String())), from)
		}
	}
}

// call calls a phone through a server. It may take a moment until the server has
// heard of the phone, or until it looks for its database again: nobody is called
// in vain until then.
func (n *nodes) call(what string, i int, user string) {
	n.Helper()
	caller := newEnd(n.T, n.at[i].Addr())
	for deadline := time.Now().Add(rowsLimit); ; {
		n.cseq++
		caller.send("MESSAGE sip:%s@ex.org SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKm%d\r\nMax-Forwards: 70\r\nFrom: <sip:caller@ex.org>;tag=c\r\nTo: <sip:%[1]s@ex.org>\r\nCall-ID: call%[3]d@nodes\r\nCSeq: %[3]d MESSAGE\r\nContent-Length: 0\r\n\r\n",
			user, caller.addr(), n.cseq)
		answer := caller.get("SIP/2.0 ")
		if strings.HasPrefix(answer, "SIP/2.0 200") {
			return
		}
		if time.Now().After(deadline) {
			n.Fatalf("%s: a call to %s through node %d ends with\n%s", what, user, i, answer)
		}
	}
}

// TestTwoNodesAndARedis: a phone that has registered at one node is called
// through the other one. Each of the three is killed in turn.
func TestTwoNodesAndARedis(t *testing.T) {
	n, r := startNodes(t, nodesCfg)
	n.register(0, "anna")
	n.register(1, "bert")
	both := func(what string, users ...string) {
		t.Helper()
		for _, user := range users {
			for i := range n.at {
				if n.at[i] != nil {
					n.call(what, i, user)
				}
			}
		}
	}
	phones := []string{"anna", "bert"}
	both("at first", phones...)

	for i := range n.at {
		n.kill(i)
		both(fmt.Sprintf("without node %d", i), phones...)
		user := fmt.Sprintf("new%d", i)
		n.register(1-i, user)
		phones = append(phones, user)
		n.start(i)
		both(fmt.Sprintf("node %d is back", i), phones...)
	}

	r.Kill()
	both("without Redis", phones...)
	n.register(0, "carl")
	n.register(1, "dora")
	n.call("without Redis", 0, "carl")
	n.call("without Redis", 1, "dora")
	r.Start()
	phones = append(phones, "carl", "dora")
	both("Redis is back", phones...)

	// All of them at once: what was answered is there.
	n.kill(0)
	n.kill(1)
	r.Kill()
	r.Start()
	n.start(0)
	n.start(1)
	both("after all were killed", phones...)
}
