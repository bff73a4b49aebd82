// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// budget is a server in a network of its own that keeps the text of what it has
// sent last.
type budget struct {
	*daemon
	log  siptest.Log
	sent []byte
}

func newBudget(t testing.TB) *budget {
	t.Helper()
	return newBudgetOf(t, "testdata/budget.cfg")
}

// newBudgetOf is newBudget with another configuration and flags.
func newBudgetOf(t testing.TB, file string, flags ...string) *budget {
	t.Helper()
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	b := &budget{daemon: &daemon{clock: timer.NewManual(start)}}
	o, err := parseOptions(append([]string{"-E", "-DD", "-a", "no", "-f", file, "-Y", t.TempDir(), "-l", "udp:127.0.0.1:9"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	cfg, status := readConfig(o, &b.log)
	if status != exitOK {
		t.Fatalf("exit status %d\n%s", status, b.log.String())
	}
	b.server, err = boot(cfg, surroundings{stdout: &b.log, stderr: &b.log, clock: b.clock, resolver: locate.Fixed{}, seed: 1, portable: true,
		network: overheard{transport.NewMemoryNetwork(), func(data []byte) { b.sent = append(b.sent[:0], data...) }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.stop() })
	return b
}

// receive handles a datagram as a worker does; what is sent must begin with want.
func (b *budget) receive(t testing.TB, data []byte, want string) {
	t.Helper()
	b.deliver(data)
	if !bytes.HasPrefix(b.sent, []byte(want)) || want == "" && len(b.sent) > 0 {
		t.Fatalf("sent %q, want %q", b.sent, want)
	}
}

func (b *budget) deliver(data []byte) {
	s := b.transport.Sockets()[0]
	buf := transport.NewBuffer(len(data))
	n := copy(buf.Data, data)
	b.sent = b.sent[:0]
	b.engine.Receive(transport.Packet{Data: buf.Data[:n], Buffer: buf, Socket: s, Src: netip.MustParseAddrPort("127.0.0.1:5"), Dst: s.Addr, Time: b.clock.Now()})
}

// request is a message whose places for the number of the round, #######, are
// filled anew each time.
func request(method, uri, more string) []byte {
	return []byte(method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK#######;rport\r\nMax-Forwards: 70\r\n" +
		"From: \"Alice\" <sip:alice@127.0.0.1>;tag=1\r\nTo: <sip:bob@127.0.0.1:9>\r\nCall-ID: c#######@192.0.2.7\r\nCSeq: #######0 " + method + "\r\n" +
		"User-Agent: Linphone/3.6.1 (eXosip2/4.1.0) belle-sip/5.2.23 desktop\r\n" + more + "Content-Length: 0\r\n\r\n")
}

// round is one message of each kind, again and again.
type round struct {
	b    *budget
	text []byte
	at   []int // where the number stands
	n    int

	headers, reply []byte
}

func (b *budget) round(text []byte) *round {
	r := &round{b: b, text: text}
	for i := 0; ; i += 7 {
		k := bytes.Index(text[i:], []byte("#######"))
		if k < 0 {
			return r
		}
		i += k
		r.at = append(r.at, i)
	}
}

// next is the message with the next number.
func (r *round) next() []byte {
	r.n++
	for _, at := range r.at {
		for k, n := at+6, r.n; k >= at; k, n = k-1, n/10 {
			r.text[k] = byte('0' + n%10)
		}
	}
	return r.text
}

// answer makes a response to the request that was sent last.
func (r *round) answer(status string) []byte {
	_, headers, _ := bytes.Cut(r.b.sent, []byte("\r\n"))
	r.headers = append(r.headers[:0], headers...)
	return r.again(status)
}

// again makes one more response to the same request.
func (r *round) again(status string) []byte {
	r.reply = append(append(append(r.reply[:0], "SIP/2.0 "...), status...), "\r\n"...)
	r.reply = append(r.reply, r.headers...)
	return r.reply
}

// TestBudget is what the way of a message through the whole server may allocate:
// parsing, a script as registrars and proxies have them, printing, sending.
// A transaction takes what the last one left.
func TestBudget(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	b := newBudget(t)
	contact := "Contact: <sip:bob@127.0.0.1:7;transport=udp>;expires=3600\r\n"
	b.receive(t, b.round(request("REGISTER", "sip:127.0.0.1:9", contact)).next(), "SIP/2.0 200")
	options := b.round(request("OPTIONS", "sip:127.0.0.1:9", ""))
	unknown := b.round(request("INFO", "sip:nobody@127.0.0.1:9", ""))
	register := b.round(request("REGISTER", "sip:127.0.0.1:9", contact+"Authorization: Digest username=\"bob\", realm=\"h\", nonce=\"n\", uri=\"sip:h\", response=\"r\"\r\n"))
	message := b.round(request("MESSAGE", "sip:bob@127.0.0.1:7", ""))
	invite := b.round(request("INVITE", "sip:bob@127.0.0.1:9", ""))
	acc := newBudgetOf(t, "testdata/budget.cfg", "-A", "WITH_ACC")
	acc.receive(t, acc.round(request("REGISTER", "sip:127.0.0.1:9", contact)).next(), "SIP/2.0 200")
	accounted := acc.round(request("INVITE", "sip:bob@127.0.0.1:9", ""))
	for _, row := range []struct {
		name string
		most float64
		run  func()
	}{
		{"stateless reply", 0, func() { b.receive(t, options.next(), "SIP/2.0 200 Keepalive") }},
		{"lookup of nobody", 0, func() { b.receive(t, unknown.next(), "SIP/2.0 404 Not Found") }},
		{"REGISTER that refreshes", 0, func() { b.receive(t, register.next(), "SIP/2.0 200 OK") }},
		{"stateless request and response", 0, func() {
			b.receive(t, message.next(), "MESSAGE sip:bob@127.0.0.1:7 SIP/2.0")
			b.receive(t, message.answer("200 OK"), "SIP/2.0 200 OK")
		}},
		// Two are what record_route keeps until the last branch is printed, one
		// is that of the periodic tasks which run in the ten seconds.
		{"INVITE with its responses", 3, func() {
			b.receive(t, invite.next(), "INVITE sip:bob@127.0.0.1:7;transport=udp SIP/2.0")
			b.receive(t, invite.answer("180 Ringing"), "SIP/2.0 180")
			b.receive(t, invite.again("200 OK"), "SIP/2.0 200")
			b.Advance(10 * time.Second)
		}},
		// Three are those above, two the text of the record and its code.
		{"INVITE with a record of accounting", 5, func() {
			acc.receive(t, accounted.next(), "INVITE sip:bob@127.0.0.1:7;transport=udp SIP/2.0")
			acc.receive(t, accounted.answer("200 OK"), "SIP/2.0 200")
			acc.Advance(10 * time.Second)
		}},
	} {
		for range 50 { // until the pools have what is needed
			row.run()
		}
		if n := testing.AllocsPerRun(100, row.run); n > row.most {
			t.Errorf("%s: %v allocations, the limit is %v", row.name, n, row.most)
		}
	}
}
