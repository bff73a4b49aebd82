// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
)

// twoAddresses makes the name gw lead to bob, then carol.
func twoAddresses(w *world) {
	w.dns["gw.example SRV"] = nil
	w.dns["_sip._udp.gw.example SRV"] = []locate.Record{{Name: "b.gw.example", Port: 5060, Priority: 1}, {Name: "c.gw.example", Port: 5060, Priority: 2}}
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
				t.Request.AppendHeader("X-Branch: yes\r\n")
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

func TestRespond(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) { _ = t.Respond(&Answer{Code: 404, Reason: "gone"}) })
	r := w.last(alice, "SIP/2.0 404 gone")
	w.expect("404", "404>alice")
	w.advance(600 * time.Millisecond)
	w.expect("timer G", "404>alice")
	w.request(invite, relay)
	w.expect("invite again", "404>alice")
	w.request(ackFor(r, "i1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.end()
}

func TestRespondWithSuccess(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) { _ = t.Respond(&Answer{Code: 200, Reason: "OK"}) })
	r := w.last(alice, "SIP/2.0 200")
	w.take()
	w.advance(600 * time.Millisecond)
	w.expect("a 2xx of our own is repeated until its ACK", "200>alice")
	w.request(ackFor(r, "a1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.end()
}

func TestNoAnswerOfScript(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(*Transaction) {})
	w.expect("nothing is sent", "")
	w.end()
}

func TestReplyWhileBranchesRing(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.take()
	x := w.layer.FindCall("call1", 1)
	x.Lock(nil, nil)
	_ = x.Respond(&Answer{Code: 480, Reason: "no"})
	x.Unlock()
	x.Unref()
	w.expect("the branch is cancelled", "480>alice CANCEL>bob")
	w.reply(bob, answer(out, 487, "tb"))
	w.expect("its 487 ends here", "ACK>bob")
	w.end()
}

func TestEndToEndACK(t *testing.T) {
	for _, asked := range []bool{false, true} {
		w := newWorld(t)
		heard := 0
		w.request(invite, func(t *Transaction) {
			if asked {
				t.On(EndToEndACKIn, func(*Notice) { heard++ })
			}
			relay(t)
		})
		w.reply(bob, answer(w.last(bob, "INVITE"), 200, "tb"))
		ok := w.last(alice, "SIP/2.0 200")
		r := w.received(alice, w.udp, ackFor(ok, "a9"))
		want := NoACK
		if asked {
			want = EndToEndACK
		}
		if got := w.layer.ACK(r); got != want || heard != int(want)/int(EndToEndACK) {
			t.Errorf("asked %v: ACK() = %d, want %d; heard of %d", asked, got, want, heard)
		}
		w.done(r)
		w.end()
	}
}

func TestOldClient(t *testing.T) {
	w := newWorld(t)
	old := strings.Replace(invite, "branch=z9hG4bKi1", "branch=1", 1)
	w.request(old, relay)
	w.expect("invite", "100>alice INVITE>bob")
	w.request(old, relay)
	w.expect("matched without cookie", "100>alice")
	w.request(strings.Replace(old, "INVITE sip:bob@", "INVITE sip:eve@", 1), relay)
	w.expect("another Request-URI", "100>alice INVITE>bob")
	w.layer.Settings().RURIMatching.Set(0)
	w.request(strings.Replace(old, "INVITE sip:bob@", "INVITE sip:joe@", 1), relay)
	w.expect("Request-URI not compared", "100>alice")
	w.end()
}

func TestMatching(t *testing.T) {
	tests := []struct {
		name, old, new string
		again          bool
	}{
		{"same", "", "", true},
		{"another branch", "z9hG4bKb1", "z9hG4bKb2", false},
		{"another sent-by host", "192.0.2.1:5060;branch", "192.0.2.77:5060;branch", false},
		{"another sent-by port", "192.0.2.1:5060;branch", "192.0.2.1:5061;branch", false},
		{"default port left out", "192.0.2.1:5060;branch", "192.0.2.1;branch", true},
		{"another method", "BYE", "INFO", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.request(bye, relay)
			w.take()
			w.request(strings.ReplaceAll(bye, tt.old, tt.new), relay)
			if again := w.take() == ""; again != tt.again {
				t.Errorf("taken as a retransmission: %v, want %v", again, tt.again)
			}
			w.end()
		})
	}
}

