// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/limit"
)

func TestParsePipe(t *testing.T) {
	for _, row := range []struct {
		text string
		n    int
		want definition
		bad  string
	}{
		{text: "0:TAILDROP:200", want: definition{limit.TailDrop, 200}},
		{text: "31:red:1", n: 31, want: definition{limit.RED, 1}},
		{text: "3:FEEDBACK:100", n: 3, want: definition{limit.Feedback, 100}},
		{text: "4 : NETWORK : 10000", n: 4, want: definition{limit.Network, 10000}},
		{text: "32:RED:1", bad: "0 to 31"},
		{text: "-1:RED:1", bad: "0 to 31"},
		{text: "x:RED:1", bad: "0 to 31"},
		{text: "0:RED", bad: "NUMBER:ALGORITHM:LIMIT"},
		{text: "0:RED:x", bad: "NUMBER:ALGORITHM:LIMIT"},
		{text: "0:RED:-1", bad: "0 or more"},
		{text: "0:FEEDBACK:101", bad: "100 percent"},
		{text: "0:LEAKY:1", bad: "unknown algorithm"},
	} {
		n, d, err := parsePipe(row.text)
		switch {
		case row.bad != "" && (err == nil || !strings.Contains(err.Error(), row.bad)):
			t.Errorf("%s: got %v, want %s", row.text, err, row.bad)
		case row.bad == "" && (err != nil || n != row.n || d != row.want):
			t.Errorf("%s: got %d, %+v, %v", row.text, n, d, err)
		}
	}
}

func TestQueues(t *testing.T) {
	r := New()
	for _, text := range []string{"0:REGISTER", "3:INVITE", "2:*", "1:OPTIONS"} {
		if err := r.addQueue(text); err != nil {
			t.Fatal(err)
		}
	}
	l := r.newLimits().(*limits)
	for method, want := range map[string]int{"REGISTER": 0, "invite": 3, "OPTIONS": 2, "FOO": 2} {
		if n, ok := l.pipeOf(method); !ok || n != want {
			t.Errorf("%s: got %d, %v, want %d", method, n, ok, want)
		}
	}
	for _, text := range []string{"", "x", "0:", "x:INVITE", "32:INVITE"} {
		if err := r.addQueue(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for len(r.queues) < maxQueues {
		r.queues = append(r.queues, queue{})
	}
	if err := r.addQueue("0:INFO"); err != errQueues {
		t.Errorf("the 33rd queue: got %v", err)
	}
}

func FuzzDefinitions(f *testing.F) {
	f.Add("0:TAILDROP:200")
	f.Add("2:*")
	f.Fuzz(func(t *testing.T, text string) {
		if n, d, err := parsePipe(text); err == nil && (n < 0 || n >= maxPipes || d.limit < 0) {
			t.Errorf("%q is pipe %d, %+v", text, n, d)
		}
		if q, err := parseQueue(text); err == nil && (q.pipe < 0 || q.pipe >= maxPipes || q.method == "") {
			t.Errorf("%q is queue %+v", text, q)
		}
	})
}
