// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
)

// groupFunctions choose among the instances of a group of the operator's own
// parameters: group[1].name = … and its like.
func groupFunctions(groups []string) []module.Function {
	group := module.Arg{Name: "group", Doc: "group of the configuration's own parameters", Compile: func(text string) (any, error) {
		if !slices.Contains(groups, text) {
			return nil, fmt.Errorf("%q is no group of the configuration's own parameters", text)
		}
		return nil, nil
	}}
	return []module.Function{
		{Name: "cfg_select", Lua: "-", Args: []module.Arg{group, {Name: "instance", Type: module.ArgInt, Doc: "number of the instance"}}, Routes: module.AnyRoute, Run: selectInstance,
			Doc: "Takes the parameters of group[instance] in place of those of the group, for what the script does with this message. False where there is no such instance."},
		{Name: "cfg_reset", Lua: "-", Args: []module.Arg{group}, Routes: module.AnyRoute, Run: resetInstance, Doc: "Takes the parameters of the group itself again."},
	}
}

var errInstance = errors.New("there is no such instance")

func selectInstance(c *module.Call, a module.Args) module.Result {
	chosen := module.Instance{Group: a.Str(0), ID: uint32(a.Int(1, 0))}
	if a[0].Err != nil {
		return c.Fail("cfg_select", a[0].Err)
	}
	if a.Int(1, 0) < 0 || !c.Host.Settings().HasInstance(chosen.Group, chosen.ID) {
		return c.Fail("cfg_select", fmt.Errorf("%s[%d]: %w", chosen.Group, a.Int(1, 0), errInstance))
	}
	resetInstance(c, a)
	chosen.Group = c.Keep(chosen.Group)
	c.Instances = append(c.Instances, chosen)
	return module.True
}

func resetInstance(c *module.Call, a module.Args) module.Result {
	c.Instances = slices.DeleteFunc(c.Instances, func(i module.Instance) bool { return i.Group == a.Str(0) })
	return module.True
}
