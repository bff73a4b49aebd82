// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// proxy is a scripted RTP proxy: it answers what answer says, "" is silence.
type proxy struct {
	conn   net.PacketConn
	answer func(command string) string
	// raw, if set, gives the datagrams that answer a command; nil leaves it to answer.
	raw func(cookie, command string) []string

	mu   sync.Mutex
	seen []string // guarded by mu
}

func newProxy(t *testing.T) *proxy {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{conn: conn, answer: answers("35000 10.11.12.13")}
	var wait sync.WaitGroup
	wait.Go(p.serve)
	t.Cleanup(func() {
		conn.Close()
		wait.Wait()
	})
	return p
}

// answers is a proxy that can do all and gives one place.
func answers(place string) func(string) string {
	return func(command string) string {
		switch command[0] {
		case 'V':
			if command == "V" {
				return basicVersion
			}
			return "1"
		case 'U', 'L':
			return place
		case 'Q':
			return "60 10 20 30 0"
		}
		return "0"
	}
}

func (p *proxy) serve() {
	buf := make([]byte, 65536)
	for {
		n, from, err := p.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		cookie, command, _ := strings.Cut(string(buf[:n]), " ")
		p.mu.Lock()
		if command[0] != 'V' && (len(p.seen) == 0 || p.seen[len(p.seen)-1] != command) {
			p.seen = append(p.seen, command)
		}
		reply, raw := p.answer(command), p.raw
		p.mu.Unlock()
		if raw != nil {
			if all := raw(cookie, command); all != nil {
				for _, text := range all {
					if _, err := p.conn.WriteTo([]byte(text), from); err != nil {
						return
					}
				}
				continue
			}
		}
		if reply == "" {
			continue
		}
		// A reply to something else comes first.
		for _, text := range []string{"0_0 1\n", cookie + " " + reply + "\n"} {
			if _, err := p.conn.WriteTo([]byte(text), from); err != nil {
				return
			}
		}
	}
}

func (p *proxy) url() string { return "udp:" + p.conn.LocalAddr().String() }

// commands returns what came since the last time.
func (p *proxy) commands() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

func (p *proxy) set(answer func(string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

const (
	one = "v=0\r\no=alice 1 2 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 192.168.1.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n"
	// three has what editors stumble over: unknown lines, odd blanks.
	three = "v=0\r\no=alice 1 2 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 192.168.1.5\r\nt=0 0\r\na=X-odd:   1 \r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtcp:4001\r\nfoo\r\na=sendrecv\r\n" +
		"m=video 5000 RTP/AVP 99\r\nc=IN IP4 10.0.0.77\r\na=rtpmap:99 H264/90000\r\nm=audio 0 RTP/AVP 0\r\n"
)

func fixed(body string) string {
	return strings.NewReplacer("192.168.1.5", "10.11.12.13", "10.0.0.77", "10.11.12.13", "m=audio 4000", "m=audio 35000", "m=video 5000", "m=video 35000", "rtcp:4001", "rtcp:35001").Replace(body) + "a=nortpproxy:yes\r\n"
}

// message makes a message of a call. first is a method or a status.
func message(first, toTag, body string) string {
	start, method := first+" sip:bob@example.org SIP/2.0", first
	via := "Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKone\r\n"
	if first[0] <= '9' {
		start, method = "SIP/2.0 "+first+" Text", "INVITE"
		via = "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKtop\r\n" + via
	}
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	content := ""
	if body != "" {
		content = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s\r\n%sFrom: <sip:a@x>;tag=ft\r\nTo: <sip:b@x>%s\r\nCall-ID: call1\r\nCSeq: 1 %s\r\n%sContent-Length: %d\r\n\r\n%s",
		start, via, toTag, method, content, len(body), body)
}

// run runs a line of script for a message; it returns $rc and the body that leaves.
func run(t *testing.T, config, line, text string) (rc, body string) {
	t.Helper()
	route, kind := "request_route", module.RequestRoute
	if strings.HasPrefix(text, "SIP/2.0") {
		route, kind = "reply_route", module.CoreReplyRoute
	}
	env := scripttest.MustLoad(t, config+route+" {\n"+line+"\nprint(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	c := env.Call(t, text)
	env.Run(t, c, kind, "")
	lines := env.Host.Lines()
	rc = lines[len(lines)-1]
	var out string
	if kind == module.RequestRoute {
		out = string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true}))
	} else {
		out = string(sip.AppendResponse(nil, c.Msg, &sip.Outgoing{}))
	}
	_, body, _ = strings.Cut(out, "\r\n\r\n")
	return rc, body
}

