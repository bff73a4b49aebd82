// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// step reads one transformation, which begins at a brace.
func (p *parser) step() (s step, err error) {
	start := p.at
	end, err := p.closeBrace()
	if err != nil {
		return s, err
	}
	body := p.text[start+1 : end]
	p.at = end + 1
	name, args, hasArgs := strings.Cut(body, ",")
	trimmed := strings.TrimSpace(name)
	class, op, _ := strings.Cut(trimmed, ".")
	tr, err := p.table.Transformation(class, op)
	if err != nil {
		return s, shift(err, start+1, len(name))
	}
	s.takesNull = tr.TakesNull
	argsAt := start + 1 + len(name) + 1
	if tr.Accept != nil {
		if s.run, err = tr.Accept(p.table.Binder(), args); err != nil {
			return s, shift(err, argsAt, len(args))
		}
		return s, nil
	}
	values, err := p.arguments(tr, trimmed, args, hasArgs, argsAt)
	if err != nil {
		return s, err
	}
	s.run = bindStep(tr, values)
	return s, nil
}

// closeBrace returns where the brace that opens at p.at is closed.
func (p *parser) closeBrace() (int, error) {
	depth := 0
	for i := p.at; i < len(p.text); i++ {
		switch p.text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return 0, errorf(p.at, 1, "transformation %s is not closed: expected }", p.text[p.at:])
}

// argument is one argument of a transformation: a constant, or a template.
type argument struct {
	value module.ArgValue
	tpl   *Template
	typ   module.ArgType
}

func (p *parser) arguments(tr *module.Transformation, name, text string, has bool, at int) ([]argument, error) {
	out := make([]argument, len(tr.Args))
	n := 0
	for has {
		if n == len(tr.Args) {
			return nil, errorf(at, len(text), "transformation {%s} takes %d arguments, found more", name, len(tr.Args))
		}
		var one string
		if n == len(tr.Args)-1 {
			one, has = text, false
		} else {
			one, text, has = cutArgument(text)
		}
		a, err := compileArgument(p.table, &tr.Args[n], one)
		if err != nil {
			return nil, shift(err, at, len(one))
		}
		out[n] = a
		at += len(one) + 1
		n++
	}
	for i := n; i < len(tr.Args); i++ {
		if !tr.Args[i].Optional {
			return nil, errorf(at-1, 1, "transformation {%s} needs argument %q", name, tr.Args[i].Name)
		}
	}
	return out, nil
}

// cutArgument splits at the first comma that is not inside a variable.
func cutArgument(s string) (first, rest string, more bool) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				return s[:i], s[i+1:], true
			}
		}
	}
	return s, "", false
}

func compileArgument(t Table, decl *module.Arg, text string) (argument, error) {
	a := argument{typ: decl.Type, value: module.ArgValue{Given: true}}
	if decl.Type == module.ArgInt {
		text = strings.TrimSpace(text)
	}
	tpl, err := ParseTemplate(t, text)
	if err != nil {
		return a, err
	}
	if !tpl.Const() {
		a.tpl = tpl
		return a, nil
	}
	a.value.Const = true
	a.value.Value = avp.String(tpl.Text())
	if decl.Type == module.ArgInt {
		n, ok := ParseInt(tpl.Text())
		if !ok {
			return a, errorf(0, len(text), "argument %q must be a number, found %q", decl.Name, text)
		}
		a.value.Value = avp.Text(n, tpl.Text())
	}
	if decl.Compile != nil {
		if a.value.Data, err = decl.Compile(tpl.Text()); err != nil {
			return a, err
		}
	}
	return a, nil
}

// bindStep makes the function of a transformation with its arguments.
func bindStep(tr *module.Transformation, list []argument) func(c *module.Call, v module.Value) module.Value {
	args := make(module.Args, len(list))
	dynamic := false
	for i := range list {
		args[i] = list[i].value
		dynamic = dynamic || list[i].tpl != nil
	}
	run := tr.Run
	if !dynamic {
		return func(c *module.Call, v module.Value) module.Value { return run(c, v, args) }
	}
	decls := tr.Args
	return func(c *module.Call, v module.Value) module.Value {
		now := make(module.Args, len(args))
		copy(now, args)
		for i := range list {
			if list[i].tpl == nil {
				continue
			}
			val := list[i].tpl.Value(c)
			if list[i].typ == module.ArgInt {
				n, ok := Int(val)
				if !ok {
					return module.Value{}
				}
				val = avp.Number(n)
			} else {
				val = avp.String(Text(c, val))
			}
			now[i].Value = val
			if decls[i].Compile != nil {
				now[i].Data, now[i].Err = decls[i].Compile(val.Str)
			}
		}
		return run(c, v, now)
	}
}
