// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
	"time"
)

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

// A brief transaction is gone with its final reply: a late one finds nobody.
func TestBriefLocalRequest(t *testing.T) {
	for _, brief := range []bool{false, true} {
		w := newWorld(t)
		x, err := w.layer.Send(&LocalRequest{Method: "NOTIFY", URI: "sip:b@192.0.2.2", From: "<sip:me@x>;tag=1", To: "<sip:b@b>;tag=2", Headers: "Max-Forwards: 5\r\n", MaxForwards: -1, Brief: brief}, w)
		if err != nil {
			t.Fatal(err)
		}
		x.Unref()
		out := w.last(bob, "NOTIFY")
		if strings.Count(out, "Max-Forwards: ") != 1 {
			t.Errorf("Max-Forwards is not once in\n%s", out)
		}
		w.reply(bob, answer(out, 200, "2"))
		w.advance(time.Second)
		if known := w.reply(bob, answer(out, 200, "2")); known == brief {
			t.Errorf("brief %v: a late reply is known: %v", brief, known)
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
