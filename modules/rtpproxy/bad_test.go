// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// streams is a session description with many.
func streams(n int) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=alice 1 2 IN IP4 192.168.1.5\r\ns=-\r\nt=0 0\r\n")
	for i := range n {
		fmt.Fprintf(&b, "m=audio %d RTP/AVP 0\r\nc=IN IP4 192.168.1.%d\r\na=X-%d: as it is \r\n", 4000+2*i, i%250+1, i)
	}
	return b.String()
}

// TestMarkerInPart: the marker is the last line of the description; the line end of
// the delimiter stays behind it, and it ends as the other lines do.
func TestMarkerInPart(t *testing.T) {
	p := newProxy(t)
	lf := func(s string) string { return strings.ReplaceAll(s, "\r", "") }
	for in, want := range map[string]string{one + "\r\n": fixed(one) + "\r\n", one: fixed(one), lf(one): lf(fixed(one))} {
		const open, end = "--b\r\nContent-Type: application/sdp\r\n\r\n", "--b--\r\n"
		text := strings.Replace(message("INVITE", "", open+in+end), "Content-Type: application/sdp", "Content-Type: multipart/mixed;boundary=b", 1)
		if rc, got := run(t, config(p.url()), "rtpproxy_offer();", text); rc != "1" || got != open+want+end {
			t.Errorf("$rc %s, %q, want\n%q", rc, got, open+want+end)
		}
	}
}

// TestManyStreams: each of a hundred gets its place; where one of them gets none
// nothing is changed, and more than there may be are not even asked for.
func TestManyStreams(t *testing.T) {
	p := newProxy(t)
	var asked atomic.Int64
	next := func(last int64) func(string) string {
		asked.Store(0)
		return func(command string) string {
			if command[0] != 'U' {
				return answers("")(command)
			}
			n := asked.Add(1)
			if n > last {
				return "E7"
			}
			return fmt.Sprint(30000+2*n, " 10.11.12.13")
		}
	}
	p.set(next(100))
	rc, body := run(t, config(p.url()), `rtpproxy_offer("r");`, message("INVITE", "", streams(100)))
	if rc != "1" {
		t.Fatalf("a hundred streams: $rc %s", rc)
	}
	for i := range 100 {
		want := fmt.Sprintf("m=audio %d RTP/AVP 0\r\nc=IN IP4 10.11.12.13\r\na=X-%d: as it is \r\n", 30002+2*i, i)
		if !strings.Contains(body, want) {
			t.Fatalf("stream %d is not\n%s in\n%s", i, want, body)
		}
	}
	p.set(next(50))
	if rc, body := run(t, config(p.url()), "rtpproxy_offer();", message("INVITE", "", streams(100))); rc != "-1" || body != streams(100) {
		t.Errorf("half of the streams get a place: $rc %s, %d commands\n%s", rc, asked.Load(), body)
	}
	p.set(next(1000))
	p.commands()
	if rc, body := run(t, config(p.url()), "rtpproxy_offer();", message("INVITE", "", streams(maxStreams+1))); rc != "-1" || body != streams(maxStreams+1) || asked.Load() > 0 {
		t.Errorf("too many streams: $rc %s, %d commands\n%s", rc, asked.Load(), body)
	}
}

// TestCutShort: datagrams of a proxy that are cut short, or belong to something
// else, give no place; the right one behind them does.
func TestCutShort(t *testing.T) {
	for name, row := range map[string]struct {
		replies []string // COOKIE is filled in
		rc      string
	}{
		"nothing behind the cookie": {[]string{"COOKIE"}, "-3"},
		"a blank behind it":         {[]string{"COOKIE "}, "-1"},
		"a part of the cookie":      {[]string{"CUT"}, "-3"},
		"an empty datagram":         {[]string{""}, "-3"},
		"line end alone":            {[]string{"\n"}, "-3"},
		"no line end":               {[]string{"COOKIE 35000 10.11.12.13"}, "1"},
		"a part of the address":     {[]string{"COOKIE 35000 10.11."}, "-1"},
		"bytes that are no text":    {[]string{"COOKIE \x00\xff\xfe\n"}, "-1"},
		"a long one":                {[]string{"COOKIE " + strings.Repeat("9", 60000)}, "-1"},
		"others first":              {[]string{"", "CUT", "other 1\n", "COOKIE 35000 10.11.12.13\n"}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t)
			p.mu.Lock()
			p.raw = func(cookie, command string) []string {
				if command[0] == 'V' {
					return nil
				}
				fill := strings.NewReplacer("COOKIE", cookie, "CUT", cookie[:len(cookie)-1])
				var all []string
				for _, text := range row.replies {
					all = append(all, fill.Replace(text))
				}
				return all
			}
			p.mu.Unlock()
			rc, body := run(t, config(p.url()), "rtpproxy_offer();", message("INVITE", "", one))
			if rc != row.rc {
				t.Errorf("$rc is %s, want %s", rc, row.rc)
			}
			if (rc == "1") != (body == fixed(one)) || rc != "1" && body != one {
				t.Errorf("the body is\n%s", body)
			}
		})
	}
}

