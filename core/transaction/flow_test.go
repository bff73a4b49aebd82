// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestCallAnswered(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.expect("invite", "100>alice INVITE>bob")
	w.reply(bob, answer(out, 180, "tb"))
	w.expect("ringing", "180>alice")
	w.reply(bob, answer(out, 200, "tb"))
	ok := w.last(alice, "SIP/2.0 200")
	w.expect("answered", "200>alice")
	if strings.Contains(ok, "192.0.2.9") {
		t.Errorf("our Via went upstream:\n%s", ok)
	}
	// RFC 6026: a 2xx that comes again goes upstream again.
	w.reply(bob, answer(out, 200, "tb"))
	w.expect("200 again", "200>alice")
	w.request(invite, relay)
	w.expect("invite again", "200>alice")
	w.request(ackFor(ok, "a1"), nil)
	w.expect("ack", "")
	w.advance(6 * time.Second)
	w.empty()
}

func TestCallBusy(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 486, "tb"))
	busy := w.last(alice, "SIP/2.0 486")
	w.expect("busy", "100>alice INVITE>bob ACK>bob 486>alice")
	w.reply(bob, answer(out, 486, "tb"))
	w.expect("486 again", "ACK>bob")
	w.advance(500 * time.Millisecond)
	w.expect("timer G", "486>alice")
	w.advance(time.Second)
	w.expect("timer G doubled", "486>alice")
	w.request(ackFor(busy, "i1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.request(ackFor(busy, "i1"), nil)
	w.end()
}

func TestNoAnswer(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.take()
	w.advance(119 * time.Second)
	w.expect("before timer C", "")
	w.advance(2 * time.Second)
	w.expect("timer C", "CANCEL>bob 408>alice CANCEL>bob 408>alice")
	w.reply(bob, answer(out, 487, "tb"))
	w.expect("late 487", "ACK>bob")
	w.end()
}

func TestNoReply(t *testing.T) {
	tests := []struct {
		name, request, want string
	}{
		// Timers A and B, then G until H.
		{"INVITE", invite, "INVITE>bob INVITE>bob INVITE>bob INVITE>bob INVITE>bob INVITE>bob INVITE>bob INVITE>bob INVITE>bob 408>alice"},
		{"BYE", bye, "BYE>bob BYE>bob BYE>bob BYE>bob BYE>bob BYE>bob BYE>bob BYE>bob BYE>bob 408>alice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.request(tt.request, relay)
			w.take()
			w.advance(30*time.Second + 100*time.Millisecond)
			w.expect("timers A/E and B/F", tt.want)
			w.end()
		})
	}
}

func TestRetransmissionIntervals(t *testing.T) {
	w := newWorld(t)
	w.request(bye, relay)
	var at []time.Duration
	start := w.clock.Monotonic()
	w.take()
	for w.clock.Monotonic()-start < 16*time.Second {
		w.advance(100 * time.Millisecond)
		if w.take() != "" {
			at = append(at, (w.clock.Monotonic() - start).Round(100*time.Millisecond))
		}
	}
	want := []time.Duration{500, 1500, 3500, 7500, 11500, 15500}
	for i := range want {
		if i >= len(at) || at[i] != want[i]*time.Millisecond {
			t.Fatalf("retransmissions at %v, want %v ms", at, want)
		}
	}
	w.end()
}

func TestProvisionalSlowsNonInvite(t *testing.T) {
	w := newWorld(t)
	w.request(bye, relay)
	w.reply(bob, answer(w.last(bob, "BYE"), 100, ""))
	w.take()
	w.advance(4400 * time.Millisecond)
	w.expect("one retransmission on its way, the next after T2", "BYE>bob")
	w.end()
}

func TestReliableTransportSendsOnce(t *testing.T) {
	w := newWorld(t)
	w.requestBy(w.tcp, strings.Replace(invite, "UDP", "TCP", 1), relayTo("sip:bob@192.0.2.2;transport=tcp"))
	w.take()
	w.advance(20 * time.Second)
	w.expect("no timer A", "")
	w.advance(20 * time.Second)
	w.expect("timer B, no timer G", "408>alice")
	w.end()
}

