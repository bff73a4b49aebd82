// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// phones make calls through a proxy: INVITE, 180, 200, ACK, BYE, 200. They
// remember nothing of a call and repeat nothing: what is lost shows in the
// difference of begun and ended.
type phones struct {
	server net.Addr
	caller net.PacketConn
	callee net.PacketConn
	begun  atomic.Int64
	ended  atomic.Int64
	other  atomic.Int64 // replies that end a call otherwise
}

func newPhones(server string) (*phones, error) {
	addr, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		return nil, err
	}
	p := &phones{server: addr}
	for _, c := range []*net.PacketConn{&p.caller, &p.callee} {
		if *c, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		(*c).(*net.UDPConn).SetReadBuffer(4 << 20)
	}
	go p.listen(p.caller, p.heard)
	go p.listen(p.callee, p.rung)
	return p, nil
}

func (p *phones) close() {
	p.caller.Close()
	p.callee.Close()
}

func (p *phones) listen(c net.PacketConn, handle func(message)) {
	buf := make([]byte, 1<<16)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		handle(parse(buf[:n]))
	}
}

// call begins calls, rate a second, until end is closed.
func (p *phones) call(rate int, end <-chan struct{}) {
	begin := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n, late := 0, 0; ; {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		// No more at once than a socket takes; and what a busy machine kept
		// from being begun in time is left out.
		due := int(time.Since(begin).Seconds()*float64(rate)) - late
		if d := due - n - rate/10; d > 0 {
			late += d
			due -= d
		}
		for range min(due-n, 20) {
			p.begun.Add(1)
			n++
			p.send(p.caller, fmt.Sprintf("INVITE sip:bob@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKi%d\r\nMax-Forwards: 70\r\n"+
				"From: <sip:alice@example.org>;tag=a%d\r\nTo: <sip:bob@example.org>\r\nCall-ID: %d-%d@soak\r\nCSeq: 1 INVITE\r\n"+
				"Contact: <sip:alice@%v>\r\nContent-Length: 0\r\n\r\n",
				p.callee.LocalAddr(), p.caller.LocalAddr(), n, n, begin.UnixNano(), n, p.caller.LocalAddr()))
		}
	}
}

func (p *phones) send(c net.PacketConn, text string) { c.WriteTo([]byte(text), p.server) }

// message is what the phones look at of one.
type message struct {
	line  string
	lines []string // header fields
}

func parse(data []byte) message {
	head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	return message{lines[0], lines[1:]}
}

// fields are the header fields with a name, whole lines.
func (m message) fields(name string) (all string) {
	for _, l := range m.lines {
		if strings.HasPrefix(l, name+":") {
			all += l + "\r\n"
		}
	}
	return all
}

// heard is what the caller gets.
func (p *phones) heard(m message) {
	cseq := m.fields("CSeq")
	switch {
	case !strings.HasPrefix(m.line, "SIP/2.0 ") || m.line[8] == '1':
	case m.line[8] != '2':
		p.other.Add(1)
	case strings.Contains(cseq, "BYE"):
		p.ended.Add(1)
	case strings.Contains(cseq, "INVITE"):
		id := m.fields("Call-ID")
		n := id[strings.IndexByte(id, '-')+1:]
		n = n[strings.IndexByte(n, '-')+1 : strings.IndexByte(n, '@')]
		for i, method := range []string{"ACK", "BYE"} {
			p.send(p.caller, fmt.Sprintf("%s sip:bob@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\nMax-Forwards: 70\r\n%s%s%s%sCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
				method, p.callee.LocalAddr(), p.caller.LocalAddr(), method, n,
				strings.ReplaceAll(m.fields("Record-Route"), "Record-Route", "Route"), m.fields("From"), m.fields("To"), id, i+1, method))
		}
	}
}

// rung is what the callee gets.
func (p *phones) rung(m message) {
	method, _, _ := strings.Cut(m.line, " ")
	answer := func(status, tag, more string) {
		to := strings.TrimSuffix(m.fields("To"), "\r\n") + tag + "\r\n"
		p.send(p.callee, "SIP/2.0 "+status+"\r\n"+m.fields("Via")+m.fields("Record-Route")+m.fields("From")+to+m.fields("Call-ID")+m.fields("CSeq")+more+"Content-Length: 0\r\n\r\n")
	}
	switch method {
	case "INVITE":
		answer("180 Ringing", ";tag=b", "")
		answer("200 OK", ";tag=b", fmt.Sprintf("Contact: <sip:bob@%v>\r\n", p.callee.LocalAddr()))
	case "BYE":
		answer("200 OK", "", "")
	}
}
