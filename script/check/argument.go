// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// argument compiles one argument of a call and returns how listings print it.
func (c *checker) argument(inv *expr.Invoke, i int, decl *module.Arg, x syntax.Expr) (string, error) {
	x = syntax.Unwrap(x)
	arg := &inv.Args[i]
	arg.Given = true
	switch decl.Type {
	case module.ArgVar:
		return c.variableArgument(arg, x)
	case module.ArgRoute:
		return c.routeArgument(arg, decl, x)
	case module.ArgTemplate:
		return c.templateArgument(arg, x)
	}
	if flag, ok := x.(*syntax.Ident); ok && decl.Type == module.ArgInt {
		n, ok := c.flags[flag.Name]
		if !ok {
			return "", fmt.Errorf("flag %s is not declared", flag.Name)
		}
		return flag.Name, c.constant(arg, decl, avp.Number(n))
	}
	if decl.Type == module.ArgRegexp || decl.Literal {
		if s, ok := x.(*syntax.String); ok {
			return strconv.Quote(s.Value), c.constant(arg, decl, avp.String(s.Value))
		}
	}
	use := isRead
	if decl.Compile != nil {
		use = maySet // what the function does with the text is its own business
	}
	var node expr.Node
	var err error
	c.uses.as(use, func() { node, err = c.argumentNode(x) })
	if err != nil {
		return "", err
	}
	if v, ok := expr.IsConst(node); ok {
		return node.String(), c.constant(arg, decl, v)
	}
	compile := decl.Compile
	if decl.Type == module.ArgRegexp && compile == nil {
		cache := new(ere.Cache)
		compile = func(text string) (any, error) { return cache.Compile(text, regexpFlags) }
	}
	inv.Dynamic = append(inv.Dynamic, expr.Dynamic{Index: i, Node: node, Type: decl.Type, Compile: compile})
	return node.String(), nil
}

// regexpFlags are those of functions that take a regular expression.
const regexpFlags = ere.IgnoreCase | ere.Newline

// argumentNode resolves the expression of an argument: in a quoted string
// variables count.
func (c *checker) argumentNode(x syntax.Expr) (expr.Node, error) {
	switch x := x.(type) {
	case *syntax.String:
		c.uses.at = x.Span
		t, err := variable.ParseTemplate(c, x.Value)
		if err != nil {
			return nil, err
		}
		if t.Const() {
			return expr.String(t.Text()), nil
		}
		return &expr.Template{T: t}, nil
	case *syntax.Address:
		return expr.String(addressText(x)), nil
	case *syntax.Keyword:
		// forward(uri:host, uri:port): the function knows the words.
		if strings.HasPrefix(x.Name, "uri:") {
			return expr.String(x.Name), nil
		}
	}
	n := c.value(x)
	if n == nil {
		return nil, errReported
	}
	return n, nil
}

// addressText prints proto:host:port as written.
func addressText(a *syntax.Address) string {
	text := a.Host
	if len(text) > 0 && text[0] != '[' && strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	if a.Proto != "" {
		text = a.Proto + ":" + text
	}
	if a.Port != 0 {
		text += ":" + strconv.Itoa(a.Port)
	}
	return text
}

// constant makes a constant fit the declared type.
func (c *checker) constant(arg *module.ArgValue, decl *module.Arg, v module.Value) error {
	arg.Const = true
	text := string(variable.AppendText(nil, v))
	switch decl.Type {
	case module.ArgInt:
		if v.Kind == avp.Str {
			n, ok := variable.ParseInt(v.Str)
			if !ok || v.Str == "" {
				f, declared := c.flags[v.Str]
				if !declared {
					return fmt.Errorf("expected a number, found %q", v.Str)
				}
				n = f
			}
			v = avp.Number(n)
		}
	case module.ArgStr, module.ArgRegexp:
		v = avp.String(text)
	}
	arg.Value = v
	if decl.Compile != nil {
		data, err := decl.Compile(text)
		arg.Data = data
		return err
	}
	if decl.Type == module.ArgRegexp {
		re, err := ere.Compile(text, regexpFlags)
		arg.Data = re
		return err
	}
	return nil
}

// variableArgument compiles a variable, quoted or not.
func (c *checker) variableArgument(arg *module.ArgValue, x syntax.Expr) (string, error) {
	var ref *variable.Ref
	var err error
	switch x := x.(type) {
	case *syntax.PV:
		if c.uses.as(maySet, func() { ref = c.pv(x) }); ref == nil {
			return "", errReported
		}
	case *syntax.String:
		if c.uses.as(maySet, func() { ref, err = variable.Parse(c, x.Value) }); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("expected a variable, as \"$var(x)\"")
	}
	arg.Const, arg.Data, arg.Value = true, ref.Accessor(), avp.String(ref.String())
	return ref.String(), nil
}

// routeArgument compiles the name of a route.
func (c *checker) routeArgument(arg *module.ArgValue, decl *module.Arg, x syntax.Expr) (string, error) {
	n := c.value(x)
	if n == nil {
		return "", errReported
	}
	v, ok := expr.IsConst(n)
	if !ok {
		return "", fmt.Errorf("expected the constant name of a route")
	}
	name := string(variable.AppendText(nil, v))
	arg.Const, arg.Value = true, avp.String(name)
	if name == "0" || name == "" {
		arg.Data = module.NoRoute
		return name, nil
	}
	ref, ok := c.route(decl.Route, name)
	if !ok {
		ref = c.emptyRoute(decl.Route, name, valueSpan(x))
	}
	arg.Data = ref
	return strconv.Quote(name), nil
}

// templateArgument compiles a string that the function evaluates itself.
func (c *checker) templateArgument(arg *module.ArgValue, x syntax.Expr) (string, error) {
	arg.Const = true
	switch x := x.(type) {
	case *syntax.String:
		c.uses.at = x.Span
		t, err := variable.ParseTemplate(c, x.Value)
		if err != nil {
			return "", err
		}
		arg.Data, arg.Value = module.Template(t), avp.String(x.Value)
		return strconv.Quote(x.Value), nil
	case *syntax.PV:
		ref := c.pv(x)
		if ref == nil {
			return "", errReported
		}
		arg.Data, arg.Value = module.Template(variable.OfRef(ref)), avp.String(x.Raw)
		return x.Raw, nil
	}
	n := c.value(x)
	if n == nil {
		return "", errReported
	}
	if v, ok := expr.IsConst(n); ok {
		text := string(variable.AppendText(nil, v))
		arg.Data, arg.Value = module.Template(variable.Literal(text)), avp.String(text)
		return n.String(), nil
	}
	arg.Data = module.Template(expr.AsTemplate(n))
	return n.String(), nil
}