func config(sock string, more ...string) string {
	text := "loadmodule \"probe.so\"\nloadmodule \"rtpproxy.so\"\nmodparam(\"rtpproxy\", \"rtpproxy_sock\", \"" + sock + "\")\n" +
		"modparam(\"rtpproxy\", \"rtpproxy_retr\", 1)\nmodparam(\"rtpproxy\", \"extra_id_pv\", \"$p(x)\")\nmodparam(\"rtpproxy\", \"rtp_inst_pvar\", \"$p(inst)\")\n"
	return text + strings.Join(more, "\n") + "\n"
}

// TestCommands: commands, results and session descriptions are those of Kamailio
// 5.6.3 with the same proxy.
func TestCommands(t *testing.T) {
	six := strings.ReplaceAll(one, "IP4 192.168.1.5", "IP6 2001:db8::1")
	own := strings.Replace(one, "o=alice 1 2 IN IP4 192.168.1.5", "o=alice 1 2 IN IP4 192.168.9.9", 1) + "c=IN IP4 192.168.2.2\r\na=rtcp:4001 IN IP4 192.168.3.3\r\n"
	fixedOwn := strings.NewReplacer("192.168.9.9", "10.11.12.13", "192.168.2.2", "10.11.12.13", "4001 IN IP4 192.168.3.3", "35001", " 4000 ", " 35000 ").Replace(own) + "a=nortpproxy:yes\r\n"
	hold := strings.ReplaceAll(one, "192.168.1.5", "0.0.0.0")
	for _, k := range []struct {
		line, first, toTag, body, rc, want string
		commands                           []string
	}{
		{`rtpproxy_offer();`, "INVITE", "", three, "1", fixed(three), []string{"Uc0,8,101 call1 127.0.0.1 4000 ft;1", "Uc99 call1 127.0.0.1 5000 ft;2", "Uc0 call1 127.0.0.1 0 ft;3"}},
		{`rtpproxy_offer("r");`, "INVITE", "", one, "1", fixed(one), []string{"Uc0,8 call1 192.168.1.5 4000 ft;1"}},
		{`rtpproxy_offer("a");`, "INVITE", "", one, "1", fixed(one), []string{"UAc0,8 call1 192.168.1.5 4000 ft;1"}},
		{`rtpproxy_offer("l");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_offer("l");`, "INVITE", "tt", one, "1", fixed(one), []string{"Lc0,8 call1 127.0.0.1 4000 tt;1 ft;1"}},
		{`rtpproxy_answer("l");`, "ACK", "tt", one, "-1", one, nil},
		{`rtpproxy_offer("zq");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_offer();`, "INVITE", "", own, "1", fixedOwn, []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("c");`, "INVITE", "", own, "1", strings.Replace(fixedOwn, "192.168.1.5", "10.11.12.13", 1), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer();`, "INVITE", "", strings.Replace(strings.Replace(one, "RTP/AVP 0 8", "udptl t38", 1), "4000", "4000/2", 1), "1", strings.Replace(fixed(one), "RTP/AVP 0 8", "udptl t38", 1), []string{"U call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("ie");`, "INVITE", "", one, "1", fixed(one), []string{"UIEc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("cowei");`, "INVITE", "", one, "1", fixed(one), []string{"USEIc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("x");`, "INVITE", "", one, "1", fixed(one), []string{"UIEc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("z20");`, "INVITE", "", one, "1", fixed(one), []string{"UZ20c0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("1");`, "INVITE", "", one, "1", fixed(one), []string{"Uc0,8 call1;z9hG4bKone 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("2");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_offer("3");`, "INVITE", "", one, "1", fixed(one), []string{"Uc0,8 call1;z9hG4bKone 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_answer("3");`, "200", "tt", one, "1", fixed(one), []string{"Lc0,8 call1;z9hG4bKone 127.0.0.1 4000 ft;1 tt;1"}},
		{`$p(x) = "extra"; rtpproxy_offer("b");`, "INVITE", "", one, "1", fixed(one), []string{"Uc0,8 call1;extra 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("b");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_offer("y");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_offer("", "192.0.2.77");`, "INVITE", "", one, "1", strings.ReplaceAll(fixed(one), "10.11.12.13", "192.0.2.77"), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer();`, "INVITE", "", one + "a=nortpproxy:yes\r\n", "-2", one + "a=nortpproxy:yes\r\n", nil},
		{`rtpproxy_offer("f");`, "INVITE", "", one + "a=nortpproxy:yes\r\n", "1", fixed(one), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer();`, "INVITE", "", hold, "1", strings.ReplaceAll(fixed(one), "10.11.12.13", "0.0.0.0"), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer("r");`, "INVITE", "", six, "1", fixed(one), []string{"U6c0,8 call1 2001:db8::1 4000 ft;1"}},
		{`rtpproxy_offer("x");`, "INVITE", "", six, "1", fixed(one), []string{"UEI6c0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_offer();`, "INVITE", "", "", "-1", "", nil},
		{`rtpproxy_offer();`, "INVITE", "", strings.Replace(one, "m=", "b=", 1), "-1", strings.Replace(one, "m=", "b=", 1), nil},
		{`rtpproxy_offer();`, "200", "tt", one, "1", fixed(one), []string{"Uc0,8 call1 127.0.0.1 4000 tt;1 ft;1"}},
		{`rtpproxy_answer();`, "INVITE", "tt", one, "-1", one, nil},
		{`rtpproxy_answer();`, "ACK", "tt", one, "1", fixed(one), []string{"Lc0,8 call1 127.0.0.1 4000 tt;1 ft;1"}},
		{`rtpproxy_manage();`, "INVITE", "", one, "1", fixed(one), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1"}},
		{`rtpproxy_manage();`, "UPDATE", "tt", one, "1", fixed(one), []string{"Uc0,8 call1 127.0.0.1 4000 ft;1 tt;1"}},
		{`rtpproxy_manage();`, "ACK", "tt", one, "1", fixed(one), []string{"Lc0,8 call1 127.0.0.1 4000 tt;1 ft;1"}},
		{`rtpproxy_manage();`, "183", "tt", one, "1", fixed(one), []string{"Lc0,8 call1 127.0.0.1 4000 ft;1 tt;1"}},
		{`rtpproxy_manage("r");`, "486", "tt", "", "1", "", []string{"D call1 ft tt"}},
		{`rtpproxy_manage();`, "INVITE", "", "", "-1", "", nil},
		{`rtpproxy_manage();`, "INFO", "tt", one, "-1", one, nil},
		{`rtpproxy_manage("co");`, "BYE", "tt", "", "1", "", []string{"D call1 ft tt"}},
		{`rtpproxy_destroy("t");`, "BYE", "tt", "", "1", "", []string{"D call1 ft"}},
		{`rtpproxy_destroy("1");`, "BYE", "tt", "", "1", "", []string{"D call1;z9hG4bKone ft tt"}},
		{`unforce_rtp_proxy();`, "CANCEL", "", "", "1", "", []string{"D call1 ft"}},
		{`start_recording();`, "INVITE", "tt", one, "1", one, []string{"R call1 ft tt"}},
		{`rtpproxy_stream2uac("/p/moh", "-1");`, "INVITE", "", one, "1", one, []string{"P-1 call1 /p/moh session ft;1 "}},
		{`rtpproxy_stream2uac("/p/moh", "2");`, "200", "tt", one, "1", one, []string{"P2 call1 /p/moh session ft;1 tt;1"}},
		{`rtpproxy_stream2uas("/p/moh", "3");`, "INVITE", "tt", one, "1", one, []string{"P3 call1 /p/moh session tt;1 ft;1"}},
		{`rtpproxy_stream2uas("/p/moh", "3");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_stream2uac("/p moh", "3");`, "INVITE", "", one, "-1", one, nil},
		{`rtpproxy_stop_stream2uac();`, "INVITE", "", one, "1", one, []string{"S call1 ft;1 "}},
		{`rtpproxy_stop_stream2uas();`, "INVITE", "tt", one, "1", one, []string{"S call1 tt;1 ft;1"}},
		{`set_rtp_proxy_set("7");`, "INVITE", "", one, "-1", one, nil},
	} {
		p := newProxy(t)
		rc, body := run(t, config(p.url()), k.line, message(k.first, k.toTag, k.body))
		if got := p.commands(); rc != k.rc || !slices.Equal(got, k.commands) || body != k.want {
			t.Errorf("%s of %s: $rc %s, want %s\ncommands %q\nwant %q\nbody %q\nwant %q", k.line, k.first, rc, k.rc, got, k.commands, body, k.want)
		}
	}
}

func TestVariables(t *testing.T) {
	p := newProxy(t)
	text := message("BYE", "tt", "")
	env := scripttest.MustLoad(t, config(p.url())+"request_route {\nprint(\"$rtpstat|$p(inst)\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	if got, want := strings.Join(env.Request(t, text), ""), "60 10 20 30 0|"+p.url(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := p.commands(); !slices.Equal(got, []string{"Q call1 ft;1 tt"}) {
		t.Errorf("%q", got)
	}
}

// TestReplies: what a proxy may say to a command.
func TestReplies(t *testing.T) {
	for reply, want := range map[string]string{
		"0": "-1", "E8": "-1", "garbage": "-1", "": "-3", "70000": "-1", "35000 x": "-1", "35000": "1", "35000 10.11.12.13": "1", "35000 2001:db8::9 6": "1",
	} {
		p := newProxy(t)
		p.set(answers(reply))
		rc, body := run(t, config(p.url()), "rtpproxy_offer();", message("INVITE", "", one))
		if rc != want || want != "1" && body != one {
			t.Errorf("%q: $rc %s, want %s\n%s", reply, rc, want, body)
		}
		if reply == "35000 2001:db8::9 6" && !strings.Contains(body, "c=IN IP6 2001:db8::9\r\n") {
			t.Errorf("%q gives\n%s", reply, body)
		}
	}
}

// TestLimits: a proxy that can do less is told less.
func TestLimits(t *testing.T) {
	p := newProxy(t)
	p.set(func(command string) string {
		if strings.HasPrefix(command, "VF") {
			return "0"
		}
		return answers("35000")(command)
	})
	run(t, config(p.url()), "rtpproxy_offer();", message("INVITE", "", one))
	if got, want := p.commands(), []string{"U call1 127.0.0.1 4000 ft"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if rc, _ := run(t, config(p.url()), `rtpproxy_offer("z20");`, message("INVITE", "", one)); rc != "-1" {
		t.Errorf("z20: %s", rc)
	}
}

// TestFailover: a node that is silent is left out, and comes back.
func TestFailover(t *testing.T) {
	dead, alive := newProxy(t), newProxy(t)
	dead.set(func(string) string { return "" })
	rc, body := run(t, config("7 == "+dead.url()+"=100 "+alive.url()), "set_rtp_proxy_set(\"7\"); rtpproxy_offer();", message("INVITE", "", one))
	if got := alive.commands(); rc != "1" || body != fixed(one) || len(got) != 1 {
		t.Errorf("$rc %s, %q\n%s", rc, got, body)
	}
	if rc, _ := run(t, config(dead.url()), "rtpproxy_offer();", message("INVITE", "", one)); rc != "-3" {
		t.Errorf("without a node: %s", rc)
	}
}

// TestReturn: a node that was disabled is asked again when its time is over.
func TestReturn(t *testing.T) {
	p := newProxy(t)
	p.set(func(string) string { return "" })
	env := scripttest.MustLoad(t, config(p.url(), "modparam(\"rtpproxy\", \"rtpproxy_disable_tout\", 90)")+"request_route {\nrtpproxy_offer(); print(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	ask := func(want string) {
		t.Helper()
		if got := strings.Join(env.Request(t, message("INVITE", "", one)), ""); !strings.HasSuffix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	ask("-3")
	p.set(answers("35000"))
	ask("-3")
	env.Host.Advance(89 * time.Second)
	ask("-3")
	env.Host.Advance(2 * time.Second)
	ask("1")
	r := env.Modules[1].Module.(*RTPProxy)
	enable := func(on int64) {
		if err := r.rpcEnable(&module.Request{Args: []any{p.url(), on}}); err != nil {
			t.Error(err)
		}
	}
	enable(0)
	env.Host.Advance(24 * time.Hour)
	ask("-3")
	enable(1)
	ask("1")
	if err := r.rpcEnable(&module.Request{Args: []any{"udp:x", int64(1)}}); err == nil || err.Error() != "404 RTPProxy not found" {
		t.Error(err)
	}
	if err := r.rpcEnable(&module.Request{Args: []any{p.url(), "off"}}); err == nil || err.Error() != `500 argument 2: "off" is no integer` {
		t.Error(err)
	}
	if err := r.rpcEnable(&module.Request{Args: []any{p.url()}}); err == nil || err.Error() != "500 Not enough parameters" {
		t.Error(err)
	}
}

// TestRepliesWithoutPort: who reads the log sees what the proxy has said.
func TestRepliesWithoutPort(t *testing.T) {
	for reply, want := range map[string]string{
		"":                        "the reply of the RTP proxy is empty",
		" ":                       "the reply of the RTP proxy is empty",
		"99999999 x":              `the RTP proxy has given no port: "99999999 x"`,
		"0":                       `the RTP proxy has given no port: "0"`,
		"35000 nowhere":           `the RTP proxy has given no address: "35000 nowhere"`,
		strings.Repeat("y", 1000): `the RTP proxy has given no port: "` + strings.Repeat("y", shownReply) + `"`,
	} {
		if _, _, err := parseReply(reply); err == nil || err.Error() != want {
			t.Errorf("%.80q: %v, want %s", reply, err, want)
		}
	}
}

// TestParameters: the line of nortpproxy_str, how long an answer is waited for, and how often.
func TestParameters(t *testing.T) {
	p := newProxy(t)
	cfg := config(p.url(), "modparam(\"rtpproxy\", \"nortpproxy_str\", \"a=seen:here\r\n\")", "modparam(\"rtpproxy\", \"rtpproxy_tout\", 7)", "modparam(\"rtpproxy\", \"rtpproxy_retr\", 3)")
	for text, want := range map[string]string{one: strings.Replace(fixed(one), "a=nortpproxy:yes", "a=seen:here", 1), one + "a=seen:here\r\n": one + "a=seen:here\r\n"} {
		if _, body := run(t, cfg, "rtpproxy_offer();", message("INVITE", "", text)); body != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
	env := scripttest.MustLoad(t, cfg+"request_route { drop; }\n", scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	if a := env.Modules[1].Module.(*RTPProxy).asking(); a.Patience != 7*time.Second || a.Tries != 3 {
		t.Errorf("asks %d times and waits %v for each", a.Tries, a.Patience)
	}
}

// TestUnix: a node behind a Unix socket gets commands without a cookie.
func TestUnix(t *testing.T) {
	path := t.TempDir() + "/s"
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 1000)
			n, _ := c.Read(buf)
			reply := answers("35000 10.11.12.13")(string(buf[:n])) + "\n"
			c.Write([]byte(reply[:1]))
			c.Write([]byte(reply[1:]))
			c.Close()
		}
	})
	defer wait.Wait()
	defer l.Close()
	if rc, body := run(t, config("unix:"+path), "rtpproxy_offer();", message("INVITE", "", one)); rc != "1" || body != fixed(one) {
		t.Errorf("$rc %s\n%s", rc, body)
	}
}

// FuzzParseReply: no reply panics, and none gives a port that is none.
func FuzzParseReply(f *testing.F) {
	f.Add("35000 10.11.12.13")
	f.Fuzz(func(t *testing.T, reply string) {
		if port, _, err := parseReply(reply); err == nil && (port < 1 || port > 65535) {
			t.Errorf("%q gives port %d", reply, port)
		}
	})
}
