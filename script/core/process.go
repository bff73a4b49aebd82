// SPDX-License-Identifier: Apache-2.0

package core

import (
	"os/exec"

	"github.com/kahea-sip/kahea/core/module"
)

func processFunctions() []module.Function {
	return []module.Function{
		{Name: "exec", Args: []module.Arg{{Name: "command", Doc: "a command of the shell"}}, Routes: module.AnyRoute, Run: execute,
			Doc: "Runs a command with /bin/sh and waits for its end; true whatever it returns."},
		{Name: "error", Args: []module.Arg{{Name: "what", Doc: "a text"}, {Name: "why", Doc: "a text"}}, Routes: module.AnyRoute, Run: logError,
			Doc: "Logs two texts at level ERR."},
	}
}

// execute runs the command while another worker serves the socket.
func execute(c *module.Call, a module.Args) module.Result {
	command := a.Str(0)
	c.Block(func() {
		if err := exec.CommandContext(c.Context(), "/bin/sh", "-c", command).Run(); err != nil {
			c.Log().Error("exec failed", "command", command, "err", err, "at", c.Line)
		}
	})
	return module.True
}

func logError(c *module.Call, a module.Args) module.Result {
	c.Log().Error(a.Str(0)+": "+a.Str(1), "at", c.Line)
	return module.True
}