func TestNonInviteRepeated(t *testing.T) {
	w := newWorld(t)
	w.request(bye, relay)
	out := w.last(bob, "BYE")
	w.expect("bye", "BYE>bob")
	w.request(bye, relay)
	w.expect("again, no reply yet", "")
	w.reply(bob, answer(out, 200, "tb"))
	w.expect("answered", "200>alice")
	w.request(bye, relay)
	w.expect("again", "200>alice")
	w.reply(bob, answer(out, 200, "tb"))
	w.expect("200 of a BYE again", "")
	w.advance(5100 * time.Millisecond)
	w.empty() // timer J
	if w.reply(bob, answer(out, 200, "tb")) {
		t.Error("a reply found a transaction that is gone")
	}
}

func TestCancelAfterProvisional(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.take()
	w.request(strings.Replace(cancel, "Contact:", "Reason: SIP;cause=200\nContact:", 1), nil)
	c := w.last(bob, "CANCEL")
	if !strings.Contains(c, "Reason: SIP;cause=200\r\n") {
		t.Errorf("the Reason of the CANCEL was not passed on:\n%s", c)
	}
	w.expect("cancel", "200>alice CANCEL>bob")
	w.request(cancel, nil)
	w.expect("cancel again", "200>alice")
	w.advance(600 * time.Millisecond)
	w.expect("CANCEL is repeated", "CANCEL>bob")
	w.reply(bob, answer(c, 200, "tb"))
	w.advance(3 * time.Second)
	w.expect("until it is answered", "")
	w.reply(bob, answer(out, 487, "tb"))
	w.expect("487", "ACK>bob 487>alice")
	w.end()
}

func TestCancelBeforeProvisional(t *testing.T) {
	tests := []struct {
		name    string
		method  int64
		first   string // what the CANCEL sends
		ringing string // what the 180 then sends
	}{
		{"487 made here", 0, "200>alice 487>alice", ""},
		{"wait for a provisional reply", 1, "200>alice", "CANCEL>bob"},
		{"at once", 2, "200>alice CANCEL>bob", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.layer.Settings().CancelMethod.Set(tt.method)
			w.request(invite, relay)
			out := w.last(bob, "INVITE")
			w.take()
			w.request(cancel, nil)
			w.expect("cancel", tt.first)
			w.reply(bob, answer(out, 180, "tb"))
			w.expect("ringing", tt.ringing)
			w.reply(bob, answer(out, 487, "tb"))
			w.take()
			w.end()
		})
	}
}

func TestCancelWithoutAnswer(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	w.request(cancel, nil)
	w.take()
	w.advance(30*time.Second + 100*time.Millisecond)
	if got := w.take(); !strings.HasSuffix(got, "487>alice") {
		t.Fatalf("a cancelled call that nobody answered ended with %s", got)
	}
	w.end()
}

func TestCancelRace(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.request(cancel, nil)
	w.take()
	w.reply(bob, answer(out, 200, "tb")) // the 200 crossed the CANCEL
	w.expect("200 wins", "200>alice")
	w.request(cancel, nil)
	w.expect("cancel again", "200>alice")
	w.end()
}

func TestUnmatchedCancel(t *testing.T) {
	w := newWorld(t)
	w.request(cancel, relay)
	w.expect("relayed as any request", "CANCEL>bob")
	w.end()
}

func TestForkOneAnswers(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3"))
	b, c := w.last(bob, "INVITE"), w.last(carol, "INVITE")
	w.expect("fork", "100>alice INVITE>bob INVITE>carol")
	w.reply(bob, answer(b, 180, "tb"))
	w.reply(carol, answer(c, 180, "tc"))
	w.expect("both ring", "180>alice 180>alice")
	w.reply(carol, answer(c, 200, "tc"))
	stop := w.last(bob, "CANCEL")
	if !strings.Contains(stop, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n") {
		t.Errorf("no Reason in\n%s", stop)
	}
	w.expect("carol answers", "200>alice CANCEL>bob")
	w.reply(bob, answer(stop, 200, "tb"))
	w.reply(bob, answer(b, 487, "tb"))
	w.expect("bob is done", "ACK>bob")
	w.end()
}

func TestForkBothAnswer(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3"))
	b, c := w.last(bob, "INVITE"), w.last(carol, "INVITE")
	w.take()
	w.reply(bob, answer(b, 200, "tb"))
	w.reply(carol, answer(c, 200, "tc"))
	w.expect("both 2xx go upstream (RFC 3261 16.7)", "200>alice 200>alice")
	w.end()
}

