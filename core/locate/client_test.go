// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// server is a name server on loopback, over UDP and TCP, that answers from
// zone text and notes what it was asked.
type server struct {
	addr    netip.AddrPort
	records []dns.RR

	mu    sync.Mutex
	names []string
	drop  int            // questions that are left without an answer
	told  func()         // called for each of those
	rcode map[string]int // answers that are errors, by name
}

// lose makes the server drop n questions, and call told for each.
func (s *server) lose(n int, told func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop, s.told = n, told
}

const zoneText = `
a.example. 60 A 192.0.2.1
a.example. 30 A 192.0.2.2
a.example. 60 AAAA 2001:db8::1
www.example. 20 CNAME a.example.
chain.example. 60 CNAME far.example.
loop.example. 60 CNAME pool.example.
pool.example. 60 CNAME loop.example.
_sip._udp.a.example. 60 SRV 10 20 5070 a.example.
_sip._tcp.a.example. 60 SRV 0 0 0 .
a.example. 60 NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.a.example.
1.2.0.192.in-addr.arpa. 60 PTR a.example.
short.corp.example. 60 A 192.0.2.77
`

// far is what the server says only when asked for it by name: the end of an
// alias that another zone has.
const far = "far.example. 60 A 192.0.2.9"

// listenBoth binds one free port of UDP and TCP.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 50 {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err == nil {
			return pc, l
		}
		pc.Close() // another test has the number for TCP
	}
	t.Fatal("no number is free for both UDP and TCP")
	return nil, nil
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{rcode: map[string]int{"broken.example.": dns.RcodeServerFailure}}
	for line := range strings.Lines(zoneText) {
		if rr, err := dns.NewRR(line); err != nil {
			t.Fatal(err)
		} else if rr != nil {
			s.records = append(s.records, rr)
		}
	}
	for i := range 60 {
		rr, _ := dns.NewRR(fmt.Sprintf("big.example. 60 SRV 1 1 %d host-with-a-long-name-%d.example.", 1000+i, i))
		s.records = append(s.records, rr)
	}
	pc, l := listenBoth(t)
	s.addr = netip.MustParseAddrPort(pc.LocalAddr().String())
	for _, d := range []*dns.Server{{PacketConn: pc, Handler: s}, {Listener: l, Handler: s}} {
		started := make(chan bool)
		d.NotifyStartedFunc = func() { close(started) }
		done := make(chan error, 1)
		go func() { done <- d.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			d.Shutdown()
			<-done
		})
	}
	return s
}

func (s *server) ServeDNS(w dns.ResponseWriter, in *dns.Msg) {
	q := in.Question[0]
	s.mu.Lock()
	s.names = append(s.names, w.LocalAddr().Network()+" "+q.Name+" "+dns.TypeToString[q.Qtype])
	drop, told := s.drop > 0, s.told
	if drop {
		s.drop--
	}
	code := s.rcode[q.Name]
	s.mu.Unlock()
	if drop {
		told()
		return
	}
	var m dns.Msg
	m.SetRcode(in, code)
	if code == 0 {
		s.answer(&m, q)
	}
	if w.LocalAddr().Network() == "udp" {
		m.Truncate(1232)
	}
	w.WriteMsg(&m)
}

