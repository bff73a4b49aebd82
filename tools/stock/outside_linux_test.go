// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/siptest"
	"github.com/kahea-sip/kahea/tools/testport"
)

// site is a server in the public namespace. It also listens on the loopback
// address, for refserver and for curl.
type site struct {
	*refserver.Server
	addr string // of the public network
}

func startSite(t *testing.T, command, cfg string, flags ...string) *site {
	t.Helper()
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprint(publicAddr, ":", port)
	command += fmt.Sprintf(" -l udp:%s -l tcp:%[1]s -l tls:%s:%d ", addr, publicAddr, port+1) + strings.Join(flags, " ")
	if !strings.Contains(command, "WITH_TLS") {
		command = strings.Replace(command, fmt.Sprintf(" -l tls:%s:%d", publicAddr, port+1), "", 1)
	}
	server, err := refserver.StartAt(command, cfg, t.TempDir(), port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Stop()
		if t.Failed() {
			t.Log(server.LogTail())
		}
	})
	return &site{server, addr}
}

func (s *site) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Run, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rpc runs a command with kamcmd.
func (s *site) rpc(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("kamcmd", append([]string{"-s", "unix:" + filepath.Join(s.Run, "kamailio_ctl")}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("kamcmd %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// packets is how many of RTP each side of a call must get.
const packets = 25

// callBehindNAT is a call between two that are behind NAT: what they write of
// themselves leads nowhere, the server and the relay must see to it.
func callBehindNAT(t *testing.T, alice, bob *agent, media relay) {
	t.Helper()
	callID := fmt.Sprintf("call-%d@%s", time.Now().UnixNano(), privateAddr)
	var wg sync.WaitGroup
	wg.Go(func() { bob.takeCall(alice) })
	reply := alice.ask("INVITE", "sip:bob@"+alice.domain, "<sip:bob@"+alice.domain+">", callID, 1, "", alice.description())
	if reply.Status != 200 {
		t.Fatalf("the call is answered\n%s", reply.Raw())
	}
	d := dialogOf(t, reply)
	alice.within(d, "ACK", 1+sequence(reply))
	if got := d.media.Addr().String(); got != publicAddr {
		t.Errorf("the media of the answer are at %s", got)
	}
	if n := alice.talk(d, packets, "bob"); n < packets {
		t.Errorf("alice hears %d packets of bob", n)
	}
	wg.Wait()
	if reply := alice.within(d, "BYE", 9); reply.Status != 200 {
		t.Errorf("BYE is answered\n%s", reply.Raw())
	}
	media.ended(t)
}

// sequence is what the CSeq of a reply is above 1: by so many an ACK is, too.
func sequence(m *sip.Message) int {
	c, err := m.CSeq()
	if err != nil {
		return 0
	}
	return int(c.Number) - 1
}

// takeCall is the callee's part of a call. Its BYE is answered behind it.
func (a *agent) takeCall(caller *agent) {
	m := a.hears(patience, func(m *sip.Message) bool { return m.Method == sip.MethodInvite })
	if m == nil {
		a.t.Error("no INVITE reaches bob")
		return
	}
	d := dialogOf(a.t, m)
	if got := d.media.Addr().String(); got != publicAddr {
		a.t.Errorf("the media of the offer are at %s", got)
	}
	a.answer(m, "180 Ringing", "")
	a.answer(m, "200 OK", a.description())
	if a.hears(patience, func(m *sip.Message) bool { return m.Method == sip.MethodAck }) == nil {
		a.t.Error("no ACK reaches bob")
	}
	if n := a.talk(d, packets, caller.user); n < packets {
		a.t.Errorf("bob hears %d packets of alice", n)
	}
	go func() {
		if m := a.hears(patience, func(m *sip.Message) bool { return m.Method == sip.MethodBye }); m != nil {
			a.answer(m, "200 OK", "")
		}
	}()
}

// registerBoth registers the agents. What the server stores of them is where
// the requests came from.
func registerBoth(t *testing.T, s *site, agents ...*agent) {
	t.Helper()
	for _, a := range agents {
		if reply := a.register(); reply.Status != 200 {
			t.Fatalf("REGISTER of %s is answered\n%s", a.user, reply.Raw())
		}
	}
}

// TestNAT: the stock file with WITH_NAT, with an rtpproxy and with Debian's
// rtpengine, and with the pings of WITH_NATSIPPING: a call between two behind
// NAT whose media pass through the relay. The reference passes the same test.
func TestNAT(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamcmd", "kamailio")
	homes := newNetwork(t)
	const withProxy, withEngine, withPings = "-A WITH_NAT", "-A WITH_NAT -A WITH_RTPENGINE", "-A WITH_NAT -A WITH_NATSIPPING --modparam=nathelper:natping_interval:i:2"
	proxy, engine := func(t *testing.T) relay { return startRTPProxy(t) }, func(t *testing.T) relay { return startRTPEngine(t) }
	for _, row := range []struct {
		name, command string
		relay         func(t *testing.T) relay
		flags         string
	}{
		{"rtpproxy", command, proxy, withProxy},
		{"rtpengine", command, engine, withEngine},
		{"pings", command, proxy, withPings},
		{"reference, rtpproxy", refserver.ReferenceCommand, proxy, withProxy},
		{"reference, rtpengine", refserver.ReferenceCommand, engine, withEngine},
	} {
		t.Run(row.name, func(t *testing.T) {
			media := row.relay(t)
			s := startSite(t, row.command, refserver.StockCfg, row.flags)
			alice, bob := homes[0].agent(t, "alice", s.addr, s.addr), homes[1].agent(t, "bob", s.addr, s.addr)
			registerBoth(t, s, alice, bob)
			if out := s.rpc(t, "ul.lookup", "location", "bob"); !strings.Contains(out, "Received: sip:"+homes[1].public) {
				t.Errorf("what is stored of bob:\n%s", out)
			}
			callBehindNAT(t, alice, bob, media)
			if row.name == "pings" {
				bob.hears(patience, func(m *sip.Message) bool {
					return m.Method == sip.MethodOptions && strings.Contains(m.Value(sip.HeaderFrom), "pinger@")
				})
				if bob.pings == 0 {
					t.Error("no ping reaches bob")
				}
			}
		})
	}
}

// overHTTP asks for commands with curl: those that are allowed, and from where.
func overHTTP(t *testing.T, s *site) {
	t.Helper()
	curl := func(args ...string) string {
		out, err := exec.Command("curl", append([]string{"--silent", "--show-error", "--max-time", "10", "--include"}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("curl %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	const uptime = `{"jsonrpc": "2.0", "method": "core.version", "id": 5}`
	for _, row := range []struct{ from, path, status, want string }{
		{s.Addr(), "/RPC", "200 OK", `"result":`},
		{s.Addr(), "/RPC", "200 OK", `"id":`},
		{s.Addr(), "/other", "200 OK", "Wrong URL /other"},
		{s.addr, "/RPC", "403 Forbidden", "Not allowed from " + publicAddr},
	} {
		out := curl("--data", uptime, "http://"+row.from+row.path)
		if !strings.HasPrefix(out, "HTTP/1.1 "+row.status) || !strings.Contains(out, row.want) {
			t.Errorf("%s at %s is answered\n%s", row.path, row.from, out)
		}
	}
}

// TestOverHTTP: WITH_JSONRPC.
func TestOverHTTP(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "curl")
	newNetwork(t)
	overHTTP(t, startSite(t, command, refserver.StockCfg, "-A WITH_JSONRPC"))
}

// traced looks for the lines of the debugger about a REGISTER.
func traced(t *testing.T, s *site, a *agent) {
	t.Helper()
	registerBoth(t, s, a)
	log := s.log(t)
	for _, want := range []string{"dbg_cfg_trace(): request_route=[DEFAULT_ROUTE] c=[", "dbg_cfg_trace(): request_route=[REGISTRAR] c=[", "n=save"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q", want)
		}
	}
	// The line that the log names is that of the statement.
	m := regexp.MustCompile(`c=\[([^]]+)\] l=(\d+) a=\d+ n=save\b`).FindStringSubmatch(log)
	if m == nil {
		t.Fatal("the log does not say where save stands")
	}
	text, err := os.ReadFile(m[1])
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(m[2])
	if lines := strings.Split(string(text), "\n"); n < 1 || n > len(lines) || !strings.Contains(lines[n-1], "save(") {
		t.Errorf("save is said to stand in line %d of %s", n, m[1])
	}
}

// TestTraced: WITH_DEBUG.
func TestTraced(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	command := refserver.KaheaCommand(t, "../kahea")
	homes := newNetwork(t)
	s := startSite(t, command, refserver.StockCfg, "-A WITH_DEBUG")
	traced(t, s, homes[0].agent(t, "alice", s.addr, s.addr))
}

// TestAllSwitches: the stock file with all that it knows at once: MariaDB with
// accounts, domains and accounting, TLS, a call behind NAT, a flood, control over
// HTTP, the lines of the debugger, presence, and sipp.
func TestAllSwitches(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamcmd", "curl", "sipp")
	homes := newNetwork(t)
	store := newStore(t, "mysql")
	store.readyForAll(t)
	const domain = "one.example"
	store.run(t, "INSERT INTO domain (domain) VALUES ('"+domain+"')")
	flags := store.flagsOfAll(t, refserver.StockCfg) + lamps
	media := startRTPEngine(t)
	s := startSite(t, command, refserver.StockCfg, flags)
	agents := [2]*agent{homes[0].agent(t, "alice", domain, s.addr), homes[1].agent(t, "bob", domain, s.addr)}
	for _, a := range agents {
		a.password = "secret-of-" + a.user
		store.kaheactl(t, "user", "add", a.user+"@"+domain, a.password)
	}
	if reply := homes[0].agent(t, "alice", domain, s.addr).register(); reply.Status != 401 {
		t.Errorf("without the password alice is answered\n%s", reply.Raw())
	}
	registerBoth(t, s, agents[0], agents[1])
	callBehindNAT(t, agents[0], agents[1], media)
	store.await(t, "SELECT method, sip_code, src_user, src_ip, dst_ouser, dst_user FROM acc ORDER BY id",
		"INVITE|200|alice|"+homes[0].public+"|bob|bob", "BYE|200|alice|"+homes[0].public+"|bob|bob")
	overHTTP(t, s)
	traced(t, s, agents[0])
	flood(t, s, agents[1], true)
	var watchers [3]*agent
	for i, user := range []string{"alice", "bob", "dave"} {
		watchers[i] = localAgent(t, user, domain, s.Addr())
		watchers[i].password = "secret-of-" + user
	}
	store.kaheactl(t, "user", "add", "dave@"+domain, watchers[2].password)
	watching(t, watchers[0], watchers[1], watchers[2])
	store.kaheactl(t, "user", "add", "carol@"+domain, "carols")
	callee := newPhone(t, s.Addr())
	_, port, _ := strings.Cut(callee.addr(), ":")
	sipp(t, s.Server, "register", "carol", "@@domain@@", domain, "@@password@@", "carols", "@@code@@", "200", "@@contact@@", port)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for _, method := range []string{"INVITE", "BYE"} {
			callee.answer(callee.hears(method))
		}
	}()
	sipp(t, s.Server, "call", "alice", "@@domain@@", domain, "@@password@@", agents[0].password, "@@to@@", "carol@"+domain)
	<-heard
	secured(t, s, domain, "carol", "carols")
}

// secured registers an account over TLS.
func secured(t *testing.T, s *site, domain, user, password string) {
	t.Helper()
	conn, err := tls.Dial("tcp", fmt.Sprint(publicAddr, ":", s.Port+1), &tls.Config{InsecureSkipVerify: true}) // its certificate is the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	uri, more := "sip:"+domain, ""
	for cseq := 1; cseq <= 2; cseq++ {
		fmt.Fprintf(conn, "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=t\r\nTo: <sip:%[4]s@%s>\r\n"+
			"Call-ID: secured\r\nCSeq: %[3]d REGISTER\r\nContact: <sip:%[4]s@%[2]s;transport=tls>\r\n%[6]sContent-Length: 0\r\n\r\n", uri, conn.LocalAddr(), cseq, user, domain, more)
		conn.SetReadDeadline(time.Now().Add(patience))
		buf := make([]byte, 1<<16)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		m := new(sip.Message)
		if err := m.Parse(buf[:n]); err != nil {
			t.Fatal(err)
		}
		if m.Status == 200 && strings.Contains(m.Value(sip.HeaderContact), "transport=tls") {
			return
		}
		credentials, err := siptest.Answer(m.Value(sip.HeaderWWWAuthenticate), "REGISTER", uri, "", user, password, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, m.Raw())
		}
		more = "Authorization: " + credentials + "\r\n"
	}
	t.Error("a REGISTER over TLS is not answered 200")
}
