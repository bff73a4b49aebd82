// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
)

// twoAddresses makes the name gw lead to bob, then carol.
func twoAddresses(w *world) {
	w.dns["gw.example SRV"] = nil
	w.dns["_sip._udp.gw.example SRV"] = []locate.Record{{Name: "b.gw.example", Port: 5060, Priority: 1}, {Name: "c.gw.example", Port: 5060, Priority: 2}}
	w.dns["_sip._tcp.gw.example SRV"] = w.dns["_sip._udp.gw.example SRV"]
	w.dns["b.gw.example A"] = []locate.Record{{Addr: bob.Addr()}}
	w.dns["c.gw.example A"] = []locate.Record{{Addr: carol.Addr()}}
}

func TestDNSFailover(t *testing.T) {
	tests := []struct {
		name string
		fail func(w *world)
	}{
		{"refused", func(w *world) {}},
		{"503", func(w *world) { w.reply(bob, answer(w.last(bob, "INVITE"), 503, "tb")) }},
		{"no reply", func(w *world) { w.advance(31 * time.Second) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			twoAddresses(w)
			w.fail[bob] = tt.name == "refused"
			w.branches = func(t *Transaction, b *Branch) bool {
				t.Request().AppendHeader("X-Branch: yes\r\n")
				return true
			}
			w.request(invite, func(t *Transaction) {
				t.State.Plan.OnBranch = 1
				relayTo("sip:x@gw.example;transport=udp")(t)
			})
			tt.fail(w)
			c := w.last(carol, "INVITE")
			if !strings.Contains(c, "X-Branch: yes") {
				t.Errorf("the edit of the branch route is lost:\n%s", c)
			}
			if n := strings.Count(c, "Via:"); n != 2 {
				t.Errorf("%d Vias in\n%s", n, c)
			}
			w.take()
			w.reply(carol, answer(c, 200, "tc"))
			w.expect("answered", "200>alice")
			w.end()
		})
	}
}

func TestRelayErrors(t *testing.T) {
	tests := []struct{ name, uri, want string }{
		{"no such name", "sip:x@nowhere.example;transport=udp", "SIP/2.0 478 Unresolvable destination (478/TM)"},
		{"tel", "tel:+123", "SIP/2.0 478 Unresolvable destination (478/TM)"},
		{"no socket", "sip:x@192.0.2.2;transport=tls", "SIP/2.0 500 I'm terribly sorry, server error occurred (7/TM)"},
		{"refused", "sip:x@192.0.2.3", "SIP/2.0 477 Unfortunately error on sending to next hop occurred (477/TM)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.fail[carol] = true
			w.request(invite, func(t *Transaction) {
				t.State.Target.URI = tt.uri
				if t.Relay(&Relay{}) == nil {
					w.t.Error("no error")
				}
			})
			w.last(alice, tt.want)
			w.end()
		})
	}
}

func TestNoInternalReply(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) {
		t.State.Target.URI = "tel:1"
		t.State.Plan.NoInternalReply = true
		relay(t)
	})
	w.expect("only the 100", "100>alice")
	w.end()
}

func TestFailureExecMode(t *testing.T) {
	w := newWorld(t)
	w.layer.Settings().FailureExecMode.Set(1)
	w.fail[bob] = true
	ran := 0
	w.routes[1] = func(*Transaction) { ran++ }
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnFailure = 1
		if err := t.Relay(&Relay{}); err != nil {
			w.t.Errorf("relay failed: %v", err)
		}
	})
	if ran != 1 {
		t.Errorf("the failure route ran %d times", ran)
	}
	w.last(alice, "SIP/2.0 477")
	w.end()
}
