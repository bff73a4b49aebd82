// SPDX-License-Identifier: Apache-2.0

package tmx

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

const options = "OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"

func call(t *testing.T, text string) *module.Call {
	t.Helper()
	c := &module.Call{Msg: new(sip.Message)}
	if err := c.Msg.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrecheck(t *testing.T) {
	x := New()
	x.atWork = newAtWork()
	first, again, other := call(t, options), call(t, options), call(t, strings.Replace(options, "Call-ID: c", "Call-ID: d", 1))
	ask := func(c *module.Call, want module.Result, what string) {
		t.Helper()
		if got := x.precheckTrans(c, nil); got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	ask(first, module.False, "first")
	ask(first, module.False, "the same worker asks again")
	ask(again, module.True, "retransmission")
	ask(other, module.False, "another request")
	x.atWork.end(again)
	ask(again, module.True, "the first is still at work")
	x.atWork.end(first)
	ask(again, module.False, "the first is done")
	x.atWork.end(again)
	x.atWork.end(other)
	if n := x.atWork.known.Load(); n != 0 {
		t.Errorf("%d requests are still known", n)
	}
}
