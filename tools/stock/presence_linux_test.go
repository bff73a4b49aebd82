// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// localAgent is an agent that is not behind NAT.
func localAgent(t *testing.T, user, domain, server string) *agent {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &agent{t: t, user: user, domain: domain, sip: conn, server: netip.MustParseAddrPort(server)}
}

// subscription is one of a watcher; its state is what the last NOTIFY said.
type subscription struct {
	watcher     *agent
	event, body string
	state       string
	callID      string
	dialog      *dialog
	cseq        int
	told        uint32 // CSeq of the last NOTIFY
}

// watch subscribes to an event of another user, and takes the first NOTIFY.
func (a *agent) watch(user, event, accept string) *subscription {
	a.t.Helper()
	a.n++
	s := &subscription{watcher: a, event: event, callID: fmt.Sprintf("watch-%s-%d", a.user, a.n), cseq: 1}
	uri := "sip:" + user + "@" + a.domain
	reply := a.ask("SUBSCRIBE", uri, "<"+uri+">", s.callID, s.cseq, "Event: "+event+"\r\nAccept: "+accept+"\r\nExpires: 300\r\n", "")
	if reply.Status != 200 && reply.Status != 202 {
		a.t.Fatalf("SUBSCRIBE to %s of %s is answered\n%s", event, user, reply.Raw())
	}
	s.dialog = &dialog{target: "sip:" + a.server.String(), remote: reply.Value(sip.HeaderTo), callID: s.callID}
	if contacts, err := reply.Contacts(); err == nil && len(contacts) == 1 {
		s.dialog.target = contacts[0].URI
	}
	s.cseq += sequence(reply) + 1
	s.heard()
	return s
}

// heard takes the next NOTIFY of the subscription, and answers it; one that the server has sent again, as the answer came late, is not the next.
func (s *subscription) heard() {
	s.watcher.t.Helper()
	m := s.watcher.hears(patience, func(m *sip.Message) bool {
		if m.MethodName != "NOTIFY" || m.CallID() != s.callID {
			return false
		}
		s.watcher.answer(m, "200 OK", "")
		c, err := m.CSeq()
		if err != nil || c.Number <= s.told {
			return false
		}
		s.told = c.Number
		return true
	})
	if m == nil {
		s.watcher.t.Fatalf("no NOTIFY of %s reaches %s", s.event, s.watcher.user)
	}
	s.state, s.body = m.ValueNamed("Subscription-State"), m.Body()
}

// end gives the subscription up; the last NOTIFY says so.
func (s *subscription) end() {
	s.watcher.t.Helper()
	if reply := s.watcher.ask("SUBSCRIBE", s.dialog.target, s.dialog.remote, s.callID, s.cseq, "Event: "+s.event+"\r\nExpires: 0\r\n", ""); reply.Status/100 != 2 {
		s.watcher.t.Fatalf("the end of a subscription is answered\n%s", reply.Raw())
	}
	if s.heard(); !strings.HasPrefix(s.state, "terminated") {
		s.watcher.t.Errorf("after its end the subscription is %q", s.state)
	}
}

// publish publishes what an agent is, and returns the tag of it.
func (a *agent) publish(event, kind, tag, body string) string {
	a.t.Helper()
	a.n++
	more := "Event: " + event + "\r\nExpires: 300\r\nContent-Type: " + kind + "\r\n"
	if tag != "" {
		more += "SIP-If-Match: " + tag + "\r\n"
	}
	reply := a.ask("PUBLISH", a.uri(), "<"+a.uri()+">", fmt.Sprintf("publish-%s-%d", a.user, a.n), 1, more, body)
	if reply.Status != 200 || reply.ValueNamed("SIP-ETag") == "" {
		a.t.Fatalf("PUBLISH of %s is answered\n%s", a.user, reply.Raw())
	}
	return reply.ValueNamed("SIP-ETag")
}

const (
	pidfType   = "application/pidf+xml"
	dialogType = "application/dialog-info+xml"
)

func pidf(a *agent, basic, note string) string {
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"%s\">\n<tuple id=\"t%s\"><status><basic>%s</basic></status><note>%s</note></tuple>\n</presence>\n",
		a.uri(), a.user, basic, note)
}

func dialogInfo(a *agent, version int, state string) string {
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%d\" state=\"full\" entity=\"%s\">\n<dialog id=\"d1\"><state>%s</state></dialog>\n</dialog-info>\n",
		version, a.uri(), state)
}

// lamps is the event package of lamps (BLF), which the stock file does not load.
const lamps = " --loadmodule=presence_dialoginfo.so"

// watching has two agents watch each other, and a third one watch the line of
// one of them (BLF).
func watching(t *testing.T, alice, bob, carol *agent) {
	t.Helper()
	ofBob, ofAlice := alice.watch("bob", "presence", pidfType), bob.watch("alice", "presence", pidfType)
	for _, s := range []*subscription{ofBob, ofAlice} {
		if !strings.HasPrefix(s.state, "active") {
			t.Errorf("a subscription of %s is %q", s.watcher.user, s.state)
		}
	}
	tag := bob.publish("presence", pidfType, "", pidf(bob, "open", "at my desk"))
	if ofBob.heard(); !strings.Contains(ofBob.body, "at my desk") || !strings.Contains(ofBob.body, "open") {
		t.Errorf("alice is told of bob\n%s", ofBob.body)
	}
	alice.publish("presence", pidfType, "", pidf(alice, "open", "on the train"))
	if ofAlice.heard(); !strings.Contains(ofAlice.body, "on the train") {
		t.Errorf("bob is told of alice\n%s", ofAlice.body)
	}
	bob.publish("presence", pidfType, tag, pidf(bob, "closed", "gone home"))
	if ofBob.heard(); !strings.Contains(ofBob.body, "gone home") || strings.Contains(ofBob.body, "at my desk") {
		t.Errorf("alice is told of bob, who has changed\n%s", ofBob.body)
	}
	for _, s := range []*subscription{ofBob, ofAlice, watchLamp(t, bob, carol)} {
		s.end()
	}
}

func watchLamp(t *testing.T, bob, carol *agent) *subscription {
	t.Helper()
	line := carol.watch("bob", "dialog", dialogType)
	tag := bob.publish("dialog", dialogType, "", dialogInfo(bob, 1, "early"))
	if line.heard(); !strings.Contains(line.body, "early") {
		t.Errorf("carol's lamp is told\n%s", line.body)
	}
	bob.publish("dialog", dialogType, tag, dialogInfo(bob, 2, "terminated"))
	if line.heard(); !strings.Contains(line.body, "terminated") {
		t.Errorf("carol's lamp is told of the end\n%s", line.body)
	}
	return line
}

// TestPresence: WITH_PRESENCE, with the event package of lamps (BLF) loaded beside
// those of the stock file.
func TestPresence(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	s := newStore(t, "mysql")
	server := s.start(t, command+lamps, refserver.StockCfg, "PRESENCE")
	var agents [3]*agent
	for i, user := range []string{"alice", "bob", "carol"} {
		agents[i] = localAgent(t, user, server.Addr(), server.Addr())
	}
	watching(t, agents[0], agents[1], agents[2])
	// What is published is in the tables, and what has ended no longer is.
	s.await(t, "SELECT username, event FROM presentity ORDER BY username, event", "alice|presence", "bob|dialog", "bob|presence")
	s.await(t, "SELECT COUNT(*) FROM active_watchers", "0")
}
