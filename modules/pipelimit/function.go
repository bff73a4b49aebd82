// SPDX-License-Identifier: Apache-2.0

package pipelimit

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
)

// Results of pl_check, besides True and False.
const (
	noPipe    module.Result = -2
	unlimited module.Result = 2
)

func (p *PipeLimit) functions() []module.Function {
	name := module.Arg{Name: "name", Doc: "name of the pipe"}
	return []module.Function{
		{Name: "pl_check", Args: []module.Arg{name, {Name: "algorithm", Optional: true, Compile: algorithm, Doc: "TAILDROP, RED, FEEDBACK, NETWORK or NOP"}, {Name: "limit", Type: module.ArgInt, Optional: true, Paired: true, Doc: "requests in an interval, percent or bytes"}},
			Routes: module.AnyRoute, Run: p.check, Lua: "pl_check(str); pl_check_limit(str,str,int)",
			Doc: "Counts the request in a pipe. 1 while it is within the limit, 2 where the pipe has the algorithm NOP, -1 over the limit, -2 where there is no such pipe. With algorithm and limit the pipe is made where there is none, and a limit over 0 becomes that of the pipe."},
		{Name: "pl_active", Args: []module.Arg{name}, Routes: module.AnyRoute, Run: p.active, Doc: "True when there is a pipe of that name."},
		{Name: "pl_drop", Args: []module.Arg{{Name: "min", Type: module.ArgInt, Optional: true, Doc: "seconds"}, {Name: "max", Type: module.ArgInt, Optional: true, Doc: "seconds"}},
			Routes: module.RequestRoute | module.BranchRoute | module.FailureRoute | module.OnSendRoute, Run: p.drop, Lua: "pl_drop(); pl_drop_retry(int); pl_drop_range(int,int)",
			Doc: "Answers 503, with Retry-After where there are arguments: the one that is given, or by chance from min to max."},
	}
}

var (
	errAlgorithm = errors.New("it is none of TAILDROP, RED, FEEDBACK, NETWORK, NOP")
	errLimit     = errors.New("a limit is 0 or more")
	errRetry     = errors.New("Retry-After is a number of seconds, from the lower to the higher")
)

// algorithm reads the name of an algorithm.
func algorithm(text string) (any, error) {
	a, ok := limit.ParseAlgorithm(text)
	if !ok {
		return nil, errAlgorithm
	}
	return a, nil
}

// check is pl_check(name[, algorithm, limit]).
func (p *PipeLimit) check(c *module.Call, a module.Args) module.Result {
	name, max := a.Str(0), a.Int(2, 0)
	if max < 0 {
		return c.Fail("pl_check", errLimit)
	}
	pipe := p.pipes.find(name)
	switch {
	case pipe != nil:
		if max > 0 {
			pipe.SetLimit(max)
		}
	case a[1].Given:
		algorithm, ok := a[1].Data.(limit.Algorithm)
		if !ok {
			c.Fail("pl_check", errAlgorithm)
			return noPipe
		}
		var err error
		if pipe, err = p.pipes.make(name, algorithm, max); err != nil {
			p.refused.Inc()
			return noPipe
		}
	default:
		c.Log().Debug("there is no such pipe", "module", "pipelimit", "pipe", name)
		return noPipe
	}
	return p.pass(pipe)
}

func (p *PipeLimit) pass(pipe *limit.Pipe) module.Result {
	if !pipe.Pass() {
		p.denied.Inc()
		return module.False
	}
	p.passed.Inc()
	if pipe.Algorithm() == limit.NOP {
		return unlimited
	}
	return module.True
}

// active is pl_active(name).
func (p *PipeLimit) active(_ *module.Call, a module.Args) module.Result {
	return module.Bool(p.pipes.find(a.Str(0)) != nil)
}

// drop is pl_drop([[min, ]max]).
func (p *PipeLimit) drop(c *module.Call, a module.Args) module.Result {
	headers := ""
	if a[0].Given {
		low := a.Int(0, 0)
		high := a.Int(1, low)
		if low < 0 || high < 0 {
			return c.Fail("pl_drop", errRetry)
		}
		if high > low {
			low += p.host.Rand().IntN(high - low + 1)
		}
		headers = "Retry-After: " + strconv.Itoa(low) + "\r\n"
	}
	if err := p.sl.SendReply(c, int(p.code.Get()), p.reason.Get(), headers); err != nil {
		return c.Fail("pl_drop", fmt.Errorf("cannot reply: %w", err))
	}
	return module.True
}
