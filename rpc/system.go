// SPDX-License-Identifier: Apache-2.0

package rpc

import "github.com/kahea-sip/kahea/core/module"

// systemCommands are about the commands themselves.
func systemCommands() []module.Command {
	return []module.Command{
		{Name: "system.listMethods", Doc: "Lists all commands.", Array: true, Run: listMethods},
		{Name: "system.methodHelp", Doc: "Says what a command does.", Run: methodHelp},
		{Name: "system.methodSignature", Doc: "Tells the types of a command's parameters; not available, as in Kamailio.", Run: methodSignature},
	}
}

func listMethods(r *module.Request) error {
	for _, c := range r.Host.Commands() {
		r.Add(c.Name)
	}
	return nil
}

func methodHelp(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return module.Faultf(400, "Method Name Expected")
	}
	c := Lookup(r.Host, name)
	switch {
	case c == nil:
		return module.Faultf(400, "command not found")
	case c.Doc == "":
		r.Add("undocumented")
	default:
		r.Add(c.Doc)
	}
	return nil
}

func methodSignature(*module.Request) error { return module.Faultf(500, "Not Implemented Yet") }
