// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
)

// lineHandler prints log records in Kamailio's line format, because other
// people's scripts read it:
//
//	" 0(4242) INFO: {prefix}tm [call.cfg:41]: text key=value"
//
// Some attributes have a place of their own: "module" names the part that
// speaks, "at" the place in the configuration, "prefix" is the text of
// log_prefix, "lead" stands instead of the module's name, "facility" is the
// one of the system log for this line, "severity" stands instead of the level's
// name.
type lineHandler struct {
	out   lineWriter
	level slog.Leveler
	parts *module.Levels // levels of single modules
	pid   string
	attrs []slog.Attr
	// lead tells to begin with process number and pid, as on stderr; the
	// system log has its own.
	lead bool
	// colors are those of the levels; nil for a log without.
	colors *levelColors
}

// lineWriter takes a finished line of a level.
type lineWriter interface {
	writeLine(l slog.Level, facility string, line []byte)
}

func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= h.level.Level() || h.parts.Wants(l)
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return &n
}

func (h *lineHandler) WithGroup(string) slog.Handler { return h }

// levelColors are the escapes of the terminal by level, from ALERT to DEBUG;
// log_colors of xlog changes them.
type levelColors [9]atomic.Pointer[string]

// newLevelColors returns those that Kamailio begins with.
func newLevelColors() *levelColors {
	c := new(levelColors)
	for i, s := range [...]string{"1;31", "1;35", "0;33", "0;33", "0;31", "0;35", "0;32", "0;36", "0;39"} {
		c.set(module.LevelOf(i-5), "\x1b["+s+";49m")
	}
	return c
}

func (c *levelColors) at(l slog.Level) *atomic.Pointer[string] { return &c[module.LevelNumber(l)+5] }

func (c *levelColors) set(l slog.Level, sequence string) { c.at(l).Store(&sequence) }

// plainColor ends a coloured line.
const plainColor = "\x1b[0;39;49m"

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	name, at, prefix, lead, facility := "core", "", "", "", ""
	level := module.LevelName(r.Level)
	hasLead := false
	var rest []byte
	each := func(a slog.Attr) bool {
		v := a.Value.Resolve()
		switch a.Key {
		case "module":
			name = v.String()
		case "at":
			at = v.String()
		case "prefix":
			prefix = v.String()
		case "lead":
			lead, hasLead = v.String(), true
		case "facility":
			facility = v.String()
		case "severity":
			level = v.String()
		default:
			text := v.String()
			if text == "" || strings.ContainsAny(text, " \t\"=") {
				text = strconv.Quote(text)
			}
			rest = fmt.Appendf(rest, " %s=%s", a.Key, text)
		}
		return true
	}
	for _, a := range h.attrs {
		each(a)
	}
	r.Attrs(each)
	if !hasLead && !h.parts.Passes(name, r.Level, h.level.Level()) {
		return nil
	}
	if facility == "" {
		facility = h.parts.Facility(name)
	}
	line := make([]byte, 0, 256)
	if h.colors != nil {
		line = append(line, *h.colors.at(r.Level).Load()...)
	}
	if h.lead {
		line = fmt.Appendf(line, " 0(%s) ", h.pid)
	}
	line = append(append(line, level...), ": "...)
	line = append(line, prefix...)
	if hasLead {
		line = append(line, lead...)
	} else {
		line = appendPart(line, name, at)
	}
	line = append(line, strings.TrimRight(r.Message, "\n")...)
	line = append(line, rest...)
	if h.colors != nil {
		line = append(line, plainColor...)
	}
	h.out.writeLine(r.Level, facility, append(line, '\n'))
	return nil
}

// appendPart appends who speaks: "<core>: ", "tm [call.cfg:41]: ".
func appendPart(line []byte, name, at string) []byte {
	switch name {
	case "core", "script":
		line = append(append(append(line, '<'), name...), '>')
	default:
		line = append(line, name...)
	}
	if at != "" {
		line = append(append(append(line, " ["...), at...), ']')
	}
	return append(line, ": "...)
}

// stderrLines writes whole lines, one at a time.
type stderrLines struct {
	mu sync.Mutex
	w  io.Writer // guarded by mu
}

func (s *stderrLines) writeLine(_ slog.Level, _ string, line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w.Write(line)
}