func (s *server) answer(m *dns.Msg, q dns.Question) {
	name, exists := q.Name, false
	for range 3 {
		alias := ""
		for _, rr := range s.records {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			exists = true
			if c, ok := rr.(*dns.CNAME); ok {
				alias = c.Target
				m.Answer = append(m.Answer, rr)
			} else if rr.Header().Rrtype == q.Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if rr, _ := dns.NewRR(far); q.Name == "far.example." && q.Qtype == dns.TypeA {
		m.Answer = append(m.Answer, rr)
		exists = true
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
}

func (s *server) taken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := strings.Join(s.names, ", ")
	s.names = nil
	return out
}

func (s *server) client(change func(*ClientConfig)) *Client {
	c := ClientConfig{Servers: []netip.AddrPort{s.addr}, Dots: 1, Timeout: 5 * time.Second, Attempts: 1}
	if change != nil {
		change(&c)
	}
	return NewClient(c)
}

func TestClient(t *testing.T) {
	s := newServer(t)
	corp := func(c *ClientConfig) { c.Search = []string{"example", "corp.example"} }
	tests := []struct {
		name  string
		conf  func(*ClientConfig)
		host  string
		typ   Type
		want  string // records
		err   error
		asked string
	}{
		{name: "a", host: "a.example", typ: A, want: "[{30s 192.0.2.2} {60s 192.0.2.1}]", asked: "udp a.example. A"},
		{name: "aaaa", host: "a.example", typ: AAAA, want: "[{60s 2001:db8::1}]", asked: "udp a.example. AAAA"},
		{name: "srv", host: "_sip._udp.a.example", typ: SRV, want: "[{60s 10 20 5070 a.example}]", asked: "udp _sip._udp.a.example. SRV"},
		{name: "srv to nowhere", host: "_sip._tcp.a.example", typ: SRV, want: "[{60s 0 0 0 }]", asked: "udp _sip._tcp.a.example. SRV"},
		{name: "naptr", host: "a.example", typ: NAPTR, want: "[{60s 10 20 s SIP+D2U _sip._udp.a.example}]", asked: "udp a.example. NAPTR"},
		{name: "ptr", host: "1.2.0.192.in-addr.arpa", typ: PTR, want: "[{60s a.example}]", asked: "udp 1.2.0.192.in-addr.arpa. PTR"},
		{name: "alias", host: "www.example", typ: A, want: "[{20s 192.0.2.1} {20s 192.0.2.2}]", asked: "udp www.example. A"},
		{name: "alias that ends elsewhere", host: "chain.example", typ: A, want: "[{60s 192.0.2.9}]", asked: "udp chain.example. A, udp far.example. A"},
		{name: "no such name", host: "nosuch.example", typ: A, err: ErrNotFound, asked: "udp nosuch.example. A"},
		{name: "no such record", host: "_sip._udp.a.example", typ: A, err: ErrNotFound, asked: "udp _sip._udp.a.example. A"},
		{name: "server failure", host: "broken.example", typ: A, err: ErrServer, asked: "udp broken.example. A"},
		{name: "server failure twice", conf: func(c *ClientConfig) { c.Attempts = 2 }, host: "broken.example", typ: A, err: ErrServer, asked: "udp broken.example. A, udp broken.example. A"},
		{name: "short name", conf: corp, host: "short", typ: A, want: "[{60s 192.0.2.77}]", asked: "udp short.example. A, udp short.corp.example. A"},
		{name: "short name nowhere", conf: corp, host: "tall", typ: A, err: ErrNotFound, asked: "udp tall.example. A, udp tall.corp.example. A, udp tall. A"},
		{name: "dotted name first as it is", conf: corp, host: "short.corp", typ: A, want: "[{60s 192.0.2.77}]", asked: "udp short.corp. A, udp short.corp.example. A"},
		{name: "ndots", conf: func(c *ClientConfig) { corp(c); c.Dots = 2 }, host: "short.corp", typ: A, want: "[{60s 192.0.2.77}]", asked: "udp short.corp.example. A"},
		{name: "no search for addresses", conf: corp, host: "9.9.9.9.in-addr.arpa", typ: PTR, err: ErrNotFound, asked: "udp 9.9.9.9.in-addr.arpa. PTR"},
		{name: "no servers", conf: func(c *ClientConfig) { c.Servers = nil }, host: "a.example", typ: A, err: ErrNoServers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rr, err := s.client(tt.conf).Resolve(t.Context(), tt.host, tt.typ)
			got := show(rr)
			if got != cmpOr(tt.want, "[]") || !errors.Is(err, tt.err) {
				t.Errorf("got  %s (%v)\nwant %s (%v)", got, err, tt.want, tt.err)
			}
			if asked := s.taken(); asked != tt.asked {
				t.Errorf("asked %s\nwant  %s", asked, tt.asked)
			}
		})
	}
}

func cmpOr(s, t string) string {
	if s == "" {
		return t
	}
	return s
}

// show prints records sorted, so that a server may turn them round.
func show(rr []Record) string {
	out := []string{}
	for _, r := range rr {
		s := fmt.Sprint(int(r.TTL.Seconds()), "s ")
		switch {
		case r.Addr.IsValid():
			s += r.Addr.String()
		case r.Service != "":
			s += fmt.Sprint(r.Priority, " ", r.Weight, " ", r.Flags, " ", r.Service, " ", r.Name)
		case strings.Contains(r.Name, "_") || r.Port != 0 || r.Name == "":
			s += fmt.Sprint(r.Priority, " ", r.Weight, " ", r.Port, " ", r.Name)
		default:
			s += r.Name
		}
		out = append(out, "{"+s+"}")
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

func TestClientAliasLoop(t *testing.T) {
	s := newServer(t)
	if _, err := s.client(nil).Resolve(t.Context(), "loop.example", A); !errors.Is(err, ErrServer) {
		t.Errorf("got %v, want ErrServer", err)
	}
}

// TestClientTruncated: what does not fit a datagram comes over TCP.
func TestClientTruncated(t *testing.T) {
	s := newServer(t)
	rr, err := s.client(nil).Resolve(t.Context(), "big.example", SRV)
	if len(rr) != 60 || err != nil {
		t.Errorf("got %d records (%v), want 60", len(rr), err)
	}
	if got := s.taken(); got != "udp big.example. SRV, tcp big.example. SRV" {
		t.Errorf("asked %s", got)
	}
}

// TestClientRetry: a question that got lost is asked again, the next server first.
func TestClientRetry(t *testing.T) {
	s, second := newServer(t), newServer(t)
	s.lose(1, func() {})
	rr, err := s.client(func(c *ClientConfig) { c.Timeout = 150 * time.Millisecond; c.Attempts = 3 }).Resolve(t.Context(), "a.example", A)
	if len(rr) != 2 || err != nil || s.taken() != "udp a.example. A, udp a.example. A" {
		t.Errorf("one server: got %v (%v)", rr, err)
	}
	s.lose(1, func() {})
	cl := s.client(func(c *ClientConfig) { c.Timeout = 150 * time.Millisecond; c.Servers = append(c.Servers, second.addr) })
	rr, err = cl.Resolve(t.Context(), "a.example", A)
	if len(rr) != 2 || err != nil || s.taken() != "udp a.example. A" || second.taken() != "udp a.example. A" {
		t.Errorf("two servers: got %v (%v)", rr, err)
	}
	s.lose(2, func() {})
	if _, err := s.client(func(c *ClientConfig) { c.Timeout = 20 * time.Millisecond; c.Attempts = 2 }).Resolve(t.Context(), "a.example", A); !errors.Is(err, ErrServer) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: got %v, want ErrServer", err)
	}
}

// TestClientContext: the end of the context ends the wait for an answer.
func TestClientContext(t *testing.T) {
	s := newServer(t)
	patient := s.client(func(c *ClientConfig) { c.Attempts = 5; c.Timeout = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	s.lose(1, cancel)
	if _, err := patient.Resolve(ctx, "a.example", A); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	s.lose(5, func() {})
	if _, err := patient.Resolve(ctx, "a.example", A); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: got %v", err)
	}
}

// TestThroughServer is the whole way of a URI, over a real socket.
func TestThroughServer(t *testing.T) {
	s := newServer(t)
	l, _, _ := newLocator(t, func(c *Config) { c.NAPTR = true })
	l.resolver = s.client(nil)
	got, err := l.Locate(t.Context(), Query{Host: "a.example"})
	if want := "udp:192.0.2.1:5070 udp:192.0.2.2:5070"; err != nil || list(got) != want {
		t.Errorf("got %s (%v), want %s", list(got), err, want)
	}
}

func TestReadClientConfig(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "{[] [] 1 5s 2}"},
		{"usual", "nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.com corp.example.\noptions ndots:3 timeout:1 attempts:4\n", "{[192.0.2.53:53 [2001:db8::53]:53] [example.com corp.example] 3 1s 4}"},
		{"domain", "domain example.com\nnameserver 127.0.0.1", "{[127.0.0.1:53] [example.com] 1 5s 2}"},
		{"bad lines", "nameserver dns.example\nnameserver\nsearch . a..b\nwhat ever\n", "{[] [] 1 5s 2}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ReadClientConfig(strings.NewReader(tt.text))
			if got := fmt.Sprint(c); got != tt.want || err != nil {
				t.Errorf("got  %s (%v)\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestOverride(t *testing.T) {
	base := ClientConfig{Servers: make([]netip.AddrPort, 3), Search: []string{"x"}, Timeout: 5 * time.Second, Attempts: 2}
	if got := base.Override(-1, -1, -1, true); fmt.Sprint(got) != fmt.Sprint(base) {
		t.Errorf("nothing set: got %v", got)
	}
	if got := base.Override(1, 3, 2, false); got.Timeout != time.Second || got.Attempts != 4 || len(got.Servers) != 2 || got.Search != nil {
		t.Errorf("all set: got %v", got)
	}
}

func TestSystemFiles(t *testing.T) {
	if _, err := SystemClientConfig(); err != nil {
		t.Error(err)
	}
	if _, err := SystemHosts(); err != nil {
		t.Error(err)
	}
}

func FuzzReadClientConfig(f *testing.F) {
	f.Add("nameserver 192.0.2.53\nsearch a.example\noptions ndots:3 timeout:1 attempts:4 rotate\n# x\n; y")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadClientConfig(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range c.Search {
			if !validName(s) {
				t.Errorf("search domain %q", s)
			}
		}
	})
}
