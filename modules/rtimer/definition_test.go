// SPDX-License-Identifier: Apache-2.0

package rtimer

import (
	"strings"
	"testing"
	"time"
)

func TestAddTimer(t *testing.T) {
	for _, tt := range []struct {
		text string
		want definition
		err  string
	}{
		{text: "name=ta;interval=10;mode=1;", want: definition{name: "ta", period: 10 * time.Second, mode: 1}},
		{text: "name=ta;interval=100000u;mode=3", want: definition{name: "ta", period: 100 * time.Millisecond, mode: 3}},
		{text: " name = ta ; ", want: definition{name: "ta", mode: 1}},
		{text: "interval=10", err: "name=NAME"},
		{text: "name=ta;interval=10s", err: "no interval"},
		{text: "name=ta;interval=-1", err: "no interval"},
		{text: "name=ta;mode=x", err: "no number"},
		{text: "name=ta;mode=99999", err: "no number"},
		{text: "name=ta;period=1", err: "unknown attribute"},
		{text: "name", err: "no value"},
	} {
		r := New()
		err := r.addTimer(tt.text)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: error %v, want %q", tt.text, err, tt.err)
			}
		case err != nil || r.timers[0].name != tt.want.name || r.timers[0].period != tt.want.period || r.timers[0].mode != tt.want.mode:
			t.Errorf("%q is %+v, %v, want %+v", tt.text, r.timers, err, tt.want)
		}
	}
	r := New()
	if r.addTimer("name=a") != nil || r.addTimer("name=a") == nil {
		t.Error("a timer may be defined twice")
	}
}

func FuzzDefinitions(f *testing.F) {
	f.Add("name=ta;interval=100u;mode=2;timer=x;route=y")
	f.Fuzz(func(t *testing.T, text string) {
		r := New()
		if r.addTimer(text) == nil && (r.timers[0].name == "" || r.timers[0].period < 0) {
			t.Errorf("%q is %+v", text, r.timers[0])
		}
		_ = r.addExec(text)
	})
}