func TestForgedBranchFindsNothing(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	i := strings.Index(out, "branch=z9hG4bK") + len("branch=z9hG4bK0.")
	for _, at := range []int{i, i + 7, i + 8, i + 15} {
		forged := []byte(out)
		forged[at] ^= 1
		if w.reply(bob, answer(string(forged), 200, "tb")) {
			t.Errorf("a reply with digit %d of the branch changed found a transaction", at-i)
		}
	}
	w.end()
}

func TestSuspend(t *testing.T) {
	w := newWorld(t)
	var id ID
	w.request(invite, func(t *Transaction) {
		id = t.ID()
		if err := t.Suspend(); err != nil {
			w.t.Fatal(err)
		}
	})
	w.expect("suspended", "")
	x := &Received{Out: w}
	if err := w.layer.Continue(id, x, func(t *Transaction, _ *Branch, _ *Received) { relay(t) }); err != nil {
		t.Fatal(err)
	}
	w.expect("continued", "100>alice INVITE>bob")
	if err := w.layer.Continue(id, x, nil); err != ErrNotSuspended {
		t.Errorf("Continue() = %v, want ErrNotSuspended", err)
	}
	w.reply(bob, answer(w.invites[bob], 200, "tb"))
	w.expect("answered", "200>alice")
	w.end()
	if err := w.layer.Continue(id, x, nil); err != ErrUnknown {
		t.Errorf("Continue() = %v, want ErrUnknown", err)
	}
}

func TestSuspendEnds(t *testing.T) {
	t.Run("timeout", func(t *testing.T) {
		w := newWorld(t)
		w.request(invite, func(t *Transaction) { _ = t.Suspend() })
		w.advance(30*time.Second + 100*time.Millisecond)
		w.last(alice, "SIP/2.0 408")
		w.end()
	})
	t.Run("cancel", func(t *testing.T) {
		w := newWorld(t)
		w.request(invite, func(t *Transaction) { _ = t.Suspend() })
		w.request(cancel, nil)
		w.expect("cancelled", "200>alice 487>alice")
		w.end()
	})
	t.Run("nothing done", func(t *testing.T) {
		w := newWorld(t)
		var id ID
		w.request(invite, func(t *Transaction) { id = t.ID(); _ = t.Suspend() })
		_ = w.layer.Continue(id, &Received{Out: w}, func(*Transaction, *Branch, *Received) {})
		w.expect("answered", "500>alice")
		w.end()
	})
}

