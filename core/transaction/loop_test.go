// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// comesBack takes a request that was sent back to the server, with another
// Request-URI, and runs script. It returns the error of the relaying.
func (w *world) comesBack(sent, uri string, targets ...string) (err error) {
	w.t.Helper()
	_, rest, _ := strings.Cut(sent, " SIP/2.0\r\n")
	method, _, _ := strings.Cut(sent, " ")
	text := method + " " + uri + " SIP/2.0\r\n" + rest
	w.request(strings.ReplaceAll(text, "\r\n", "\n"), func(t *Transaction) {
		t.State.Target.URI = targets[0]
		for _, u := range targets[1:] {
			t.State.Branches = append(t.State.Branches, Target{URI: u, Q: QUnset})
		}
		err = t.Relay(&Relay{})
	})
	return err
}

const (
	uriBob   = "sip:bob@192.0.2.2"
	uriCarol = "sip:carol@192.0.2.3"
)

func TestLoopOfForks(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo(uriBob, uriCarol))
	sent := w.last(bob, "INVITE")
	w.take()
	if err := w.comesBack(sent, uriBob, uriBob, uriCarol); err != ErrLoop {
		t.Errorf("forked again with the same Request-URI: %v, want %v", err, ErrLoop)
	}
	w.expect("a loop", "100>alice 482>alice")
	if err := w.comesBack(w.invites[carol], uriCarol, uriBob, uriCarol); err != nil {
		t.Errorf("forked with another Request-URI: %v", err)
	}
	w.expect("a spiral", "100>alice INVITE>bob INVITE>carol")
	w.end()
}

// TestNoLoop: what comes back from where it went alone is forked, and so is
// what others than this server put a Via on.
func TestNoLoop(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo(uriCarol))
	if err := w.comesBack(w.last(carol, "INVITE"), uriBob, uriBob, uriCarol); err != nil {
		t.Errorf("back from an application server: %v", err)
	}
	sent := w.last(bob, "INVITE")
	forged := strings.Replace(sent, "branch=z9hG4bK", "branch=z9hG4bKx", 1)
	if err := w.comesBack(forged, uriBob, uriBob, uriCarol); err != nil {
		t.Errorf("with another Via: %v", err)
	}
	w.end()
}

// TestBreadth: however the Request-URI changes on its ways, one request leads
// to a bounded number of forks.
func TestBreadth(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo(uriBob, uriCarol))
	var err error
	forks := 1
	for ; err == nil && forks < 10*callDepth; forks++ {
		err = w.comesBack(w.invites[bob], fmt.Sprintf("sip:u%d@192.0.2.9", forks), uriBob, uriCarol)
		w.take()
		if forks%8 == 0 { // Max-Forwards ends each way by itself: begin another one
			w.invites[bob] = w.invites[carol]
		}
	}
	if !errors.Is(err, ErrBreadth) || forks != callDepth {
		t.Errorf("after %d forks: %v, want %v after %d", forks, err, ErrBreadth, callDepth)
	}
	w.end()
}
