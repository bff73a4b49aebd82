// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// While the server is away one attempt is let through after each pause, which
// grows to its limit.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		away := errors.New("refused")
		if err := g.Enter(); err != nil || g.There() {
			t.Errorf("the server is there: got %v, want to pass and no news", err)
		}
		if !g.Lost(away) {
			t.Error("the loss is no news")
		}
		for _, pause := range []time.Duration{100, 200, 400, 800, 1600, 2000, 2000} {
			time.Sleep(pause*time.Millisecond - 1)
			if err := g.Enter(); !errors.Is(err, db.ErrUnavailable) || !errors.Is(err, away) {
				t.Errorf("before %v ms: got %v, want that the server is away", int(pause), err)
			}
			time.Sleep(1)
			if err := g.Enter(); err != nil {
				t.Errorf("after %v ms: got %v, want an attempt", int(pause), err)
			}
			if err := g.Enter(); err == nil {
				t.Error("there are two attempts at once")
			}
			if g.Lost(away) {
				t.Error("a further attempt that fails is news")
			}
		}
		time.Sleep(lastPause)
		if err := g.Enter(); err != nil {
			t.Error(err)
		}
		g.Undecided()
		if err := g.Enter(); err != nil {
			t.Errorf("after an attempt that told nothing: got %v, want another one", err)
		}
		if !g.There() || g.Enter() != nil {
			t.Error("the server is back, the gate is not open")
		}
	})
}

func TestGateForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := Gate{ForGood: true}
		g.Lost(errors.New("refused"))
		time.Sleep(time.Hour)
		if err := g.Enter(); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("got %v, want that the server stays away", err)
		}
	})
}

// While many wait for a server that answers none of them, nobody else does. One
// answer is enough, and so is that few wait.
func TestGateOfOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter := func(when string, want bool) {
			t.Helper()
			if err := g.Enter(); (err == nil) != want || err != nil && !errors.Is(err, db.ErrUnavailable) {
				t.Fatalf("%s: got %v", when, err)
			}
		}
		time.Sleep(time.Hour) // nothing asked for a while
		for range MostWaiting + 1 {
			enter("at once", true)
		}
		time.Sleep(silence)
		enter("before the silence is over", true)
		time.Sleep(1)
		if g.Hung() {
			t.Error("it hangs before an operation was not tried")
		}
		enter("after a silence", false)
		if !g.Hung() || g.Hung() {
			t.Error("that it hangs is not told once")
		}
		if !g.There() || g.There() {
			t.Error("that it answers is not told once")
		}
		g.backlog.Count() // for the second answer
		enter("after an answer", true)
		time.Sleep(silence + 1)
		enter("after the next silence", false)
		for range 3 {
			g.Undecided()
		}
		enter("when few wait", true)
		for range MostWaiting {
			g.Undecided()
		}
		enter("when none waits", true)
	})
}

// Where nearly all places are taken, there is less time.
func TestGateWithoutPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		for range MostWaiting + MostWaiting/4 {
			if err := g.Enter(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(fullSilence)
		if err := g.Enter(); err != nil {
			t.Error(err)
		}
		time.Sleep(1)
		if err := g.Enter(); !errors.Is(err, ErrHangs) {
			t.Errorf("got %v, want that the server hangs", err)
		}
	})
}
