// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
)

// What cannot be told at the end is an error that names the cause: the database, or
// memory for the transactions of NOTIFYs.
func TestFinishFails(t *testing.T) {
	p, _, _, at := newStill(t, "alice")
	cause := errors.New("down")
	p.pubs = &down{p.pubs, cause}
	does(t, p, at, "one", "", "", 600)
	if err := p.Finish(t.Context()); !errors.Is(err, cause) || !strings.Contains(err.Error(), "sip:bob@x") {
		t.Errorf("the database: got %v", err)
	}
	p, _, _, at = newStill(t, "alice")
	if err := p.Finish(t.Context()); err != nil {
		t.Errorf("nothing is owed: %v", err)
	}
	p.notifier.hold(at.subs[0])
	if err := p.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "1 watchers") {
		t.Errorf("memory: got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Finish(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("no time is left: %v", err)
	}
}

// Finish waits for NOTIFYs that others have begun to send, and for what they start.
func TestFinishWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, _, _ := newStill(t)
		start := func(_ string, f func()) { go f() }
		first, second := make(chan struct{}), make(chan struct{})
		p.busy.run("", func() {
			<-first
			p.busy.run("", func() { <-second }, start)
		}, start)
		finished := make(chan error, 1)
		go func() { finished <- p.Finish(t.Context()) }()
		for _, hold := range []chan struct{}{first, second} {
			synctest.Wait()
			if len(finished) != 0 {
				t.Fatal("somebody is at work")
			}
			close(hold)
		}
		if err := <-finished; err != nil {
			t.Error(err)
		}
	})
}
