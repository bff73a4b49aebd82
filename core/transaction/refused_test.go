// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"strings"
	"testing"
)

// A connection that does not open ends a request of our own at once, and once; a
// transaction that is gone hears nothing.
func TestRefusedLocalRequest(t *testing.T) {
	w := newWorld(t)
	var got []int
	x, err := w.layer.Send(&LocalRequest{Method: "NOTIFY", URI: "sip:b@192.0.2.2;transport=tcp", From: "<sip:me@x>;tag=1", To: "<sip:b@b>;tag=2",
		Brief: true, Events: LocalDone, Heard: func(n *Notice) { got = append(got, n.Code) }}, w)
	if err != nil {
		t.Fatal(err)
	}
	x.Unref()
	refused := w.sent[len(w.sent)-1].to.Refused
	if refused == nil {
		t.Fatal("nobody hears of a refusal")
	}
	(*refused)(errors.New("refused"))
	(*refused)(errors.New("refused"))
	if len(got) != 1 || got[0] != 503 {
		t.Errorf("told of %v, want 503", got)
	}
	w.end()
	(*refused)(errors.New("refused"))
	if len(got) != 1 {
		t.Errorf("told of %v", got)
	}
}

// What answers comes before a refusal that is late.
func TestRefusedAfterReply(t *testing.T) {
	w := newWorld(t)
	var got []int
	x, err := w.layer.Send(&LocalRequest{Method: "NOTIFY", URI: "sip:b@192.0.2.2;transport=tcp", From: "<sip:me@x>;tag=1", To: "<sip:b@b>;tag=2",
		Events: LocalDone, Heard: func(n *Notice) { got = append(got, n.Code) }}, w)
	if err != nil {
		t.Fatal(err)
	}
	x.Unref()
	sent := w.sent[len(w.sent)-1]
	w.reply(bob, answer(sent.text, 200, "2"))
	(*sent.to.Refused)(errors.New("refused"))
	if len(got) != 1 || got[0] != 200 {
		t.Errorf("told of %v, want 200", got)
	}
	w.end()
}

// What no datagram takes is told from what cannot be sent.
func TestTooLargeLocalRequest(t *testing.T) {
	w := newWorld(t)
	w.datagram = 300
	for body, want := range map[string]*Error{strings.Repeat("x", 300): ErrTooLarge, "": nil} {
		x, err := w.layer.Send(&LocalRequest{Method: "NOTIFY", URI: "sip:b@192.0.2.2", From: "<sip:me@x>;tag=1", To: "<sip:b@b>;tag=2", Body: body}, w)
		if x != nil {
			x.Unref()
		}
		if got, _ := err.(*Error); got != want {
			t.Errorf("%d bytes: got %v, want %v", len(body), err, want)
		}
	}
	w.end()
}
