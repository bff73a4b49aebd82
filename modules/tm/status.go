// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// Status is the reply code that a route is about: of the reply in a reply
// route, of the chosen reply in a failure route, of the last reply sent in a
// request route. 0 is none.
func Status(c *module.Call) int {
	switch c.Route {
	case module.ReplyRoute, module.CoreReplyRoute:
		return c.Msg.Status
	}
	if !lock(c) {
		return 0
	}
	defer unlock(c)
	if c.Route&(module.FailureRoute|module.BranchFailureRoute) != 0 {
		if b := c.Tx.Picked(); b != nil {
			return b.Status()
		}
	}
	return c.Tx.Status()
}

// checkStatus is t_check_status(re).
func (m *TM) checkStatus(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return module.False
	}
	var text [8]byte
	n := Status(c)
	if n == 0 {
		return module.False
	}
	return module.Bool(re.Match(strconv.AppendInt(text[:0], int64(n), 10)))
}

// statusCode is t_get_status_code().
func (m *TM) statusCode(c *module.Call, _ module.Args) module.Result {
	if n := Status(c); n != 0 {
		return module.Result(n)
	}
	return module.False
}

// grepStatus is t_grep_status(code).
func (m *TM) grepStatus(c *module.Call, a module.Args) module.Result {
	code := a.Int(0, 0)
	return anyBranch(c, func(b *transaction.Branch) bool { return b.Finished() && b.Status() == code })
}

// anyTimeout is t_any_timeout().
func (m *TM) anyTimeout(c *module.Call, _ module.Args) module.Result {
	return anyBranch(c, (*transaction.Branch).TimedOut)
}

// anyReplied is t_any_replied(). The reply whose route is running, or for which
// a failure route is, does not count yet.
func (m *TM) anyReplied(c *module.Call, _ module.Args) module.Result {
	return anyBranch(c, (*transaction.Branch).Replied)
}

func anyBranch(c *module.Call, f func(b *transaction.Branch) bool) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	for _, b := range c.Tx.Branches() {
		if f(b) {
			return module.True
		}
	}
	return module.False
}

// branchTimeout is t_branch_timeout().
func (m *TM) branchTimeout(c *module.Call, _ module.Args) module.Result {
	return picked(c, (*transaction.Branch).TimedOut)
}

// branchReplied is t_branch_replied().
func (m *TM) branchReplied(c *module.Call, _ module.Args) module.Result {
	return picked(c, (*transaction.Branch).Replied)
}

func picked(c *module.Call, f func(b *transaction.Branch) bool) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	b := c.Tx.Picked()
	return module.Bool(b != nil && f(b))
}

// isCanceled is t_is_canceled().
func (m *TM) isCanceled(c *module.Call, _ module.Args) module.Result {
	return ask(c, (*transaction.Transaction).Canceled)
}

// isExpired is t_is_expired().
func (m *TM) isExpired(c *module.Call, _ module.Args) module.Result {
	return ask(c, (*transaction.Transaction).LifeOver)
}

// isHeldReply is t_is_retr_async_reply().
func (m *TM) isHeldReply(c *module.Call, _ module.Args) module.Result {
	return ask(c, (*transaction.Transaction).ReplySuspended)
}

func ask(c *module.Call, f func(t *transaction.Transaction) bool) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	return module.Bool(f(c.Tx))
}

// dropReplies is t_drop_replies([mode]).
func (m *TM) dropReplies(c *module.Call, a module.Args) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	switch mode := a.Str(0); mode {
	case "n":
	case "l":
		c.Tx.DropReplies(true)
	default:
		c.Tx.DropReplies(false)
	}
	return module.True
}

// saveLumps is t_save_lumps().
func (m *TM) saveLumps(c *module.Call, _ module.Args) module.Result {
	if c.Tx == nil || !c.TxHeld {
		return c.Fail("t_save_lumps", errNoTransaction)
	}
	c.Tx.SaveEdits()
	return module.True
}

// useUACHeaders is t_use_uac_headers(): ACK and CANCEL are made of the request
// as it was sent in any case, so there is nothing to switch.
func (m *TM) useUACHeaders(*module.Call, module.Args) module.Result { return module.True }

// clean is t_clean().
func (m *TM) clean(*module.Call, module.Args) module.Result {
	m.layer.Expired()
	return module.True
}

// branchIndex is t_get_branch_index().
func (m *TM) branchIndex(c *module.Call, _ module.Args) module.Result { return module.Result(c.Branch) }
