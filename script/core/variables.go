// SPDX-License-Identifier: Apache-2.0

package core

import (
	"os"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

func variables(opt Options) []module.Variable {
	if opt.Env == nil {
		opt.Env = os.LookupEnv
	}
	return []module.Variable{
		{Name: "null", Get: func(*module.Call) module.Value { return module.Value{} }, Doc: "The absent value."},
		{Name: "rc", Get: returnCode, Doc: "What the last function or route returned."},
		{Name: "retcode", Get: returnCode, Doc: "The same as $rc."},
		{Name: "env", Bind: constant(opt.Env), Doc: "A variable of the environment."},
		{Name: "def", Bind: constant(opt.define), Doc: "The text of a define."},
		{Name: "defn", Bind: constantNumber(opt.define), Doc: "The number of a define; 0 for what is none."},
	}
}

func (o Options) define(name string) (string, bool) {
	text, ok := o.Defines[name]
	return text, ok
}

func returnCode(c *module.Call) module.Value { return avp.Number(int64(c.RC)) }

// constant binds a class whose values do not change while the server runs.
func constant(get func(name string) (string, bool)) func(module.Binder, string) (module.Accessor, error) {
	return func(_ module.Binder, name string) (module.Accessor, error) {
		var v module.Value
		if text, ok := get(name); ok {
			v = avp.String(text)
		}
		return module.Getter(func(*module.Call) module.Value { return v }), nil
	}
}

func constantNumber(get func(name string) (string, bool)) func(module.Binder, string) (module.Accessor, error) {
	return func(_ module.Binder, name string) (module.Accessor, error) {
		text, _ := get(name)
		n, _ := variable.ParseInt(text)
		v := avp.Number(n)
		return module.Getter(func(*module.Call) module.Value { return v }), nil
	}
}
