// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// check is rl_check([pipe]) and rl_check_pipe(pipe).
func (r *RateLimit) check(c *module.Call, a module.Args) module.Result {
	n := a.Int(0, -1)
	var ok bool
	switch {
	case n < 0:
		if n, ok = r.limits.pipeOf(method(c.Msg)); !ok {
			return module.False
		}
	case n >= maxPipes || r.limits.pipes[n].Algorithm() == limit.NOP:
		return c.Fail("rl_check", fmt.Errorf("there is no pipe %d", n))
	}
	if r.limits.pipes[n].Pass() {
		r.passed.Inc()
		return module.True
	}
	r.denied.Inc()
	return module.False
}

// method is that of a request, or the one that a reply answers.
func method(m *sip.Message) string {
	if m.IsRequest() {
		return m.MethodName
	}
	if s, err := m.CSeq(); err == nil {
		return s.MethodName
	}
	return ""
}
