// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// agent is a user agent behind NAT, which knows nothing of it: it writes its
// private address into Via, Contact and session description.
type agent struct {
	t              *testing.T
	user, password string
	domain         string
	sip, rtp       *net.UDPConn
	server         netip.AddrPort
	n              int
	pings          int // OPTIONS of the server that were answered
}

func (h *home) agent(t *testing.T, user, domain, server string) *agent {
	t.Helper()
	addr, err := netip.ParseAddrPort(server)
	if err != nil {
		t.Fatal(err)
	}
	return &agent{t: t, user: user, domain: domain, sip: h.listen(t), rtp: h.listen(t), server: addr}
}

func (a *agent) uri() string     { return "sip:" + a.user + "@" + a.domain }
func (a *agent) contact() string { return "<sip:" + a.user + "@" + a.sip.LocalAddr().String() + ">" }

// description is the session that the agent offers or answers with.
func (a *agent) description() string {
	return fmt.Sprintf("v=0\r\no=%s 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %[2]s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
		a.user, privateAddr, a.rtp.LocalAddr().(*net.UDPAddr).Port)
}

// request is a request with what makes it one of a call.
func (a *agent) request(method, uri, to, callID string, cseq int, more, body string) string {
	a.n++
	if body != "" && !strings.Contains(more, "Content-Type: ") {
		more += "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=%[4]s\r\nTo: %[7]s\r\nCall-ID: %s\r\nCSeq: %d %[1]s\r\n"+
		"Contact: %[10]s\r\n%sContent-Length: %d\r\n\r\n%s", method, uri, a.sip.LocalAddr(), a.user, a.n, a.uri(), to, callID, cseq, a.contact(), more, len(body), body)
}

func (a *agent) send(text string) {
	a.t.Helper()
	if _, err := a.sip.WriteToUDPAddrPort([]byte(text), a.server); err != nil {
		a.t.Fatal(err)
	}
}

// hears returns the next message that is wanted; OPTIONS of the server are
// answered on the way.
func (a *agent) hears(limit time.Duration, wanted func(m *sip.Message) bool) *sip.Message {
	a.t.Helper()
	for end := time.Now().Add(limit); ; {
		buf := make([]byte, 1<<16)
		a.sip.SetReadDeadline(end)
		n, err := a.sip.Read(buf)
		if err != nil {
			return nil
		}
		m := new(sip.Message)
		if m.Parse(buf[:n]) != nil {
			continue // a keepalive of four bytes
		}
		if m.Method == sip.MethodOptions {
			a.pings++
			a.answer(m, "200 OK", "")
		}
		if wanted(m) {
			return m
		}
	}
}

