// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import "github.com/kahea-sip/kahea/core/module"

// lua are the forms of redis_cmd in Lua, whose commands are texts without
// variables.
func (m *Redis) lua() []module.Function {
	srv := module.Arg{Name: "srvname", Doc: "name of the server"}
	text := module.Arg{Name: "command", Doc: "the command; `%s` is one of the arguments that follow"}
	reply := module.Arg{Name: "replyid", Doc: "name of the reply"}
	form := func(name string, values int) module.Function {
		args := []module.Arg{srv, text}
		for i := range values {
			args = append(args, module.Arg{Name: "arg" + string(rune('1'+i)), Doc: "value of a `%s`"})
		}
		return module.Function{Name: name, Args: append(args, reply), Routes: module.AnyRoute, Outside: true, Run: m.luaCmd,
			Doc: "Sends a command and keeps the reply, as redis_cmd does. 0, or what redis_cmd returns for a failure."}
	}
	return []module.Function{form("redis_cmd", 0), form("redis_cmd_p1", 1), form("redis_cmd_p2", 2), form("redis_cmd_p3", 3)}
}

func (m *Redis) luaCmd(c *module.Call, a module.Args) module.Result {
	last := len(a) - 1
	var args []string
	for _, v := range a[2:last] {
		args = append(args, text(v.Value))
	}
	r, err := m.newRequest(c, a.Str(0), &command{text: a.Str(1)}, args, a.Str(last))
	if err != nil {
		return c.Fail("redis_cmd", err)
	}
	if res := m.send(c, r); res < 0 {
		return res
	}
	return 0
}
