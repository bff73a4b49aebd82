// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"math"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// onFailure is t_on_failure(route).
func (m *TM) onFailure(c *module.Call, a module.Args) module.Result {
	plan(c).OnFailure = transaction.Route(a.Route(0))
	return module.True
}

// onBranch is t_on_branch(route).
func (m *TM) onBranch(c *module.Call, a module.Args) module.Result {
	plan(c).OnBranch = transaction.Route(a.Route(0))
	return module.True
}

// onReply is t_on_reply(route). In a branch route it is the branch's alone.
func (m *TM) onReply(c *module.Call, a module.Args) module.Result {
	plan(c).OnReply = transaction.Route(a.Route(0))
	return module.True
}

// onBranchFailure is t_on_branch_failure(route).
func (m *TM) onBranchFailure(c *module.Call, a module.Args) module.Result {
	plan(c).OnBranchFailure = transaction.Route(a.Route(0))
	return module.True
}

// isSet is t_is_set(target).
func (m *TM) isSet(c *module.Call, a module.Args) module.Result {
	p := plan(c)
	switch a.Str(0) {
	case "failure_route":
		return module.Bool(p.OnFailure != 0)
	case "branch_route":
		return module.Bool(p.OnBranch != 0)
	case "onreply_route":
		return module.Bool(p.OnReply != 0)
	case "branch_failure_route":
		return module.Bool(p.OnBranchFailure != 0)
	}
	return module.False
}

// change runs f with the transaction's lock held, or does what before says to
// the plan where there is no transaction yet.
func change(c *module.Call, before func(p *transaction.Plan), f func(t *transaction.Transaction)) module.Result {
	if !lock(c) {
		before(&c.Plan)
		return module.True
	}
	defer unlock(c)
	f(c.Tx)
	return module.True
}

// clampMillis bounds a time of a script to what a plan holds.
func clampMillis(n int) int32 { return int32(min(max(n, 0), math.MaxInt32)) }

func setFR(c *module.Call, inv, fr int32) module.Result {
	return change(c, func(p *transaction.Plan) {
		if inv != 0 {
			p.FRInv = inv
		}
		if fr != 0 {
			p.FR = fr
		}
	}, func(t *transaction.Transaction) { t.SetFR(inv, fr) })
}

// setFR is t_set_fr(inv [, fr]).
func (m *TM) setFR(c *module.Call, a module.Args) module.Result {
	return setFR(c, clampMillis(a.Int(0, 0)), clampMillis(a.Int(1, 0)))
}

// resetFR is t_reset_fr().
func (m *TM) resetFR(c *module.Call, _ module.Args) module.Result {
	return change(c, func(p *transaction.Plan) { p.FR, p.FRInv = 0, 0 }, (*transaction.Transaction).ResetFR)
}

// setLifetime is t_set_max_lifetime(inv, noninv).
func (m *TM) setLifetime(c *module.Call, a module.Args) module.Result {
	inv, non := clampMillis(a.Int(0, 0)), clampMillis(a.Int(1, 0))
	return change(c, func(p *transaction.Plan) {
		if inv != 0 {
			p.MaxInv = inv
		}
		if non != 0 {
			p.MaxNonInv = non
		}
	}, func(t *transaction.Transaction) { t.SetLifetime(inv, non) })
}

// resetLifetime is t_reset_max_lifetime().
func (m *TM) resetLifetime(c *module.Call, _ module.Args) module.Result {
	return change(c, func(p *transaction.Plan) { p.MaxInv, p.MaxNonInv = 0, 0 }, (*transaction.Transaction).ResetLifetime)
}

// setRetr is t_set_retr(t1, t2).
func (m *TM) setRetr(c *module.Call, a module.Args) module.Result {
	t1, t2 := clampMillis(a.Int(0, 0)), clampMillis(a.Int(1, 0))
	return change(c, func(p *transaction.Plan) {
		if t1 != 0 {
			p.Retr1 = t1
		}
		if t2 != 0 {
			p.Retr2 = t2
		}
	}, func(t *transaction.Transaction) { t.SetRetr(t1, t2) })
}

// resetRetr is t_reset_retr().
func (m *TM) resetRetr(c *module.Call, _ module.Args) module.Result {
	return change(c, func(p *transaction.Plan) { p.Retr1, p.Retr2 = 0, 0 }, (*transaction.Transaction).ResetRetr)
}

// flag makes a function with one switch as its argument.
func flag(set func(p *transaction.Plan, on bool)) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		set(plan(c), a.Int(0, 0) != 0)
		return module.True
	}
}

// readTimers takes fr_timer_avp and fr_inv_timer_avp, which are in seconds.
func (m *TM) readTimers(c *module.Call) {
	if m.frAVP != nil {
		if v := m.frAVP.Get(c, module.Index{}); !v.IsNull() && v.Int > 0 {
			c.Plan.FR = clampMillis(int(min(v.Int, math.MaxInt32/1000)) * 1000)
		}
	}
	if m.frInvAVP != nil {
		if v := m.frInvAVP.Get(c, module.Index{}); !v.IsNull() && v.Int > 0 {
			c.Plan.FRInv = clampMillis(int(min(v.Int, math.MaxInt32/1000)) * 1000)
		}
	}
}
