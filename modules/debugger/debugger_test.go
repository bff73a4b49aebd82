// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

func TestLine(t *testing.T) {
	for _, tc := range []struct {
		format int
		a      module.Action
		want   string
	}{
		{0, module.Action{Name: "if", Code: 16, Kind: module.RequestRoute, File: "/x", Line: 3}, "request_route=[DEFAULT_ROUTE] c=[/x] l=3 a=16 n=if"},
		{1, module.Action{Name: "if", Code: 16, Kind: module.RequestRoute, Route: "A", File: "/x", Line: 3}, "request_route=[A] l=3 a=16 n=if"},
		{1, module.Action{Name: "xlog", Code: 25, Kind: module.CoreReplyRoute, Line: 1}, "onreply_route=[DEFAULT_ONREPLY] l=1 a=25 n=xlog"},
		{1, module.Action{Name: "xlog", Code: 25, Kind: module.ReplyRoute, Route: "R", Line: 1}, "onreply_route=[R] l=1 a=25 n=xlog"},
		{1, module.Action{Name: "xlog", Code: 25, Kind: module.OnSendRoute, Line: 1}, "onsend_route=[DEFAULT_SEND] l=1 a=25 n=xlog"},
		{1, module.Action{Name: "xlog", Code: 25, Kind: module.FailureRoute, Route: "F", Line: 1}, "failure_route=[F] l=1 a=25 n=xlog"},
		{1, module.Action{Name: "xlog", Code: 25, Kind: module.BranchRoute, Route: "B", Line: 1}, "branch_route=[B] l=1 a=25 n=xlog"},
		{1, module.Action{Name: "x", Code: 25, Kind: module.EventRoute, Route: "core:e", Line: 1}, "request_route=[core:e] l=1 a=25 n=x"},
		{0, module.Action{Name: "seturi", Code: 12, Kind: module.RequestRoute}, "request_route=[] c=[] l=0 a=12 n=seturi"},
	} {
		d := &Debugger{format: tc.format}
		if got := d.line(&tc.a); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

func TestWrongParameters(t *testing.T) {
	for want, set := range map[string]func(*Debugger){
		"breakpoint": func(d *Debugger) { d.breakpoint = 1 },
		"cfgt":       func(d *Debugger) { d.cfgtest = 1 },
		`"tm"`:       func(d *Debugger) { d.levels = []string{"tm"} },
		`"tm=x"`:     func(d *Debugger) { d.levels = []string{"tm=x"} },
		`"=3"`:       func(d *Debugger) { d.levels = []string{"=3"} },
		`"tm=LOG_X"`: func(d *Debugger) { d.facilities = []string{"tm=LOG_X"} },
	} {
		d := New()
		set(d)
		if err := d.Prepare(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := New().Prepare(nil); err != nil {
		t.Error(err)
	}
}

func FuzzSplitLevel(f *testing.F) {
	for _, text := range []string{"tm=3", "core=-9", "=", "x=", "a=b=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if name, _, err := splitLevel(text); err == nil && name == "" {
			t.Errorf("%q has no name", text)
		}
	})
}

func TestDifferences(t *testing.T) {
	var b strings.Builder
	a, z := sections("X\r\nA: 1\r\nB: 2\r\n\r\nbody\r\n"), sections("X\r\nA: 1\r\nC: 3\r\n\r\nother\r\n")
	differences(&b, a.header, z.header)
	differences(&b, a.body, z.body)
	if want := "- B: 2\nC: 3\n- body\nother\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
