// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/tools/siptest"
)

// tortureProxy is a registrar, and a proxy that sends all else to one next hop;
// OPTIONS for ping goes there too and is answered, so that the test knows when
// all before it was handled.
const tortureProxy = `#!KAMAILIO
children=1
auto_aliases=no
check_via=yes
loadmodule "tm"
loadmodule "sl"
loadmodule "rr"
loadmodule "pv"
loadmodule "maxfwd"
loadmodule "usrloc"
loadmodule "registrar"
loadmodule "textops"
loadmodule "sanity"
request_route {
	force_rport();
	$du = "sip:%s";
	if ($rU == "ping") {
		forward();
		sl_send_reply("200", "Pong");
		exit;
	}
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (is_method("REGISTER")) {
		save("location");
		exit;
	}
	if (!sanity_check("18407", "7")) exit;
	remove_hf("Route");
	if (!t_relay()) sl_reply_error();
	exit;
}
`

// torture is what becomes of each message of RFC 4475: "forward" as it is but
// for what a proxy changes, "drop", or the first line of the answer. overTCP
// is for those that a stream makes another case.
var torture = []struct{ name, outcome, overTCP, why string }{
	// 3.1.1: valid. "The element must not break" is what the test itself asks.
	{"wsinv", "forward", "", "odd white space, folding and compact forms are well-formed"},
	{"intmeth", "forward", "", "an unknown method is forwarded as any other (RFC 3261 16.2)"},
	{"esc01", "forward", "", "escapes stay as they are"},
	{"escnull", "200 OK", "", "%00 does not end a user"},
	{"esc02", "forward", "", "a method with % is unknown, not REGISTER"},
	{"lwsdisp", "forward", "", "no blank before <"},
	{"longreq", "forward", "", "long values and 34 Vias"},
	{"dblreq", "200 OK", "200 OK and forward", "what stands behind the body of a datagram does not count; on a stream it is the next request"},
	{"semiuri", "forward", "", "semicolons in the user"},
	{"transports", "forward", "", "unknown transports in lower Vias"},
	{"mpart01", "forward", "", "a body with NUL"},
	{"unreason", "drop", "", "a response whose Via is not ours (RFC 3261 18.1.2)"},
	{"noreason", "drop", "", "the same"},

	// 3.1.2: invalid.
	{"badinv01", "400 Bad Via", "", "empty parameters in Via"},
	{"clerr", "400 Content-Length mis-match", "drop", "the datagram ends before the body; on a stream the body is awaited"},
	{"ncl", "400 Bad Content-Length", "", "negative; a stream is closed"},
	{"scalar02", "400 CSeq number is illegal", "", "over 32 bits"},
	{"scalarlg", "drop", "", "a response with a bad CSeq"},
	{"quotbal", "400 Bad To", "", "a quote that does not end: nothing is guessed"},
	{"ltgtruri", "400 Bad Request URI", "", "angle brackets around the Request-URI"},
	{"lwsruri", "400 Bad First Line", "", "a blank within the Request-URI"},
	{"lwsstart", "400 Bad First Line", "", "several blanks in the request line: not guessed"},
	{"trws", "forward", "", "blanks behind the version may be let pass"},
	{"escruri", "forward", "", "headers in the Request-URI stay there and become nothing"},
	{"baddate", "forward", "", "a proxy has no use for Date (RFC 3261 16.3 step 1)"},
	{"regbadct", "200 OK", "", "? without angle brackets: it can only belong to the URI"},
	{"badaspec", "forward", "", "blanks within < > of To: they can be told apart"},
	{"baddn", "400 Content-Length Body Failure", "drop", "the empty line is missing; on a stream it is awaited"},
	{"badvers", "505 Version Not Supported", "", "SIP/7.0"},
	{"mismatch01", "400 CSeq method does not match request method", "", ""},
	{"mismatch02", "400 CSeq method does not match request method", "", ""},
	{"bigcode", "drop", "", "no status line"},

	// 3.2 to 3.4.
	{"badbranch", "forward", "", "a branch that is the cookie alone is matched as RFC 2543 says"},
	{"insuf", "drop", "", "without From, To and Call-ID there is nothing to answer with"},
	{"unkscm", "416 Unsupported URI Scheme", "", "RFC 3261 16.3 step 2"},
	{"novelsc", "416 Unsupported URI Scheme", "", "the same"},
	{"unksm2", "400 Bad Request", "", "an address-of-record that is no SIP URI"},
	{"bext01", "420 Bad Proxy Require Extension", "", "RFC 3261 16.3 step 5"},
	{"invut", "forward", "", "the body is not the proxy's matter"},
	{"regaut01", "200 OK", "", "credentials of an unknown scheme are none; this registrar asks for none"},
	{"multi01", "400 Repeated CSeq Header", "", "which one counts would be a guess"},
	{"mcl01", "400 Repeated Content-Length Header", "400 Bad Content-Length", "two lengths that differ; a stream is closed"},
	{"bcast", "drop", "", "a response whose Via is not ours"},
	{"zeromf", "483 Too Many Hops", "", "RFC 3261 16.3 step 3"},
	{"cparam01", "200 OK", "", "the parameter is the Contact's"},
	{"cparam02", "200 OK", "", "the parameter is the URI's"},
	{"regescrt", "200 OK", "", "the Route in the Contact is for later requests"},
	{"sdp01", "forward", "", "Accept is not the proxy's matter"},
	{"inv2543", "forward", "400 Missing Content-Length", "a client of RFC 2543; on a stream nobody can do without Content-Length (RFC 3261 20.14)"},
}