func TestFork6xx(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3"))
	b, c := w.last(bob, "INVITE"), w.last(carol, "INVITE")
	w.reply(carol, answer(c, 180, "tc"))
	w.take()
	w.reply(bob, answer(b, 603, "tb"))
	w.expect("decline", "ACK>bob CANCEL>carol")
	w.reply(carol, answer(c, 487, "tc"))
	w.expect("all done", "ACK>carol 603>alice")
	w.end()
}

func TestForkChoice(t *testing.T) {
	tests := []struct{ first, second, want int }{
		{404, 486, 404}, {486, 404, 404}, {401, 404, 401}, {404, 407, 407}, {415, 404, 415}, {420, 484, 420}, {487, 486, 486},
		{500, 486, 486}, {302, 404, 302}, {500, 408, 408}, {604, 603, 603}, {404, 603, 603}, {407, 415, 407}, {484, 401, 401}, {499, 484, 484},
	}
	for _, tt := range tests {
		w := newWorld(t)
		w.request(invite, relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3"))
		b, c := w.last(bob, "INVITE"), w.last(carol, "INVITE")
		w.reply(bob, answer(b, tt.first, "tb"))
		w.reply(carol, answer(c, tt.second, "tc"))
		want := sentCode(tt.want)
		if got := w.take(); !strings.HasSuffix(got, want) {
			t.Errorf("%d and %d: sent %s, want it to end with %s", tt.first, tt.second, got, want)
		}
		w.end()
	}
}

func sentCode(code int) string { return strings.Fields(answerLine(code))[1] + ">alice" }

func answerLine(code int) string { return strings.SplitN(answer("", code, ""), "\n", 2)[0] }

func TestChallengesAreMerged(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3"))
	b, c := w.last(bob, "INVITE"), w.last(carol, "INVITE")
	w.reply(carol, strings.Replace(answer(c, 407, "tc"), "Content-Length", "Proxy-Authenticate: Digest realm=\"c\"\nContent-Length", 1))
	w.reply(bob, strings.Replace(answer(b, 401, "tb"), "Content-Length", "WWW-Authenticate: Digest realm=\"b\"\nContent-Length", 1))
	r := w.last(alice, "SIP/2.0 401 Unauthorized")
	if !strings.Contains(r, "WWW-Authenticate: Digest realm=\"b\"\r\nProxy-Authenticate: Digest realm=\"c\"\r\n") {
		t.Errorf("challenges are not merged:\n%s", r)
	}
	w.end()
}

func Test503Becomes500(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	w.reply(bob, answer(w.last(bob, "INVITE"), 503, "tb"))
	w.last(alice, "SIP/2.0 500 Service Unavailable")
	w.end()
}

func TestLateSuccess(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.advance(121 * time.Second)
	w.last(alice, "SIP/2.0 408")
	w.take()
	w.reply(bob, answer(out, 200, "tb"))
	w.expect("a 2xx is never kept back", "200>alice")
	w.end()
}

func TestSerialFork(t *testing.T) {
	w := newWorld(t)
	w.routes[1] = func(t *Transaction) {
		if t.Picked().Status() != 486 {
			w.t.Errorf("failure route saw %d", t.Picked().Status())
		}
		t.State.Plan.OnFailure = 2
		t.State.Target.DstURI = "sip:192.0.2.3"
		_ = t.Relay(&Relay{})
	}
	w.routes[2] = func(t *Transaction) {
		if got := t.Picked().Status(); got != 503 {
			w.t.Errorf("second failure route saw %d: replies of the first step count", got)
		}
		if t.State.Target.DstURI != "" {
			w.t.Errorf("the destination of the first failure route is still there")
		}
	}
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnFailure = 1
		relay(t)
	})
	w.reply(bob, answer(w.last(bob, "INVITE"), 180, "tb"))
	w.expect("first step", "100>alice INVITE>bob 180>alice")
	w.reply(bob, answer(w.invites[bob], 486, "tb"))
	c := w.last(carol, "INVITE")
	w.expect("second step", "ACK>bob INVITE>carol")
	w.reply(carol, answer(c, 503, "tc"))
	w.expect("end", "ACK>carol 500>alice")
	w.end()
}