// syslogLines hands lines to the system log, through one connection for each
// facility that is used.
type syslogLines struct {
	name string

	mu      sync.Mutex
	writers map[syslog.Priority]*syslog.Writer // guarded by mu
	usual   syslog.Priority
}

// writer returns the connection for a facility; an unknown one is the usual.
func (s *syslogLines) writer(facility string) *syslog.Writer {
	p, ok := facilities[facility]
	if !ok {
		p = s.usual
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.writers[p]
	if w == nil {
		var err error
		if w, err = syslog.New(p|syslog.LOG_INFO, s.name); err != nil {
			return s.writers[s.usual]
		}
		s.writers[p] = w
	}
	return w
}

func (s *syslogLines) writeLine(l slog.Level, facility string, line []byte) {
	w, text := s.writer(facility), string(line)
	if w == nil {
		return
	}
	switch n := module.LevelNumber(l); {
	case n <= -5:
		w.Alert(text)
	case n <= -2:
		w.Crit(text)
	case n == -1:
		w.Err(text)
	case n == 0:
		w.Warning(text)
	case n == 1:
		w.Notice(text)
	case n == 2:
		w.Info(text)
	default:
		w.Debug(text)
	}
}

var facilities = map[string]syslog.Priority{
	"LOG_AUTH": syslog.LOG_AUTH, "LOG_AUTHPRIV": syslog.LOG_AUTHPRIV, "LOG_CRON": syslog.LOG_CRON,
	"LOG_DAEMON": syslog.LOG_DAEMON, "LOG_FTP": syslog.LOG_FTP, "LOG_KERN": syslog.LOG_KERN,
	"LOG_LOCAL0": syslog.LOG_LOCAL0, "LOG_LOCAL1": syslog.LOG_LOCAL1, "LOG_LOCAL2": syslog.LOG_LOCAL2,
	"LOG_LOCAL3": syslog.LOG_LOCAL3, "LOG_LOCAL4": syslog.LOG_LOCAL4, "LOG_LOCAL5": syslog.LOG_LOCAL5,
	"LOG_LOCAL6": syslog.LOG_LOCAL6, "LOG_LOCAL7": syslog.LOG_LOCAL7, "LOG_LPR": syslog.LOG_LPR,
	"LOG_MAIL": syslog.LOG_MAIL, "LOG_NEWS": syslog.LOG_NEWS, "LOG_SYSLOG": syslog.LOG_SYSLOG,
	"LOG_USER": syslog.LOG_USER, "LOG_UUCP": syslog.LOG_UUCP,
}

// logConfig says where log lines go.
type logConfig struct {
	stderr   bool
	colors   *levelColors // nil for none
	json     bool
	facility string
	name     string // log_name
}

// newLogger makes the logger of the process. Without a system log the lines
// go to stderr.
func newLogger(c logConfig, level slog.Leveler, parts *module.Levels, stderr io.Writer) *slog.Logger {
	if c.json {
		return slog.New(&lateHandler{Handler: slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: jsonLevel})})
	}
	h := &lineHandler{level: level, parts: parts, pid: strconv.Itoa(os.Getpid())}
	if !c.stderr {
		name := c.name
		if name == "" {
			name = "kamailio"
		}
		facility, ok := facilities[c.facility]
		if !ok {
			facility = syslog.LOG_DAEMON
		}
		lines := &syslogLines{name: name, usual: facility, writers: map[syslog.Priority]*syslog.Writer{}}
		if lines.writer("") != nil {
			h.out = lines
			return slog.New(h)
		}
	}
	h.lead, h.colors = true, c.colors
	h.out = &stderrLines{w: stderr}
	return slog.New(h)
}

// lateHandler renders the attributes of With when a line is written: the text
// of log_prefix is another one for each message.
type lateHandler struct {
	slog.Handler
	attrs []slog.Attr
}

func (h *lateHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lateHandler{h.Handler, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

func (h *lateHandler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	for _, a := range h.attrs {
		if a.Value = a.Value.Resolve(); a.Value.String() != "" {
			r.AddAttrs(a)
		}
	}
	return h.Handler.Handle(ctx, r)
}

func jsonLevel(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.LevelKey && len(groups) == 0 {
		if l, ok := a.Value.Any().(slog.Level); ok {
			return slog.String(slog.LevelKey, module.LevelName(l))
		}
	}
	return a
}
