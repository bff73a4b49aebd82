// SPDX-License-Identifier: Apache-2.0

package tmx

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/tm"
)

func variables() []module.Variable {
	return []module.Variable{
		{Name: "T_branch_idx", Get: branchIndex, Doc: "index of the branch in branch and reply routes; in a failure route the number of branches"},
		{Name: "T_reply_code", Get: replyCode, Doc: "code of the received, chosen or last sent reply"},
		{Name: "T_reply_reason", Get: replyReason, Doc: "reason phrase of that reply"},
		{Name: "T_reply_last", Get: replyLast, Doc: "code of the last reply received on the branch"},
		{Name: "T_reply_ruid", Get: replyRUID, Doc: "record unique id of the contact that the branch of the reply went to"},
		{Name: "T_req", Bind: bindOther("$T_req", request), Doc: "a variable as seen for the request of the transaction: $T_req($ru)"},
		{Name: "T_rpl", Bind: bindOther("$T_rpl", reply), Doc: "a variable as seen for the received or chosen reply: $T_rpl($rs)"},
		{Name: "T_inv", Bind: bindInvite, Doc: "a variable as seen for the INVITE of a CANCEL: $T_inv($ru)"},
		{Name: "T_branch", Bind: bindBranch, Doc: "$T_branch(uri), $T_branch(flags): target of the branch of a reply or branch failure route"},
		{Name: "T", Bind: bindTransaction, Doc: "$T(id_index), $T(id_label), $T(id_label_n), $T(id_index_n), $T(reply_code), $T(reply_type), $T(branch_index), $T(ruid)"},
	}
}

// held runs f with the lock of c's transaction; it returns null where there is
// none.
func held(c *module.Call, f func(t *transaction.Transaction) module.Value) module.Value {
	if c.Tx == nil {
		return module.Value{}
	}
	if !c.TxHeld {
		c.Tx.Lock(c.Out, c)
		defer c.Tx.Unlock()
	}
	return f(c.Tx)
}

func branchIndex(c *module.Call) module.Value {
	if c.Branch >= 0 {
		return avp.Number(int64(c.Branch))
	}
	if c.Route != module.FailureRoute {
		return avp.Number(0)
	}
	return held(c, func(t *transaction.Transaction) module.Value { return avp.Number(int64(len(t.Branches()))) })
}

func replyCode(c *module.Call) module.Value { return avp.Number(int64(tm.Status(c))) }

// branch is the branch that a route is about, nil where there is none.
func branch(c *module.Call, t *transaction.Transaction) *transaction.Branch {
	if c.Route&(module.FailureRoute|module.BranchFailureRoute) != 0 {
		return t.Picked()
	}
	if c.Branch >= 0 && c.Branch < len(t.Branches()) {
		return t.Branches()[c.Branch]
	}
	return nil
}

// orEmpty is f of the branch of c; "" where there is no reply, branch or
// transaction, which a text shows as nothing.
func orEmpty(c *module.Call, f func(b *transaction.Branch) module.Value) module.Value {
	v := held(c, func(t *transaction.Transaction) module.Value {
		if b := branch(c, t); b != nil {
			return f(b)
		}
		return module.Value{}
	})
	if v.IsNull() {
		return avp.String("")
	}
	return v
}

func replyReason(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return avp.String(c.Msg.Reason)
	}
	return orEmpty(c, func(b *transaction.Branch) module.Value {
		if b.Reply() != nil {
			return avp.String(b.Reply().Reason)
		}
		return avp.String(sip.StatusText(b.Status()))
	})
}

func replyLast(c *module.Call) module.Value {
	return orEmpty(c, func(b *transaction.Branch) module.Value {
		if b.Status() == 0 {
			return module.Value{}
		}
		return avp.Number(int64(b.Status()))
	})
}

func replyRUID(c *module.Call) module.Value {
	return orEmpty(c, func(b *transaction.Branch) module.Value { return avp.String(b.Target.RUID) })
}

// message is a message that another one is seen through.
type message struct {
	msg    *sip.Message
	packet transport.Packet
}

func request(c *module.Call, t *transaction.Transaction) (message, bool) {
	return message{t.Request(), t.Packet}, t.Request() != nil
}

func reply(c *module.Call, t *transaction.Transaction) (message, bool) {
	if !c.Msg.IsRequest() {
		return message{c.Msg, c.Packet}, true
	}
	b := branch(c, t)
	if b == nil || b.Reply() == nil {
		return message{}, false
	}
	return message{b.Reply(), b.ReplyPacket()}, true
}

// other is a variable evaluated for another message than the Call's.
type other struct {
	inner module.Accessor
	find  func(c *module.Call, t *transaction.Transaction) (message, bool)
}

