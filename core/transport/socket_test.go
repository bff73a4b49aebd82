// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
)

// bound makes a layer with bound sockets in a memory network.
func bound(t testing.TB, o Options) *Layer {
	t.Helper()
	if o.Network == nil {
		o.Network = NewMemoryNetwork()
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSocketTexts(t *testing.T) {
	at := netip.MustParseAddrPort
	for _, row := range []struct {
		name               string
		listen             Listen
		text, host, sentBy string
		port               int
		advertised         bool
	}{
		{name: "default port", listen: Listen{Proto: UDP, Addr: at("10.0.0.1:5060")},
			text: "udp:10.0.0.1:5060", host: "10.0.0.1", port: 5060, sentBy: "10.0.0.1"},
		{name: "another port", listen: Listen{Proto: TCP, Addr: at("10.0.0.1:5070")},
			text: "tcp:10.0.0.1:5070", host: "10.0.0.1", port: 5070, sentBy: "10.0.0.1:5070"},
		{name: "IPv6", listen: Listen{Proto: UDP, Addr: at("[2001:db8::1]:5060")},
			text: "udp:[2001:db8::1]:5060", host: "[2001:db8::1]", port: 5060, sentBy: "[2001:db8::1]"},
		{name: "advertised host", listen: Listen{Proto: UDP, Addr: at("10.0.0.1:5063"), AdvertiseHost: "1.2.3.4"},
			text: "udp:10.0.0.1:5063", host: "1.2.3.4", port: 5063, sentBy: "1.2.3.4:5063", advertised: true},
		{name: "advertised default port", listen: Listen{Proto: UDP, Addr: at("10.0.0.1:5062"), AdvertiseHost: "1.2.3.4", AdvertisePort: 5060},
			text: "udp:10.0.0.1:5062", host: "1.2.3.4", port: 5060, sentBy: "1.2.3.4:5060", advertised: true},
		{name: "advertised IPv6", listen: Listen{Proto: UDP, Addr: at("10.0.0.1:5064"), AdvertiseHost: "2001:db8::1", AdvertisePort: 5070},
			text: "udp:10.0.0.1:5064", host: "[2001:db8::1]", port: 5070, sentBy: "[2001:db8::1]:5070", advertised: true},
	} {
		s := bound(t, Options{Sockets: []Listen{row.listen}}).Sockets()[0]
		if s.Text != row.text || s.Host != row.host || s.Port != row.port || s.SentBy != row.sentBy || s.Advertised != row.advertised {
			t.Errorf("%s: got %q %q %d %q %t, want %q %q %d %q %t", row.name, s.Text, s.Host, s.Port, s.SentBy, s.Advertised,
				row.text, row.host, row.port, row.sentBy, row.advertised)
		}
	}
}

func TestListenWithoutProtocol(t *testing.T) {
	for _, row := range []struct {
		name     string
		disabled bool
		want     []string
	}{
		{"UDP and TCP", false, []string{"udp:10.0.0.1:5060", "tcp:10.0.0.1:5060"}},
		{"TCP is off", true, []string{"udp:10.0.0.1:5060"}},
	} {
		l := bound(t, Options{Sockets: listenOn(ProtoNone, "10.0.0.1:5060"), TCP: TCPOptions{Disabled: row.disabled}})
		var got []string
		for i, s := range l.Sockets() {
			got = append(got, s.Text)
			if s.Index != i {
				t.Errorf("%s: %s has index %d, want %d", row.name, s.Text, s.Index, i)
			}
		}
		if len(got) != len(row.want) || got[0] != row.want[0] || got[len(got)-1] != row.want[len(got)-1] {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// The answers are those of Kamailio 5.6.3 with the same listen lines, given the
// port that a URI without one has.
func TestIsMyself(t *testing.T) {
	at := netip.MustParseAddrPort
	l := bound(t, Options{
		Sockets: []Listen{
			{Proto: UDP, Addr: at("127.0.0.9:5060")},
			{Proto: UDP, Addr: at("127.0.0.9:5062"), AdvertiseHost: "1.2.3.4", AdvertisePort: 5060},
			{Proto: UDP, Addr: at("127.0.0.9:5064"), AdvertiseHost: "[2001:db8::1]", AdvertisePort: 5070},
			{Proto: UDP, Addr: at("127.0.0.9:5065"), AdvertiseHost: "EDGE.example.com", AdvertisePort: 5065},
			{Proto: UDP, Addr: at("[::1]:5060")},
		},
		Aliases: []Alias{{Host: "sip.Example.org"}, {Host: "tcp.example.org", Proto: TCP, Port: 5080}, {Host: "192.0.2.1", Port: 5090}},
	})
	l.AddAlias(Alias{Host: "[2001:db8::99]", Port: 5060})
	l.OnMyself(func(host string, port int, proto Proto) bool { return host == "served.example.net" })
	for _, row := range []struct {
		host  string
		port  int
		proto Proto
		want  bool
	}{
		{"127.0.0.9", 5060, ProtoNone, true},
		{"127.0.0.9", 0, ProtoNone, true},
		{"127.0.0.9", 5099, ProtoNone, false},
		{"127.0.0.9", 5060, UDP, true},
		{"127.0.0.9", 5060, TCP, false},
		{"127.0.0.8", 0, ProtoNone, false},
		{"1.2.3.4", 5060, ProtoNone, true},
		{"1.2.3.4", 5062, ProtoNone, true},
		{"1.2.3.4", 5061, ProtoNone, false},
		{"[2001:db8::1]", 5070, ProtoNone, true},
		{"[2001:DB8:0::1]", 5070, ProtoNone, true},
		{"2001:db8::1", 5070, ProtoNone, true},
		{"2001:db8::1", 5071, ProtoNone, false},
		{"edge.example.COM", 5065, ProtoNone, true},
		{"edge.example.com", 5060, ProtoNone, false},
		{"[::1]", 5060, ProtoNone, true},
		{"[0:0::1]", 5060, ProtoNone, true},
		{"::ffff:127.0.0.9", 5060, ProtoNone, true},
		{"sip.example.org", 1234, TLS, true},
		{"tcp.example.org", 5080, TCP, true},
		{"tcp.example.org", 0, ProtoNone, true},
		{"tcp.example.org", 5080, UDP, false},
		{"tcp.example.org", 5060, TCP, false},
		{"192.0.2.1", 5090, ProtoNone, true},
		{"[2001:db8::99]", 5060, UDP, true},
		{"served.example.net", 5060, ProtoNone, true},
		{"a-much-longer-name-than-any-alias.example.net", 5060, ProtoNone, false},
		{"", 5060, ProtoNone, false},
		{"[", 5060, ProtoNone, false},
		{"[]", 5060, ProtoNone, false},
		{"1.2.3", 5060, ProtoNone, false},
	} {
		if got := l.IsMyself(row.host, row.port, row.proto); got != row.want {
			t.Errorf("IsMyself(%q, %d, %q): got %t", row.host, row.port, row.proto, got)
		}
	}
	for uri, want := range map[string]bool{"sip:127.0.0.9": true, "sip:u@127.0.0.9:5062;lr": true, "sip:127.0.0.9;transport=udp": true, "sip:127.0.0.9;transport=tcp": false,
		"sip:tcp.example.org": false, "sip:tcp.example.org:5080;transport=TCP": true, "sip:sip.example.org;transport=tls": true, "sip:127.0.0.9;transport=tls": false} {
		if u, err := sip.ParseURI(uri); err != nil || l.IsMyURI(&u) != want {
			t.Errorf("IsMyURI(%s): got %t, %v", uri, !want, err)
		}
	}
	if got := len(l.Aliases()); got != 4 || !l.MyselfCallbacks() {
		t.Errorf("%d aliases, callbacks %t, want 4 and true", got, l.MyselfCallbacks())
	}
	if n := testing.AllocsPerRun(100, func() { l.IsMyself("Other.EXAMPLE.org", 5060, UDP); l.IsMyself("[2001:db8::77]", 5060, UDP) }); n != 0 {
		t.Errorf("IsMyself allocates %v times", n)
	}
}

// A few addresses are known as many are.
func TestIsMyselfOfManyAddresses(t *testing.T) {
	for _, count := range []int{1, fewAddrs, fewAddrs + 1, 200} {
		l := bound(t, Options{})
		for i := range count {
			l.AddAlias(Alias{Host: "192.0.2." + strconv.Itoa(i), Port: 5060 + i})
		}
		for i := range count + 1 {
			host := "192.0.2." + strconv.Itoa(i)
			if got := l.IsMyself(host, 5060+i, ProtoNone); got != (i < count) {
				t.Errorf("%d addresses: %s is myself: %t", count, host, got)
			}
			if l.IsMyself(host, 5061+i, ProtoNone) {
				t.Errorf("%d addresses: %s counts at the port of another", count, host)
			}
		}
	}
}

func FuzzIsMyself(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "[::1]", "[", "]", "[]", "sip.example.org", "fe80::1%eth0", "::ffff:1.2.3.4", ""} {
		f.Add(s)
	}
	l := bound(f, Options{Sockets: listenOn(UDP, "127.0.0.1:5060", "[::1]:5060"), Aliases: []Alias{{Host: "sip.example.org"}}})
	f.Fuzz(func(t *testing.T, host string) {
		got := l.IsMyself(host, 0, ProtoNone)
		l.AddAlias(Alias{Host: host})
		if host != "" && len(host) < 64 && !l.IsMyself(host, 0, ProtoNone) {
			t.Errorf("%q is not known as alias (before: %t)", host, got)
		}
	})
}

func TestSocketByText(t *testing.T) {
	at := netip.MustParseAddrPort
	l := bound(t, Options{Sockets: []Listen{
		{Proto: UDP, Addr: at("10.0.0.1:5060")},
		{Proto: TCP, Addr: at("10.0.0.1:5060"), Name: "trunk"},
		{Proto: UDP, Addr: at("10.0.0.1:5070"), AdvertiseHost: "edge.example.com", AdvertisePort: 5090},
		{Proto: UDP, Addr: at("[2001:db8::1]:5060")},
	}})
	for _, row := range []struct {
		text string
		want int // -1 for none
	}{
		{"udp:10.0.0.1:5060", 0},
		{"UDP:10.0.0.1:5060", 0},
		{"tcp:10.0.0.1:5060", 1},
		{"trunk", 1},
		{"10.0.0.1:5070", 2},
		{"10.0.0.1", 0},
		{"tcp:10.0.0.1", 1},
		{"udp:Edge.example.com:5090", 2},
		{"edge.example.com", 2},
		{"udp:[2001:db8::1]:5060", 3},
		{"udp:[2001:DB8:0::1]", 3},
		{"2001:db8::1", 3},
		{"tcp:[2001:db8::1]:5060", -1},
		{"udp:10.0.0.1:5061", -1},
		{"tls:10.0.0.1:5060", -1},
		{"10.0.0.1:99999", -1},
		{"other", -1},
		{"", -1},
		{"udp:", -1},
	} {
		got := -1
		if s := l.SocketByText(row.text); s != nil {
			got = s.Index
		}
		if got != row.want {
			t.Errorf("SocketByText(%q): got %d, want %d", row.text, got, row.want)
		}
	}
}

// routedNetwork has one route.
type routedNetwork struct {
	*MemoryNetwork
	source netip.Addr
	asked  *int
}

func (n routedNetwork) Source(netip.Addr) (netip.Addr, error) {
	*n.asked++
	return n.source, nil
}

func TestChoose(t *testing.T) {
	sockets := listenOn(UDP, "127.0.0.1:5060", "10.0.0.1:5060", "10.0.0.2:5060", "[2001:db8::1]:5060")
	sockets = append(sockets, listenOn(TCP, "10.0.0.3:5060")...)
	for _, row := range []struct {
		name   string
		proto  Proto
		dst    string
		source string // of the route; empty without mhomed
		want   int    // -1 for none
	}{
		{"first one that is not loopback", UDP, "192.0.2.1", "", 1},
		{"loopback", UDP, "127.0.0.5", "", 0},
		{"IPv6", UDP, "2001:db8::9", "", 3},
		{"IPv4 in IPv6", UDP, "::ffff:192.0.2.1", "", 1},
		{"TCP", TCP, "192.0.2.1", "", 4},
		{"none of the family", TCP, "2001:db8::9", "", -1},
		{"none of the protocol", TLS, "192.0.2.1", "", -1},
		{"route", UDP, "192.0.2.1", "10.0.0.2", 2},
		{"route from where nobody listens", UDP, "192.0.2.1", "10.0.0.77", 1},
	} {
		asked := 0
		o := Options{Sockets: sockets, Network: NewMemoryNetwork()}
		if row.source != "" {
			o.MHomed = true
			o.Network = routedNetwork{NewMemoryNetwork(), netip.MustParseAddr(row.source), &asked}
		}
		l := bound(t, o)
		for range 3 {
			got := -1
			if s := l.Choose(row.proto, netip.MustParseAddr(row.dst)); s != nil {
				got = s.Index
			}
			if got != row.want {
				t.Errorf("%s: got %d, want %d", row.name, got, row.want)
			}
		}
		if asked > 1 {
			t.Errorf("%s: the kernel was asked %d times", row.name, asked)
		}
	}
}

func TestSourceOfRoute(t *testing.T) {
	n := &systemNetwork{&Options{}}
	for _, a := range []string{"127.0.0.1", "::1"} {
		if got, err := n.Source(netip.MustParseAddr(a)); err != nil || got.String() != a {
			t.Errorf("source for %s: %v %v", a, got, err)
		}
	}
}

// A socket of another protocol or family than the destination's stands for its
// address.
func TestSocketForDestination(t *testing.T) {
	sockets := append(listenOn(UDP, "10.0.0.1:5060", "10.0.0.2:5060", "[2001:db8::1]:5060"), listenOn(TCP, "10.0.0.1:5060", "10.0.0.2:5070")...)
	l := bound(t, Options{Sockets: sockets})
	for _, row := range []struct {
		name  string
		from  int
		proto Proto
		dst   string
		want  int
	}{
		{"same address and port", 0, TCP, "192.0.2.1:5060", 3},
		{"same address", 1, TCP, "192.0.2.1:5060", 4},
		{"other family", 1, UDP, "[2001:db8::9]:5060", 2},
	} {
		d := Destination{Proto: row.proto, Addr: netip.MustParseAddrPort(row.dst), Socket: l.Sockets()[row.from]}
		if s := l.socketFor(d); s == nil || s.Index != row.want {
			t.Errorf("%s: got %+v, want socket %d", row.name, s, row.want)
		}
	}
}

func TestCounters(t *testing.T) {
	set := counter.New()
	o := Options{Counters: set, Sockets: listenOn(ProtoNone, "127.0.0.1:0"), Network: NewMemoryNetwork()}
	l := start(t, o, echo)
	c := peer(t, l, "127.0.0.1:0")
	if err := c.WriteTo([]byte("\r\n\r\n"), l.Sockets()[0].Addr); err != nil {
		t.Fatal(err)
	}
	exchange(t, c, l.Sockets()[0].Addr, message(50))
	in := dial(t, l, l.Sockets()[1].Addr)
	write(t, in, sipText("a", 0))
	expect(t, in, sipText("a", 0))
	ln, addr := listener(t, l, "127.0.0.1:0")
	if err := l.Send(Destination{Proto: TCP, Addr: addr}, sipText("a", 0)); err != nil {
		t.Fatal(err)
	}
	expect(t, accept(t, ln), sipText("a", 0))
	for _, row := range []struct {
		group, name string
		want        int64
	}{
		{"udp", "short_datagrams", 1},
		{"tcp", "established", 2},
		{"tcp", "passive_open", 1},
		{"tcp", "connect_success", 1},
		{"tcp", "connect_failed", 0},
		{"tcp", "current_opened_connections", 2},
		{"tcp", "current_write_queue_size", 0},
		{"tcp", "con_reset", 0},
		{"tcp", "con_timeout", 0},
		{"tcp", "local_reject", 0},
		{"tcp", "send_timeout", 0},
		{"tcp", "sendq_full", 0},
	} {
		s := set.Lookup(row.group, row.name)
		if s == nil {
			t.Errorf("%s:%s is not declared", row.group, row.name)
			continue
		}
		// What another worker counts may come a moment later.
		for end := time.Now().Add(patience); s.Value() != row.want && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if s.Value() != row.want {
			t.Errorf("%s:%s is %d, want %d", row.group, row.name, s.Value(), row.want)
		}
	}
}
