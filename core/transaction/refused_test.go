// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

var errRefused = errors.New("refused")

// notify sends a request of our own; got are the codes that it ends with.
func notify(t *testing.T, w *world, uri string) (got *[]int) {
	t.Helper()
	got = new([]int)
	x, err := w.layer.Send(&LocalRequest{Method: "NOTIFY", URI: uri, From: "<sip:me@x>;tag=1", To: "<sip:b@b>;tag=2",
		Brief: true, Events: LocalDone, Heard: func(n *Notice) { *got = append(*got, n.Code) }}, w)
	if err != nil {
		t.Fatal(err)
	}
	x.Unref()
	return got
}

// A connection that does not open ends a request of our own at once, and once, in a
// goroutine of the engine: who opens connections waits for no transaction. One that
// is gone hears nothing.
func TestRefusedLocalRequest(t *testing.T) {
	w := newWorld(t)
	got := notify(t, w, "sip:b@192.0.2.2;transport=tcp")
	refused := w.sent[len(w.sent)-1].to.Refused
	if refused == nil {
		t.Fatal("nobody hears of a refusal")
	}
	var begun []func()
	w.layer.opt.Go = func(_ string, f func()) { begun = append(begun, f) }
	(*refused)(errRefused)
	(*refused)(errRefused)
	if len(*got) != 0 || len(begun) != 2 {
		t.Errorf("told of %v in the goroutine of the connection, %d others begun", *got, len(begun))
	}
	begun[0]()
	begun[1]()
	if !slices.Equal(*got, []int{503}) {
		t.Errorf("told of %v, want 503", *got)
	}
	w.layer.opt.Go = func(_ string, f func()) { f() }
	w.end()
	(*refused)(errRefused)
	if len(*got) != 1 {
		t.Errorf("told of %v", *got)
	}
}

// What answers comes before a refusal that is late.
func TestRefusedAfterReply(t *testing.T) {
	w := newWorld(t)
	got := notify(t, w, "sip:b@192.0.2.2;transport=tcp")
	sent := w.sent[len(w.sent)-1]
	w.reply(bob, answer(sent.text, 200, "2"))
	(*sent.to.Refused)(errRefused)
	if !slices.Equal(*got, []int{200}) {
		t.Errorf("told of %v, want 200", *got)
	}
	w.end()
}

// A refusal sends the request to the next address, once, whether the sender learns of
// it or the connection tells, or both.
func TestRefusedFailover(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		w := newWorld(t)
		twoAddresses(w)
		w.fail[bob] = atOnce
		got := notify(t, w, "sip:b@gw.example;transport=tcp")
		(*w.tried[0].Refused)(errRefused)
		if len(*got) != 0 {
			t.Errorf("at once %v: told of %v while the other address is asked", atOnce, *got)
		}
		w.reply(carol, answer(w.last(carol, "NOTIFY"), 200, "2"))
		if !slices.Equal(*got, []int{200}) || len(w.tried) != 2 {
			t.Errorf("at once %v: told of %v, want 200, after %d tries", atOnce, *got, len(w.tried))
		}
		w.end()
	}
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
