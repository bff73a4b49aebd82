// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// invite is the message that benchmarks and many tests use: about 700 bytes, as phones send it.
const invite = "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK74bf9;rport\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"Alice\" <sip:alice@atlanta.example.com>;tag=9fxced76sl\r\n" +
	"To: Bob <sip:bob@biloxi.example.com>\r\n" +
	"Call-ID: 3848276298220188511@atlanta.example.com\r\n" +
	"CSeq: 2 INVITE\r\n" +
	"Contact: <sip:alice@192.0.2.10;transport=udp>\r\n" +
	"Route: <sip:ss1.atlanta.example.com;lr>\r\n" +
	"User-Agent: Phone 1.0\r\n" +
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 151\r\n" +
	"\r\n" +
	"v=0\r\no=alice 2890844526 2890844526 IN IP4 client.atlanta.example.com\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

func mustParse(t testing.TB, text string) *Message {
	t.Helper()
	m := new(Message)
	if err := m.Parse([]byte(text)); err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return m
}

// requestWith puts header lines into a request that lacks nothing else.
func requestWith(lines string) string {
	return "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\n" +
		"Call-ID: c\r\nCSeq: 1 INVITE\r\n" + lines + "\r\n"
}

func TestParseFirstLine(t *testing.T) {
	tests := []struct {
		name, line string
		err        error
		method     Method
		uri        string
		status     int
		reason     string
	}{
		{"request", "INVITE sip:a@b SIP/2.0", nil, MethodInvite, "sip:a@b", 0, ""},
		{"unknown method", "FROB sip:a@b SIP/2.0", nil, MethodOther, "sip:a@b", 0, ""},
		{"method is case-sensitive", "invite sip:a@b SIP/2.0", nil, MethodOther, "sip:a@b", 0, ""},
		{"version in small letters", "BYE sip:a@b sip/2.0", nil, MethodBye, "sip:a@b", 0, ""},
		{"http", "POST /RPC HTTP/1.1", nil, MethodPost, "/RPC", 0, ""},
		{"other version", "OPTIONS sip:a@b SIP/7.0", ErrVersion, MethodOptions, "sip:a@b", 0, ""},
		{"foreign protocol", "OPTIONS sip:a@b FOO/2.0", ErrFirstLine, MethodOptions, "sip:a@b", 0, ""},
		{"two blanks", "OPTIONS  sip:a@b SIP/2.0", ErrFirstLine, MethodOptions, " sip:a@b SIP/2.0", 0, ""},
		{"blank in the uri", "OPTIONS sip:a@b; lr SIP/2.0", ErrFirstLine, MethodOptions, "sip:a@b;", 0, ""},
		{"blanks at the end", "OPTIONS sip:a@b SIP/2.0  ", nil, MethodOptions, "sip:a@b", 0, ""},
		{"method no token", "IN<VITE sip:a@b SIP/2.0", ErrFirstLine, MethodOther, "sip:a@b", 0, ""},
		{"one word", "OPTIONS", ErrFirstLine, MethodNone, "", 0, ""},
		{"response", "SIP/2.0 180 Ringing now", nil, MethodNone, "", 180, "Ringing now"},
		{"empty reason", "SIP/2.0 200 ", nil, MethodNone, "", 200, ""},
		{"no reason", "SIP/2.0 200", nil, MethodNone, "", 200, ""},
		{"code too great", "SIP/2.0 4294967301 better", ErrStatusLine, MethodNone, "", 0, ""},
		{"code 99", "SIP/2.0 099 x", ErrStatusLine, MethodNone, "", 0, ""},
		{"code 700", "SIP/2.0 700 x", nil, MethodNone, "", 700, "x"},
		{"code no number", "SIP/2.0 2x0 x", ErrStatusLine, MethodNone, "", 0, ""},
		{"response of other version", "SIP/3.0 200 OK", ErrVersion, MethodNone, "", 200, "OK"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			err := m.Parse([]byte(tt.line + "\r\nCall-ID: x\r\n\r\n"))
			if !errors.Is(err, tt.err) && !(err == nil && tt.err == nil) {
				t.Fatalf("err %v, want %v", err, tt.err)
			}
			if m.Method != tt.method || m.RequestURI != tt.uri || m.Status != tt.status || m.Reason != tt.reason {
				t.Errorf("got %v %q %d %q", m.Method, m.RequestURI, m.Status, m.Reason)
			}
			if m.CallID() != "x" {
				t.Errorf("headers behind the first line are lost: Call-ID %q", m.CallID())
			}
			if m.IsRequest() != (tt.method != MethodNone) {
				t.Errorf("IsRequest %v", m.IsRequest())
			}
		})
	}
}

