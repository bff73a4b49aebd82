// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// fixAll loads a script that runs fix_nated_sdp with all that it can change.
func fixAll(t testing.TB) *scripttest.Env {
	t.Helper()
	return scripttest.MustLoad(t, "loadmodule \"probe.so\"\nloadmodule \"nathelper.so\"\nmodparam(\"nathelper\", \"append_sdp_oldmediaip\", 0)\nrequest_route {\nfix_nated_sdp(\"15\", \"10.11.12.13\");\nprint(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
}

// fix runs it for a session description, and returns $rc and what leaves.
func fix(t testing.TB, env *scripttest.Env, body string) (rc, got string) {
	t.Helper()
	c := env.Call(t, fmt.Sprintf("INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKone\r\nFrom: <sip:a@x>;tag=ft\r\nTo: <sip:b@x>\r\n"+
		"Call-ID: call1\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	env.Run(t, c, module.RequestRoute, "")
	lines := env.Host.Lines()
	_, got, _ = strings.Cut(string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true})), "\r\n\r\n")
	return lines[len(lines)-1], got
}

// TestManyStreams: the addresses of a hundred streams, and of all that fit into a
// message, are replaced; what is no address stays.
func TestManyStreams(t *testing.T) {
	env := fixAll(t)
	for _, n := range []int{1, 100, 1200} {
		var in, want strings.Builder
		in.WriteString("v=0\r\no=a 1 2 IN IP4 192.168.1.5\r\ns=-\r\n")
		want.WriteString("v=0\r\no=a 1 2 IN IP4 10.11.12.13\r\ns=-\r\n")
		for i := range n {
			fmt.Fprintf(&in, "m=audio %d RTP/AVP 0\r\nc=IN IP4 192.168.1.%d\r\n", i, i%250+1)
			fmt.Fprintf(&want, "m=audio %d RTP/AVP 0\r\nc=IN IP4 10.11.12.13\r\na=direction:active\r\n", i)
		}
		want.WriteString("a=nortpproxy:yes\r\n")
		if rc, got := fix(t, env, in.String()); rc != "1" || got != want.String() {
			t.Errorf("%d streams: $rc %s\n%s", n, rc, got)
		}
	}
}

// TestBadDescriptions: what has no address is not changed but for the lines that
// are added to whatever is there.
func TestBadDescriptions(t *testing.T) {
	env := fixAll(t)
	for _, body := range []string{"x", "c=", "c=IN IP4", "c=IN IP4 ", "o=\r\n", "m=\r\n", "a=rtcp:\r\n", "\x00\x01", strings.Repeat("c=", 3000), strings.Repeat("\n", 3000)} {
		rc, got := fix(t, env, body)
		if rc == "1" || !strings.HasPrefix(got, body) {
			t.Errorf("%.20q: $rc %s, %.40q", body, rc, got)
		}
	}
}

// FuzzFixSDP: lines of other kinds than those that are edited leave byte for
// byte, in their order.
func FuzzFixSDP(f *testing.F) {
	for _, s := range []string{"v=0\r\no=a 1 2 IN IP4 192.168.1.5\r\nc=IN IP4 192.168.1.5\r\nm=audio 1 RTP/AVP 0\r\na=x: y \r\n", "m=a\nm=b\nc=IN IP6 ::1", "a=rtcp:1 IN IP4 1.1.1.1 \n\n\nx"} {
		f.Add(s)
	}
	env := fixAll(f)
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" || len(body) > 4000 {
			return
		}
		_, got := fix(t, env, body)
		kept := func(text string) (lines []string) {
			for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
				edited := strings.HasPrefix(line, "c=") || strings.HasPrefix(line, "o=") || strings.HasPrefix(line, "a=rtcp:")
				added := line == "a=direction:active" || line == "a=nortpproxy:yes"
				if !edited && !added && line != "" {
					lines = append(lines, line)
				}
			}
			return lines
		}
		if old, now := kept(body), kept(got); strings.Join(old, "\n") != strings.Join(now, "\n") {
			t.Errorf("got\n%q\nof\n%q", now, old)
		}
	})
}