func TestSuspendReply(t *testing.T) {
	w := newWorld(t)
	w.replies[4] = func(t *Transaction, b *Branch, r *Received) bool {
		if err := t.SuspendReply(b, r); err != nil {
			w.t.Error(err)
		}
		return true
	}
	var id ID
	w.request(invite, func(t *Transaction) {
		id = t.ID()
		t.State.Plan.OnReply = 4
		relay(t)
	})
	w.take()
	w.reply(bob, answer(w.invites[bob], 200, "tb"))
	w.expect("kept", "")
	err := w.layer.Continue(id, &Received{Out: w}, func(_ *Transaction, _ *Branch, r *Received) {
		r.Msg.AppendHeader("X-Late: yes\r\n")
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := w.last(alice, "SIP/2.0 200"); !strings.Contains(r, "X-Late: yes") {
		t.Errorf("the edit is missing:\n%s", r)
	}
	w.end()
}

func TestLocalRequest(t *testing.T) {
	for _, code := range []int{200, 404} {
		w := newWorld(t)
		var got []int
		x, err := w.layer.Send(&LocalRequest{Method: "OPTIONS", URI: "sip:b@192.0.2.2", From: "<sip:me@x>;tag=1", To: "<sip:b@b>",
			Events: LocalDone, Heard: func(n *Notice) { got = append(got, n.Code) }}, w)
		if err != nil {
			t.Fatal(err)
		}
		x.Unref()
		out := w.last(bob, "OPTIONS sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK")
		w.reply(bob, answer(out, 100, ""))
		w.reply(bob, answer(out, code, "tb"))
		if len(got) != 1 || got[0] != code {
			t.Errorf("told of %v, want %d", got, code)
		}
		w.end()
	}
}

func TestLocalRequestTimesOut(t *testing.T) {
	w := newWorld(t)
	var got []int
	x, err := w.layer.Send(&LocalRequest{Method: "OPTIONS", URI: "sip:b@192.0.2.2", From: "<sip:me@x>;tag=1", To: "<sip:b@b>",
		Events: LocalDone, Heard: func(n *Notice) { got = append(got, n.Code) }}, w)
	if err != nil {
		t.Fatal(err)
	}
	x.Unref()
	w.end()
	if len(got) != 1 || got[0] != 408 {
		t.Errorf("told of %v, want 408", got)
	}
}

func TestLocalInviteIsAcknowledged(t *testing.T) {
	w := newWorld(t)
	x, err := w.layer.Send(&LocalRequest{Method: "INVITE", URI: "sip:b@192.0.2.2", From: "<sip:me@x>;tag=1", To: "<sip:b@b>"}, w)
	if err != nil {
		t.Fatal(err)
	}
	x.Unref()
	out := w.last(bob, "INVITE")
	ok := strings.Replace(answer(out, 200, "tb"), "Content-Length", "Contact: <sip:c@192.0.2.3>\nContent-Length", 1)
	w.reply(bob, ok)
	w.reply(bob, ok)
	ack := w.last(carol, "ACK sip:c@192.0.2.3")
	if !strings.Contains(ack, ";tag=tb") {
		t.Errorf("no To tag in\n%s", ack)
	}
	if strings.Contains(ack, out[strings.Index(out, "branch=")+7:strings.Index(out, "branch=")+30]+"\r") {
		t.Errorf("the ACK has the branch of the INVITE:\n%s", ack)
	}
	w.end()
}

func TestSetFR(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) {
		relay(t)
		t.SetFR(0, 1000)
	})
	w.advance(1100 * time.Millisecond)
	w.last(alice, "SIP/2.0 408")
	w.end()
}

func TestMaxLifetime(t *testing.T) {
	w := newWorld(t)
	w.layer.Settings().MaxInv.Set(20000)
	w.request(invite, relay)
	out := w.invites[bob]
	for range 25 {
		w.reply(bob, answer(out, 180, "tb"))
		w.advance(time.Second)
	}
	w.last(alice, "SIP/2.0 408")
	w.end()
}

func TestRestartFR(t *testing.T) {
	for _, restart := range []int64{0, 1} {
		w := newWorld(t)
		w.layer.Settings().RestartFR.Set(restart)
		w.layer.Settings().FRInv.Set(10000)
		w.request(invite, relay)
		out := w.invites[bob]
		for range 3 {
			w.reply(bob, answer(out, 180, "tb"))
			w.advance(6 * time.Second)
		}
		ended := strings.Contains(w.take(), "408>alice")
		if ended != (restart == 0) {
			t.Errorf("restart_fr_on_each_reply %d: ran out: %v", restart, ended)
		}
		w.end()
	}
}