func TestParseHeaders(t *testing.T) {
	tests := []struct {
		name, text string
		err        error
		headers    []string // name=value
		body       string
	}{
		{"plain", "A: 1\r\nB: 2\r\n\r\nbody", nil, []string{"A=1", "B=2"}, "body"},
		{"bare line feeds", "A: 1\nB: 2\n\nbody", nil, []string{"A=1", "B=2"}, "body"},
		{"no body", "A: 1\r\n\r\n", nil, []string{"A=1"}, ""},
		{"no headers", "\r\nx", nil, nil, "x"},
		{"folded", "A: 1,\r\n 2,\r\n\t3\r\nB: 2\r\n\r\n", nil, []string{"A=1,\r\n 2,\r\n\t3", "B=2"}, ""},
		{"value on the next line", "A:\r\n 1\r\n\r\n", nil, []string{"A=1"}, ""},
		{"blanks before the colon", "A \t : 1\r\n\r\n", nil, []string{"A=1"}, ""},
		{"empty value", "A:\r\nB: \r\n\r\n", nil, []string{"A=", "B="}, ""},
		{"colons in the value", "A:b:c\r\n\r\n", nil, []string{"A=b:c"}, ""},
		{"no colon", "A: 1\r\ngarbage\r\nB: 2\r\n\r\nx", ErrHeader, []string{"A=1", "B=2"}, "x"},
		{"no name", ": 1\r\nB: 2\r\n\r\n", ErrHeader, []string{"B=2"}, ""},
		{"no end", "A: 1\r\nB: 2\r\n", nil, []string{"A=1", "B=2"}, ""},
		{"cut in a line", "A: 1\r\nB: 2", ErrNoHeaderEnd, []string{"A=1", "B=2"}, ""},
		{"carriage return alone is no end", "A: 1\r\n\rB: 2\r\n\r\n", nil, []string{"A=1", "\rB=2"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			err := m.Parse([]byte("OPTIONS sip:a@b SIP/2.0\r\n" + tt.text))
			if !errors.Is(err, tt.err) && !(err == nil && tt.err == nil) {
				t.Fatalf("err %v, want %v", err, tt.err)
			}
			var got []string
			for i := range m.NumHeaders() {
				h := m.Header(i)
				got = append(got, h.Name+"="+h.Value)
				if text := m.Raw()[h.Start:h.End]; !strings.HasPrefix(text, h.Name) || !strings.Contains(text, h.Value) {
					t.Errorf("header %d: range holds %q", i, text)
				}
			}
			if strings.Join(got, "|") != strings.Join(tt.headers, "|") {
				t.Errorf("got %q, want %q", got, tt.headers)
			}
			if m.Body() != tt.body {
				t.Errorf("body %q, want %q", m.Body(), tt.body)
			}
		})
	}
}

