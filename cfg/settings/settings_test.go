// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

func apply(t *testing.T, text string) (*Settings, *source.ErrorList) {
	t.Helper()
	tree, res := syntax.ParseFile("k.cfg", preproc.Options{Reader: source.Memory{"k.cfg": text}})
	if err := res.Errors.Err(); err != nil {
		t.Fatalf("syntax: %v", err)
	}
	return Apply(tree, res.Errors), res.Errors
}

func TestApply(t *testing.T) {
	s, errs := apply(t, `
debug=-1
log_stderror=no
log_facility=LOG_LOCAL0
log_prefix="{$mt $ci} "
children=4
user=kamailio group="sip"
tcp_connection_lifetime=3605
tcp_max_connections=2048
tcp_source_ipv4=127.0.0.1
enable_tls=no
enable_sctp=no
latency_limit_action=0
advertised_address=a-b.example.com
tos=IPTOS_THROUGHPUT
udp_mtu=1300
udp_mtu_try_proto=TCP
ser_kill_timeout=7
kemi.reply_route_callback="none"
cfgengine "lua"
mpath="/a:/b"
listen=udp:127.0.0.1:5060 advertise sip.example.com:5070 name "one"
socket_workers=3
listen=tcp:[::1]:5080 lo
alias="a.exa" "mple.com" b:5060 tcp:c:5061
pstn.gw_ip = "10.0.0.1" desc "gateway"
pstn.gw_port = 5060
memdbg=5
`)
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	want := New()
	want.Log.Debug, want.Log.Facility, want.Log.Prefix = -1, "LOG_LOCAL0", "{$mt $ci} "
	want.Children = 4
	want.Process.User, want.Process.Group, want.Process.ExitTimeout = "kamailio", "sip", 7*time.Second
	want.TCP.ConnectionLifetime = 3605 * time.Second
	want.TCP.SourceIPv4 = netip.MustParseAddr("127.0.0.1")
	want.AdvertisedAddress, want.TOS, want.UDPMTU, want.UDPMTUProto = "a-b.example.com", 8, 1300, "tcp"
	want.KEMI.ReplyRoute, want.Engine, want.LoadPath = "none", "lua", "/a:/b"
	got := *s
	got.given = want.given
	for i := range got.Sockets {
		got.Sockets[i].Pos = source.Pos{}
	}
	for i := range got.Aliases {
		got.Aliases[i].Pos = source.Pos{}
	}
	for i := range got.Custom {
		got.Custom[i].Pos = source.Pos{}
	}
	want.Sockets = []Socket{
		{Proto: "udp", Host: "127.0.0.1", Port: 5060, AdvertiseHost: "sip.example.com", AdvertisePort: 5070, Name: "one"},
		{Proto: "tcp", Host: "::1", Port: 5080, Workers: 3},
		{Host: "lo"},
	}
	want.Aliases = []Alias{{Host: "a.example.com"}, {Host: "b", Port: 5060}, {Proto: "tcp", Host: "c", Port: 5061}}
	want.Custom = []Custom{
		{Group: "pstn", Name: "gw_ip", ID: -1, IsString: true, Text: "10.0.0.1", Desc: "gateway"},
		{Group: "pstn", Name: "gw_port", ID: -1, Number: 5060},
	}
	if len(got.Notices) != 1 || !strings.HasPrefix(got.Notices[0].Text, "memdbg has no meaning here") {
		t.Errorf("notices: got %v", got.Notices)
	}
	got.Notices = nil
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("got  %+v\nwant %+v", &got, want)
	}
	if !s.Given("exit_timeout") || s.Given("port") {
		t.Error("Given does not tell what the configuration sets")
	}
}

