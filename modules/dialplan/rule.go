// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/pcre"
	"github.com/kahea-sip/kahea/core/wildcard"
)

// Values of match_op.
const (
	opEqual = iota
	opPerl
	opShell
)

// rule is a row.
type rule struct {
	priority, op, length         int64
	match, subst, replace, attrs string
	matchRE, substRE             expression
	pieces                       []piece
}

// expression is one of Perl, or with match_dynamic the text that becomes one.
type expression struct {
	re       *pcre.Regexp
	template module.Template
}

// piece is a part of a replacement: a group of subst_exp, a text with variables, or a
// text.
type piece struct {
	text     string
	group    int // -1 for none
	template module.Template
}

var (
	errOp     = errors.New("match_op is 0, 1 or 2")
	errSubst  = errors.New("its subst_exp does not match")
	errEmpty  = errors.New("there is nothing to be compared with")
	errGroups = "repl_exp refers to group %d, subst_exp has %d"
)

// newRule reads a row.
func (d *Dialplan) newRule(row []db.Value) (*rule, error) {
	number := func(i int) int64 {
		n, _ := db.Int(row[i])
		return n
	}
	r := &rule{priority: number(colPriority), op: number(colOp), length: number(colLength),
		match: db.Text(row[colMatch]), subst: db.Text(row[colSubst]), replace: db.Text(row[colReplace]), attrs: db.Text(row[colAttrs])}
	var err error
	switch {
	case r.op < opEqual || r.op > opShell:
		return nil, errOp
	case r.match == "":
		return nil, errEmpty
	case r.op == opPerl:
		if r.matchRE, err = d.expression(r.match); err != nil {
			return nil, err
		}
	}
	if r.subst != "" {
		if r.substRE, err = d.expression(r.subst); err != nil {
			return nil, err
		}
	}
	return r, d.readReplacement(r)
}

// expression compiles an expression, at once where it has no variables.
func (d *Dialplan) expression(text string) (e expression, err error) {
	if d.dynamic != 0 && strings.Contains(text, "$") {
		if t, err := d.template(text); err == nil && !t.Const() {
			return expression{template: t}, nil
		}
	}
	e.re, err = pcre.Compile(text, 0)
	return e, err
}

// template compiles a text with variables; rules may be read again at any time.
func (d *Dialplan) template(text string) (module.Template, error) {
	compiling := d.binder.Compiling()
	compiling.Lock()
	defer compiling.Unlock()
	return d.binder.Template(text)
}

// of returns the expression for a message.
func (e *expression) of(c *module.Call) (*pcre.Regexp, error) {
	if e.template == nil {
		return e.re, nil
	}
	return pcre.Compile(e.template.Eval(c), 0)
}

// readReplacement reads repl_exp: text with \0 to \9, where \\ is a backslash, and
// variables.
func (d *Dialplan) readReplacement(r *rule) error {
	var plain []byte
	flush := func() error {
		if len(plain) == 0 {
			return nil
		}
		p := piece{text: string(plain), group: -1}
		plain = nil
		if strings.Contains(p.text, "$") {
			t, err := d.template(p.text)
			if err != nil {
				return err
			}
			p.template = t
		}
		r.pieces = append(r.pieces, p)
		return nil
	}
	for i := 0; i < len(r.replace); i++ {
		c := r.replace[i]
		if c != '\\' || i+1 == len(r.replace) {
			plain = append(plain, c)
			continue
		}
		i++
		if c = r.replace[i]; c < '0' || c > '9' {
			plain = append(plain, c)
			continue
		}
		group := int(c - '0')
		if re := r.substRE.re; group > 0 && r.substRE.template == nil && (re == nil || group > re.Groups()) {
			have := 0
			if re != nil {
				have = re.Groups()
			}
			return fmt.Errorf(errGroups, group, have)
		}
		if err := flush(); err != nil {
			return err
		}
		r.pieces = append(r.pieces, piece{group: group})
	}
	return flush()
}

// matches tells whether the rule is the one for a text.
func (r *rule) matches(c *module.Call, text string) (bool, error) {
	if r.length != 0 && r.length != int64(len(text)) {
		return false, nil
	}
	switch r.op {
	case opEqual:
		return text == r.match, nil
	case opShell:
		return wildcard.Match(r.match, text, false), nil
	}
	re, err := r.matchRE.of(c)
	if err != nil {
		return false, err
	}
	return re.Match(text)
}

// translate returns what a text becomes; changed is false where the rule says nothing
// of it. The text lives as long as the message.
func (r *rule) translate(c *module.Call, text string) (out string, changed bool, err error) {
	var groups []pcre.Span
	if r.subst != "" {
		re, err := r.substRE.of(c)
		if err != nil {
			return "", false, err
		}
		if groups, err = re.Find(text); err != nil {
			return "", false, err
		}
		if groups == nil {
			return "", false, errSubst
		}
	}
	if len(r.pieces) == 0 {
		return "", false, nil
	}
	var b []byte
	for i := range r.pieces {
		switch p := &r.pieces[i]; {
		case p.group >= 0:
			if p.group < len(groups) && groups[p.group].Start >= 0 {
				b = append(b, text[groups[p.group].Start:groups[p.group].End]...)
			}
		case p.template != nil:
			b = append(b, p.template.Eval(c)...)
		default:
			b = append(b, p.text...)
		}
	}
	return string(b), true, nil
}
