// SPDX-License-Identifier: Apache-2.0

// Package exec lets a script run other programs.
package exec

import (
	"context"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("exec", func() module.Module { return New() }) }

// Exec is the module.
type Exec struct {
	setVars, limit, safety int

	lists                 map[string][]module.Assignable // the lists of exec_avp, made at start
	runs, failed, expired counter.Counter
}

// New returns the module with its defaults.
func New() *Exec { return &Exec{setVars: 1, lists: map[string][]module.Assignable{}} }

var _ module.Starter = (*Exec)(nil)

// Exports implements module.Module.
func (e *Exec) Exports() module.Exports {
	command := module.Arg{Name: "command", Doc: "command of the shell, with variables"}
	const requests = module.RequestRoute | module.FailureRoute
	return module.Exports{
		Doc: "Runs other programs.",
		Params: []module.Param{
			{Name: "setvars", Set: &e.setVars, Min: 0, Max: 1, Doc: "1 gives programs the message as environment variables: SIP_HF_NAME for each field of its header, SIP_RURI, SIP_ORURI, SIP_USER, SIP_OUSER, SIP_SRCIP, SIP_TID and SIP_DID"},
			{Name: "time_to_kill", Set: &e.limit, Min: 0, Max: 86400, Unit: "s", Doc: "how long a program may run; it is killed then, with those that it has started; 0 for any time"},
			{Name: "bash_safety", Set: &e.safety, Min: 0, Max: 1, Notice: "the URI that exec_dset hands over is always quoted", Doc: "quotes what is handed to the shell"},
		},
		Functions: []module.Function{
			{Name: "exec_dset", Outside: true, Args: []module.Arg{command}, Routes: requests, Run: e.destinations,
				Doc: "Runs a command with the Request-URI as its last argument. The first line that it writes is the new Request-URI, each other one a branch. False when it fails or writes none."},
			{Name: "exec_msg", Outside: true, Args: []module.Arg{command}, Routes: requests | module.LocalRoute, Run: e.message,
				Doc: "Runs a command that reads the message; what it writes is left out. False when it fails."},
			{Name: "exec_avp", Outside: true, Routes: requests | module.LocalRoute, Run: e.attributes, Prepare: e.prepareList, Lua: "exec_avp",
				Args: []module.Arg{command, {Name: "avplist", Optional: true, Literal: true, Doc: "variables with commas between them; without it $avp(i:1), $avp(i:2) …"}},
				Doc:  "Runs a command; each line that it writes is the value of a variable. False when it fails."},
			{Name: "exec_cmd", Outside: true, Args: []module.Arg{command}, Routes: module.AnyRoute, Run: e.command,
				Doc: "Runs a command that gets nothing of the message. False when it fails."},
		},
		Counters: []counter.Entry{
			{Name: "runs", Counter: &e.runs, Doc: "programs that were run"},
			{Name: "failures", Counter: &e.failed, Doc: "programs that failed"},
			{Name: "timeouts", Counter: &e.expired, Doc: "programs that were killed by time_to_kill"},
		},
	}
}

// Start implements module.Starter.
func (e *Exec) Start(context.Context, module.Host) error { return nil }

// prepareList compiles the variables of an exec_avp.
func (e *Exec) prepareList(b module.Binder, a module.Args) error {
	if !a[1].Given {
		return nil
	}
	var list []module.Assignable
	for name := range strings.SplitSeq(a.Str(1), ",") {
		v, err := b.Var(strings.TrimSpace(name))
		if err != nil {
			return err
		}
		set, ok := v.(module.Assignable)
		if !ok {
			return fmt.Errorf("variable %s cannot be assigned to", strings.TrimSpace(name))
		}
		list = append(list, set)
	}
	e.lists[a.Str(1)] = list
	return nil
}
