// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// create makes the transaction of the request (t_newtran). Stop means that the
// request came again: what there is to do was done.
func (m *TM) create(c *module.Call) module.Result {
	if c.Tx != nil {
		return alreadyCreated
	}
	r := c.Received()
	t, fresh, err := m.layer.Create(&r)
	if err != nil {
		return m.failed(c, err) // a peer can bring it about: nothing to log
	}
	if !fresh {
		t.Retransmit(&r)
		t.Unref()
		return module.Stop
	}
	c.Tx, c.TxHeld, c.Adopted, c.State = t, true, true, &t.State
	return module.True
}

// alreadyCreated is what t_newtran returns where the transaction is there.
const alreadyCreated module.Result = -10

// newtran is t_newtran().
func (m *TM) newtran(c *module.Call, _ module.Args) module.Result {
	if c.Msg.Method == sip.MethodAck {
		return m.ack(c)
	}
	return m.create(c)
}

// ack takes an ACK to its transaction: Stop when it ends there.
func (m *TM) ack(c *module.Call) module.Result {
	r := c.Received()
	switch m.layer.ACK(&r) {
	case transaction.NegativeACK:
		return module.Stop
	case transaction.EndToEndACK:
		return module.True
	}
	return module.False
}

// checkTrans is t_check_trans().
func (m *TM) checkTrans(c *module.Call, _ module.Args) module.Result {
	switch {
	case c.Tx != nil:
		return module.True
	case !c.Msg.IsRequest():
		r := c.Received()
		return module.Bool(m.layer.HasReply(&r))
	case c.Msg.Method == sip.MethodAck:
		return m.ack(c)
	case c.Msg.Method == sip.MethodCancel:
		return m.hasInvite(c)
	}
	r := c.Received()
	t := m.layer.Lookup(&r)
	if t == nil {
		return module.False
	}
	t.Retransmit(&r)
	t.Unref()
	return module.Stop
}

// hasInvite tells whether there is a transaction for a CANCEL.
func (m *TM) hasInvite(c *module.Call) module.Result {
	t := m.layer.FindInvite(c.Msg)
	if t == nil {
		return module.False
	}
	t.Unref()
	return module.True
}

// lookupRequest is t_lookup_request().
func (m *TM) lookupRequest(c *module.Call, _ module.Args) module.Result {
	if c.Tx != nil {
		return module.True
	}
	if !c.Msg.IsRequest() {
		return module.False
	}
	r := c.Received()
	if c.Msg.Method == sip.MethodAck {
		return module.Bool(m.layer.HasACK(&r))
	}
	t := m.layer.Lookup(&r)
	if t == nil {
		return module.False
	}
	c.Tx = t
	return module.True
}

// lookupCancel is t_lookup_cancel([1]).
func (m *TM) lookupCancel(c *module.Call, a module.Args) module.Result {
	if c.Msg.Method != sip.MethodCancel {
		return module.False
	}
	t := m.layer.FindInvite(c.Msg)
	if t == nil {
		return module.False
	}
	defer t.Unref()
	if a.Int(0, 0) == 1 {
		t.Lock(c.Out, c)
		c.Flags = t.State.Flags
		t.Unlock()
	}
	return module.True
}

// retransmit is t_retransmit_reply().
func (m *TM) retransmit(c *module.Call, _ module.Args) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	return module.Bool(c.Tx.RetransmitReply())
}

// release is t_release().
func (m *TM) release(c *module.Call, _ module.Args) module.Result {
	if !lock(c) {
		return module.False
	}
	defer unlock(c)
	c.Tx.Release()
	return module.True
}

// exists is t_exists().
func (m *TM) exists(c *module.Call, _ module.Args) module.Result { return module.Bool(c.Tx != nil) }

// requestEnd lets the transaction of a request go when its script is over.
func (m *TM) requestEnd(c *module.Call) {
	if c.Tx == nil {
		return
	}
	t := c.Tx
	if c.TxHeld {
		t.EndScript()
	}
	c.Tx, c.TxHeld = nil, false
	t.Unref()
}

// takeReply hands a reply to the transaction that waits for it. One that
// belongs to none runs on_sl_reply.
func (m *TM) takeReply(c *module.Call) bool {
	r := c.ReceivedReply()
	if m.layer.Reply(r) {
		c.Adopted = c.Adopted || r.Adopted
		return true
	}
	if m.onSLReply != module.NoRoute {
		c.Route = module.CoreReplyRoute
		out := c.Gen.Program.Run(c, m.onSLReply)
		return out.Drop || out.Result == module.Stop
	}
	return c.Msg.Status == 100 && m.relay100.Get() == 0 && m.ours(c)
}

// ours tells whether the topmost Via of a reply is of this server.
func (m *TM) ours(c *module.Call) bool {
	via, err := c.Msg.Via(0)
	return err == nil && m.host.Transport().IsMyself(via.Host, via.SentByPort(), via.Transport)
}
