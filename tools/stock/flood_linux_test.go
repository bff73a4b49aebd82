// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// withBan is the stock file with a shorter ban.
func withBan(t *testing.T, cfg string, seconds int) string {
	t.Helper()
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "autoexpire=300") != 1 {
		t.Fatalf("%s no longer has autoexpire=300", cfg)
	}
	file := filepath.Join(t.TempDir(), "kamailio.cfg")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "autoexpire=300", fmt.Sprint("autoexpire=", seconds), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// flooder is a phone of the public network, at an address that is nobody else's.
func flooder(t *testing.T, s *site) *phone {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(floodAddr)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	p := &phone{conn: c, heard: map[string]bool{}}
	p.towards(t, s.addr)
	return p
}

// flood sends until the address is banned, and sees that it is: others are
// served meanwhile, and once the ban is over this one is again. shorten has the
// operator shorten it.
func flood(t *testing.T, s *site, other *agent, shorten bool) {
	t.Helper()
	p := flooder(t, s)
	options := func() string {
		return p.request("OPTIONS", "sip:"+s.addr, "sip:flood@"+s.addr, "sip:"+s.addr, "")
	}
	if reply := p.ask(options(), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Fatalf("before the flood: %q", reply)
	}
	banned := func() bool { return strings.Contains(s.rpc(t, "htable.dump", "ipban"), floodAddr) }
	for end := time.Now().Add(patience); !banned(); {
		if time.Now().After(end) {
			t.Fatalf("the flood is not banned:\n%s", s.rpc(t, "pike.top"))
		}
		for range 50 {
			p.send(options())
		}
	}
	if reply := p.ask(options(), time.Second); reply != "" && banned() {
		t.Errorf("an address that is banned is answered %q", reply)
	}
	if reply := other.register(); reply.Status != 200 {
		t.Errorf("beside the flood another one is answered\n%s", reply.Raw())
	}
	if !strings.Contains(s.log(t), "pike blocking OPTIONS from sip:flood@") {
		t.Error("the ban is not in the log")
	}
	if shorten { // to more than the two intervals that pike remembers, or it would begin a whole one
		s.rpc(t, "htable.setex", "ipban", floodAddr, "8")
	}
	reply := ""
	for end := time.Now().Add(2 * patience); reply == "" && time.Now().Before(end); {
		reply = p.ask(options(), time.Second)
	}
	if !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Error("the ban does not end")
	}
}

// TestFlood: WITH_ANTIFLOOD. That a ban lasts the 300 seconds of the stock file
// is in tools/kahea, where time is made up.
func TestFlood(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamcmd")
	homes := newNetwork(t)
	s := startSite(t, command, withBan(t, refserver.StockCfg, 3), "-A WITH_ANTIFLOOD")
	flood(t, s, homes[0].agent(t, "alice", s.addr, s.addr), false)
}
