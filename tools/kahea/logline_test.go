// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// changing is a prefix that is another one each time.
type changing struct{ n *int }

func (c changing) LogValue() slog.Value {
	*c.n++
	return slog.StringValue(strings.Repeat("x", *c.n) + " ")
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	level.Set(module.LevelInfo)
	h := &lineHandler{level: level, pid: "42", lead: true, out: &stderrLines{w: &out}}
	log := slog.New(h)
	n := 0
	script := log.With("module", "script", "prefix", changing{&n})
	for _, row := range []struct {
		name string
		do   func()
		want string
	}{
		{"core", func() { log.Error("cannot do it") }, " 0(42) ERROR: <core>: cannot do it\n"},
		{"module and place", func() { log.Warn("odd", "module", "tm", "at", "a.cfg:4") }, " 0(42) WARNING: tm [a.cfg:4]: odd\n"},
		{"attributes", func() { log.Info("x", "src", "1.2.3.4:5", "text", "a b") }, " 0(42) INFO: <core>: x src=1.2.3.4:5 text=\"a b\"\n"},
		{"prefix", func() { script.Info("hello\n") }, " 0(42) INFO: x <script>: hello\n"},
		{"prefix again", func() { script.Info("hello") }, " 0(42) INFO: xx <script>: hello\n"},
		{"lead", func() { script.Error("hello", "lead", "-xlog: ") }, " 0(42) ERROR: xxx -xlog: hello\n"},
		{"below the level", func() { script.Debug("hello") }, ""},
		{"alert", func() { log.Log(t.Context(), module.LevelAlert, "now") }, " 0(42) ALERT: <core>: now\n"},
	} {
		out.Reset()
		row.do()
		if got := out.String(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestColors(t *testing.T) {
	var out bytes.Buffer
	colors := newLevelColors()
	log := newLogger(logConfig{stderr: true, colors: colors}, slog.LevelInfo, nil, &out)
	log.Warn("one")
	colors.set(module.LevelWarn, "\x1b[0;36;41m")
	log.Warn("two")
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"\x1b[0;35;49m 0(", "\x1b[0;36;41m 0("} {
		if !strings.HasPrefix(lines[i], want) || !strings.HasSuffix(lines[i], plainColor) {
			t.Errorf("line %d is %q, want %q… and an end of the colour", i, lines[i], want)
		}
	}
}

// TestJSONLines: the fields are Kamailio's, as --log-engine=json:FLAGS asks for them.
func TestJSONLines(t *testing.T) {
	const text = `{ "a": 1 }`
	for flags, want := range map[string]string{
		"":    `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "logprefix": "{1 c1} ", "message": "{ \"a\": 1 }\n" }` + "\n",
		"M":   `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "logprefix": "{1 c1} ", "message": "{ \"a\": 1 }" }` + "\n",
		"cMN": `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "callid": "c<1>", "logprefix": "{1 c1} ", "message": "{ \"a\": 1 }" }`,
		"jM":  `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "logprefix": { "text": "{1 c1} " }, "message": { "a": 1 } }` + "\n",
		"j":   `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "logprefix": { "text": "{1 c1} " }, "message": { "text": "{ \"a\": 1 }\n" } }` + "\n",
		"aAp": `{ "idx": 0, "pid": 42, "level": "ERROR", "module": "xlog", "file": "k.cfg", "line": 7, "function": "", "logprefix": "{1 c1} ", "message": "{ \"a\": 1 }\n" }` + "\n",
		"aM":  `{ "kamailio.idx": 0, "kamailio.pid": 42, "kamailio.level": "ERROR", "kamailio.module": "xlog", "kamailio.file": "k.cfg", "kamailio.line": 7, "kamailio.function": "", "kamailio.logprefix": "{1 c1} ", "kamailio.message": "{ \"a\": 1 }" }` + "\n",
	} {
		var out bytes.Buffer
		f, err := newJSONFormat(flags)
		if err != nil {
			t.Fatal(err)
		}
		h := &lineHandler{level: slog.LevelInfo, pid: "42", json: f, out: &stderrLines{w: &out}}
		slog.New(h).With("module", "script", "prefix", "{1 c1} ", "callid", "c<1>").Log(t.Context(), module.LevelErr, text+"\n", "at", "k.cfg:7")
		if out.String() != want {
			t.Errorf("json:%s\ngot  %s\nwant %s", flags, &out, want)
		}
	}
	if _, err := newJSONFormat("Mx"); err == nil {
		t.Error("an unknown flag is taken")
	}
}

// TestJSONFields: log_prefix may be fields of the object, where it can; and an event has its time.
func TestJSONFields(t *testing.T) {
	var out bytes.Buffer
	write := func(flags, prefix string) map[string]any {
		out.Reset()
		f, _ := newJSONFormat(flags)
		slog.New(&lineHandler{level: slog.LevelInfo, pid: "42", json: f, out: &stderrLines{w: &out}}).With("prefix", prefix, "module", "tm").Info("text", "err", "a b")
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
			t.Fatalf("%v in %s", err, &out)
		}
		return fields
	}
	if got := write("pM", `, "src_ip": "192.0.2.1", "n": 5`); got["src_ip"] != "192.0.2.1" || got["n"] != 5.0 || got["message"] != `text err="a b"` {
		t.Errorf("got %v", got)
	}
	if got := write("p", `, "src_ip": "`); got["logprefix"] != `, "src_ip": "` {
		t.Errorf("got %v", got)
	}
	got := write("U", "x")
	if at, err := time.Parse(time.RFC3339Nano, got["time"].(string)); err != nil || at.IsZero() {
		t.Errorf("the time is %v", got["time"])
	}
	if got["pri"] != "INFO" || got["subsys"] != "tm" || got["proc"].(map[string]any)["id"] != "42" {
		t.Errorf("got %v", got)
	}
}

// BenchmarkLine is a record of accounting on its way to stderr.
func BenchmarkLine(b *testing.B) {
	log := newLogger(logConfig{stderr: true}, slog.LevelInfo, nil, io.Discard)
	text := "ACC: transaction answered: timestamp=1795000000;method=INVITE;from_tag=1;to_tag=2;call_id=c@192.0.2.7;code=200;reason=OK"
	attrs := []slog.Attr{slog.String("module", "acc"), slog.String("facility", "LOG_LOCAL0")}
	b.ReportAllocs()
	for b.Loop() {
		module.LogLine(b.Context(), log, module.LevelNotice, text, attrs...)
	}
}

// TestFacilities: what modules take for a facility is one of the system log.
func TestFacilities(t *testing.T) {
	if names := slices.Sorted(maps.Keys(facilities)); !slices.Equal(names, slices.Sorted(slices.Values(module.Facilities))) {
		t.Errorf("the system log has %v, modules take %v", names, module.Facilities)
	}
}
