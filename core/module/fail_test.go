// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// A function that fails on what peers send must not let them fill the log.
func TestFailIsToldOnceInAWhile(t *testing.T) {
	var out bytes.Buffer
	c := new(Call)
	c.SetLog(slog.New(slog.NewTextHandler(&out, nil)))
	here, there := &Position{File: "a.cfg", Line: 1}, &Position{File: "a.cfg", Line: 2}
	start := time.Unix(1000, 0)
	for i := range 100 {
		c.Packet.Time, c.Line = start.Add(time.Duration(i)*50*time.Millisecond), here
		if c.Fail("f", errors.New("bad")) != False {
			t.Fatal("a failed function is false")
		}
		c.Line = there
		c.Fail("g", errors.New("bad"))
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines for two places within five seconds:\n%s", n, &out)
	}
	c.Packet.Time, c.Line = start.Add(failQuiet), here
	c.Fail("f", errors.New("bad"))
	if !strings.Contains(out.String(), "repeated=99") {
		t.Errorf("it is not told how often:\n%s", &out)
	}
}

// TestFailIsToldForAllWorkers: what fails for many workers at once, as where the
// database hangs, is one line.
func TestFailIsToldForAllWorkers(t *testing.T) {
	var out bytes.Buffer
	here, g := &Position{File: "a.cfg", Line: 1}, new(Generation)
	for range 100 {
		c := &Call{Gen: g, Line: here}
		c.Packet.Time = time.Unix(1000, 0)
		c.SetLog(slog.New(slog.NewTextHandler(&out, nil)))
		c.Fail("f", errors.New("bad"))
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
}

// TestOtherFailuresOfAPlace: another error is told too, but not each of many.
func TestOtherFailuresOfAPlace(t *testing.T) {
	var out bytes.Buffer
	c := &Call{Gen: new(Generation), Line: &Position{File: "a.cfg", Line: 1}}
	c.Packet.Time = time.Unix(1000, 0)
	c.SetLog(slog.New(slog.NewTextHandler(&out, nil)))
	for i := range 100 {
		c.Fail("f", fmt.Errorf("bad %d", i))
	}
	if n := strings.Count(out.String(), "\n"); n != repeatTexts {
		t.Errorf("%d lines, want %d:\n%s", n, repeatTexts, &out)
	}
}
