// SPDX-License-Identifier: Apache-2.0

package xlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// Prepare implements module.Preparer.
func (x *Xlog) Prepare(b module.Binder) error {
	if x.prefix == usualPrefix || x.prefixMode == 0 {
		return nil
	}
	t, err := b.Template(x.prefix)
	x.prefixTemplate = t
	return err
}

// Start implements module.Starter.
func (x *Xlog) Start(_ context.Context, h module.Host) error {
	for i, sequence := range x.colors {
		if set := h.Core().LogColor; sequence != "" && set != nil {
			set(module.LevelOf(i-5), sequence)
		}
	}
	return nil
}

// log is xlog and xlogl: the meaning of the arguments depends on how many
// there are.
func (x *Xlog) log(c *module.Call, a module.Args, line bool) module.Result {
	level, facility, text := module.LevelErr, "", a.Template(0)
	switch {
	case a[2].Given:
		facility = strings.ToUpper(a.Template(0).Eval(c))
		level, text = levelOf(a.Template(1), c), a.Template(2)
	case a[1].Given:
		level, text = levelOf(a.Template(0), c), a.Template(1)
	}
	return x.write(c, level, facility, text, line)
}

// logMethod is xlogm(level, format).
func (x *Xlog) logMethod(c *module.Call, a module.Args) module.Result {
	m := c.Msg.Method
	if !c.Msg.IsRequest() {
		if q, err := c.Msg.CSeq(); err == nil {
			m = q.Method
		}
	}
	if int64(m)&x.methodsFilter.Get() != 0 {
		return module.True
	}
	return x.write(c, levelOf(a.Template(0), c), "", a.Template(1), false)
}

// levelOf reads a level: L_ERR and its like, where the third letter decides,
// or a number.
func levelOf(t module.Template, c *module.Call) slog.Level {
	text := t.Eval(c)
	if n, err := strconv.Atoi(text); err == nil {
		return module.LevelOf(n)
	}
	if len(text) >= 3 {
		switch text[2] {
		case 'A':
			return module.LevelAlert
		case 'B':
			return module.LevelBug
		case 'C':
			return module.LevelCrit
		case 'W':
			return module.LevelWarn
		case 'N':
			return module.LevelNotice
		case 'I':
			return module.LevelInfo
		case 'D':
			return module.LevelDebug
		}
	}
	return module.LevelErr
}

// write writes the line where the level asks for it. Only then are the
// variables looked at.
func (x *Xlog) write(c *module.Call, level slog.Level, facility string, text module.Template, line bool) module.Result {
	log := c.Log()
	if !log.Enabled(c.Context(), level) {
		return module.True
	}
	s := text.Eval(c)
	if line {
		if x.longFormat != 0 {
			s = fmt.Sprintf("%s:%d:%s", c.Line.File, c.Line.Line, s)
		} else {
			s = fmt.Sprintf("%d:%s", c.Line.Line, s)
		}
	}
	if len(s) > x.bufSize {
		s = s[:x.bufSize]
	}
	attrs := make([]slog.Attr, 0, 2)
	if x.prefix != usualPrefix {
		lead := x.prefix
		if x.prefixTemplate != nil {
			lead = x.prefixTemplate.Eval(c)
		}
		attrs = append(attrs, slog.String("lead", lead))
	}
	if facility == "" {
		facility = x.facility
	}
	if facility != "" {
		attrs = append(attrs, slog.String("facility", facility))
	}
	module.LogLine(c.Context(), log, level, s, attrs...)
	return module.True
}

// colors has the colours of $C by their letters.
var colors = map[byte]int{'s': 0, 'r': 1, 'g': 2, 'y': 3, 'b': 4, 'p': 5, 'c': 6, 'w': 7}

// bindColor is $C(xy).
func (x *Xlog) bindColor(_ module.Binder, inner string) (module.Accessor, error) {
	text, err := colorSequence(inner)
	if err != nil {
		return nil, err
	}
	v := avp.String(text)
	return module.Getter(func(c *module.Call) avp.Value {
		if x.forceColor == 0 && !c.Host.Core().LogStderr {
			return avp.String("")
		}
		return v
	}), nil
}

// colorSequence is what two letters mean, foreground and background, to a
// terminal.
func colorSequence(inner string) (string, error) {
	if len(inner) != 2 {
		return "", errors.New("a colour has two letters, foreground and background, as rx")
	}
	fore, back := inner[0], inner[1]
	text := "\x1b["
	bright := fore >= 'A' && fore <= 'Z'
	if bright {
		text += "1;"
		fore += 'a' - 'A'
	} else {
		text += "0;"
	}
	if n, ok := colors[fore]; ok {
		text += strconv.Itoa(30 + n)
	} else if fore == 'x' {
		text += "39"
	} else {
		return "", fmt.Errorf("unknown colour %q", inner[0])
	}
	if back >= 'A' && back <= 'Z' {
		back += 'a' - 'A'
	}
	if n, ok := colors[back]; ok {
		text += ";" + strconv.Itoa(40+n)
	} else if back != 'x' {
		return "", fmt.Errorf("unknown colour %q", inner[1])
	} else {
		text += ";49"
	}
	return text + "m", nil
}

// levelNames are the names of the levels from -5 to 3.
var levelNames = [...]string{"L_ALERT", "L_BUG", "L_CRIT2", "L_CRIT", "L_ERR", "L_WARN", "L_NOTICE", "L_INFO", "L_DBG"}

// setColors is log_colors, name=xy;…
func (x *Xlog) setColors(text string) error {
	for _, item := range strings.Split(strings.TrimSuffix(text, ";"), ";") {
		name, letters, _ := strings.Cut(item, "=")
		level := slices.Index(levelNames[:], name)
		if level < 0 {
			return fmt.Errorf("unknown level %q: one of %s", name, strings.Join(levelNames[:], ", "))
		}
		sequence, err := colorSequence(letters)
		if err != nil {
			return err
		}
		x.colors[level] = sequence
	}
	return nil
}
