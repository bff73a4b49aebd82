// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

func (p *PV) functions() []module.Function {
	variable := module.Arg{Name: "pvar", Type: module.ArgVar, Doc: "a variable"}
	one := []module.Arg{variable}
	name := func(n, doc string) module.Arg { return module.Arg{Name: n, Doc: doc} }
	root, field := name("rname", "name of the extended AVP"), name("cname", "name of its field")
	list := []module.Function{
		{Name: "pv_isset", Args: one, Run: isSet, Doc: "True when the variable is not null."},
		{Name: "pv_unset", Args: one, Run: unset, Doc: "Sets the variable to null."},
		{Name: "is_int", Args: one, Run: isInt, Doc: "True when the variable is a number."},
		{Name: "typeof", Args: []module.Arg{variable, {Name: "vtype", Compile: checkType, Doc: "int, str or null"}}, Run: typeOf, Doc: "True when the variable has the type."},
		{Name: "not_empty", Args: one, Run: notEmpty, Doc: "True when the variable is a string and not empty."},
		{Name: "pv_evalx", Args: []module.Arg{{Name: "dst", Type: module.ArgVar, Doc: "variable to assign"}, {Name: "fmt", Doc: "text whose value holds variables itself"}}, Prepare: p.keepBinder, Run: p.evaluate,
			Doc: "Evaluates a text twice and assigns the result."},
		{Name: "sbranch_set_ruri", Run: setFromStatic, Doc: "Gives the Request-URI the attributes of $sbranch."},
		{Name: "sbranch_append", Run: appendStatic, Doc: "Adds a branch with the attributes of $sbranch."},
		{Name: "sbranch_reset", Run: resetStatic, Doc: "Empties $sbranch."},
		{Name: "pv_var_to_xavp", Args: []module.Arg{name("varname", "name of a $var, or * for all"), root}, Run: varToXAVP, Doc: "Copies a $var to a field of an extended AVP."},
		{Name: "pv_xavp_to_var", Args: []module.Arg{root}, Run: xavpToVar, Doc: "Copies the fields of an extended AVP to $var of the same names."},
		{Name: "xavp_copy", Args: []module.Arg{name("source", "name to copy from"), {Name: "index", Type: module.ArgInt, Doc: "which one, 0 the newest"}, name("destination", "name to add to"),
			{Name: "to", Type: module.ArgInt, Optional: true, Doc: "which one to replace"}}, Run: copyXAVP, Doc: "Copies an extended AVP."},
		{Name: "xavp_slist_explode", Args: []module.Arg{name("slist", "text"), name("sep", "separators, each character one"), name("mode", "t trims white space"), root}, Run: explodeList,
			Doc: "Splits a text into fields named v of an extended AVP."},
		{Name: "xavp_xparams_explode", Args: []module.Arg{name("sparams", "parameters"), name("sep", "the separator"), root}, Run: explodeParams(xavps, 1), Doc: "Stores the parameters of a text as fields of an extended AVP."},
	}
	list = append(list, xavps.functions("xavp", root, field)...)
	list = append(list, xavis.functions("xavi", root, field)...)
	list = append(list,
		module.Function{Name: "pv_xavu_print", Run: printTree("xavu", xavus), Doc: "Logs all $xavu."},
		module.Function{Name: "xavp_params_explode", Args: []module.Arg{name("sparams", "parameters"), root}, Run: explodeParams(xavps, 0), Doc: "Stores the parameters of a text as fields of an extended AVP."},
		module.Function{Name: "xavu_params_explode", Args: []module.Arg{name("sparams", "parameters"), root}, Run: explodeParams(xavus, 0), Doc: "Stores the parameters of a text as fields of an extended AVP with single values."},
		module.Function{Name: "xavp_params_implode", Args: []module.Arg{root, variable}, Run: implode(xavps, ""), Doc: "Assigns the fields of an extended AVP as parameters to a variable."},
		module.Function{Name: "xavp_params_implode_qval", Args: []module.Arg{root, variable}, Run: implode(xavps, `"`), Doc: "The same with the values in quotes."},
		module.Function{Name: "xavu_params_implode", Args: []module.Arg{root, variable}, Run: implode(xavus, ""), Doc: "Assigns the fields of an extended AVP with single values as parameters to a variable."},
	)
	list = append(list,
		module.Function{Name: "xavp_lshift", Args: []module.Arg{root, {Name: "idx", Type: module.ArgInt, Doc: "which one becomes the first, modulo their number; negative counts from the end"}}, Run: shiftXAVP,
			Doc: "Turns the list of the extended AVPs of a name round; false when there are none."},
		module.Function{Name: "xavp_push_dst", Args: []module.Arg{root}, Routes: module.RequestRoute | module.BranchRoute | module.FailureRoute, Run: pushDestination,
			Doc: "Sets the Request-URI, the next hop and the socket from the fields uri, dsturi and socket of an extended AVP; false when there is none, or a field is wrong."},
	)
	for i := range list {
		if list[i].Routes == 0 {
			list[i].Routes = module.AnyRoute
		}
	}
	return list
}

