// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// TestBound: beyond Options.Memory requests are refused, all but those that
// end calls, and it is told once in a while; when others are gone there is
// room again.
func TestBound(t *testing.T) {
	w := newWorld(t)
	var lines strings.Builder
	w.layer.opt.Log = slog.New(slog.NewTextHandler(&lines, nil))
	message := func(i int) string { return makeRequest("MESSAGE", fmt.Sprint("m", i), i) }
	limit := 16 * costOf(len(message(10))+10)
	w.layer.opt.Memory, w.layer.slots.limit = limit, limit
	create := func(text string) error {
		r := w.received(alice, w.udp, text)
		defer w.done(r)
		x, fresh, err := w.layer.Create(r)
		if err != nil {
			return err
		}
		if !fresh {
			t.Fatal("not a new transaction")
		}
		relay(x)
		x.EndScript()
		x.Unref()
		return nil
	}
	n := 0
	for create(message(n)) == nil {
		n++
	}
	if n < 14 || n > 15 {
		t.Errorf("%d transactions found room, want 15", n)
	}
	for range 9 {
		if err := create(message(n)); !errors.Is(err, ErrFull) {
			t.Errorf("beyond the bound: %v", err)
		}
	}
	if err := create(makeRequest("BYE", "bye", 1)); err != nil {
		t.Errorf("no room for a BYE: %v", err)
	}
	w.request(message(0), func(*Transaction) { t.Error("a retransmission made a transaction") })
	if got := w.layer.Stats().Refused; got != 10 {
		t.Errorf("%d counted, want 10", got)
	}
	if got := strings.Count(lines.String(), "no memory is left"); got != 1 {
		t.Errorf("%d log lines, want one:\n%s", got, &lines)
	}
	w.advance(time.Minute)
	if err := create(message(n)); err != nil {
		t.Errorf("after the others ended: %v", err)
	}
	w.end()
	if got := w.layer.Memory(); got != 0 {
		t.Errorf("%d bytes are counted when nothing is left", got)
	}
}

// TestBranchesCount: each branch is memory.
func TestBranchesCount(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relayTo("sip:bob@192.0.2.2", "sip:carol@192.0.2.3"))
	if one := costOf(len(invite)); w.layer.Memory() < one+int64(len(invite)) {
		t.Errorf("two branches count for %d bytes, one for %d", w.layer.Memory(), one)
	}
	w.end()
	if got := w.layer.Memory(); got != 0 {
		t.Errorf("%d bytes are counted when nothing is left", got)
	}
}

// TestTrim: what is kept for the next requests can be given back, and what is
// at work stays.
func TestTrim(t *testing.T) {
	w := newWorld(t)
	w.request(bye, relay)
	w.request(invite, relay)
	w.reply(bob, answer(w.last(bob, "BYE"), 200, "tb"))
	w.advance(10 * time.Second)
	count := func() (n int) {
		w.layer.slots.each(func(*Transaction) { n++ })
		return n
	}
	if n := count(); n != 2 {
		t.Fatalf("%d transactions are kept, want 2", n)
	}
	w.layer.Trim()
	w.take()
	if n := count(); n != 1 {
		t.Errorf("%d transactions are kept, want the one at work", n)
	}
	w.reply(bob, answer(w.invites[bob], 200, "tb"))
	w.expect("the call goes on", "200>alice")
	w.request(makeRequest("MESSAGE", "m", 3), relay)
	w.end()
}

func TestLocalRequestsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.layer.opt.Memory, w.layer.slots.limit = 1, 1
	_, err := w.layer.Send(&LocalRequest{Method: sip.MethodOptions.String(), URI: "sip:bob@192.0.2.2", From: "<sip:a@b>;tag=1", To: "<sip:b@b>"}, nil)
	if !errors.Is(err, ErrFull) {
		t.Errorf("Send() = %v, want %v", err, ErrFull)
	}
}
