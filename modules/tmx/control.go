// SPDX-License-Identifier: Apache-2.0

package tmx

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var (
	errWhich   = errors.New("expected all, others or this")
	errNoRoute = errors.New("there is no route of this name")
)

func isRoute(kind module.RouteKind) func(c *module.Call, _ module.Args) module.Result {
	return func(c *module.Call, _ module.Args) module.Result { return module.Bool(c.Route&kind != 0) }
}

func hasTransaction(c *module.Call, _ module.Args) module.Result { return module.Bool(c.Tx != nil) }

// which says what branches t_cancel_branches cancels.
type which uint8

const (
	allBranches which = iota
	otherBranches
	thisBranch
)

func whichBranches(text string) (any, error) {
	switch text {
	case "all":
		return allBranches, nil
	case "others":
		return otherBranches, nil
	case "this":
		return thisBranch, nil
	}
	return nil, errWhich
}

// cancelBranches is t_cancel_branches(which).
func (x *TMX) cancelBranches(c *module.Call, a module.Args) module.Result {
	w, ok := a[0].Data.(which)
	if !ok || c.Tx == nil || !c.TxHeld || c.Branch < 0 || c.Branch >= len(c.Tx.Branches()) {
		return module.False
	}
	this := c.Tx.Branches()[c.Branch]
	switch w {
	case allBranches:
		c.Tx.CancelBranches(nil, nil, 0)
	case otherBranches:
		c.Tx.CancelBranches(nil, this, 0)
	case thisBranch:
		c.Tx.CancelBranches(this, nil, 0)
	}
	return module.True
}

// find finds a transaction by Call-ID and CSeq number, with a reference.
func find(c *module.Call, t *transaction.Transaction, f func(t *transaction.Transaction)) module.Result {
	if t == nil {
		return module.False
	}
	switch {
	case t == c.Tx && c.TxHeld:
		defer t.Unref()
		f(t)
	case c.TxHeld:
		// No two transactions may wait for each other's lock.
		c.Host.Transactions().Go("tmx", func() {
			defer t.Unref()
			t.Lock(nil, nil)
			defer t.Unlock()
			f(t)
		})
	default:
		defer t.Unref()
		t.Lock(c.Out, c)
		defer t.Unlock()
		f(t)
	}
	return module.True
}

// cancelCallID is t_cancel_callid(callid, cseq, flag [, rcode]).
func (x *TMX) cancelCallID(c *module.Call, a module.Args) module.Result {
	flag, cause := a.Int(2, 0), a.Int(3, 0)
	return find(c, x.layer.FindCall(a.Str(0), uint32(a.Int(1, 0))), func(t *transaction.Transaction) {
		if flag > 0 && flag < 32 {
			t.State.Flags |= 1 << flag
		}
		t.Cancel("", cause)
	})
}

// cancelBranch is t_cancel_branch_idx(tindex, tlabel, bindex). How many
// branches another transaction has is known under its lock only.
func (x *TMX) cancelBranch(c *module.Call, a module.Args) module.Result {
	t, n := x.layer.ByID(transaction.ID{Index: uint32(a.Int(0, 0)), Label: uint32(a.Int(1, 0))}), a.Int(2, 0)
	if t != nil && (t.Method != sip.MethodInvite || n < 0) {
		t.Unref()
		return module.False
	}
	cancel := func(t *transaction.Transaction) bool {
		if n >= len(t.Branches()) {
			return false
		}
		t.CancelBranches(t.Branches()[n], nil, 0)
		return true
	}
	if c.TxHeld && t != c.Tx {
		return find(c, t, func(t *transaction.Transaction) { cancel(t) }) // later
	}
	found := false
	find(c, t, func(t *transaction.Transaction) { found = cancel(t) })
	return module.Bool(found)
}

// replyCallID is t_reply_callid(callid, cseq, code, reason).
func (x *TMX) replyCallID(c *module.Call, a module.Args) module.Result {
	code, reason := a.Int(2, 500), c.Lasting(a.Str(3))
	return find(c, x.layer.FindAny(a.Str(0), uint32(a.Int(1, 0))), func(t *transaction.Transaction) {
		_ = t.Respond(&transaction.Answer{Code: code, Reason: reason}) // it may be answered already
	})
}

// suspend is t_suspend().
func (x *TMX) suspend(c *module.Call, _ module.Args) module.Result {
	if err := x.tm.Suspend(c); err != nil {
		return c.Fail("t_suspend", err)
	}
	return module.True
}

// resume is t_continue(tindex, tlabel, rtname).
func (x *TMX) resume(c *module.Call, a module.Args) module.Result {
	r, ok := c.Gen.Named(a.Str(2), "")
	if !ok {
		return c.Fail("t_continue", errNoRoute)
	}
	id := transaction.ID{Index: uint32(a.Int(0, 0)), Label: uint32(a.Int(1, 0))}
	if err := x.tm.Continue(c, id, r); err != nil {
		return c.Fail("t_continue", err)
	}
	return module.True
}

// drop is t_drop([rcode]).
func (x *TMX) drop(c *module.Call, a module.Args) module.Result {
	if c.Tx == nil {
		return module.False
	}
	if !c.TxHeld {
		c.Tx.Lock(c.Out, c)
		defer c.Tx.Unlock()
	}
	c.Tx.Drop(a.Int(0, 500))
	return module.Stop
}

// reuseBranch is t_reuse_branch().
func (x *TMX) reuseBranch(c *module.Call, _ module.Args) module.Result {
	if c.Tx == nil || !c.TxHeld || c.Tx.Picked() == nil {
		return module.False
	}
	c.Target, c.TargetUsed = c.Tx.Picked().Target, false
	return module.True
}
