// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// phone is one end of a call: a socket for media.
type phone struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort // where the relay wants its media
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &phone{t: t, conn: conn}
}

// description is the session description of a phone, with a line that nobody knows.
func (p *phone) description() string {
	return fmt.Sprintf("v=0\r\no=phone 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=X-odd:   1 \r\na=sendrecv\r\n",
		p.conn.LocalAddr().(*net.UDPAddr).Port)
}

// hears takes from the session description that reaches a phone where its media go.
func (p *phone) hears(description string) {
	p.t.Helper()
	d := sdp.Parse(description, nil)
	if len(d.Media) != 1 || !strings.Contains(description, "a=X-odd:   1 \r\n") {
		p.t.Fatalf("a phone gets %q", description)
	}
	p.to = netip.MustParseAddrPort("127.0.0.1:" + d.Media[0].Port)
}

const packets = 50

// talk sends packets from one phone to another one through the relay and returns how many have arrived. The first ones may be lost: the
// relay learns where they come from.
func (p *phone) talk(other *phone) (arrived int) {
	p.t.Helper()
	packet := make([]byte, 172)
	packet[0] = 0x80 // RTP version 2, payload type 0
	buf := make([]byte, 2048)
	for i := 0; i < packets && i-arrived < 10; i++ {
		packet[3], packet[7], packet[11] = byte(i), byte(i*160), 7
		if _, err := p.conn.WriteToUDPAddrPort(packet, p.to); err != nil {
			p.t.Fatal(err)
		}
		other.conn.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := other.conn.Read(buf); err == nil && n == len(packet) {
			arrived++
		}
	}
	return arrived
}

// silent tells that nothing arrives.
func (p *phone) silent(other *phone) bool {
	p.conn.WriteToUDPAddrPort(make([]byte, 172), p.to)
	other.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	_, err := other.conn.Read(make([]byte, 2048))
	return err != nil
}

// scene is a server in front of relays.
type scene struct {
	*testing.T
	env *scripttest.Env
	r   *RTPEngine
}

func newScene(t *testing.T, nodes string) *scene {
	t.Helper()
	env := load(t, config(sock(nodes), param("wsapi", "lwsc")), "rtpengine_manage(\"replace-origin\"); print(\"$rtpstat\");")
	return &scene{t, env, env.Modules[1].Module.(*RTPEngine)}
}

// call makes a call between two new phones; ok tells whether a relay passes its media on.
func (s *scene) call(id string) (a, b *phone, ok bool) {
	s.Helper()
	a, b = newPhone(s.T), newPhone(s.T)
	rc, offered := send(s.T, s.env, s.message("INVITE", id, a.description()))
	if s.relayed(rc, offered, a.description()) {
		b.hears(offered)
		rc, answered := send(s.T, s.env, s.message("200", id, b.description()))
		if !s.relayed(rc, answered, b.description()) {
			s.Fatalf("the answer of %s is not relayed", id)
		}
		a.hears(answered)
		ok = true
	}
	return a, b, ok
}

// relayed holds a result to the body: false leaves it as it was.
func (s *scene) relayed(rc, body, before string) bool {
	s.Helper()
	switch {
	case rc == "1" && body != before:
		return true
	case rc != "1" && body != before:
		s.Fatalf("$rc %s, but the body has changed to %q", rc, body)
	}
	return false
}

func (s *scene) message(first, id, body string) string {
	tag := ""
	if first != "INVITE" {
		tag = "tt"
	}
	kind := ""
	if body != "" {
		kind = "application/sdp"
	}
	return strings.Replace(message(first, tag, kind, body), "call1", id, 1)
}

// talks makes both sides of a call talk, and counts.
func (s *scene) talks(what string, a, b *phone) {
	s.Helper()
	if there, back := a.talk(b), b.talk(a); there < packets-5 || back < packets-5 {
		s.Errorf("%s: of %d packets %d have arrived there and %d back", what, packets, there, back)
	}
}

// end ends a call; it tells whether the relay knew of it.
func (s *scene) end(id string) bool {
	s.Helper()
	rc, _ := send(s.T, s.env, s.message("BYE", id, ""))
	return rc == "1"
}

// TestEngine: a call through Debian's RTPEngine, with packets that are counted on both sides.
func TestEngine(t *testing.T) {
	engine := testserver.RTPEngine(t)
	s := newScene(t, engine.URL)
	a, b, ok := s.call("call")
	if !ok {
		t.Fatal("it is not relayed")
	}
	s.talks("a call", a, b)
	lines := strings.Join(s.env.Request(t, s.message("UPDATE", "call", a.description())), "|")
	var bytes, count int
	if _, text, _ := strings.Cut(lines, "RTP: "); text == "" {
		t.Errorf("$rtpstat: %q", lines)
	} else if _, err := fmt.Sscanf(text, "%d bytes, %d packets", &bytes, &count); err != nil || count < 2*packets-10 || bytes < 172*count {
		t.Errorf("the relay has counted %d packets, %d bytes: %q", count, bytes, lines)
	}
	if !s.end("call") || !a.silent(b) {
		t.Error("the call does not end at the relay")
	}
}

