// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

type defineMode uint8

const (
	plainDefine defineMode = iota
	tryDefine              // keeps an earlier value
	reDefine               // replaces it
)

func validName(name string) bool {
	for i := 0; i < len(name); i++ {
		if !isWord(name[i]) {
			return false
		}
	}
	return name != ""
}

// define handles #!define NAME value and its kin.
func (p *processor) define(s *scanner, d directive, mode defineMode) {
	for s.off < len(s.text) && (s.text[s.off] == ' ' || s.text[s.off] == '\t') {
		s.off++
	}
	start := s.off
	end := s.word(start)
	def := &Define{Name: s.text[start:end], Pos: s.at(start)}
	span := source.Span{Pos: s.at(start), Fin: s.at(end)}
	s.off = end
	next := byte(' ')
	if end < len(s.text) {
		next = s.text[end]
	}
	def.Value = s.argument()
	switch {
	case def.Name == "":
		p.errs.Warn(&source.Error{Pos: d.span.Pos, End: d.span.Fin, Message: "#!" + d.word + " without a name", Advice: "write #!" + d.word + " NAME value"})
		return
	case next == '-':
		p.errs.AddSpan(source.Span{Pos: span.Fin, Fin: span.Fin.After("-")}, "names have letters, digits and underscores; the value follows after a space",
			"a - cannot follow the name %s", def.Name)
		return
	case spaceLength(string(next)+" ") == 0 && next != '\\':
		p.errs.Warn(&source.Error{Pos: span.Fin, End: span.Fin.After(string(next)), Message: "the value of " + def.Name + " begins with " + string(next),
			Advice: "the name ends where letters, digits and underscores end; was a space forgotten, or is " + string(next) + " meant as part of the name?"})
	}
	if reserved[def.Name] {
		p.errs.Warn(&source.Error{Pos: span.Pos, End: span.Fin, Message: def.Name + " is a word of the language, its definition has no effect"})
	}
	p.defineAs(def, span, mode)
}

// defineAs enters a definition unless the name has one that must stay.
func (p *processor) defineAs(def *Define, span source.Span, mode defineMode) {
	before := p.defines[def.Name]
	switch {
	case before == nil || mode == reDefine:
		p.set(def)
	case mode == tryDefine:
	default:
		advice := "use #!redefine to replace the value, #!trydef to keep the first one"
		if at := definedAt(before); at != "" {
			advice = at + "\n" + advice
		}
		p.errs.AddSpan(span, advice, "%s is already defined", def.Name)
	}
}

// defineEnv handles #!defenv NAME, #!defenv NAME=VARIABLE and their kin.
func (p *processor) defineEnv(s *scanner, d directive, quoted, try bool) {
	arg := s.argument()
	name, variable, named := strings.Cut(arg, "=")
	name, variable = strings.TrimSpace(name), strings.TrimSpace(variable)
	if !named {
		variable = name
	}
	if !validName(name) || variable == "" {
		p.errs.AddSpan(d.span, "write #!"+d.word+" VARIABLE or #!"+d.word+" NAME=VARIABLE", "#!%s needs the name of a variable of the environment", d.word)
		return
	}
	value, ok := p.opt.Env(variable)
	if !ok {
		if !try {
			p.errs.AddSpan(d.span, "use #!try"+d.word+" where it may be absent", "the environment has no variable %s", variable)
		}
		return
	}
	if quoted {
		value = Quote(value)
	}
	p.defineAs(&Define{Name: name, Value: value, Pos: d.span.Pos}, d.span, plainDefine)
}

// ifdef handles #!ifdef NAME and #!ifndef NAME.
func (p *processor) ifdef(s *scanner, d directive, want bool) {
	arg := s.argument()
	name := strings.Trim(firstWord(arg), `"'`)
	p.push(d, (p.defines[name] != nil) == want)
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		return s[:i]
	}
	return s
}

func (p *processor) push(d directive, active bool) {
	p.conditions = append(p.conditions, condition{word: d.word, pos: d.span.Pos, active: active, outer: p.active()})
}

// otherwise handles #!else.
func (p *processor) otherwise(d directive) {
	n := len(p.conditions)
	if n == 0 {
		p.errs.Warn(&source.Error{Pos: d.span.Pos, End: d.span.Fin, Message: "#!else without #!ifdef"})
		return
	}
	c := &p.conditions[n-1]
	if c.elsePos.IsValid() {
		p.errs.Warn(&source.Error{Pos: d.span.Pos, End: d.span.Fin, Message: "second #!else of one #!" + c.word,
			Advice: "the #!" + c.word + " stands at " + c.pos.String()})
	}
	c.elsePos = d.span.Pos
	c.active = !c.active
}

// endif handles #!endif.
func (p *processor) endif(d directive) {
	n := len(p.conditions)
	if n == 0 {
		p.errs.AddSpan(d.span, "take it out, or add the #!ifdef that it closes", "#!endif without #!ifdef")
		return
	}
	p.conditions = p.conditions[:n-1]
}