// torturer plays the messages against one server.
type torturer struct {
	t      *testing.T
	daemon siptest.Daemon
	alice  *net.UDPConn
	sink   *net.UDPConn // the next hop
	pings  int
}

func newTorturer(t *testing.T) *torturer {
	t.Helper()
	x := &torturer{t: t}
	for _, c := range []**net.UDPConn{&x.alice, &x.sink} {
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		u.SetReadBuffer(1 << 20)
		*c = u
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kahea.cfg"), fmt.Appendf(nil, tortureProxy, x.sink.LocalAddr()), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(siptest.Log)
	d, err := startDaemon(dir, 1, []string{"-f", "kahea.cfg"}, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	x.daemon = d
	t.Cleanup(func() {
		if got := d.Stop(context.Background()); got != 0 {
			t.Errorf("the server ended with %d:\n%s", got, log)
		}
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "ERROR") || strings.Contains(line, "CRITICAL") || strings.Contains(line, "WARNING") {
				t.Errorf("a message from the network made a log line: %s", line)
			}
		}
	})
	return x
}

// handled returns what came at alice and at the next hop since the last call,
// once the server has done all that was sent to it before.
func (x *torturer) handled() (answers, forwarded []string) {
	x.t.Helper()
	x.pings++
	id := fmt.Sprintf("ping-%d", x.pings)
	ping := "OPTIONS sip:ping@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK" + id + ";rport\r\nFrom: <sip:a@b>;tag=1\r\n" +
		"To: <sip:ping@b>\r\nCall-ID: " + id + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	x.send([]byte(ping))
	until := func(c *net.UDPConn) (all []string) {
		buf := make([]byte, 65536)
		for {
			c.SetReadDeadline(time.Now().Add(patience))
			n, err := c.Read(buf)
			if err != nil {
				x.t.Fatalf("the server answers no more: %v", err)
			}
			if bytes.Contains(buf[:n], []byte("Call-ID: "+id+"\r\n")) {
				return all
			}
			if !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 100 ")) {
				all = append(all, string(buf[:n]))
			}
		}
	}
	return until(x.alice), until(x.sink)
}

func (x *torturer) send(text []byte) {
	x.t.Helper()
	if _, err := x.alice.WriteToUDPAddrPort(text, x.daemon.Addr("udp", false)); err != nil {
		x.t.Fatal(err)
	}
}

// outcome names what came of a message, and holds what was forwarded to it.
func (x *torturer) outcome(text []byte, answers, forwarded []string) string {
	x.t.Helper()
	switch {
	case len(answers) > 0:
		line, _, _ := strings.Cut(answers[0], "\r\n")
		line = strings.TrimPrefix(line, "SIP/2.0 ")
		if len(forwarded) > 0 {
			return line + " and forward"
		}
		return line
	case len(forwarded) > 0:
		x.unharmed(text, forwarded[0])
		return "forward"
	}
	return "drop"
}

