// SPDX-License-Identifier: Apache-2.0

package textopsx

import "github.com/kahea-sip/kahea/core/module"

// luaFunctions read what the native language has variables for.
func luaFunctions() []module.Function {
	read := func(name, class, doc string) module.Function {
		return module.Function{Name: name, Args: []module.Arg{{Name: "iname", Type: module.ArgVar, Class: class, Doc: "name of the iterator"}}, Doc: doc,
			Get: func(c *module.Call, a module.Args) module.Value {
				if a.Var(0) == nil {
					c.Fail("KSR.textopsx."+name, a[0].Err)
					return module.Value{}
				}
				return a.Var(0).Get(c, module.Index{})
			}}
	}
	return []module.Function{
		{Name: "fnmatch", Args: []module.Arg{{Name: "value", Doc: "text"}, {Name: "expr", Doc: "pattern with *, ? and [a-z]"}}, Doc: "0 when the text matches the pattern, else negative.",
			Run: func(c *module.Call, a module.Args) module.Result {
				if matchWildcard(c, module.Args{a[0], a[1], {}}) > 0 {
					return 0
				}
				return module.False
			}},
		read("hf_iterator_hname", "hfitname", "The name of the header that the iterator is at, nil where it is at none."),
		read("hf_iterator_hbody", "hfitbody", "The value of the header that the iterator is at, nil where it is at none."),
		read("bl_iterator_value", "blitval", "The line of the body that the iterator is at, line end included, nil where it is at none."),
	}
}
