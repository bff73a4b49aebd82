// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// phone is a phone that speaks SIP over UDP, and of media only what a browser
// wants to read in a session description.
type phone struct {
	t      *testing.T
	conn   *net.UDPConn
	server netip.AddrPort
	serial int
	call   *call
}

// call is the dialog that a phone is in.
type call struct {
	id, local, remote, target string
	routes                    []string
	cseq                      int
}

func newPhone(t *testing.T, server string) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &phone{t: t, conn: conn, server: netip.MustParseAddrPort(server)}
}

func (p *phone) addr() string { return p.conn.LocalAddr().String() }

func (p *phone) send(text string) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(text), p.server); err != nil {
		p.t.Fatal(err)
	}
}

// hears returns the next message that is wanted.
func (p *phone) hears(what string, wanted func(m *sip.Message) bool) *sip.Message {
	p.t.Helper()
	p.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 1<<16)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			p.t.Fatalf("the phone hears no %s: %v", what, err)
		}
		m := new(sip.Message)
		if m.Parse(bytes.Clone(buf[:n])) == nil && wanted(m) {
			return m
		}
	}
}

func (p *phone) hearsRequest(method string) *sip.Message {
	p.t.Helper()
	return p.hears(method, func(m *sip.Message) bool { return m.IsRequest() && m.MethodName == method })
}

// answer answers a request.
func (p *phone) answer(m *sip.Message, status, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	for i := range m.NumHeaders() {
		switch h := m.Header(i); h.Type {
		case sip.HeaderVia, sip.HeaderRecordRoute, sip.HeaderFrom, sip.HeaderCallID, sip.HeaderCSeq:
			fmt.Fprintf(&b, "%s: %s\r\n", h.Type, h.Value)
		case sip.HeaderTo:
			b.WriteString("To: " + h.Value)
			if m.ToTag() == "" {
				b.WriteString(";tag=phone")
			}
			b.WriteString("\r\n")
		}
	}
	p.finish(&b, body)
}

// finish writes the rest of a message.
func (p *phone) finish(b *strings.Builder, body string) {
	fmt.Fprintf(b, "Contact: <sip:phone@%s>\r\n", p.addr())
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	p.send(b.String())
}

// request sends a request of the call.
func (p *phone) request(method, body string) {
	c := p.call
	if method != "ACK" {
		c.cseq++
	}
	p.serial++
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK-phone-%d\r\nMax-Forwards: 70\r\n", method, c.target, p.addr(), p.serial)
	for _, r := range c.routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", c.local, c.remote, c.id, c.cseq, method)
	p.finish(&b, body)
}

// register registers the phone.
func (p *phone) register() {
	p.t.Helper()
	const self = "<sip:phone@phones.example>"
	p.call = &call{id: "register@" + p.addr(), local: self + ";tag=phone", remote: self, target: "sip:phones.example"}
	p.request("REGISTER", "")
	if m := p.hears("answer to REGISTER", func(m *sip.Message) bool { return m.Status >= 200 }); m.Status != 200 {
		p.t.Fatalf("REGISTER is answered\n%s", m.Raw())
	}
}

// takeCall answers a call, and returns its session description.
func (p *phone) takeCall() (offer string) {
	p.t.Helper()
	m := p.hearsRequest("INVITE")
	p.call = &call{id: m.CallID(), local: m.Value(sip.HeaderTo) + ";tag=phone", remote: m.Value(sip.HeaderFrom), target: contactOf(p.t, m), routes: routesOf(m)}
	p.answer(m, "180 Ringing", "")
	p.answer(m, "200 OK", description("active"))
	p.hearsRequest("ACK")
	return m.Body()
}

// invite calls a URI and returns the answer's session description.
func (p *phone) invite(uri string) (answer string) {
	p.t.Helper()
	p.call = &call{id: fmt.Sprintf("call-%d@%s", time.Now().UnixNano(), p.addr()), local: "<sip:phone@phones.example>;tag=phone", remote: "<" + uri + ">", target: uri}
	p.request("INVITE", description("actpass"))
	m := p.hears("200", func(m *sip.Message) bool {
		if m.Status >= 300 {
			p.t.Fatalf("the call is refused\n%s", m.Raw())
		}
		return m.Status >= 200
	})
	p.call.remote, p.call.target, p.call.routes = m.Value(sip.HeaderTo), contactOf(p.t, m), nil
	for _, r := range routesOf(m) {
		p.call.routes = append([]string{r}, p.call.routes...)
	}
	p.request("ACK", "")
	return m.Body()
}

// hangUp ends the call.
func (p *phone) hangUp() {
	p.t.Helper()
	p.request("BYE", "")
	m := p.hears("answer to BYE", func(m *sip.Message) bool {
		c, err := m.CSeq()
		return err == nil && m.Status >= 200 && c.MethodName == "BYE"
	})
	if m.Status != 200 {
		p.t.Errorf("BYE is answered\n%s", m.Raw())
	}
}

func contactOf(t *testing.T, m *sip.Message) string {
	t.Helper()
	list, err := m.Contacts()
	if err != nil || len(list) == 0 {
		t.Fatalf("no Contact in\n%s", m.Raw())
	}
	return list[0].URI
}

func routesOf(m *sip.Message) (list []string) {
	for i := range m.NumHeaders() {
		if h := m.Header(i); h.Type == sip.HeaderRecordRoute {
			list = append(list, h.Value)
		}
	}
	return list
}

// description is a session that a browser can take part in, as far as it knows: it
// wants ICE and DTLS (RFC 8829 5.8). Nobody is there.
func description(setup string) string {
	return strings.ReplaceAll(`v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 127.0.0.1
a=rtcp:9 IN IP4 127.0.0.1
a=mid:0
a=ice-ufrag:phone
a=ice-pwd:0123456789abcdef01234567
a=fingerprint:sha-256 `+strings.Repeat("AB:", 31)+`AB
a=setup:`+setup+`
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=sendrecv
`, "\n", "\r\n")
}
