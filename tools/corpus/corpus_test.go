// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestBothJudgeAlike holds the verdicts: where kahea must do as Kamailio does
// and does not, there is a reason, and no reason is left for what is alike.
// The examples in documents, many more than the files, belong to the run with
// servers.
func TestBothJudgeAlike(t *testing.T) {
	all := os.Getenv("KAHEA_REQUIRE_SERVERS") == "1"
	if _, err := exec.LookPath("kamailio"); err != nil {
		if all {
			t.Fatal(err)
		}
		t.Skip("kamailio is not installed")
	}
	subjects, err := Subjects("../../" + stockFolder)
	if err != nil {
		t.Fatal(err)
	}
	if !all {
		subjects = slices.DeleteFunc(subjects, func(s *Subject) bool { return s.Group == groupReadme })
	}
	if len(subjects) < 50 {
		t.Fatalf("only %d configurations were found", len(subjects))
	}
	if err := JudgeAll(subjects); err != nil {
		t.Fatal(err)
	}
	accepted, judged := 0, 0
	why := reasons()
	for _, s := range subjects {
		if s.Kamailio.Kind == Accepted {
			accepted++
		}
		if s.Kamailio.Kind != Absent {
			judged++
		}
		switch known := why[s.Name] != ""; {
		case s.Differs() && !known:
			t.Errorf("%s: kamailio: %s; kahea: %s\n%s", s.Name, s.Kamailio, s.Kahea, s.Wrapped)
		case !s.Differs() && known && s.Kamailio.Kind != Absent:
			t.Errorf("%s is judged alike now: take its reason out", s.Name)
		}
	}
	if all && accepted*5 < judged*2 {
		t.Errorf("kamailio has accepted only %d of %d: what stands around the examples is wrong", accepted, judged)
	}
}

func TestExamples(t *testing.T) {
	text := `
   Example 1.1. Set a
...
modparam("m", "a", 1)
...

1.2. b (int)

   Prose.

   Example 1.2. b usage, with a title that
   is long
...
if (b()) {
...
	exit;
}
...

   More prose.

   Example 1.3. Set c
...
modparam("m", "c", "x")
...

onreply_route["x"] {
	exit;
}

2. Functions
`
	want := []example{
		{"1.1", "modparam(\"m\", \"a\", 1)\n"},
		{"1.2", "if (b()) {\n\texit;\n}\n"},
		{"1.3", "modparam(\"m\", \"c\", \"x\")\n\nonreply_route[\"x\"] {\n\texit;\n}\n"},
	}
	if got := examples(text); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	have := map[string]bool{"pike": true, "xlog": true, "sl": true, "tm": true}
	for _, tt := range []struct{ name, text, frame, want string }{
		{"a parameter", "modparam(\"pike\", \"density\", 3)\n", "request_route",
			"loadmodule \"pike.so\"\nmodparam(\"pike\", \"density\", 3)\nrequest_route {\n\texit;\n}\n"},
		{"statements", "if (!pike_check_req()) {\n\txlog(\"x\");\n}\n", "request_route",
			"loadmodule \"pike.so\"\nloadmodule \"xlog.so\"\n\nrequest_route {\nif (!pike_check_req()) {\n\txlog(\"x\");\n}\n}\n"},
		{"a reply", "route(LOG);\n", "onreply_route[EXAMPLE]",
			"loadmodule \"pike.so\"\n\nonreply_route[EXAMPLE] {\nroute(LOG);\n}\nrequest_route {\n\texit;\n}\nroute[LOG] {\n\treturn;\n}\n"},
		{"parameter, then statement", "modparam(\"pike\", \"density\", 3)\nt_relay();\n", "request_route",
			"loadmodule \"pike.so\"\nloadmodule \"tm.so\"\nmodparam(\"pike\", \"density\", 3)\nrequest_route {\nt_relay();\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := wrap(&Subject{Text: tt.text, Module: "pike"}, tt.frame, have, nil); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestReadKamailio(t *testing.T) {
	for _, tt := range []struct {
		out  string
		kind Kind
		why  string
	}{
		{"0(1) CRITICAL: <core> [core/cfg.y:3]: yyerror_at(): parse error in config file /d/x.cfg, line 6, column 1: syntax error\n", BadSyntax, "line 6"},
		{"0(1) CRITICAL: <core> [core/cfg.y:3]: yyerror_at(): parse error in config file /d/x.cfg, from line 8, column 32 to line 12, column 20: syntax error\n", BadSyntax, "line 8"},
		{"0(1) ERROR: <core> [core/sr_module.c:5]: load_module(): could not find module <nosuch> in </usr/lib/m>\n", Absent, "module nosuch"},
		{"0(1) ERROR: <core> [core/x.c:5]: f(): no such thing\nERROR: bad config file (1 errors)\n", Refused, "no such thing"},
	} {
		if v := readKamailio(tt.out, "/d/x.cfg"); v.Kind != tt.kind || v.Why != tt.why {
			t.Errorf("%s: got %v", tt.out, v)
		}
	}
}

func TestNumbers(t *testing.T) {
	if got := numbers([]string{"1.1", "1.2", "1.3", "1.5", "2.1", "2.2"}); got != "1.1–1.3 1.5 2.1 2.2" {
		t.Errorf("got %s", got)
	}
}

func TestReasonsAreGiven(t *testing.T) {
	for line := range strings.Lines(reasonText) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "\t") {
			t.Errorf("no reason in %q", line)
		}
	}
}
