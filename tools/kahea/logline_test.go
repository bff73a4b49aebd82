// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

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

func TestJSONLines(t *testing.T) {
	var out bytes.Buffer
	n := 0
	log := newLogger(logConfig{json: true}, slog.LevelInfo, nil, &out).With("prefix", changing{&n})
	log.Info("one")
	log.Log(t.Context(), module.LevelNotice, "two")
	for _, want := range []string{`"msg":"one","prefix":"x "`, `"level":"NOTICE"`, `"msg":"two","prefix":"xx "`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, &out)
		}
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