// ask sends a request, with credentials where they are asked for, and returns
// the final reply.
func (a *agent) ask(method, uri, to, callID string, cseq int, more, body string) *sip.Message {
	a.t.Helper()
	final := func(m *sip.Message) bool {
		c, err := m.CSeq()
		return !m.IsRequest() && m.Status >= 200 && m.CallID() == callID && err == nil && c.MethodName == method && int(c.Number) == cseq
	}
	text := a.request(method, uri, to, callID, cseq, more, body)
	var reply *sip.Message
	for range 10 {
		a.send(text)
		if reply = a.hears(2*time.Second, final); reply != nil {
			break
		}
	}
	if reply == nil {
		a.t.Fatalf("no reply to %s of %s", method, a.user)
	}
	name, challenge := "Authorization", reply.Value(sip.HeaderWWWAuthenticate)
	if challenge == "" {
		name, challenge = "Proxy-Authorization", reply.Value(sip.HeaderProxyAuthenticate)
	}
	if challenge == "" || strings.Contains(more, "uthorization: ") {
		return reply
	}
	if method == "INVITE" {
		a.acknowledge(reply, uri, cseq)
	}
	credentials, err := siptest.Answer(challenge, method, uri, body, a.user, a.password, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.ask(method, uri, to, callID, cseq+1, more+name+": "+credentials+"\r\n", body)
}

// acknowledge sends the ACK of a refusal.
func (a *agent) acknowledge(reply *sip.Message, uri string, cseq int) {
	text := a.request("ACK", uri, reply.Value(sip.HeaderTo), reply.CallID(), cseq, "", "")
	via, _, _ := strings.Cut(text[strings.Index(text, "Via: "):], "\r\n")
	a.send(strings.Replace(text, via, "Via: "+reply.Value(sip.HeaderVia), 1))
}

// register registers the agent.
func (a *agent) register() *sip.Message {
	a.t.Helper()
	a.n++
	return a.ask("REGISTER", "sip:"+a.domain, "<"+a.uri()+">", fmt.Sprintf("reg-%s-%d", a.user, a.n), 1, "Expires: 600\r\n", "")
}

// answer answers a request.
func (a *agent) answer(m *sip.Message, status, body string) {
	a.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	for i := range m.NumHeaders() {
		switch h := m.Header(i); h.Type {
		case sip.HeaderVia, sip.HeaderFrom, sip.HeaderCallID, sip.HeaderCSeq, sip.HeaderRecordRoute:
			fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
		case sip.HeaderTo:
			fmt.Fprintf(&b, "%s: %s", h.Name, h.Value)
			if m.ToTag() == "" {
				b.WriteString(";tag=" + a.user)
			}
			b.WriteString("\r\n")
		}
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Contact: %s\r\nContent-Length: %d\r\n\r\n%s", a.contact(), len(body), body)
	a.send(b.String())
}

// dialog is a call as one side knows it.
type dialog struct {
	target, remote, callID string
	routes                 []string
	media                  netip.AddrPort
}

// dialogOf is the call that a message with a session description makes.
func dialogOf(t *testing.T, m *sip.Message) *dialog {
	t.Helper()
	contacts, err := m.Contacts()
	if err != nil || len(contacts) != 1 {
		t.Fatalf("no Contact in\n%s", m.Raw())
	}
	d := &dialog{target: contacts[0].URI, callID: m.CallID(), remote: m.Value(sip.HeaderTo)}
	routes, _ := m.RecordRoutes()
	for _, r := range routes {
		d.routes = append(d.routes, "<"+r.URI+">")
	}
	if !m.IsRequest() {
		slices.Reverse(d.routes)
	} else {
		d.remote = m.Value(sip.HeaderFrom)
	}
	addr, port := between(m.Body(), "\nc=IN IP4 ", "\r\n"), between(m.Body(), "\nm=audio ", " ")
	if d.media, err = netip.ParseAddrPort(addr + ":" + port); err != nil {
		t.Fatalf("no address of media in\n%s", m.Raw())
	}
	return d
}

// within sends a request of the call; an ACK has no reply.
func (a *agent) within(d *dialog, method string, cseq int) *sip.Message {
	a.t.Helper()
	more := ""
	if len(d.routes) > 0 {
		more = "Route: " + strings.Join(d.routes, ", ") + "\r\n"
	}
	if method == "ACK" {
		a.send(a.request(method, d.target, d.remote, d.callID, cseq, more, ""))
		return nil
	}
	return a.ask(method, d.target, d.remote, d.callID, cseq, more, "")
}

// talk sends packets of RTP to where the call says, and counts those that come;
// it sends until the other side has had n, which the two goroutines see of each other.
func (a *agent) talk(d *dialog, n int, other string) (received int) {
	a.t.Helper()
	packet := append([]byte{0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(a.user))}, "voice of "+a.user...)
	buf := make([]byte, 2048)
	want := "voice of " + other
	for i, end := 0, time.Now().Add(patience); i < 3*n || received < n && time.Now().Before(end); i++ {
		binary.BigEndian.PutUint16(packet[2:], uint16(i))
		binary.BigEndian.PutUint32(packet[4:], uint32(i*160))
		if _, err := a.rtp.WriteToUDPAddrPort(packet, d.media); err != nil {
			a.t.Error(err)
			return received
		}
		a.rtp.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // the pace of the packets
		for {
			m, from, err := a.rtp.ReadFromUDPAddrPort(buf)
			if err != nil {
				break
			}
			if from.Addr().Unmap().String() != publicAddr {
				a.t.Errorf("a packet of RTP comes from %s, not from the relay", from)
			}
			if m > 12 && string(buf[12:m]) == want {
				received++
			}
		}
	}
	return received
}