func TestFailureRouteReplies(t *testing.T) {
	w := newWorld(t)
	w.routes[1] = func(t *Transaction) { _ = t.Respond(&Answer{Code: 433, Reason: "No"}) }
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnFailure = 1
		relay(t)
	})
	w.reply(bob, answer(w.last(bob, "INVITE"), 486, "tb"))
	w.expect("reply of the route", "100>alice INVITE>bob ACK>bob 433>alice")
	w.end()
}

func TestFailureRouteAtTimeout(t *testing.T) {
	w := newWorld(t)
	ran := 0
	w.routes[1] = func(t *Transaction) {
		ran++
		b := t.Picked()
		if !b.TimedOut() || b.Replied() || b.Status() != 408 {
			w.t.Errorf("timed out %v, replied %v, status %d", b.TimedOut(), b.Replied(), b.Status())
		}
		t.State.Branches = append(t.State.Branches, Target{URI: "sip:voicemail@192.0.2.3", Q: QUnset})
		_ = t.Relay(&Relay{})
	}
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnFailure = 1
		t.State.Plan.FR = 2000
		relay(t)
	})
	w.take()
	w.advance(2100 * time.Millisecond)
	if ran != 1 {
		t.Fatalf("the failure route ran %d times", ran)
	}
	c := w.last(carol, "INVITE")
	w.reply(carol, answer(c, 200, "tc"))
	w.last(alice, "SIP/2.0 200")
	w.end()
}

func TestBranchFailureRoute(t *testing.T) {
	w := newWorld(t)
	w.routes[3] = func(t *Transaction) {
		t.State.Branches = append(t.State.Branches, Target{URI: "sip:flow2@192.0.2.3", Q: QUnset})
		_ = t.Relay(&Relay{})
	}
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnBranchFailure = 3
		relay(t)
	})
	w.reply(bob, answer(w.last(bob, "INVITE"), 430, "tb"))
	c := w.last(carol, "INVITE")
	w.reply(carol, answer(c, 200, "tc"))
	w.last(alice, "SIP/2.0 200")
	w.end()
}

func TestReplyRouteDropsOnlyProvisional(t *testing.T) {
	w := newWorld(t)
	w.replies[4] = func(*Transaction, *Branch, *Received) bool { return false }
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnReply = 4
		relay(t)
	})
	out := w.last(bob, "INVITE")
	w.take()
	w.reply(bob, answer(out, 180, "tb"))
	w.expect("180 dropped", "")
	w.reply(bob, answer(out, 486, "tb"))
	w.expect("486 is not", "ACK>bob 486>alice")
	w.end()
}

func TestBranchRoute(t *testing.T) {
	w := newWorld(t)
	w.branches = func(t *Transaction, b *Branch) bool {
		if b.Target.URI == "sip:b@192.0.2.2" {
			return false
		}
		t.Request().AppendHeader("X-Branch: yes\r\n")
		return true
	}
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnBranch = 1
		relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3")(t)
	})
	if out := w.last(carol, "INVITE"); !strings.Contains(out, "X-Branch: yes") {
		t.Errorf("the edit of the branch route is missing:\n%s", out)
	}
	w.expect("the dropped branch is not sent", "100>alice INVITE>carol")
	w.end()
}

// TestPrintingSeesTheState: what a script put into a message is printed with the
// State in force; a branch route's Record-Route parameters are its branch's.
func TestPrintingSeesTheState(t *testing.T) {
	w := newWorld(t)
	w.branches = func(t *Transaction, b *Branch) bool {
		if b.Index == 0 {
			t.State.RouteParams += ";branch=0"
		}
		return true
	}
	w.request(invite, func(t *Transaction) {
		t.State.Plan.OnBranch = 1
		t.State.RouteParams = ";all=1"
		t.Request().InsertFunc(t.Request().FirstLineEnd(), sip.After, func(dst []byte, o *sip.Outgoing) []byte {
			s, ok := o.Data.(*State)
			if !ok {
				return dst
			}
			return append(append(append(dst, "X-Params: "...), s.RouteParams...), "\r\n"...)
		})
		relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3")(t)
		if p := t.State.RouteParams; p != ";all=1" {
			w.t.Errorf("the request's own parameters are %q", p)
		}
	})
	for to, want := range map[netip.AddrPort]string{bob: ";all=1;branch=0", carol: ";all=1"} {
		if text := w.last(to, "INVITE"); !strings.Contains(text, "X-Params: "+want+"\r\n") {
			t.Errorf("to %v: no X-Params: %s in\n%s", to, want, text)
		}
	}
	w.end()
}
