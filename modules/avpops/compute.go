// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/wildcard"
)

// operation is "op/value/flags": what is done with a value, and with what.
type operation struct {
	op, flags string
	constant  module.Value
	variable  *valuesArg // nil for a constant
	re        *ere.Regexp
}

func (o *operation) has(flag string) bool { return strings.Contains(o.flags, flag) }

func (o *operation) bind(b module.Binder) error {
	if o.variable == nil {
		return nil
	}
	return o.variable.bind(b)
}

// parseOperation reads "op/value/flags". The value may have slashes in it: the
// flags stand behind the last one, where what stands there can be some.
func parseOperation(text, ops, known string) (*operation, error) {
	op, rest, ok := strings.Cut(text, "/")
	if op = strings.ToLower(op); !ok || !strings.Contains(" "+ops+" ", " "+op+" ") {
		return nil, fmt.Errorf("%q is not of the form op/value/flags, with one of %s as op", text, ops)
	}
	o := &operation{op: op}
	if parts := split(rest); len(parts) > 1 {
		last := parts[len(parts)-1]
		f, err := flags(last, known)
		if err == nil {
			o.flags, rest = f, strings.TrimSuffix(rest, "/"+last)
		} else if strings.HasPrefix(rest, "$") || strings.HasPrefix(rest, "i:") {
			return nil, err
		}
	}
	return o, o.parseValue(rest)
}

func (o *operation) parseValue(text string) error {
	switch {
	case text == "":
		return errors.New("the value is missing")
	case text[0] == '$':
		o.variable = &valuesArg{text: text}
	case strings.HasPrefix(text, "i:") || strings.HasPrefix(text, "I:"):
		n, ok := avp.ParseInt(text[2:])
		if !ok {
			return fmt.Errorf("%q is no integer", text[2:])
		}
		o.constant = avp.Number(n)
	case strings.HasPrefix(text, "s:") || strings.HasPrefix(text, "S:"):
		o.constant = avp.String(text[2:])
	default:
		o.constant = avp.String(text)
	}
	return nil
}

func compileCheck(text string) (any, error) {
	o, err := parseOperation(text, "eq ne lt le gt ge re fm and or xor", "gi")
	if err != nil {
		return nil, err
	}
	text = o.constant.Str
	switch o.op {
	case "and", "or", "xor":
		if o.variable == nil && o.constant.Kind != avp.Int {
			return nil, fmt.Errorf("%s needs an integer, i:%s", o.op, text)
		}
	case "re", "fm":
		if o.variable == nil && o.constant.Kind != avp.Str {
			return nil, fmt.Errorf("%s needs a text", o.op)
		}
		if o.op == "re" && o.variable == nil {
			o.re, err = o.compile(text)
		}
	}
	return o, err
}

// expressions are those that variables had.
var expressions ere.Cache

func (o *operation) expressionFlags() ere.Flags {
	f := ere.Newline
	if o.has("i") {
		f |= ere.IgnoreCase
	}
	return f
}

func (o *operation) compile(text string) (*ere.Regexp, error) {
	return ere.Compile(text, o.expressionFlags())
}

// check is avp_check(name, op_value).
func check(c *module.Call, a module.Args) module.Result {
	v, ok := a[0].Data.(*valuesArg)
	o, ok2 := a[1].Data.(*operation)
	if !ok || !ok2 || v.v == nil || o.variable != nil && o.variable.v == nil {
		return c.Fail("avp_check", errPrepared)
	}
	var err error
	found := v.each(c, o.has("g"), func(left module.Value) bool {
		if o.variable == nil {
			return o.holds(left, o.constant, &err)
		}
		return o.variable.each(c, false, func(right module.Value) bool { return o.holds(left, right, &err) })
	})
	if err != nil {
		return c.Fail("avp_check", err)
	}
	return module.Bool(found)
}

// holds compares two values. Those of different types are never as said.
func (o *operation) holds(left, right module.Value, err *error) bool {
	if left.Kind == avp.Both {
		left = side(left, right)
	}
	if right.Kind == avp.Both {
		right = side(right, left)
	}
	if left.Kind != right.Kind {
		return false
	}
	if left.Kind == avp.Int {
		switch a, b := left.Int, right.Int; o.op {
		case "and":
			return a&b != 0
		case "or":
			return a|b != 0
		case "xor":
			return a^b != 0
		default:
			return o.ordered(compareInts(a, b))
		}
	}
	switch o.op {
	case "re":
		re := o.re
		if re == nil {
			var e error
			if re, e = expressions.Compile(right.Str, o.expressionFlags()); e != nil {
				*err = e
				return false
			}
		}
		return re.MatchString(left.Str)
	case "fm":
		return wildcard.Match(right.Str, left.Str, false)
	}
	if o.has("i") {
		return o.ordered(strings.Compare(strings.ToLower(left.Str), strings.ToLower(right.Str)))
	}
	return o.ordered(strings.Compare(left.Str, right.Str))
}

// side is the side of a value that has two which the other one has.
func side(v, other module.Value) module.Value {
	if other.Kind == avp.Int {
		return avp.Number(v.Int)
	}
	return avp.String(v.Str)
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (o *operation) ordered(c int) bool {
	switch o.op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "lt":
		return c < 0
	case "le":
		return c <= 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	}
	return false
}

func compileOp(text string) (any, error) {
	o, err := parseOperation(text, "add sub mul div mod and or xor not", "gd")
	if err == nil && o.variable == nil && o.constant.Kind != avp.Int {
		err = fmt.Errorf("%q is no integer, i:5, and no variable", o.constant.Str)
	}
	return o, err
}

// compute is avp_op(name, op_value). As in the reference all integers of the AVP
// are taken, with flag g or without; in place their results come in front of the
// newest of them, which stays.
func compute(c *module.Call, a module.Args) module.Result {
	p, ok := a[0].Data.(*pair)
	o, ok2 := a[1].Data.(*operation)
	if !ok || !ok2 || p.from.avp == nil || o.variable != nil && o.variable.v == nil {
		return c.Fail("avp_op", errPrepared)
	}
	operand := o.constant
	if o.variable != nil {
		operand = o.variable.v.Get(c, module.Index{})
	}
	n, ok := operand.Number()
	if !ok || operand.Kind == avp.Str {
		return module.False
	}
	name := p.from.avp.Name(c)
	var results, kept []module.Value
	for _, v := range valuesOf(c, name, true) {
		if v.Kind != avp.Int {
			kept = append(kept, v)
			continue
		}
		if p.inPlace(c) && len(results) == 0 && !o.has("d") {
			kept = append(kept, v)
		}
		results = append(results, avp.Number(calculate(o.op, v.Int, n)))
	}
	if len(results) == 0 {
		return module.False
	}
	target := name
	if p.to.avp != nil {
		target = p.to.avp.Name(c)
	}
	if p.inPlace(c) || o.has("d") {
		put(c, name, kept)
	}
	for _, v := range results {
		add(c, target, v)
	}
	return module.True
}

// calculate gives 0 for a division by 0, as the reference does.
func calculate(op string, a, b int64) int64 {
	switch op {
	case "add":
		return a + b
	case "sub":
		return a - b
	case "mul":
		return a * b
	case "div", "mod":
		if b == 0 {
			return 0
		}
		if op == "div" {
			return a / b
		}
		return a % b
	case "and":
		return a & b
	case "or":
		return a | b
	case "xor":
		return a ^ b
	}
	return ^b // not: of the value, as in the reference
}
