// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAppendRequestVia(t *testing.T) {
	// The Vias below ours are what Kamailio 5.6.3 forwarded for the same Vias from 127.0.0.1:25070.
	tests := []struct {
		name, via, want string
		force           bool
	}{
		{"nothing to add", "127.0.0.1:25070;branch=a", "127.0.0.1:25070;branch=a", false},
		{"other port", "127.0.0.1:9;branch=a", "127.0.0.1:9;branch=a", false},
		{"rport", "127.0.0.1:25070;branch=a;rport", "127.0.0.1:25070;received=127.0.0.1;branch=a;rport=25070", false},
		{"rport first", "127.0.0.1:25070;rport;branch=a;alias", "127.0.0.1:25070;received=127.0.0.1;rport=25070;branch=a;alias", false},
		{"other address", "10.0.0.1:5060;branch=a", "10.0.0.1:5060;received=127.0.0.1;branch=a", false},
		{"name", "foo.example.com;branch=a", "foo.example.com;received=127.0.0.1;branch=a", false},
		{"false received and rport", "10.0.0.1:5060;received=1.1.1.1;rport=77;branch=a", "10.0.0.1:5060;received=127.0.0.1;rport=25070;branch=a", false},
		{"false received alone", "127.0.0.1:25070;received=9.9.9.9;branch=a", "127.0.0.1:25070;received=127.0.0.1;branch=a", false},
		{"forced", "127.0.0.1:25070;branch=a", "127.0.0.1:25070;rport=25070;branch=a", true},
		{"forced, other address", "10.0.0.1:5060;branch=a", "10.0.0.1:5060;rport=25070;received=127.0.0.1;branch=a", true},
		{"blanks", "127.0.0.1:25070 ; rport = 33 ; branch=a", "127.0.0.1:25070 ;received=127.0.0.1;rport=25070 ; branch=a", false},
		{"list", "127.0.0.1:25070;branch=a;rport, SIP/2.0/UDP 1.2.3.4;branch=q", "127.0.0.1:25070;received=127.0.0.1;branch=a;rport=25070, SIP/2.0/UDP 1.2.3.4;branch=q", false},
		{"ipv6", "[::1]:25070;branch=a", "[::1]:25070;received=127.0.0.1;branch=a", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, "OPTIONS sip:x SIP/2.0\r\nCSeq: 1 OPTIONS\r\nVia: SIP/2.0/UDP "+tt.via+"\r\n\r\n")
			m.Source, m.ForceRport = netip.MustParseAddrPort("127.0.0.1:25070"), tt.force
			got := string(AppendRequest(nil, m, &Outgoing{Transport: TransportUDP, Host: "127.0.0.1", Port: 25060, Branch: "z9hG4bKx"}))
			want := "OPTIONS sip:x SIP/2.0\r\nCSeq: 1 OPTIONS\r\nVia: SIP/2.0/UDP 127.0.0.1:25060;branch=z9hG4bKx\r\nVia: SIP/2.0/UDP " + tt.want + "\r\n\r\n"
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestAppendVia(t *testing.T) {
	tests := []struct {
		o    Outgoing
		want string
	}{
		{Outgoing{Transport: TransportUDP, Host: "a", Port: 5060, Branch: "b"}, "Via: SIP/2.0/UDP a;branch=b\r\n"},
		{Outgoing{Transport: TransportTLS, Host: "a", Port: 5060, Branch: "b"}, "Via: SIP/2.0/TLS a:5060;branch=b\r\n"},
		{Outgoing{Transport: TransportTLS, Host: "a", Port: 5061, Branch: "b"}, "Via: SIP/2.0/TLS a:5061;branch=b\r\n"},
		{Outgoing{Transport: TransportTCP, Host: "[::1]", Port: 5070, Branch: "b", ConnID: 0x1f, Rport: true, Alias: true, ViaParams: ";x=y"},
			"Via: SIP/2.0/TCP [::1]:5070;branch=b;i=1f;rport;x=y;alias\r\n"},
	}
	for _, tt := range tests {
		if got := string(AppendVia(nil, &tt.o)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestAppendRequest(t *testing.T) {
	const via = "Via: SIP/2.0/UDP 1.2.3.4;branch=a\r\n"
	const own = "Via: SIP/2.0/TCP h:5070;branch=z9hG4bKx\r\n"
	tests := []struct {
		name, text string
		o          Outgoing
		edit       func(m *Message)
		want       string
	}{
		{"uri and route set", "BYE sip:x SIP/2.0\r\n" + via + "A: 1\r\nRoute: <sip:5>\r\nContent-Length: 0\r\n\r\n",
			Outgoing{RequestURI: "sip:y@z;b=2", Route: "<sip:r1;lr>,<sip:r2>"}, nil,
			"BYE sip:y@z;b=2 SIP/2.0\r\n" + own + via + "A: 1\r\nRoute: <sip:r1;lr>,<sip:r2>\r\nRoute: <sip:5>\r\nContent-Length: 0\r\n\r\n"},
		{"route set where none is", "BYE sip:x SIP/2.0\r\nA: 1\r\n" + via + "l: 0\r\n\r\n", Outgoing{Route: "<sip:r1;lr>"}, nil,
			"BYE sip:x SIP/2.0\r\nA: 1\r\n" + own + "Route: <sip:r1;lr>\r\n" + via + "l: 0\r\n\r\n"},
		{"route cut and route set", "BYE sip:x SIP/2.0\r\n" + via + "Route: <sip:5>\r\nl: 0\r\n\r\n", Outgoing{Route: "<sip:r1;lr>"},
			func(m *Message) { m.DeleteHeader(m.First(HeaderRoute)) },
			"BYE sip:x SIP/2.0\r\n" + own + via + "Route: <sip:r1;lr>\r\nl: 0\r\n\r\n"},
		{"record route above our via", "BYE sip:x SIP/2.0\r\n" + via + "l: 0\r\n\r\n", Outgoing{},
			func(m *Message) { m.PrependHeader("Record-Route: <sip:me>\r\n") },
			"BYE sip:x SIP/2.0\r\nRecord-Route: <sip:me>\r\n" + own + via + "l: 0\r\n\r\n"},
		{"no via of ours", "BYE sip:x SIP/2.0\r\n" + via + "l: 0\r\n\r\n", Outgoing{NoVia: true}, nil, "BYE sip:x SIP/2.0\r\n" + via + "l: 0\r\n\r\n"},
		{"no via at all", "BYE sip:x SIP/2.0\r\nl: 0\r\n\r\n", Outgoing{}, nil, "BYE sip:x SIP/2.0\r\n" + own + "l: 0\r\n\r\n"},
		{"length for a stream", "BYE sip:x SIP/2.0\r\n" + via + "\r\nbody", Outgoing{}, nil, "BYE sip:x SIP/2.0\r\n" + own + via + "Content-Length: 4\r\n\r\nbody"},
		{"wrong length for a stream", "BYE sip:x SIP/2.0\r\n" + via + "l: 9\r\n\r\nbody", Outgoing{}, nil, "BYE sip:x SIP/2.0\r\n" + own + via + "l: 4\r\n\r\nbody"},
		{"wrong length in a datagram", "BYE sip:x SIP/2.0\r\n" + via + "l: 9\r\n\r\nbody", Outgoing{Transport: TransportUDP, NoVia: true}, nil, "BYE sip:x SIP/2.0\r\n" + via + "l: 9\r\n\r\nbody"},
		{"no length in a datagram", "BYE sip:x SIP/2.0\r\n" + via + "\r\nbody", Outgoing{Transport: TransportUDP, NoVia: true}, nil, "BYE sip:x SIP/2.0\r\n" + via + "\r\nbody"},
		{"length by the script", "BYE sip:x SIP/2.0\r\n" + via + "\r\n", Outgoing{},
			func(m *Message) { m.AppendHeader("content-length : 1\r\n"); m.SetBody("x") },
			"BYE sip:x SIP/2.0\r\n" + own + via + "content-length : 1\r\n\r\nx"},
		{"via that the script cut", "BYE sip:x SIP/2.0\r\n" + via + "l: 0\r\n\r\n", Outgoing{},
			func(m *Message) { m.Source = netip.MustParseAddrPort("9.9.9.9:9"); m.DeleteHeader(0) },
			"BYE sip:x SIP/2.0\r\n" + own + "l: 0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, tt.text)
			if tt.edit != nil {
				tt.edit(m)
			}
			o := tt.o
			if o.Transport == TransportNone {
				o.Transport = TransportTCP
			}
			o.Host, o.Port, o.Branch = "h", 5070, "z9hG4bKx"
			if got := string(AppendRequest([]byte("pre"), m, &o)); got != "pre"+tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestAppendResponse(t *testing.T) {
	tests := []struct {
		name, text string
		edit       func(m *Message)
		want       string
	}{
		{"one via", "SIP/2.0 200 OK\r\nVia: a\r\nVia: b\r\nCSeq: 1 A\r\n\r\n", nil, "SIP/2.0 200 OK\r\nVia: b\r\nCSeq: 1 A\r\n\r\n"},
		{"list", "SIP/2.0 200 OK\r\nVia: a ,  b, c\r\nVia: d\r\n\r\n", nil, "SIP/2.0 200 OK\r\nVia: b, c\r\nVia: d\r\n\r\n"},
		{"via not first", "SIP/2.0 200 OK\r\nCSeq: 1 A\r\nv: a\r\nl: 0\r\n\r\n", nil, "SIP/2.0 200 OK\r\nCSeq: 1 A\r\nl: 0\r\n\r\n"},
		{"no via", "SIP/2.0 200 OK\r\nCSeq: 1 A\r\n\r\n", nil, "SIP/2.0 200 OK\r\nCSeq: 1 A\r\n\r\n"},
		{"edits and status", "SIP/2.0 486 Busy Here\r\nVia: a\r\nVia: b\r\nX: 1\r\n\r\n", func(m *Message) {
			m.SetStatus(487, "Changed")
			m.AppendHeader("B: 1\r\n")
			m.PrependHeader("I: 1\r\n")
			m.DeleteHeader(m.FirstNamed("X"))
		}, "SIP/2.0 487 Changed\r\nI: 1\r\nVia: b\r\nB: 1\r\n\r\n"},
		{"status without reason", "SIP/2.0 486\r\nVia: a\r\n\r\n", func(m *Message) { m.SetStatus(480, "Gone") }, "SIP/2.0 480 Gone\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, tt.text)
			if tt.edit != nil {
				tt.edit(m)
			}
			if got := string(AppendResponse(nil, m, &Outgoing{Transport: TransportUDP})); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestAppendReply(t *testing.T) {
	request := func(via, to string) string {
		return "INVITE sip:x SIP/2.0\r\nZ: 1\r\nCSEQ:\r\n  5 INVITE\r\nv  : SIP/2.0/UDP " + via + "\r\nVia: SIP/2.0/UDP 2.2.2.2\r\nRecord-Route: <sip:1>\r\n" +
			"f: <sip:a@b>;tag=1\r\nTo: " + to + "\r\nTimestamp: 54\r\nRecord-Route: <sip:2>\r\nCall-ID: c\r\n\r\n"
	}
	reply := func(line, via, to, rr1, rr2, rest string) string {
		return "SIP/2.0 " + line + "\r\nCSEQ:\r\n  5 INVITE\r\nv  : SIP/2.0/UDP " + via + "\r\nVia: SIP/2.0/UDP 2.2.2.2\r\n" + rr1 +
			"f: <sip:a@b>;tag=1\r\nTo: " + to + "\r\n" + rr2 + "Call-ID: c\r\n" + rest
	}
	const rr1, rr2 = "Record-Route: <sip:1>\r\n", "Record-Route: <sip:2>\r\n"
	const end = "Content-Length: 0\r\n\r\n"
	tests := []struct {
		name    string
		via, to string
		force   bool
		r       Reply
		want    string
	}{
		{"404", "127.0.0.1:25070", "<sip:b>;p=1", false, Reply{Code: 404, Reason: "Nope", ToTag: "q", Server: "Server: kam"},
			reply("404 Nope", "127.0.0.1:25070", "<sip:b>;p=1;tag=q", "", "", "Server: kam\r\n"+end)},
		{"100 has no tag", "127.0.0.1:25070", "<sip:b>", false, Reply{Code: 100}, reply("100 Trying", "127.0.0.1:25070", "<sip:b>", "", "", end)},
		{"183", "127.0.0.1:25070", "<sip:b>", false, Reply{Code: 183, ToTag: "q"}, reply("183 Session Progress", "127.0.0.1:25070", "<sip:b>;tag=q", rr1, rr2, end)},
		{"200 within a dialog", "127.0.0.1:25070", "<sip:b>;tag=w", false, Reply{Code: 200, ToTag: "q"}, reply("200 OK", "127.0.0.1:25070", "<sip:b>;tag=w", rr1, rr2, end)},
		{"everything else", "127.0.0.1:25070", "<sip:b>", false,
			Reply{Code: 302, Headers: "X: 1\r\n", Contact: "<sip:n>", Server: "Server: kam", ContentType: "text/plain", Body: "bbb"},
			reply("302 Moved Temporarily", "127.0.0.1:25070", "<sip:b>", "", "", "Content-Type: text/plain\r\nX: 1\r\nContact: <sip:n>\r\nServer: kam\r\nContent-Length: 3\r\n\r\nbbb")},
		{"rport", "127.0.0.1:25070;rport;branch=a", "x", false, Reply{Code: 400}, reply("400 Bad Request", "127.0.0.1:25070;rport=25070;branch=a;received=127.0.0.1", "x", "", "", end)},
		{"other address", "10.0.0.1;branch=a", "x", false, Reply{Code: 400}, reply("400 Bad Request", "10.0.0.1;branch=a;received=127.0.0.1", "x", "", "", end)},
		{"forced", "127.0.0.1:25070;branch=a", "x", true, Reply{Code: 400}, reply("400 Bad Request", "127.0.0.1:25070;branch=a;rport=25070", "x", "", "", end)},
		{"false received before rport", "10.0.0.1;received=1.1.1.1;rport=7;branch=a", "x", false, Reply{Code: 400}, reply("400 Bad Request", "10.0.0.1;rport=25070;branch=a;received=127.0.0.1", "x", "", "", end)},
		{"false received behind rport", "10.0.0.1;rport;x;received=1.1.1.1;branch=a", "x", false, Reply{Code: 400}, reply("400 Bad Request", "10.0.0.1;rport=25070;x;branch=a;received=127.0.0.1", "x", "", "", end)},
		{"list: only the first value", "10.0.0.1;rport , SIP/2.0/UDP 3.3.3.3;branch=q", "x", false, Reply{Code: 400}, reply("400 Bad Request", "10.0.0.1;rport=25070;received=127.0.0.1 , SIP/2.0/UDP 3.3.3.3;branch=q", "x", "", "", end)},
		{"bad via is copied", ";;", "x", false, Reply{Code: 400}, reply("400 Bad Request", ";;", "x", "", "", end)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, request(tt.via, tt.to))
			m.Source, m.ForceRport = netip.MustParseAddrPort("127.0.0.1:25070"), tt.force
			if got := string(AppendReply(nil, m, &tt.r)); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestAppendReplyToMappedAddress(t *testing.T) {
	m := mustParse(t, requestWith(""))
	m.Source = netip.MustParseAddrPort("[::ffff:192.0.2.1]:5060")
	if got := string(AppendReply(nil, m, &Reply{Code: 200})); strings.Contains(got, "received") {
		t.Errorf("an IPv4 address in IPv6 form is another address:\n%s", got)
	}
}

func TestReceivedIPv6(t *testing.T) {
	// RFC 3261 25.1: received has no brackets; two spellings of one address are the same sent-by.
	for via, want := range map[string]string{
		"[::1]:5;rport":    "[::1]:5;rport=9;received=::1",
		"[0:0::1]:5":       "[0:0::1]:5",
		"[::2]:5;branch=x": "[::2]:5;branch=x;received=::1",
	} {
		m := mustParse(t, "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP "+via+"\r\n\r\n")
		m.Source = netip.MustParseAddrPort("[::1]:9")
		if got := string(AppendReply(nil, m, &Reply{Code: 200})); !strings.Contains(got, "Via: SIP/2.0/UDP "+want+"\r\n") {
			t.Errorf("%s:\n%s", via, got)
		}
	}
}

// What leaves of a datagram is whole even where what came was not.
func TestPrintRepairs(t *testing.T) {
	const head = "MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nContent-Length: 3\r\n"
	for _, tt := range []struct {
		name, came string
		to         Transport
		want       string // the end of what leaves
	}{
		{"more than the body", head + "\r\nabcdef", TransportUDP, "Content-Length: 3\r\n\r\nabc"},
		{"more than the body, to a stream", head + "\r\nabcdef", TransportTCP, "Content-Length: 3\r\n\r\nabc"},
		{"less than the body", head + "\r\na", TransportUDP, "Content-Length: 3\r\n\r\na"},
		{"less than the body, to a stream", head + "\r\na", TransportTCP, "Content-Length: 1\r\n\r\na"},
		{"no empty line", head, TransportUDP, "Content-Length: 3\r\n\r\n"},
		{"no empty line, to a stream", head, TransportTCP, "Content-Length: 0\r\n\r\n"},
	} {
		got := string(AppendRequest(nil, mustParse(t, tt.came), &Outgoing{Transport: tt.to, Host: "h", Branch: "b"}))
		if !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: %q, want %q at the end", tt.name, got, tt.want)
		}
	}
}

// A reply repeats the fields of its request to the last blank.
func TestReplyKeepsBlanks(t *testing.T) {
	m := mustParse(t, "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=1 \r\nFrom:  <sip:a@h>;tag=1  \r\nTo: <sip:b@h> \r\n"+
		"Call-ID: c \nCSeq: 1 OPTIONS\t\r\n\r\n")
	m.Source, m.ForceRport = netip.MustParseAddrPort("192.0.2.1:9"), true
	want := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=1 ;rport=9\r\nFrom:  <sip:a@h>;tag=1  \r\nTo: <sip:b@h> ;tag=x\r\n" +
		"Call-ID: c \r\nCSeq: 1 OPTIONS\t\r\nContent-Length: 0\r\n\r\n"
	if got := string(AppendReply(nil, m, &Reply{Code: 200, ToTag: "x"})); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
