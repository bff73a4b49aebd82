// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"strings"
	"testing"
)

// TestCandidates: what Kamailio 5.6.3 makes of streams with candidates of ICE.
func TestCandidates(t *testing.T) {
	const (
		head, newHead = "v=0\r\no=a 1 2 IN IP4 192.168.1.5\r\ns=-\r\nc=IN IP4 192.168.1.5\r\n", "v=0\r\no=a 1 2 IN IP4 10.11.12.13\r\ns=-\r\nc=IN IP4 10.11.12.13\r\n"
		one, two      = "a=candidate:1 1 UDP 2130706431 192.168.1.5 4000 typ host\r\n", "a=candidate:1 2 UDP 2130706430 192.168.1.5 4001 typ host\r\n"
		first         = "a=candidate:10111213 2 UDP 2197815294 10.11.12.13 35001 typ relay\r\na=candidate:10111213 1 UDP 2197815295 10.11.12.13 35000 typ relay\r\n"
		last          = "a=candidate:10111213 2 UDP 16777214 10.11.12.13 35001 typ relay\r\na=candidate:10111213 1 UDP 16777215 10.11.12.13 35000 typ relay\r\n"
		six           = "a=candidate:200189 2 UDP 16777214 2001:db8::9 35001 typ relay\r\na=candidate:200189 1 UDP 16777215 2001:db8::9 35000 typ relay\r\n"
		audio, moved  = "m=audio 4000 RTP/AVP 0\r\n", "m=audio 35000 RTP/AVP 0\r\n"
		video         = "m=video 5000 RTP/AVP 31\r\na=x:1\r\n"
		mark          = "a=nortpproxy:yes\r\n"
	)
	newVideo := strings.Replace(video, "5000", "35000", 1)
	for _, row := range []struct{ set, place, body, want string }{
		{"$p(ice) = 1;", "35000 10.11.12.13", head + audio + one + two + "a=sendrecv\r\n" + video, newHead + moved + one + first + two + "a=sendrecv\r\n" + newVideo + mark},
		{"$p(ice) = 2;", "35000 10.11.12.13", head + audio + one, newHead + moved + last + one + mark},
		{"$p(ice) = $null;", "35000 10.11.12.13", head + audio + one, newHead + moved + last + one + mark},
		{"$p(ice) = 0;", "35000 10.11.12.13", head + audio + one, newHead + moved + one + mark},
		{"$p(ice) = 1;", "35000 10.11.12.13", head + one + audio, newHead + one + moved + mark},
		{"$p(ice) = 1;", "35000 10.11.12.13", head + "m=audio 0 RTP/AVP 0\r\n" + one, newHead + "m=audio 0 RTP/AVP 0\r\n" + first + one + mark},
		{"$p(ice) = 2;", "35000 2001:db8::9", head + audio + one, strings.ReplaceAll(newHead, "IP4 10.11.12.13", "IP6 2001:db8::9") + moved + six + one + mark},
		{"$p(ice) = 3;", "35000 10.11.12.13", head + audio + one, ""},
		{`$p(ice) = "x";`, "35000 10.11.12.13", head + audio + one, ""},
	} {
		p := newProxy(t)
		p.set(answers(row.place))
		cfg := config(p.url(), `modparam("rtpproxy", "ice_candidate_priority_avp", "$p(ice)")`)
		rc, body := run(t, cfg, row.set+" rtpproxy_manage();", message("INVITE", "", row.body))
		if want := row.want; want == "" && (rc != "-1" || body != row.body) || want != "" && (rc != "1" || body != want) {
			t.Errorf("%s %q: $rc %s, got\n%s\nwant\n%s", row.set, row.body, rc, body, want)
		}
	}
}
