// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// asked is a Resolver that notes its questions and answers from a Fixed.
type asked struct {
	Fixed
	mu    sync.Mutex
	names []string
	fail  map[string]error
	wait  time.Duration
}

func (a *asked) Resolve(ctx context.Context, name string, t Type) ([]Record, error) {
	key := name + " " + t.String()
	a.mu.Lock()
	a.names = append(a.names, key)
	a.mu.Unlock()
	if a.wait > 0 {
		select {
		case <-time.After(a.wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := a.fail[key]; err != nil {
		return nil, err
	}
	return a.Fixed.Resolve(ctx, name, t)
}

// taken returns the questions since the last call.
func (a *asked) taken() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := strings.Join(a.names, ", ")
	a.names = nil
	return s
}

func addr(ip string) Record { return Record{TTL: 300 * time.Second, Addr: netip.MustParseAddr(ip)} }

func srv(priority, weight, port uint16, name string) Record {
	return Record{TTL: 300 * time.Second, Priority: priority, Weight: weight, Port: port, Name: name}
}

func naptr(order, preference uint16, service, name string) Record {
	return Record{TTL: 300 * time.Second, Priority: order, Weight: preference, Flags: "s", Service: service, Name: name}
}

var zone = Fixed{
	"a.example A":      {addr("192.0.2.1"), addr("192.0.2.2")},
	"six.example AAAA": {addr("2001:db8::6")},
	"both.example A":   {addr("192.0.2.4")}, "both.example AAAA": {addr("2001:db8::4")},

	"_sip._udp.srv.example SRV":  {srv(20, 0, 5080, "both.example"), srv(10, 1, 5070, "six.example"), srv(10, 9, 5072, "a.example")},
	"_sip._tcp.srv.example SRV":  {srv(10, 0, 5090, "both.example")},
	"_sips._tcp.srv.example SRV": {srv(10, 0, 5091, "both.example")},
	"srv.example A":              {addr("192.0.2.99")},

	"tcp.example A":             {addr("192.0.2.98")},
	"_sip._tcp.tcp.example SRV": {srv(10, 0, 5090, "both.example")},

	"_sip._udp.no.example SRV": {srv(0, 0, 0, "")},
	"no.example A":             {addr("192.0.2.97")},

	"_sip._udp.gone.example SRV": {srv(0, 0, 5060, "nosuch.example")},
	"gone.example A":             {addr("192.0.2.96")},

	"naptr.example NAPTR": {
		naptr(10, 10, "SIPS+D2T", "_sips._tcp.srv.example"), naptr(20, 20, "SIP+D2U", "_sip._udp.srv.example"),
		naptr(20, 10, "SIP+D2T", "_sip._tcp.srv.example"), {TTL: time.Hour, Flags: "u", Service: "E2U+sip"},
	},
	"naptr.example A":     {addr("192.0.2.95")},
	"dead.example NAPTR":  {naptr(10, 10, "SIP+D2U", "_sip._udp.nosuch.example"), naptr(20, 10, "SIP+D2T", "_sip._tcp.srv.example")},
	"other.example NAPTR": {{TTL: time.Hour, Flags: "u", Service: "E2U+sip"}},
	"other.example A":     {addr("192.0.2.94")},

	"4.2.0.192.in-addr.arpa PTR": {{TTL: time.Minute, Name: "both.example"}},
}

func newLocator(t *testing.T, change func(*Config)) (*Locator, *asked, *timer.Manual) {
	t.Helper()
	hosts, err := ReadHosts(strings.NewReader("192.0.2.50 inhosts.example pbx\n2001:db8::50 inhosts.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	conf := DefaultConfig()
	conf.Failover = true
	conf.IPv6 = false // a question less per name
	if change != nil {
		change(&conf)
	}
	clock := timer.NewManual(t0)
	r := &asked{Fixed: zone}
	return New(Sources{Resolver: r, Hosts: hosts, Clock: clock, Rand: rand.New(rand.NewPCG(1, 2))}, conf), r, clock
}

func list(t Targets) string {
	var out []string
	for {
		x, ok := t.Next()
		if !ok {
			return strings.Join(out, " ")
		}
		out = append(out, x.Proto.String()+":"+x.Addr.String())
	}
}

const (
	udp  = sip.TransportUDP
	tcp  = sip.TransportTCP
	tls  = sip.TransportTLS
	sctp = sip.TransportSCTP
	ws   = sip.TransportWS
	wss  = sip.TransportWSS
)

func TestLocate(t *testing.T) {
	naptrOn := func(c *Config) { c.NAPTR = true; c.Protocols = []sip.Transport{udp, tcp, tls} }
	tests := []struct {
		name  string
		conf  func(*Config)
		query Query
		want  string
		err   error
		asked string
	}{
		{name: "v4", query: Query{Host: "192.0.2.7"}, want: "udp:192.0.2.7:5060"},
		{name: "v4 and port", query: Query{Host: "192.0.2.7", Port: 5070, Transport: tcp}, want: "tcp:192.0.2.7:5070"},
		{name: "v6 in brackets", query: Query{Host: "[2001:db8::1]", Transport: tls}, want: "tls:[2001:db8::1]:5061"},
		{name: "v6 bare", query: Query{Host: "2001:db8::1"}, want: "udp:[2001:db8::1]:5060"},
		{name: "v6 when aaaa is off", conf: func(c *Config) { c.IPv6 = false }, query: Query{Host: "::1"}, want: "udp:[::1]:5060"},
		{name: "sips address", query: Query{Host: "192.0.2.7", Secure: true}, want: "tls:192.0.2.7:5061"},
		{name: "sips and tcp", query: Query{Host: "192.0.2.7", Secure: true, Transport: tcp}, want: "tls:192.0.2.7:5061"},
		{name: "sips and ws", query: Query{Host: "192.0.2.7", Secure: true, Transport: ws}, want: "wss:192.0.2.7:443"},
		{name: "localhost", query: Query{Host: "LocalHost", Port: 5070}, want: "udp:127.0.0.1:5070"},
		{name: "localhost without port", query: Query{Host: "localhost."}, want: "udp:127.0.0.1:5060"},
		{name: "hosts file", query: Query{Host: "INHOSTS.example"}, want: "udp:192.0.2.50:5060"},
		{name: "hosts file, v6 preferred", conf: func(c *Config) { c.IPv6, c.PreferIPv6 = true, true }, query: Query{Host: "inhosts.example"}, want: "udp:[2001:db8::50]:5060 udp:192.0.2.50:5060"},
		{name: "port means addresses", query: Query{Host: "srv.example", Port: 5060}, want: "udp:192.0.2.99:5060", asked: "srv.example A"},
		{name: "capitals and final dot", query: Query{Host: "A.Example.", Port: 5060}, want: "udp:192.0.2.1:5060 udp:192.0.2.2:5060", asked: "a.example A"},
		{name: "aaaa after a", conf: func(c *Config) { c.IPv6, c.Failover = true, false }, query: Query{Host: "six.example", Port: 5060}, want: "udp:[2001:db8::6]:5060", asked: "six.example A, six.example AAAA"},
		{name: "a wins", query: Query{Host: "both.example", Port: 5060}, want: "udp:192.0.2.4:5060", asked: "both.example A"},
		{name: "a before aaaa", conf: func(c *Config) { c.IPv6 = true }, query: Query{Host: "both.example", Port: 5060}, want: "udp:192.0.2.4:5060 udp:[2001:db8::4]:5060", asked: "both.example A, both.example AAAA"},
		{name: "aaaa before a", conf: func(c *Config) { c.IPv6, c.PreferIPv6 = true, true }, query: Query{Host: "both.example", Port: 5060}, want: "udp:[2001:db8::4]:5060 udp:192.0.2.4:5060", asked: "both.example AAAA, both.example A"},
		{name: "a without failover", conf: func(c *Config) { c.IPv6, c.Failover = true, false }, query: Query{Host: "both.example", Port: 5060}, want: "udp:192.0.2.4:5060", asked: "both.example A"},
		{name: "only aaaa", conf: func(c *Config) { c.IPv6, c.IPv6Only = true, true }, query: Query{Host: "a.example", Port: 5060}, err: ErrNotFound, asked: "a.example AAAA"},
		{name: "only a", conf: func(c *Config) { c.IPv6, c.IPv4Only = true, true }, query: Query{Host: "six.example", Port: 5060}, err: ErrNotFound, asked: "six.example A"},
		{name: "aaaa off", query: Query{Host: "six.example", Port: 5060}, err: ErrNotFound, asked: "six.example A"},
		{
			name: "srv", query: Query{Host: "srv.example"},
			want: "udp:192.0.2.1:5072 udp:192.0.2.2:5072 udp:192.0.2.4:5080", asked: "_sip._udp.srv.example SRV, a.example A, six.example A, both.example A",
		},
		{
			name: "srv without failover", conf: func(c *Config) { c.Failover = false }, query: Query{Host: "srv.example"},
			want: "udp:192.0.2.1:5072", asked: "_sip._udp.srv.example SRV, a.example A",
		},
		{name: "srv of the transport", query: Query{Host: "srv.example", Transport: tcp}, want: "tcp:192.0.2.4:5090", asked: "_sip._tcp.srv.example SRV, both.example A"},
		{name: "srv of sips", query: Query{Host: "srv.example", Secure: true}, want: "tls:192.0.2.4:5091", asked: "_sips._tcp.srv.example SRV, both.example A"},
		{name: "no srv for sctp", query: Query{Host: "a.example", Transport: sctp}, want: "sctp:192.0.2.1:5060 sctp:192.0.2.2:5060", asked: "_sip._sctp.a.example SRV, a.example A"},
		{name: "no srv", query: Query{Host: "a.example"}, want: "udp:192.0.2.1:5060 udp:192.0.2.2:5060", asked: "_sip._udp.a.example SRV, _sip._tcp.a.example SRV, a.example A"},
		{name: "no srv, no failover", conf: func(c *Config) { c.Failover = false }, query: Query{Host: "tcp.example"}, want: "udp:192.0.2.98:5060", asked: "_sip._udp.tcp.example SRV, tcp.example A"},
		{name: "no srv, tls", query: Query{Host: "a.example", Transport: tls}, want: "tls:192.0.2.1:5061 tls:192.0.2.2:5061", asked: "_sips._tcp.a.example SRV, a.example A"},
		{name: "srv says no", query: Query{Host: "no.example"}, want: "udp:192.0.2.97:5060", asked: "_sip._udp.no.example SRV, _sip._tcp.no.example SRV, no.example A"},
		{name: "srv leads nowhere", query: Query{Host: "gone.example"}, want: "udp:192.0.2.96:5060", asked: "_sip._udp.gone.example SRV, nosuch.example A, _sip._tcp.gone.example SRV, gone.example A"},
		{name: "nothing", query: Query{Host: "nosuch.example"}, err: ErrNotFound, asked: "_sip._udp.nosuch.example SRV, _sip._tcp.nosuch.example SRV, nosuch.example A"},
		{name: "not a name", query: Query{Host: "a..example"}, err: ErrName},
		{name: "empty", query: Query{}, err: ErrName},
		{
			name: "naptr by our preference", conf: naptrOn, query: Query{Host: "naptr.example"},
			want:  "udp:192.0.2.1:5072 udp:192.0.2.2:5072 udp:192.0.2.4:5080 tcp:192.0.2.4:5090 tls:192.0.2.4:5091",
			asked: "naptr.example NAPTR, _sip._udp.srv.example SRV, a.example A, six.example A, both.example A, _sip._tcp.srv.example SRV, _sips._tcp.srv.example SRV",
		},
		{
			name: "naptr by their order", conf: func(c *Config) { naptrOn(c); c.NAPTRIgnoreOrder = false; c.Failover = false },
			query: Query{Host: "naptr.example"}, want: "tls:192.0.2.4:5091", asked: "naptr.example NAPTR, _sips._tcp.srv.example SRV, both.example A",
		},
		{
			name: "naptr with equal preferences", conf: func(c *Config) { naptrOn(c); c.UDPPref, c.TCPPref, c.TLSPref = 1, 1, 1; c.Failover = false },
			query: Query{Host: "naptr.example"}, want: "tls:192.0.2.4:5091", asked: "naptr.example NAPTR, _sips._tcp.srv.example SRV, both.example A",
		},
		{
			name: "naptr without tls", conf: func(c *Config) { c.NAPTR = true; c.NAPTRIgnoreOrder = false; c.Failover = false },
			query: Query{Host: "naptr.example"}, want: "tcp:192.0.2.4:5090", asked: "naptr.example NAPTR, _sip._tcp.srv.example SRV, both.example A",
		},
		{
			name: "naptr with udp forbidden", conf: func(c *Config) { naptrOn(c); c.UDPPref = -1; c.Failover = false },
			query: Query{Host: "naptr.example"}, want: "tcp:192.0.2.4:5090", asked: "naptr.example NAPTR, _sip._tcp.srv.example SRV, both.example A",
		},
		{
			name: "naptr of sips", conf: naptrOn, query: Query{Host: "naptr.example", Secure: true},
			want: "tls:192.0.2.4:5091", asked: "naptr.example NAPTR, _sips._tcp.srv.example SRV, both.example A",
		},
		{
			name: "naptr not asked with a transport", conf: naptrOn, query: Query{Host: "naptr.example", Transport: tcp},
			want: "tcp:192.0.2.95:5060", asked: "_sip._tcp.naptr.example SRV, naptr.example A",
		},
		{
			name: "naptr whose srv is missing", conf: naptrOn, query: Query{Host: "dead.example"},
			want: "tcp:192.0.2.4:5090", asked: "dead.example NAPTR, _sip._udp.nosuch.example SRV, _sip._tcp.srv.example SRV, both.example A",
		},
		{
			name: "no naptr, srv of what we speak", conf: func(c *Config) { naptrOn(c); c.TLSPref = 40 }, query: Query{Host: "tcp.example"},
			want: "tcp:192.0.2.4:5090", asked: "tcp.example NAPTR, _sips._tcp.tcp.example SRV, _sip._udp.tcp.example SRV, _sip._tcp.tcp.example SRV, both.example A",
		},
		{
			name: "naptr for other things", conf: func(c *Config) { c.NAPTR = true }, query: Query{Host: "other.example"},
			want: "udp:192.0.2.94:5060", asked: "other.example NAPTR, _sip._udp.other.example SRV, _sip._tcp.other.example SRV, other.example A",
		},
		{name: "websocket", query: Query{Host: "a.example", Transport: wss}, want: "wss:192.0.2.1:443 wss:192.0.2.2:443", asked: "_sips._ws.a.example SRV, a.example A"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, r, _ := newLocator(t, tt.conf)
			_, ready := l.Ready(tt.query)
			if ready != (tt.asked == "") && tt.err != ErrName {
				t.Errorf("ready is %v before asking", ready)
			}
			got, err := l.Locate(t.Context(), tt.query)
			if list(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got  %s (%v)\nwant %s (%v)", list(got), err, tt.want, tt.err)
			}
			if asked := r.taken(); asked != tt.asked {
				t.Errorf("asked %s\nwant  %s", asked, tt.asked)
			}
			cached, ready := l.Ready(tt.query)
			if !ready || list(cached) != tt.want {
				t.Errorf("ready is %v after asking, with %s", ready, list(cached))
			}
			if asked := r.taken(); asked != "" {
				t.Errorf("Ready asked %s", asked)
			}
		})
	}
}

// TestNAPTRSharesSRV: an SRV name that NAPTR leads to is the same entry of the
// cache as one that a URI leads to.
func TestNAPTRSharesSRV(t *testing.T) {
	l, r, _ := newLocator(t, func(c *Config) { c.NAPTR = true; c.Failover = false })
	l.Locate(t.Context(), Query{Host: "srv.example", Transport: udp})
	r.taken()
	l.Locate(t.Context(), Query{Host: "naptr.example"})
	if got := r.taken(); got != "naptr.example NAPTR" {
		t.Errorf("asked %s", got)
	}
}

func TestTargets(t *testing.T) {
	one := Target{Proto: udp, Addr: netip.MustParseAddrPort("192.0.2.1:1")}
	two := Target{Proto: tcp, Addr: netip.MustParseAddrPort("192.0.2.2:2")}
	for _, want := range [][]Target{nil, {one}, {one, two}} {
		ts := NewTargets(want...)
		if ts.Len() != len(want) {
			t.Errorf("Len is %d of %d", ts.Len(), len(want))
		}
		var got []Target
		for {
			kept := ts
			x, ok := ts.Next()
			if !ok {
				break
			}
			if y, _ := kept.Next(); y != x {
				t.Error("a copy went another way")
			}
			got = append(got, x)
			if ts.Left() != len(want)-len(got) {
				t.Errorf("Left is %d", ts.Left())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestServerFailure(t *testing.T) {
	l, r, clock := newLocator(t, nil)
	set := counter.New()
	if err := set.Declare("", l.Counters()...); err != nil {
		t.Fatal(err)
	}
	r.fail = map[string]error{
		"_sip._udp.a.example SRV": fmt.Errorf("%w: SERVFAIL", ErrServer),
		"b.example A":             ErrServer, "b.example AAAA": ErrNotFound,
	}
	got, err := l.Locate(t.Context(), Query{Host: "a.example"})
	if list(got) != "udp:192.0.2.1:5060 udp:192.0.2.2:5060" || err != nil {
		t.Errorf("a failure for SRV must lead to A: got %s (%v)", list(got), err)
	}
	if _, err := l.Locate(t.Context(), Query{Host: "b.example", Port: 5060}); !errors.Is(err, ErrServer) {
		t.Errorf("got %v, want ErrServer", err)
	}
	if n := set.Lookup("dns", "failed_dns_request").Value(); n != 2 {
		t.Errorf("%d failures counted, want 2", n)
	}
	r.taken()
	if _, ready := l.Ready(Query{Host: "b.example", Port: 5060}); !ready {
		t.Error("a failure must be remembered")
	}
	clock.Advance(failureTTL)
	if _, ready := l.Ready(Query{Host: "b.example", Port: 5060}); ready {
		t.Error("a failure must be forgotten soon")
	}
}

func TestTimeToLive(t *testing.T) {
	tests := []struct {
		name string
		conf func(*Config)
		host string
		want time.Duration
		ttl  time.Duration // of WithTTL
	}{
		{"its own", nil, "a.example", 300 * time.Second, 0},
		{"of the caller", func(c *Config) { c.MaxTTL = time.Minute }, "a.example", time.Hour, time.Hour},
		{"of the caller, nothing found", nil, "nosuch.example", time.Minute, time.Hour},
		{"max", func(c *Config) { c.MaxTTL = time.Minute }, "a.example", time.Minute, 0},
		{"min", func(c *Config) { c.MinTTL = time.Hour }, "a.example", time.Hour, 0},
		{"negative", nil, "nosuch.example", time.Minute, 0},
		{"negative off", func(c *Config) { c.NegativeTTL = 0 }, "nosuch.example", 0, 0},
		{"cache off", func(c *Config) { c.Cache = false }, "a.example", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, _, clock := newLocator(t, tt.conf)
			q := Query{Host: tt.host, Port: 5060}
			l.Locate(WithTTL(t.Context(), tt.ttl), q)
			if tt.want > 0 {
				clock.Advance(tt.want - 1)
				if _, ready := l.Ready(q); !ready {
					t.Error("forgotten too early")
				}
				clock.Advance(1)
			}
			if _, ready := l.Ready(q); ready {
				t.Error("remembered too long")
			}
			l.Sweep()
			if n := len(l.Entries()); n != 0 || len(l.cache.answers) != 0 {
				t.Errorf("%d entries are left", n)
			}
		})
	}
}

func TestFullCache(t *testing.T) {
	fill := func(l *Locator, clock *timer.Manual, hosts ...string) {
		for _, h := range hosts {
			clock.Advance(time.Second)
			l.Locate(t.Context(), Query{Host: h, Port: 5060})
		}
	}
	kept := func(l *Locator) string {
		var out []string
		for _, e := range l.Entries() {
			out = append(out, e.Name)
		}
		return strings.Join(out, " ")
	}
	l, _, clock := newLocator(t, func(c *Config) { c.MaxEntries = 2 })
	fill(l, clock, "a.example", "both.example", "srv.example")
	if got := kept(l); got != "a.example both.example" {
		t.Errorf("without deletion kept %s", got)
	}
	clock.Advance(time.Hour)
	fill(l, clock, "srv.example")
	if got := kept(l); got != "srv.example" {
		t.Errorf("after expiry kept %s", got)
	}
	l, _, clock = newLocator(t, func(c *Config) { c.MaxEntries = 2; c.DeleteUnexpired = true })
	fill(l, clock, "a.example", "both.example", "a.example", "srv.example")
	if got := kept(l); got != "a.example srv.example" {
		t.Errorf("with deletion kept %s", got)
	}
}

func TestByHand(t *testing.T) {
	l, r, clock := newLocator(t, nil)
	for _, err := range []error{
		l.Put("_SIP._udp.hand.example", SRV, true, srv(1, 1, 5099, "x.example")),
		l.Put("x.example.", A, true, addr("192.0.2.33")),
		l.Put("none.example", A, true),
		l.Put("soon.example", A, false, addr("192.0.2.34")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Put("a b", A, true); !errors.Is(err, ErrName) {
		t.Errorf("got %v", err)
	}
	clock.Advance(299 * time.Second)
	if _, ready := l.ReadyAddrs("soon.example"); !ready {
		t.Error("forgotten too early")
	}
	clock.Advance(1000 * time.Hour)
	if _, ready := l.ReadyAddrs("soon.example"); ready {
		t.Error("remembered too long")
	}
	l.Sweep()
	l.Flush(false)
	if got, ready := l.Ready(Query{Host: "hand.example"}); !ready || list(got) != "udp:192.0.2.33:5099" {
		t.Errorf("got %s, ready %v", list(got), ready)
	}
	if rr, err := l.Records(t.Context(), "_sip._udp.hand.example", SRV); err != nil || len(rr) != 1 {
		t.Errorf("Records got %v (%v)", rr, err)
	}
	if e := l.Entries(); len(e) != 3 || e[0].Name != "_sip._udp.hand.example" || !e[0].Permanent || e[0].Type != SRV {
		t.Errorf("entries are %v", e)
	}
	if !l.Delete("x.example", A) || l.Delete("x.example", A) {
		t.Error("Delete must say true, then false")
	}
	l.Flush(true)
	if len(l.Entries()) != 0 || r.taken() != "" {
		t.Error("Flush left something, or something was asked")
	}
}

func TestNames(t *testing.T) {
	l, r, _ := newLocator(t, nil)
	for _, tt := range []struct{ ip, want, asked string }{
		{"192.0.2.50", "[inhosts.example pbx]", ""},
		{"192.0.2.4", "[both.example]", "4.2.0.192.in-addr.arpa PTR"},
		{"2001:db8::4", "[]", "4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR"},
	} {
		names, err := l.Names(t.Context(), netip.MustParseAddr(tt.ip))
		if fmt.Sprint(names) != tt.want || (err != nil) != (tt.want == "[]") {
			t.Errorf("%s: got %v (%v), want %s", tt.ip, names, err, tt.want)
		}
		if got := r.taken(); got != tt.asked {
			t.Errorf("asked %s, want %s", got, tt.asked)
		}
	}
}

func TestAddrs(t *testing.T) {
	l, _, _ := newLocator(t, nil)
	if _, ready := l.ReadyAddrs("a.example"); ready {
		t.Error("ready before asking")
	}
	for host, want := range map[string]string{
		"a.example": "[192.0.2.1 192.0.2.2]", "[::1]": "[::1]", "pbx": "[192.0.2.50]", "nosuch.example": "[]",
	} {
		got, err := l.Addrs(t.Context(), host)
		if fmt.Sprint(got) != want || (err != nil) != (want == "[]") {
			t.Errorf("%s: got %v (%v), want %s", host, got, err, want)
		}
		if got, ready := l.ReadyAddrs(host); !ready || fmt.Sprint(got) != want {
			t.Errorf("%s: ReadyAddrs got %v, %v", host, got, ready)
		}
	}
}

// TestMerge: a question that many have at the same time is asked once.
func TestMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, r, _ := newLocator(t, nil)
		r.wait = time.Second
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got, err := l.Locate(t.Context(), Query{Host: "a.example", Port: 1})
				if got.Len() != 2 || err != nil {
					t.Errorf("got %s (%v)", list(got), err)
				}
			})
		}
		wg.Wait()
		if got := r.taken(); got != "a.example A" {
			t.Errorf("asked %s", got)
		}
	})
}

// TestGiveUp: one that gives up takes nobody with it.
func TestGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, r, _ := newLocator(t, nil)
		r.wait = 2 * time.Second
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := l.Locate(first, Query{Host: "a.example"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the first got %v", err)
			}
		})
		synctest.Wait()
		follower, cancel2 := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel2()
		wg.Go(func() {
			if _, err := l.Locate(follower, Query{Host: "a.example"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient got %v", err)
			}
		})
		wg.Go(func() {
			if got, err := l.Locate(t.Context(), Query{Host: "a.example"}); err != nil || got.Len() != 2 {
				t.Errorf("the patient got %s (%v)", list(got), err)
			}
		})
		wg.Wait()
	})
}

func TestSlowQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := DefaultConfig()
		conf.SlowQuery = 100 * time.Millisecond
		r := &asked{Fixed: zone, wait: 99 * time.Millisecond}
		l := New(Sources{Resolver: r, Clock: timer.NewReal()}, conf)
		set := counter.New()
		if err := set.Declare("", l.Counters()...); err != nil {
			t.Fatal(err)
		}
		l.Addrs(t.Context(), "a.example")
		r.wait = 101 * time.Millisecond
		l.Addrs(t.Context(), "both.example")
		if n := set.Lookup("dns", "slow_dns_request").Value(); n != 1 {
			t.Errorf("%d slow, want 1", n)
		}
	})
}

func TestAllocs(t *testing.T) {
	l, _, _ := newLocator(t, func(c *Config) { c.Failover = false })
	for _, tt := range []struct {
		name  string
		query Query
		max   float64
	}{
		{"v4", Query{Host: "192.0.2.7", Port: 5060}, 0},
		{"v6", Query{Host: "[2001:db8::1]"}, 0},
		{"localhost", Query{Host: "localhost"}, 0},
		{"hosts", Query{Host: "pbx"}, 0},
		{"name and port in the cache", Query{Host: "a.example", Port: 5060}, 0},
		{"srv in the cache", Query{Host: "tcp.example", Transport: tcp}, 0},
	} {
		l.Locate(t.Context(), tt.query)
		if n := testing.AllocsPerRun(100, func() {
			if _, ready := l.Ready(tt.query); !ready {
				t.Fatal("not ready")
			}
		}); n > tt.max {
			t.Errorf("%s: %v allocations, at most %v", tt.name, n, tt.max)
		}
	}
}

func BenchmarkReady(b *testing.B) {
	conf := DefaultConfig()
	conf.Failover = true
	l := New(Sources{Resolver: zone, Clock: timer.NewReal()}, conf)
	for _, q := range []Query{{Host: "192.0.2.7", Port: 5060}, {Host: "a.example", Port: 5060}, {Host: "srv.example"}} {
		b.Run(q.Host, func(b *testing.B) {
			l.Locate(b.Context(), q)
			b.ReportAllocs()
			for b.Loop() {
				if t, ready := l.Ready(q); !ready || t.Len() == 0 {
					b.Fatal("not ready")
				}
			}
		})
	}
}
