// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var errNoTransaction = errors.New("there is no transaction; call t_newtran first")

// Reply sends a stateful reply to the request of c's transaction; headers are
// complete header fields. It is for modules too: sl replies through it when a
// transaction exists.
func (m *TM) Reply(c *module.Call, code int, reason, headers string) error {
	if code < 100 || code > 699 {
		return fmt.Errorf("%d is no response code", code)
	}
	if !lock(c) {
		return errNoTransaction
	}
	defer unlock(c)
	t := c.Tx
	a := transaction.Answer{Code: code, Reason: reason, Headers: headers}
	if code >= 300 && code < 400 && t.Request() != nil {
		a.Headers += transaction.RedirectHeader(t.Request(), c.State, m.richRedirect)
	}
	if c.State != &t.State {
		a.Headers = c.State.ReplyHeaders + a.Headers
	}
	if err := t.Respond(&a); err != nil {
		return err
	}
	m.localResponse(c)
	return nil
}

// Refuse is Reply with the transaction made where there is none yet, so that the
// script can send the request nowhere any more.
func (m *TM) Refuse(c *module.Call, code int, reason, headers string) error {
	if c.Tx == nil && m.create(c) != module.True {
		return errNoTransaction
	}
	return m.Reply(c, code, reason, headers)
}

// localResponse runs event_route[tm:local-response], with the reply.
func (m *TM) localResponse(c *module.Call) {
	if m.onLocalResponse == module.NoRoute {
		return
	}
	s := save(c)
	defer s.restore(c)
	c.RunReply(m.onLocalResponse, c.Tx.ReplyText())
}

// reply is t_reply(code, reason).
func (m *TM) reply(c *module.Call, a module.Args) module.Result {
	code, reason := m.codeReason(c, a)
	if err := m.Reply(c, code, reason, ""); err != nil {
		if errors.Is(err, transaction.ErrFinished) {
			return module.False
		}
		return c.Fail("t_reply", err)
	}
	return module.True
}

// codeReason reads the arguments code and reason. The default stands in for
// one that is null or empty.
func (m *TM) codeReason(c *module.Call, a module.Args) (int, string) {
	code, reason := int(m.defaultCode.Get()), m.defaultReason.Get()
	n, ok := sip.ParseUint(argument(c, a, 0))
	if !ok || n == 0 {
		return code, reason
	}
	if text := argument(c, a, 1); text != "" {
		reason = text
	}
	return int(n), reason
}

// argument is the text of an argument that is a variable or plain text: as
// with Kamailio variables inside a text stay as they are written.
func argument(c *module.Call, a module.Args, i int) string {
	text, t := a.Str(i), a.Template(i)
	if t == nil || text != "" && text[0] != '$' {
		return text
	}
	if v := t.Value(c); v.IsNull() {
		return ""
	}
	return t.Eval(c)
}

// sendReply is t_send_reply(code, reason).
func (m *TM) sendReply(c *module.Call, a module.Args) module.Result {
	if c.Tx == nil {
		if r := m.create(c); r != module.True {
			return r
		}
	}
	return m.reply(c, a)
}

// replyError is t_reply_error().
func (m *TM) replyError(c *module.Call, _ module.Args) module.Result {
	e := c.Err
	if e == nil {
		e = transaction.ErrGeneral
	}
	if err := m.Reply(c, e.Status, e.Text("TM"), ""); err != nil {
		return module.False
	}
	return module.True
}
