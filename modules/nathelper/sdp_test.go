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
	return fixOf(t, env, "application/sdp", body)
}

// fixOf is fix for a body of any type.
func fixOf(t testing.TB, env *scripttest.Env, kind, body string) (rc, got string) {
	t.Helper()
	c := env.Call(t, fmt.Sprintf("INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bKone\r\nFrom: <sip:a@x>;tag=ft\r\nTo: <sip:b@x>\r\n"+
		"Call-ID: call1\r\nCSeq: 1 INVITE\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(body), body))
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

// TestMarker: fix_nated_sdp adds the line of nortpproxy_str, and none where that is empty.
func TestMarker(t *testing.T) {
	const text = "v=0\r\no=a 1 2 IN IP4 192.168.1.5\r\ns=-\r\nm=audio 4 RTP/AVP 0\r\n"
	for marker, want := range map[string]string{"a=seen:here\\r\\n": text + "a=seen:here\r\n", "": text} {
		env := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nloadmodule \"nathelper.so\"\nmodparam(\"nathelper\", \"nortpproxy_str\", \""+marker+"\")\nrequest_route {\nfix_nated_sdp(\"4\");\nprint(\"$rc\");\n}\n",
			scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
		if _, got := fix(t, env, text); got != want {
			t.Errorf("%q: got %q", marker, got)
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

// call loads a script that makes one call of the function.
func call(t *testing.T, args string) *scripttest.Env {
	t.Helper()
	return scripttest.MustLoad(t, "loadmodule \"probe.so\"\nloadmodule \"nathelper.so\"\nrequest_route {\nfix_nated_sdp("+args+");\nprint(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
}

// TestAddedLines: lines are added behind the last one of the description, with its
// line ends, and what belongs to the delimiter of a part stays behind them.
func TestAddedLines(t *testing.T) {
	const in, out = "v=0\r\no=a 1 2 IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\nm=audio 1 RTP/AVP 0\r\na=x", "v=0\r\no=a 1 2 IN IP4 10.0.0.1\r\nc=IN IP4 192.0.2.9\r\nm=audio 1 RTP/AVP 0\r\na=x"
	const added = "\r\na=direction:active\r\na=nortpproxy:yes\r\na=oldmediaip:10.0.0.1"
	const open, end = "--b\r\nContent-Type: application/sdp\r\n\r\n", "--b--\r\n"
	env := call(t, `"7", "192.0.2.9"`)
	for _, tt := range []struct{ kind, body, want string }{
		{"application/sdp", in, out + added},
		{"application/sdp", in + "\r\n", out + added + "\r\n"},
		{"application/sdp", in + "\r\n\r\n", out + added + "\r\n\r\n"},
		{"application/sdp", strings.ReplaceAll(in, "\r", "") + "\n", strings.ReplaceAll(out+added, "\r", "") + "\n"},
		{"multipart/mixed;boundary=b", open + in + "\r\n\r\n" + end, open + out + added + "\r\n\r\n" + end},
		{"multipart/mixed;boundary=b", open + in + "\r\n" + end, open + out + added + "\r\n" + end},
	} {
		if rc, got := fixOf(t, env, tt.kind, tt.body); rc != "1" || got != tt.want {
			t.Errorf("%q:\n$rc %s, %q, want\n%q", tt.body, rc, got, tt.want)
		}
	}
}

// TestAddresses: a line without address is an error, TTL and number go with the old
// address, and IP4 or IP6 fits the new one.
func TestAddresses(t *testing.T) {
	const o = "o=a 1 2 IN IP4 10.0.0.1\r\n"
	for _, tt := range []struct{ args, in, rc, want string }{
		{`"2", "192.0.2.9"`, o + "c=IN IP4\r\nm=audio\r\nc=IN IP4 10.0.0.1\r\n", "-1", o + "c=IN IP4\r\nm=audio\r\nc=IN IP4 10.0.0.1\r\n"},
		{`"8", "192.0.2.9"`, o + "c=IN IP4\r\n", "1", "o=a 1 2 IN IP4 192.0.2.9\r\nc=IN IP4\r\na=oldmediaip:10.0.0.1\r\n"},
		{`"10", "192.0.2.9"`, "o=x\r\nc=IN IP4 10.0.0.1\r\n", "-1", "o=x\r\nc=IN IP4 192.0.2.9\r\na=oldmediaip:10.0.0.1\r\n"},
		{`"2", "192.0.2.9"`, "c=IN IP4 10.0.0.2/127\r\n", "1", "c=IN IP4 192.0.2.9\r\na=oldmediaip:10.0.0.2/127\r\n"},
		{`"10", "192.0.2.9"`, "o=a 1 2 IN IP6 fd00::1\r\nc=IN IP6 fd00::2\r\na=rtcp:5 IN IP6 fd00::3\r\n", "1",
			"o=a 1 2 IN IP4 192.0.2.9\r\nc=IN IP4 192.0.2.9\r\na=rtcp:5 IN IP4 192.0.2.9\r\na=oldmediaip6:fd00::3\r\na=oldmediaip6:fd00::2\r\na=oldmediaip6:fd00::1\r\n"},
		{`"2", "192.0.2.9"`, "c=IN IP4\r\na=rtcp:5 IN IP4 10.0.0.3\r\n", "-1", "c=IN IP4\r\na=rtcp:5 IN IP4 192.0.2.9\r\na=oldmediaip:10.0.0.3\r\n"},
		{`"2", "192.0.2.9"`, "c=IN IP4  10.0.0.2\r\n", "1", "c=IN IP4  192.0.2.9\r\na=oldmediaip:10.0.0.2\r\n"},
		{`"2", "fd00::9"`, "c=IN IP4 10.0.0.1\r\n", "1", "c=IN IP6 fd00::9\r\na=oldmediaip:10.0.0.1\r\n"},
		{`"2", "media.example.org"`, "c=IN IP6 fd00::1\r\n", "1", "c=IN IP6 media.example.org\r\na=oldmediaip6:fd00::1\r\n"},
	} {
		if rc, got := fix(t, call(t, tt.args), tt.in); rc != tt.rc || got != tt.want {
			t.Errorf("%s, %q:\n$rc %s, %q, want\n$rc %s, %q", tt.args, tt.in, rc, got, tt.rc, tt.want)
		}
	}
}

// TestFlagsFromHeader: flags that a header has are those that it says.
func TestFlagsFromHeader(t *testing.T) {
	env := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nloadmodule \"pv.so\"\nloadmodule \"nathelper.so\"\nrequest_route {\nnat_uac_test(\"$rU\");\nprint(\"$rc\");\n}\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	for user, want := range map[string]string{"1": "1", "4": "-1", "5": "1"} {
		env.Run(t, env.Call(t, "OPTIONS sip:"+user+"@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5090;branch=z9hG4bKone\r\nFrom: <sip:a@x>;tag=ft\r\nTo: <sip:b@x>\r\n"+
			"Call-ID: call1\r\nCSeq: 1 OPTIONS\r\nContact: <sip:a@10.0.0.1>\r\nContent-Length: 0\r\n\r\n"), module.RequestRoute, "")
		if lines := env.Host.Lines(); lines[len(lines)-1] != want {
			t.Errorf("%s: $rc %s, want %s", user, lines[len(lines)-1], want)
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
