// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"regexp"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

type substKind uint8

const (
	onlySubst         substKind = iota
	substDefine                 // the pattern becomes a define as well
	substDefineString           // likewise, with the value in quotes
)

// subst is a rule for strings and variables: text that matches is replaced.
type subst struct {
	re      *regexp.Regexp
	with    string // replacement in the form that package regexp takes
	literal bool   // with has no group
	all     bool   // every match, not only the first
}

// subst handles #!subst "/expression/replacement/flags" and its kin. The first byte is the delimiter.
func (p *processor) subst(s *scanner, d directive, kind substKind) {
	for s.off < len(s.text) && (s.text[s.off] == ' ' || s.text[s.off] == '\t') {
		s.off++
	}
	if s.off >= len(s.text) || s.text[s.off] != '"' && s.text[s.off] != '\'' {
		p.errs.AddSpan(d.span, `write #!`+d.word+` "/expression/replacement/"`, "#!%s needs a rule in quotes", d.word)
		s.off = s.endOfLine()
		return
	}
	t := s.token(p.errs.Add)
	span := source.Span{Pos: t.Pos, Fin: t.End()}
	if t.Kind != String {
		return
	}
	p.substitute(&t) // rules may be built of earlier ones
	pattern, replacement, flags, ok := splitRule(Unquote(t.Text))
	if len(pattern)+len(replacement) > MaxRule {
		p.errs.AddSpan(span, "", "rule of #!%s has more than %d bytes", d.word, MaxRule)
		return
	}
	if !ok {
		p.errs.AddSpan(span, "a rule has three delimiters: /expression/replacement/", "rule of #!%s is not complete", d.word)
		return
	}
	rule := &subst{}
	prefix := ""
	for _, f := range flags {
		switch f {
		case 'g':
			rule.all = true
		case 'i':
			prefix += "i"
		case 's':
			prefix += "s"
		default:
			p.errs.AddSpan(span, "known are g (every match) and i (caseless)", "unknown flag %q of #!%s", string(f), d.word)
			return
		}
	}
	expression := pattern
	if prefix != "" {
		expression = "(?" + prefix + ")" + expression
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		p.errs.AddSpan(span, "", "expression %q cannot be read: %s", pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	re.Longest()
	replacement = p.evaluate(replacement)
	rule.re = re
	rule.with, rule.literal = template(replacement)
	if pattern != "" {
		p.substs = append(p.substs, rule)
	}
	if kind == onlySubst {
		return
	}
	value := replacement
	if rule.literal {
		value = rule.with
	}
	if kind == substDefineString {
		value = Quote(value)
	}
	if !validName(pattern) {
		return
	}
	mode := plainDefine
	if before := p.defines[pattern]; before != nil && before.bySubst {
		mode = tryDefine // of two rules the first one makes the define
	}
	p.defineAs(&Define{Name: pattern, Value: value, Pos: span.Pos, bySubst: true}, span, mode)
}

// splitRule takes /a/b/c apart. A delimiter after a backslash is part of the text.
func splitRule(rule string) (pattern, replacement, flags string, ok bool) {
	if len(rule) < 3 {
		return "", "", "", false
	}
	delimiter := rule[0]
	var parts []string
	var b strings.Builder
	for i := 1; i < len(rule); i++ {
		switch {
		case rule[i] == '\\' && i+1 < len(rule) && rule[i+1] == delimiter:
			i++
			b.WriteByte(delimiter)
		case rule[i] == '\\' && i+1 < len(rule):
			b.WriteString(rule[i : i+2])
			i++
		case rule[i] == delimiter && len(parts) < 2:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(rule[i])
		}
	}
	if len(parts) < 2 {
		return "", "", "", false
	}
	return parts[0], parts[1], b.String(), true
}

// template turns \1 and & like groups into the form of package regexp, and \n and the like into their bytes; any other sign behind a
// backslash stands for itself.
func template(s string) (with string, literal bool) {
	literal = true
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && isDigit(s[i+1]):
			i++
			b.WriteString("${" + s[i:i+1] + "}")
			literal = false
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case '\\':
				b.WriteByte('\\')
			case '$':
				b.WriteString("$$")
			default:
				b.WriteByte(s[i])
			}
		case s[i] == '$':
			b.WriteString("$$")
		default:
			b.WriteByte(s[i])
		}
	}
	if literal {
		return strings.ReplaceAll(b.String(), "$$", "$"), true
	}
	return b.String(), false
}

var configVariable = regexp.MustCompile(`\$(env|def)\(([A-Za-z0-9_]+)\)`)

// evaluate replaces $env(NAME) and $def(NAME), which a rule may use in its replacement.
func (p *processor) evaluate(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	return configVariable.ReplaceAllStringFunc(s, func(m string) string {
		g := configVariable.FindStringSubmatch(m)
		if g[1] == "env" {
			v, _ := p.opt.Env(g[2])
			return v
		}
		if d := p.defines[g[2]]; d != nil {
			return d.Value
		}
		return m
	})
}

// substitute applies the rules, in the order of their definition, to what a string means or to the spelling of a variable.
func (p *processor) substitute(t *Token) {
	inner := t.Text
	if t.Kind == String {
		inner = Unquote(t.Text)
	}
	changed := inner
	for _, r := range p.substs {
		if n := len(r.re.FindAllStringIndex(changed, -1)); n > 0 && len(changed)+n*len(r.with) > MaxString {
			p.errs.Addf(t.Pos, "substitutions make a string of more than %d bytes", MaxString)
			return
		}
		changed = r.apply(changed)
	}
	if changed == inner {
		return
	}
	if t.Source == "" {
		t.Source = t.Text
	}
	switch {
	case t.Kind != String:
		t.Text = changed
	case t.Text[0] == '\'' && strings.IndexByte(changed, '\'') < 0:
		t.Text = "'" + changed + "'"
	default:
		t.Text = Quote(changed)
	}
}

func (r *subst) apply(s string) string {
	switch {
	case r.all && r.literal:
		return r.re.ReplaceAllLiteralString(s, r.with)
	case r.all:
		return r.re.ReplaceAllString(s, r.with)
	}
	m := r.re.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	with := r.with
	if !r.literal {
		with = string(r.re.ExpandString(nil, r.with, s, m))
	}
	return s[:m[0]] + with + s[m[1]:]
}