func get(c *module.Call, a module.Args, i int) module.Value { return a.Var(i).Get(c, module.Index{}) }

// assign sets the variable of argument i.
func assign(c *module.Call, a module.Args, i int, v module.Value) error {
	to, ok := a.Var(i).(module.Assignable)
	if !ok {
		return errReadOnly
	}
	return to.Set(c, module.Index{}, v)
}

func isSet(c *module.Call, a module.Args) module.Result { return module.Bool(!get(c, a, 0).IsNull()) }

func unset(c *module.Call, a module.Args) module.Result {
	if err := assign(c, a, 0, null); err != nil {
		return c.Fail("pv_unset", err)
	}
	return module.True
}

func isInt(c *module.Call, a module.Args) module.Result {
	k := get(c, a, 0).Kind
	return module.Bool(k == avp.Int || k == avp.Both)
}

func checkType(text string) (any, error) {
	switch text {
	case "int", "str", "null":
		return text, nil
	}
	return nil, errors.New("expected int, str or null")
}

func typeOf(c *module.Call, a module.Args) module.Result {
	k := get(c, a, 0).Kind
	switch a.Str(1) {
	case "int":
		return module.Bool(k == avp.Int || k == avp.Both)
	case "str":
		return module.Bool(k == avp.Str)
	}
	return module.Bool(k == avp.Null)
}

func notEmpty(c *module.Call, a module.Args) module.Result {
	v := get(c, a, 0)
	return module.Bool(v.Kind == avp.Str && v.Str != "")
}

// keepBinder lets pv_evalx compile texts that are known only while a message
// is handled.
func (p *PV) keepBinder(b module.Binder, _ module.Args) error {
	p.binder = b
	return nil
}

// evaluate is pv_evalx: the argument is evaluated once already.
func (p *PV) evaluate(c *module.Call, a module.Args) module.Result {
	t, err := p.template(a.Str(1))
	if err != nil {
		return c.Fail("pv_evalx", err)
	}
	if err := assign(c, a, 0, avp.String(t.Eval(c))); err != nil {
		return c.Fail("pv_evalx", err)
	}
	return module.True
}

// template compiles a text and remembers it.
func (p *PV) template(text string) (module.Template, error) {
	if t, ok := p.evaluated.Load(text); ok {
		return t.(module.Template), nil
	}
	own := string([]byte(text))
	compiling := p.binder.Compiling()
	compiling.Lock()
	defer compiling.Unlock()
	t, err := p.binder.Template(own)
	if err != nil {
		return nil, err
	}
	if p.remembered++; p.remembered <= maxEvaluated {
		p.evaluated.Store(own, t)
	}
	return t, nil
}

// maxEvaluated bounds how many texts of pv_evalx are remembered.
const maxEvaluated = 1000

func setFromStatic(c *module.Call, _ module.Args) module.Result {
	if c.StaticBranch.URI == "" {
		return c.Fail("sbranch_set_ruri", errors.New("$sbranch(uri) is not set"))
	}
	flags := c.Target.Flags
	c.Target = c.StaticBranch
	c.Target.Flags |= flags
	return module.True
}

func appendStatic(c *module.Call, _ module.Args) module.Result {
	if c.StaticBranch.URI == "" {
		return c.Fail("sbranch_append", errors.New("$sbranch(uri) is not set"))
	}
	if err := appendBranch(c, c.StaticBranch); err != nil {
		return c.Fail("sbranch_append", err)
	}
	return module.True
}

func resetStatic(c *module.Call, _ module.Args) module.Result {
	c.StaticBranch = transaction.Target{Q: transaction.QUnset}
	return module.True
}