// TestBadDescriptions: what is no session description is left alone, and told.
func TestBadDescriptions(t *testing.T) {
	p := newProxy(t)
	for _, body := range []string{
		"x", "v=0\r\n", "m=\r\n", "m=audio\r\n", "m=audio 4000\r\n", "v=0\r\nm=audio x RTP/AVP 0\r\nc=IN IP4 1.2.3.4\r\n",
		"v=0\r\nm=audio 99999999999 RTP/AVP 0\r\nc=IN IP4 1.2.3.4\r\n", "v=0\r\nc=IN IP4\r\nm=audio 4000 RTP/AVP 0\r\n", "v=0\r\nc=\r\nm=audio 4000 RTP/AVP 0\r\n",
		"\x00\x01\x02", strings.Repeat("m=", 1000), strings.Repeat("\n", 1000), "v=0\nc=IN IP4 \nm=audio 4000 RTP/AVP 0\n",
	} {
		if rc, got := run(t, config(p.url()), `rtpproxy_offer("r");`, message("INVITE", "", body)); rc != "-1" || got != body {
			t.Errorf("%q: $rc %s, %q", body, rc, got)
		}
	}
}

// FuzzEdit: whatever a session description is, lines of other kinds than those
// that are edited leave byte for byte, in their order, and no line is lost.
func FuzzEdit(f *testing.F) {
	for _, s := range []string{one, three, "m=4000 4000 RTP/AVP 0\nc=IN IP4 1.2.3.4", "c=IN IP6 ::1\r\nm=a 0 x\r\nm=b 1/2 x y \r\na=rtcp:7 IN IP4 1.1.1.1\r\n", "o=IN IP4 x IP4 1.1.1.1 \nm=x 1 \n"} {
		f.Add(s)
	}
	env := scripttest.MustLoad(f, config("udp:127.0.0.1:9")+"request_route { exit; }\n",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	r := env.Modules[1].Module.(*RTPProxy)
	kind := func(line string) bool { // one that may be edited
		return strings.HasPrefix(line, "m=") || strings.HasPrefix(line, "c=") || strings.HasPrefix(line, "o=") || strings.HasPrefix(line, "a=rtcp:")
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 4000 {
			return
		}
		c := env.Call(t, message("INVITE", "", body))
		start := len(c.Msg.Raw()) - len(body)
		e := editing{r: r, c: c, o: &options{}, start: start, text: c.Msg.Raw()[start:]}
		if e.read() != nil {
			return
		}
		for i := range e.streams {
			e.streams[i].newPort, e.streams[i].newAddress = 30000+i, netip.MustParseAddr("10.11.12.13")
		}
		e.apply()
		_, got, _ := strings.Cut(string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true})), "\r\n\r\n")
		if !e.marked {
			at, lineEnd := sdp.Tail(body)
			added := strings.TrimRight(r.marker, "\r\n") + lineEnd
			if !strings.HasSuffix(body[:at], "\n") {
				added = lineEnd + added
			}
			got = strings.TrimSuffix(got, added+body[at:]) + body[at:]
		}
		old, now := strings.Split(body, "\n"), strings.Split(got, "\n")
		if len(old) != len(now) {
			t.Fatalf("%d lines were %d\n%q\n%q", len(now), len(old), body, got)
		}
		for i := range old {
			if !kind(old[i]) && old[i] != now[i] {
				t.Errorf("line %d %q is %q", i, old[i], now[i])
			}
		}
	})
}
