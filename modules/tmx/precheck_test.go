// SPDX-License-Identifier: Apache-2.0

package tmx

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/rpc/rpctest"
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

// With many requests at work each is known until its own end.
func TestPrecheckOfMany(t *testing.T) {
	w := newAtWork()
	calls := make([]*module.Call, 1000)
	for i := range calls {
		calls[i] = call(t, strings.Replace(options, "Call-ID: c", "Call-ID: "+strconv.Itoa(i), 1))
		if !w.begin(calls[i]) {
			t.Fatalf("request %d is known before it came", i)
		}
	}
	for i := range calls {
		k := i * 7 % len(calls)
		again := &module.Call{Msg: calls[k].Msg}
		if w.begin(again) {
			t.Fatalf("request %d is not known while it is handled", k)
		}
		w.end(calls[k])
		if !w.begin(again) {
			t.Fatalf("request %d is known after its end", k)
		}
		w.end(again)
	}
	if n := w.known.Load(); n != 0 {
		t.Errorf("%d requests are still known", n)
	}
}

// layerHost has what the module needs to start.
type layerHost struct{ *rpctest.Host }

func (layerHost) Transactions() *transaction.Layer { return nil }
func (layerHost) OnRequestEnd(func(*module.Call))  {}

// With precheck_trans 0 a retransmission is not looked for.
func TestPrecheckOff(t *testing.T) {
	for value, want := range map[int]module.Result{0: module.False, 1: module.True} {
		x := New()
		for _, p := range x.Exports().Params {
			if p.Name == "precheck_trans" {
				*p.Set.(*int) = value
			}
		}
		if err := x.Start(t.Context(), layerHost{rpctest.New()}); err != nil {
			t.Fatal(err)
		}
		x.precheckTrans(call(t, options), nil)
		if got := x.precheckTrans(call(t, options), nil); got != want {
			t.Errorf("precheck_trans %d: got %d for a retransmission, want %d", value, got, want)
		}
	}
}