func TestRefuse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown name", "chidren=4", `k.cfg:1:1: unknown core parameter "chidren" | did you mean children`},
		{"string for a number", `children="4"`, `k.cfg:1:10: children takes a number, not "4" | write it without quotes: children=4`},
		{"word for a number", `debug=DBGLEVEL`, `k.cfg:1:7: debug takes a number, not DBGLEVEL | a define of that name is not there`},
		{"negative", `children=-1`, `k.cfg:1:10: children is -1, allowed are 0 to 10000 | `},
		{"too large, with unit", `udp_mtu=70000`, `k.cfg:1:9: udp_mtu is 70000, allowed are 0 to 65535 bytes | `},
		{"facility", `log_facility=LOG_LOCAL9`, `k.cfg:1:14: log_facility LOG_LOCAL9 is no facility of syslog | did you mean LOG_LOCAL0`},
		{"word for a string", `log_name=kam`, `k.cfg:1:10: log_name takes a string in quotes, not kam | write it in quotes: log_name="kam"; a define of that name is not there`},
		{"protocol", `udp_mtu_try_proto=any`, `k.cfg:1:19: udp_mtu_try_proto takes udp, tcp, tls or sctp, not any | `},
		{"IP version", `tcp_source_ipv4=::1`, `k.cfg:1:17: tcp_source_ipv4 is of the other IP version: ::1 | `},
		{"not there yet", `mcast="lo"`, `k.cfg:1:7: parameter mcast is not there yet: interface of multicast | take it out, or give it the value that asks for nothing`},
		{"sctp", `enable_sctp=1`, `k.cfg:1:13: parameter enable_sctp is not there yet: serve SCTP: 0 no, 1 yes, 2 where the system can | take it out, or give it the value that asks for nothing`},
		{"sctp socket", `listen=sctp:127.0.0.1:5060`, `k.cfg:1:8: listening on sctp is not there yet | take it out, or listen on udp, tcp or tls`},
		{"no address", `listen=udp:300.1.2.3:5060`, `k.cfg:1:8: 300.1.2.3 is no address | an IPv4 address is four numbers of 0 to 255`},
		{"no advertised address", `listen=udp:127.0.0.1:5060 advertise 1.2.3:5060`, `k.cfg:1:37: 1.2.3 is no address | an IPv4 address is four numbers of 0 to 255`},
		{"a define that is missing", `listen=MY_LISTEN`, `k.cfg:1:8: MY_LISTEN is not defined | define it with #!define MY_LISTEN …, or write a host name in lower case`},
		{"block with a define that is missing", `socket={ bind=udp:MY_IP:5060; }`, `k.cfg:1:15: MY_IP is not defined | define it with #!define MY_IP …, or write a host name in lower case`},
		{"websocket", `listen=ws:127.0.0.1:80`, `k.cfg:1:8: ws is no protocol to listen on | WebSocket connections come in over tcp and tls sockets`},
		{"quoted socket", `listen="udp:127.0.0.1:5060"`, `k.cfg:1:8: "udp:127.0.0.1:5060" is no host name | put the quotes around the host only, or leave them out: udp:127.0.0.1:5060`},
		{"two names", "listen=udp:127.0.0.1:5060 name \"a\"\nlisten=udp:127.0.0.1:5061 name \"a\"", `k.cfg:2:8: two sockets are named "a" | the first one is at k.cfg:1:8`},
		{"custom negative", `a.b = -1`, `k.cfg:1:7: a parameter of your own cannot be a negative number | write it in quotes: "-1"`},
		{"custom word", `a.b = x`, `k.cfg:1:7: x is neither a number nor a string in quotes | write it in quotes`},
		{"custom twice", "a.b = 1\na.b = 2", `k.cfg:2:3: a.b is set twice | it is set at k.cfg:1:1`},
		{"kemi", `kemi.reply_rout_callback="x"`, `k.cfg:1:6: unknown core parameter "kemi.reply_rout_callback" | did you mean kemi.reply_route_callback`},
		{"engine", `cfgengine "python"`, `k.cfg:1:11: routes in language "python" are not there yet | native and lua are there`},
		{"socket block", `socket = { bind = udp:127.0.0.1:5060; nam = "x"; }`, `k.cfg:1:39: a socket has no field "nam" | did you mean name`},
		{"socket without bind", `socket = { name = "x"; }`, `k.cfg:1:1: the socket has no bind | add bind = udp:address:port`},
		{"no meaning, wrong type", `mlock_pages="yes"`, `k.cfg:1:13: mlock_pages takes yes or no, not "yes" | `},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs := apply(t, c.text)
			var got string
			for _, e := range errs.Errors() {
				got += e.Error() + " | " + e.Advice
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSocketBlock(t *testing.T) {
	s, errs := apply(t, `socket = { bind = udp:127.0.0.1:5060; advertise = 10.0.0.1:5070; name = "x"; workers = 2; virtual = yes; }`)
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	s.Sockets[0].Pos = source.Pos{}
	want := Socket{Proto: "udp", Host: "127.0.0.1", Port: 5060, AdvertiseHost: "10.0.0.1", AdvertisePort: 5070, Name: "x", Workers: 2, Virtual: true}
	if !reflect.DeepEqual(s.Sockets[0], want) {
		t.Errorf("got %+v, want %+v", s.Sockets[0], want)
	}
}

// TestDefaults holds the defaults that the table tells against those that New gives.
func TestDefaults(t *testing.T) {
	for _, p := range Params() {
		if p.at == nil || p.Default == "" {
			continue
		}
		text := p.Default
		if p.Type == Text {
			text = `"` + text + `"`
		}
		if p.Type == Name {
			text = `"` + text + `"`
		}
		s, errs := apply(t, p.Name+"="+text)
		if err := errs.Err(); err != nil {
			t.Errorf("default of %s: %v", p.Name, err)
			continue
		}
		s.given, s.Notices = map[string]source.Span{}, nil
		switch p.Name {
		case "tcp_children", "sctp_children", "kemi.onsend_route_callback", "kemi.received_route_callback", "kemi.reply_route_callback", "kemi.pre_routing_callback":
			continue // the engine resolves what is not given
		}
		if !reflect.DeepEqual(s, New()) {
			t.Errorf("%s=%s differs from what New gives", p.Name, text)
		}
	}
}

// TestTable checks what each parameter must have.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Params() {
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			if seen[n] {
				t.Errorf("%s stands twice in the table", n)
			}
			seen[n] = true
		}
		if p.Doc == "" {
			t.Errorf("%s has no line of documentation", p.Name)
		}
		if p.Status == Served && p.at == nil && p.Type != Sockets && p.Type != Names && p.Type != Block && p.Name != "disable_sctp" {
			t.Errorf("%s is served but has no field", p.Name)
		}
	}
}