func TestParseLimits(t *testing.T) {
	var m Message
	many := func(n int) []byte {
		return []byte("OPTIONS sip:a@b SIP/2.0\r\n" + strings.Repeat("A: b\r\n", n) + "\r\n")
	}
	if err := m.Parse(many(MaxHeaders)); err != nil {
		t.Errorf("%d headers: %v", MaxHeaders, err)
	}
	if err := m.Parse(many(10000)); !errors.Is(err, ErrTooManyHeaders) {
		t.Errorf("10000 headers: %v", err)
	}
	if err := m.Parse(make([]byte, MaxMessage+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for _, empty := range []string{"", "\r\n\r\n", "\n"} {
		if err := m.Parse([]byte(empty)); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	for _, before := range []string{"\r\n\r\n", "\x00\x00\x00\x00", " \t", "\r\n "} {
		if err := m.Parse([]byte(before + invite)); err != nil || m.Method != MethodInvite {
			t.Errorf("behind %q: %v", before, err)
		}
	}
	if err := m.Parse([]byte("x" + strings.Repeat("y", 70000) + ": z")); err == nil {
		t.Error("a header without end parsed")
	}
}

func TestReuse(t *testing.T) {
	m := mustParse(t, invite)
	m.Source = netip.MustParseAddrPort("192.0.2.1:5060")
	m.ForceRport = true
	m.AppendHeader("A: b\r\n")
	if _, err := m.Via(0); err != nil {
		t.Fatal(err)
	}
	if _, err := m.From(); err != nil {
		t.Fatal(err)
	}
	if err := m.Parse([]byte("SIP/2.0 200 OK\r\nTo: <sip:x@y>;tag=2\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if m.Method != MethodNone || m.RequestURI != "" || m.Source.IsValid() || m.ForceRport || m.Edited() || m.HasHeader(HeaderVia) {
		t.Errorf("the first message shows through: %+v", m)
	}
	if _, err := m.Via(0); !errors.Is(err, ErrAbsent) {
		t.Errorf("Via: %v", err)
	}
	if _, err := m.From(); !errors.Is(err, ErrAbsent) || m.FromTag() != "" {
		t.Errorf("From: %v", err)
	}
	if m.ToTag() != "2" {
		t.Errorf("To tag %q", m.ToTag())
	}
}

func TestOffset(t *testing.T) {
	m := mustParse(t, invite)
	from, _ := m.From()
	if at := m.Offset(from.URI); m.Raw()[at:at+len(from.URI)] != from.URI {
		t.Errorf("offset %d", at)
	}
	if at := m.Offset(strings.Clone(from.URI)); at != -1 {
		t.Errorf("a copy has offset %d", at)
	}
}

func TestApplyAndCopy(t *testing.T) {
	m := mustParse(t, invite)
	m.Source = netip.MustParseAddrPort("192.0.2.1:5060")
	m.DeleteHeader(m.First(HeaderUserAgent))
	m.AppendHeader("X-New: 1\r\n")
	if m.Value(HeaderUserAgent) == "" || m.ValueNamed("X-New") != "" {
		t.Error("edits are seen before they are applied")
	}
	var copied Message
	m.CopyTo(&copied, nil)
	for _, x := range []*Message{m, &copied} {
		if _, err := x.Apply(nil, &Outgoing{RequestURI: "sip:new"}); err != nil {
			t.Fatal(err)
		}
		if x.HasHeader(HeaderUserAgent) || x.ValueNamed("x-new") != "1" || x.Edited() || x.RequestURI != "sip:new" || x.Source != m.Source {
			t.Errorf("edits are not applied:\n%s", x.Raw())
		}
	}
}

func TestPoisonShowsStaleViews(t *testing.T) {
	buf := []byte(invite)
	var m Message
	if err := m.Parse(buf); err != nil {
		t.Fatal(err)
	}
	id := m.CallID()
	kept := strings.Clone(id)
	Poison(buf)
	if id == kept || strings.Contains(id, "atlanta") {
		t.Errorf("a view still reads %q", id)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(invite))
	f.Add([]byte("SIP/2.0 200 OK\r\nv: SIP/2.0/TCP a:1;rport=2;received=1.2.3.4, SIP/2.0/UDP b\r\nm: *\r\nl: 3\r\n\r\nabc"))
	f.Add([]byte(requestWith("Contact: \"a\" <sip:a@b;x=y>;q=0.5, sip:c@d\r\nRoute: <sip:[::1]:5;lr>,<sip:x>\r\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Message
		if m.Parse(data) != nil {
			exercise(&m)
			return
		}
		exercise(&m)
		printed := AppendEdited(nil, &m, nil)
		if string(printed) != m.Raw() {
			t.Fatal("a message without edits does not print as it came")
		}
		m.Source = netip.MustParseAddrPort("192.0.2.9:999")
		o := &Outgoing{Transport: TransportTCP, Host: "192.0.2.8", Port: 5060, Branch: "z9hG4bKx", Route: "<sip:z;lr>"}
		out := AppendRequest(nil, &m, o)
		var again Message
		if m.IsRequest() {
			if err := again.Parse(out); err != nil {
				t.Fatalf("printed request does not parse: %v\n%q", err, out)
			}
		}
		AppendResponse(nil, &m, o)
		AppendReply(nil, &m, &Reply{Code: 200, ToTag: "t"})
		AppendCANCEL(nil, out, "")
		AppendACK(nil, data, "x")
	})
}

// exercise asks for everything that is read lazily.
func exercise(m *Message) {
	for i := range m.NumVias() {
		v, _ := m.Via(i)
		m.Offset(v.Branch)
	}
	m.FromURI()
	m.ToURI()
	m.RURI()
	m.CSeq()
	m.Contacts()
	m.Routes()
	m.RecordRoutes()
	m.PathValues()
	m.MaxForwards()
	m.ContentLength()
	m.Expires()
	_ = m.Check(true)
	m.AllowedMethods()
	m.HasOption(HeaderSupported, "path")
	var tag [16]byte
	AppendTag(tag[:0], 1, m)
}
