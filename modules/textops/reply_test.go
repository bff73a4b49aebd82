// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// Kamailio prints Content-Type where set_reply_body was called among the
// calls of append_to_reply.
func TestReplyHeaders(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	run := func(name string, args ...string) {
		t.Helper()
		f := function(t, name)
		if r := f.Run(c, texts(f, args...)); r != 1 {
			t.Errorf("%s%q is %d", name, args, r)
		}
	}
	run("append_to_reply", "X-1: a\r\n")
	run("set_reply_body", "first", "text/html")
	run("append_to_reply", "X-2: b\r\n")
	run("set_reply_body", "second", "text/plain")
	run("append_time")
	const want = "X-1: a\r\nContent-Type: text/plain\r\nX-2: b\r\nDate: Wed, 04 Mar 2026 05:06:07 GMT\r\n"
	if c.ReplyHeaders != want || c.ReplyBody != "second" {
		t.Errorf("got %q, body %q, want %q", c.ReplyHeaders, c.ReplyBody, want)
	}
	run("append_time_to_request")
	out := string(sip.AppendRequest(nil, c.Msg, &sip.Outgoing{NoVia: true}))
	if !strings.Contains(out, "branch=z9hG4bKabc\r\nDate: Wed, 04 Mar 2026 05:06:07 GMT\r\nMax-Forwards") {
		t.Errorf("Date does not stand behind the first header:\n%s", out)
	}
}
