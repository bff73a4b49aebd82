// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/script/scripttest"
)

func call(t testing.TB, text string) *module.Call {
	t.Helper()
	return scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{}).Call(t, text)
}

func text(s string) module.Args { return module.Args{{Value: avp.String(s), Given: true}} }

// What a script took from the message before must stay as it was, however
// often the text is exchanged: transactions keep views of it.
func TestViewsSurviveApply(t *testing.T) {
	c := call(t, scripttest.Invite)
	views := []string{c.Msg.CallID(), c.Msg.RequestURI, c.Msg.Value(sip.HeaderUserAgent)}
	kept := strings.Join(views, "|")
	for range 20 {
		c.Msg.AppendHeader("X-Long: " + strings.Repeat("x", 300) + "\r\n")
		views = append(views, c.Msg.CallID())
		if r := applyChanges(c, nil); r != module.True {
			t.Fatalf("msg_apply_changes is %d", r)
		}
	}
	if got := strings.Join(views[:3], "|"); got != kept {
		t.Errorf("the views are %q, were %q", got, kept)
	}
	for _, v := range views[3:] {
		if v != views[0] {
			t.Fatalf("a view of an earlier text is %q now", v)
		}
	}
	if n := c.Msg.NumHeaders(); n != 27+1 {
		t.Errorf("%d headers", n)
	}
	if c.Msg.Source != c.Packet.Src {
		t.Error("the source was forgotten")
	}
}

func TestApplyIsRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(c *module.Call)
		want error
	}{
		{"in a route of the transaction", func(c *module.Call) { c.Route = module.ReplyRoute }, errRoute},
		{"with a transaction", func(c *module.Call) { c.Tx = new(transaction.Transaction) }, errTransaction},
		{"with Record-Route", func(c *module.Call) { c.RecordRouted = true }, errRecordRoute},
		{"else not", func(*module.Call) {}, nil},
	} {
		c := call(t, scripttest.Invite)
		row.set(c)
		c.Msg.AppendHeader("X-A: 1\r\n")
		if err := fixed(c); err != row.want {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		r := applyChanges(c, nil)
		if seen := c.Msg.ValueNamed("X-A") != ""; seen != (row.want == nil) || (r == module.True) != (row.want == nil) {
			t.Errorf("%s: result %d, change seen %v", row.name, r, seen)
		}
	}
}

func TestApplyStopsAtBadMessage(t *testing.T) {
	c := call(t, scripttest.Invite)
	c.Msg.AppendHeader("no header\r\n")
	if r := applyChanges(c, nil); r != module.Stop {
		t.Errorf("result %d, want the end of the script", r)
	}
}

func TestSetBufferRefuses(t *testing.T) {
	for _, data := range []string{"", "no message", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n"} {
		c := call(t, scripttest.Invite)
		if r := setBuffer(c, text(data)); r != module.False || c.Msg.CallID() != "call1@host" {
			t.Errorf("%q: result %d, Call-ID %q", data, r, c.Msg.CallID())
		}
	}
}
