// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
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
// name, "callid" is the Call-ID, which only JSON has.
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
	// json writes lines as JSON; nil for text.
	json *jsonFormat
}

// lineWriter takes a finished line of a level, which it does not keep.
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

// Handle implements slog.Handler. The line is made in memory that is used again:
// accounting and scripts write several for each call.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	w := words.Get().(*lineWords)
	defer words.Put(w)
	*w = lineWords{name: "core", level: module.LevelName(r.Level), wantsCallID: h.json != nil && h.json.callID, each: w.each, rest: w.rest[:0], line: w.line[:0]}
	for _, a := range h.attrs {
		w.take(a)
	}
	r.Attrs(w.each)
	if !w.hasLead && !h.parts.Passes(w.name, r.Level, h.level.Level()) {
		return nil
	}
	if w.facility == "" {
		w.facility = h.parts.Facility(w.name)
	}
	if h.json != nil {
		w.line = h.json.append(w.line, h.pid, &r, w)
	} else {
		w.line = h.append(w.line, &r, w)
	}
	h.out.writeLine(r.Level, w.facility, w.line)
	return nil
}

// append appends a line of text.
func (h *lineHandler) append(line []byte, r *slog.Record, w *lineWords) []byte {
	if h.colors != nil {
		line = append(line, *h.colors.at(r.Level).Load()...)
	}
	if h.lead {
		line = append(append(append(line, " 0("...), h.pid...), ") "...)
	}
	line = append(append(line, w.level...), ": "...)
	line = append(line, w.prefix...)
	if w.hasLead {
		line = append(line, w.lead...)
	} else {
		line = appendPart(line, w.name, w.at)
	}
	line = append(line, strings.TrimRight(r.Message, "\n")...)
	line = append(line, w.rest...)
	if h.colors != nil {
		line = append(line, plainColor...)
	}
	return append(line, '\n')
}

// lineWords is what the attributes of a record say.
type lineWords struct {
	name, at, prefix, lead, facility, level, callID string
	hasLead, wantsCallID                            bool

	each       func(slog.Attr) bool // take, made once
	rest, line []byte
}

var words = sync.Pool{New: func() any {
	w := new(lineWords)
	w.each = w.take
	return w
}}

func (w *lineWords) take(a slog.Attr) bool {
	if a.Key == "callid" && !w.wantsCallID {
		return true
	}
	v := a.Value.Resolve()
	switch a.Key {
	case "module":
		w.name = v.String()
	case "at":
		w.at = v.String()
	case "prefix":
		w.prefix = v.String()
	case "callid":
		w.callID = v.String()
	case "lead":
		w.lead, w.hasLead = v.String(), true
	case "facility":
		w.facility = v.String()
	case "severity":
		w.level = v.String()
	default:
		text := v.String()
		w.rest = append(append(append(w.rest, ' '), a.Key...), '=')
		if text == "" || strings.ContainsAny(text, " \t\"=") {
			w.rest = strconv.AppendQuote(w.rest, text)
		} else {
			w.rest = append(w.rest, text...)
		}
	}
	return true
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
	json     *jsonFormat  // nil for text
	facility string
	name     string // log_name
}

// newLogger makes the logger of the process. Without a system log the lines
// go to stderr.
func newLogger(c logConfig, level slog.Leveler, parts *module.Levels, stderr io.Writer) *slog.Logger {
	h := &lineHandler{level: level, parts: parts, pid: strconv.Itoa(os.Getpid()), json: c.json}
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