func TestRedirectHeader(t *testing.T) {
	w := newWorld(t)
	r := w.received(alice, w.udp, invite)
	defer w.done(r)
	s := r.State
	if got := RedirectHeader(r.Msg, s, 0); got != "" {
		t.Errorf("unchanged URI: %q", got)
	}
	s.Target.URI = "sip:z@z"
	s.Branches = []Target{{URI: "sip:q@q", Q: 500, Flags: 3}}
	if got, want := RedirectHeader(r.Msg, s, 0), "Contact: <sip:z@z>, <sip:q@q>;q=0.5\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := RedirectHeader(r.Msg, s, 1), "Contact: <sip:z@z>, <sip:q@q>;q=0.5;flags=3\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReplyDestination(t *testing.T) {
	tests := []struct{ name, via, want string }{
		{"port of the Via", "192.0.2.1:5070;branch=z9hG4bKx", "192.0.2.1:5070"},
		{"default port", "192.0.2.1;branch=z9hG4bKx", "192.0.2.1:5060"},
		{"rport", "192.0.2.1:5070;rport;branch=z9hG4bKx", "192.0.2.1:5060"},
		{"name", "host.example:5071;branch=z9hG4bKx", "192.0.2.1:5071"},
		{"maddr", "192.0.2.1:5070;maddr=192.0.2.8;branch=z9hG4bKx", "192.0.2.8:5070"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.received(alice, w.udp, strings.Replace(bye, "192.0.2.1:5060;branch=z9hG4bKb1", tt.via, 1))
			defer w.done(r)
			d, err := ReplyDestination(r.Msg, r.Packet, r.State)
			if err != nil || d.Addr != netip.MustParseAddrPort(tt.want) {
				t.Errorf("got %v, %v, want %s", d.Addr, err, tt.want)
			}
		})
	}
}

func TestStatelessBranch(t *testing.T) {
	w := newWorld(t)
	branch := func(text string) string {
		r := w.received(alice, w.udp, text)
		defer w.done(r)
		return string(w.layer.StatelessBranch(nil, r.Msg))
	}
	first := branch(invite)
	if first != branch(invite) {
		t.Error("a retransmission has another branch")
	}
	if first != branch(cancel) {
		t.Error("the CANCEL has another branch than its INVITE")
	}
	if first == branch(strings.Replace(invite, "z9hG4bKi1", "z9hG4bKi2", 1)) {
		t.Error("another request has the same branch")
	}
	if _, _, ok := w.layer.parseBranchID(first); ok {
		t.Errorf("%s is taken for the branch of a transaction", first)
	}
	if !strings.HasPrefix(first, sip.MagicCookie) {
		t.Errorf("%s has no magic cookie", first)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	r := w.received(alice, w.udp, invite)
	defer w.done(r)
	tag := string(w.layer.AppendStatelessTag(nil, r.Msg))
	if !w.layer.IsStatelessTag(tag) {
		t.Errorf("%s is not known", tag)
	}
	for _, other := range []string{"", "x", string(w.layer.AppendStatefulTag(nil, r.Msg)), "0" + tag[1:], tag + "0"} {
		if w.layer.IsStatelessTag(other) && other != tag {
			t.Errorf("%q is taken for a tag of ours", other)
		}
	}
}

func TestBranchID(t *testing.T) {
	l := &Layer{opt: Options{Secret: 7}}
	for _, id := range []ID{{0, 0}, {1, 2}, {0xffffffff, 0xffffffff}, {0x10, 0xabc}} {
		for _, branch := range []int{0, 1, 15, 16, 31} {
			text := string(l.appendBranchID(nil, id, branch))
			got, n, ok := l.parseBranchID(text)
			if !ok || got != id || n != branch {
				t.Errorf("%s parses to %v %d %v, want %v %d", text, got, n, ok, id, branch)
			}
		}
	}
}

func FuzzBranchID(f *testing.F) {
	l := &Layer{opt: Options{Secret: 7}}
	f.Add("z9hG4bK0.0123456789abcdef.0")
	f.Add(string(l.appendBranchID(nil, ID{12, 34}, 5)))
	f.Fuzz(func(t *testing.T, s string) {
		id, n, ok := l.parseBranchID(s)
		if !ok {
			return
		}
		again, m, ok := l.parseBranchID(string(l.appendBranchID(nil, id, n)))
		if !ok || again != id || m != n {
			t.Errorf("%q: %v %d, then %v %d %v", s, id, n, again, m, ok)
		}
	})
}