// TestEngineKilled: the only relay dies in the middle of a call and comes back.
func TestEngineKilled(t *testing.T) {
	engine := testserver.RTPEngine(t)
	s := newScene(t, engine.URL)
	a, b, ok := s.call("old")
	if !ok {
		t.Fatal("the first call is not relayed")
	}
	s.talks("before", a, b)
	engine.Kill()
	rc, body := send(t, s.env, s.message("UPDATE", "old", a.description()))
	if s.relayed(rc, body, a.description()) {
		t.Error("a dead relay has answered")
	}
	if _, _, ok := s.call("lost"); ok {
		t.Error("a call without a relay is relayed")
	}
	engine.Start()
	a, b, ok = s.call("new") // nothing else is in use: the relay is asked at once
	if !ok {
		t.Fatal("a call is not relayed after the relay is back")
	}
	s.talks("afterwards", a, b)
	if got := run(s.r, s.r.rpcShow, "all"); !strings.Contains(got, "disabled:0") {
		t.Errorf("the relay is back: %s", got)
	}
	s.end("old") // the relay may have forgotten it; nothing else may come of it
	s.talks("after the old call has ended", a, b)
	if !s.end("new") {
		t.Error("the new call does not end at the relay")
	}
}

// TestWeb: RTPEngine is asked over WebSocket, with TLS too; it dies in the middle of a call and comes back.
func TestWeb(t *testing.T) {
	engine := testserver.RTPEngine(t)
	for _, url := range engine.Web {
		s := newScene(t, url)
		for _, id := range []string{"one", "two"} {
			a, b, ok := s.call(id)
			if !ok {
				t.Fatalf("%s: a call is not relayed", url)
			}
			s.talks(url, a, b)
		}
		engine.Kill()
		if _, _, ok := s.call("lost"); ok {
			t.Errorf("%s: a call without a relay is relayed", url)
		}
		engine.Start()
		a, b, ok := s.call("new")
		if !ok {
			t.Fatalf("%s: a call is not relayed after the relay is back", url)
		}
		s.talks("afterwards", a, b)
		if !s.end("new") {
			t.Errorf("%s: the call does not end at the relay", url)
		}
	}
}

// TestTwoEngines: one of two relays dies, hangs, then both: calls of the other one go on, new ones go to it, and each is taken back.
func TestTwoEngines(t *testing.T) {
	one, two := testserver.RTPEngine(t), testserver.RTPEngine(t)
	s := newScene(t, one.URL+" "+two.URL)
	// The sum of the bytes of the Call-ID decides: "b" is even, "a" is odd.
	first, second := "b", "a"
	a1, b1, ok1 := s.call(first)
	a2, b2, ok2 := s.call(second)
	if !ok1 || !ok2 {
		t.Fatal("the first calls are not relayed")
	}
	s.talks("at one", a1, b1)
	s.talks("at two", a2, b2)

	one.Kill()
	for i := range 4 {
		a, b, ok := s.call(fmt.Sprint("x", strings.Repeat("!", i)))
		if !ok {
			t.Fatal("a new call is not relayed although two is there")
		}
		s.talks("a new call without one", a, b)
	}
	rc, body := send(t, s.env, s.message("UPDATE", first, a1.description()))
	if s.relayed(rc, body, a1.description()) {
		t.Error("the call of one is relayed elsewhere")
	}
	s.talks("at two without one", a2, b2)

	two.Pause()
	if _, _, ok := s.call("none"); ok {
		t.Error("a call is relayed although both are gone")
	}
	two.Resume()
	s.talks("at two, which is there again", a2, b2)

	one.Start()
	s.env.Host.Advance(61 * time.Second)
	if got := run(s.r, s.r.rpcShow, "all"); strings.Count(got, "disabled:0") != 2 {
		t.Errorf("both are there again: %s", got)
	}
	for _, id := range []string{"bb", "ba"} {
		a, b, ok := s.call(id)
		if !ok {
			t.Fatal("a new call is not relayed although both are there")
		}
		s.talks("a new call with both", a, b)
	}
	s.talks("at two, at last", a2, b2)
	if !s.end(second) {
		t.Error("the call of two does not end there")
	}
}