// Get implements module.Accessor.
func (o *other) Get(c *module.Call, i module.Index) module.Value {
	return held(c, func(t *transaction.Transaction) module.Value {
		m, ok := o.find(c, t)
		if !ok {
			return module.Value{}
		}
		uri := t.State.Target.URI
		if m.msg == t.Request() {
			// The Request-URI of $T_req is the one that was received.
			t.State.Target.URI = t.Request().RequestURI
		}
		v := through(c, m, &t.State, o.inner, i)
		t.State.Target.URI = uri
		return v
	})
}

// through evaluates a variable with another message in the Call.
func through(c *module.Call, m message, s *transaction.State, v module.Accessor, i module.Index) module.Value {
	msg, packet, mem, state, route := c.Msg, c.Packet, c.Mem, c.State, c.Route
	c.Msg, c.Packet, c.State = m.msg, m.packet, s
	if !m.msg.IsRequest() {
		c.Route = module.ReplyRoute
	}
	out := v.Get(c, i)
	c.Msg, c.Packet, c.Mem, c.State, c.Route = msg, packet, mem, state, route
	return out
}

func bindOther(name string, find func(c *module.Call, t *transaction.Transaction) (message, bool)) func(b module.Binder, inner string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		v, err := b.Var(inner)
		if err != nil {
			return nil, fmt.Errorf("%s needs a variable: %w", name, err)
		}
		return &other{v, find}, nil
	}
}

func bindInvite(b module.Binder, inner string) (module.Accessor, error) {
	v, err := b.Var(inner)
	if err != nil {
		return nil, fmt.Errorf("$T_inv needs a variable: %w", err)
	}
	return inviteOf{v}, nil
}

// inviteOf is a variable evaluated for the INVITE of a CANCEL.
type inviteOf struct{ inner module.Accessor }

// Get implements module.Accessor. The text is copied: the INVITE's transaction
// may end while the script of the CANCEL goes on.
func (v inviteOf) Get(c *module.Call, i module.Index) module.Value {
	if c.Msg.Method != sip.MethodCancel {
		return module.Value{}
	}
	t := c.Host.Transactions().FindInvite(c.Msg)
	if t == nil {
		return module.Value{}
	}
	defer t.Unref()
	t.Lock(c.Out, c)
	defer t.Unlock()
	out := through(c, message{t.Request(), t.Packet}, &t.State, v.inner, i)
	out.Str = c.Mem.Copy(out.Str)
	return out
}

func bindBranch(_ module.Binder, inner string) (module.Accessor, error) {
	var get func(b *transaction.Branch) module.Value
	switch inner {
	case "uri":
		get = func(b *transaction.Branch) module.Value { return avp.String(b.Target.URI) }
	case "flags":
		get = func(b *transaction.Branch) module.Value { return avp.Number(int64(b.Target.Flags)) }
	case "ruid":
		get = func(b *transaction.Branch) module.Value { return avp.String(b.Target.RUID) }
	default:
		return nil, fmt.Errorf("$T_branch(%s) is unknown; there are uri, flags and ruid", inner)
	}
	return module.Getter(func(c *module.Call) module.Value {
		return held(c, func(t *transaction.Transaction) module.Value {
			if b := branch(c, t); b != nil {
				return get(b)
			}
			return module.Value{}
		})
	}), nil
}

func bindTransaction(_ module.Binder, inner string) (module.Accessor, error) {
	number := func(f func(t *transaction.Transaction) int64) (module.Accessor, error) {
		return module.Getter(func(c *module.Call) module.Value {
			return held(c, func(t *transaction.Transaction) module.Value { return avp.Number(f(t)) })
		}), nil
	}
	switch inner {
	case "id_index", "id_index_n":
		return number(func(t *transaction.Transaction) int64 { return int64(t.ID().Index) })
	case "id_label", "id_label_n":
		return number(func(t *transaction.Transaction) int64 { return int64(t.ID().Label) })
	case "reply_code":
		return module.Getter(replyCode), nil
	case "reply_reason":
		return module.Getter(replyReason), nil
	case "reply_last":
		return module.Getter(replyLast), nil
	case "branch_index":
		return module.Getter(branchIndex), nil
	case "ruid":
		return module.Getter(replyRUID), nil
	case "reply_type":
		return module.Getter(replyType), nil
	}
	return nil, fmt.Errorf("$T(%s) is unknown; there are id_index, id_label, reply_code, reply_reason, reply_last, reply_type, branch_index and ruid", inner)
}

// replyType is 1 for a reply that was made here, 0 for one that was received.
func replyType(c *module.Call) module.Value {
	return held(c, func(t *transaction.Transaction) module.Value {
		b := branch(c, t)
		if b != nil && b.Finished() && b.Reply() == nil && c.Msg.IsRequest() {
			return avp.Number(1)
		}
		return avp.Number(0)
	})
}