// unharmed holds a forwarded request to the one that came: first line, all
// fields but those that a proxy changes, and body, byte for byte.
func (x *torturer) unharmed(text []byte, forwarded string) {
	x.t.Helper()
	var came, left sip.Message
	if err := left.Parse([]byte(forwarded)); err != nil {
		x.t.Fatalf("what was forwarded is no SIP: %v\n%q", err, forwarded)
	}
	_ = came.Parse(text)
	if came.RequestURI != left.RequestURI || came.MethodName != left.MethodName || left.Proto != sip.Version {
		x.t.Errorf("forwarded as %q", left.FirstLine())
	}
	if got := left.NumVias(); got != came.NumVias()+1 {
		x.t.Errorf("%d Vias, came with %d", got, came.NumVias())
	}
	rest := forwarded
	for i := range came.NumHeaders() {
		h := came.Header(i)
		if h.Type == sip.HeaderRoute || h.Type == sip.HeaderMaxForwards || i == came.First(sip.HeaderVia) {
			continue
		}
		_, after, ok := strings.Cut(rest, came.Raw()[h.Start:h.End])
		if !ok {
			x.t.Errorf("%s is changed or out of its place in\n%q", h.Name, forwarded)
			continue
		}
		rest = after
	}
	body := came.Body()
	if n, err := came.ContentLength(); err == nil && n < len(body) {
		body = body[:n]
	}
	if left.Body() != body {
		x.t.Errorf("body %q, came with %q", left.Body(), body)
	}
	if n, err := left.MaxForwards(); err != nil || n > 70 {
		x.t.Errorf("Max-Forwards %d, %v", n, err)
	}
}

func tortureText(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../core/sip/testdata/rfc4475", name+".dat"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTortureUDP plays all messages of RFC 4475 as datagrams.
func TestTortureUDP(t *testing.T) {
	files, _ := filepath.Glob("../../core/sip/testdata/rfc4475/*.dat")
	if len(files) != len(torture) {
		t.Fatalf("%d messages, %d in the table", len(files), len(torture))
	}
	x := newTorturer(t)
	for _, row := range torture {
		t.Run(row.name, func(t *testing.T) {
			x.t = t
			text := tortureText(t, row.name)
			x.send(text)
			answers, forwarded := x.handled()
			if got := x.outcome(text, answers, forwarded); got != row.outcome {
				t.Errorf("got %q, want %q (%s)", got, row.outcome, row.why)
			}
		})
	}
}

// TestTortureTCP plays them as the only thing that a connection carries.
func TestTortureTCP(t *testing.T) {
	x := newTorturer(t)
	for _, row := range torture {
		t.Run(row.name, func(t *testing.T) {
			x.t = t
			text, want := tortureText(t, row.name), row.outcome
			if row.overTCP != "" {
				want = row.overTCP
			}
			got := x.stream(x.daemon.Addr("tcp", false), text)
			_, forwarded := x.handled()
			var answers []string
			for _, a := range got {
				if !strings.HasPrefix(a, "SIP/2.0 100 ") {
					answers = append(answers, a)
				}
			}
			if got := x.outcome(text, answers, forwarded); got != want {
				t.Errorf("got %q, want %q (%s)", got, want, row.why)
			}
		})
	}
}

// stream sends a text over a connection of its own and returns the messages
// that came back before the server closed it.
func (x *torturer) stream(to netip.AddrPort, text []byte) []string {
	x.t.Helper()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		x.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(text); err != nil {
		x.t.Fatal(err)
	}
	c.CloseWrite()
	all, err := io.ReadAll(c)
	if err != nil {
		x.t.Fatalf("the connection stays open: %v", err)
	}
	var messages []string
	var f sip.Framer
	for len(all) > 0 {
		n, kind, err := f.Next(all)
		if err != nil || n == 0 {
			x.t.Fatalf("what came is no SIP: %v\n%q", err, all)
		}
		if kind == sip.FrameMessage {
			messages = append(messages, string(all[:n]))
		}
		all = all[n:]
	}
	return messages
}
