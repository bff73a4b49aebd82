// SPDX-License-Identifier: Apache-2.0

package sl

import (
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var (
	errNoRequest = errors.New("there is no request to answer")
	errACK       = errors.New("an ACK is never answered")
	errCode      = errors.New("the code is no number of 100 to 699")
	errClass     = errors.New("the new code is of another class than the reply's")
)

// stateful is what sl needs of tm.
type stateful interface {
	Reply(c *module.Call, code int, reason, headers string) error
}

// codeReason reads the arguments code and reason.
func (s *SL) codeReason(a module.Args) (int, string) {
	n, ok := sip.ParseUint(a.Str(0))
	if !ok || n == 0 {
		return int(s.defaultCode.Get()), s.defaultReason.Get()
	}
	if a[1].Given {
		return int(n), a.Str(1)
	}
	return int(n), s.defaultReason.Get()
}

// stateless is sl_send_reply(code, reason).
func (s *SL) stateless(c *module.Call, a module.Args) module.Result {
	code, reason := s.codeReason(a)
	return s.result(c, "sl_send_reply", s.SendStateless(c, code, reason, ""))
}

// send is send_reply(code, reason).
func (s *SL) send(c *module.Call, a module.Args) module.Result {
	code, reason := s.codeReason(a)
	return s.result(c, "send_reply", s.SendReply(c, code, reason, ""))
}

// result is what a function returns. Mistakes of the script are logged. What a
// peer can bring about (an ACK that cannot be relayed, a connection that it has
// closed) is not: it could fill the disk; counters tell it.
func (s *SL) result(c *module.Call, function string, err error) module.Result {
	switch err {
	case nil:
		return module.True
	case errNoRequest, errCode, errClass:
		return c.Fail(function, err)
	}
	return module.False
}

// Bits of the mode of send_reply_mode.
const (
	modeNoConnect = 1 << iota
	modeClose
)

// sendMode is send_reply_mode(code, reason, mode).
func (s *SL) sendMode(c *module.Call, a module.Args) module.Result {
	mode := a.Int(2, 0)
	c.ReplyNoConnect = c.ReplyNoConnect || mode&modeNoConnect != 0
	c.ReplyClose = c.ReplyClose || mode&modeClose != 0
	return s.send(c, a)
}

// SendReply answers the request of c: through its transaction where it has
// one, else without state. headers are complete header fields.
func (s *SL) SendReply(c *module.Call, code int, reason, headers string) error {
	if c.Tx != nil && s.bindTM != 0 {
		if tm, ok := c.Host.Module("tm").(stateful); ok {
			return tm.Reply(c, code, reason, headers)
		}
	}
	return s.SendStateless(c, code, reason, headers)
}

// ReplyTag is the To tag of the reply that SendReply would send to a request that
// has none: for who must know it before.
func (s *SL) ReplyTag(c *module.Call) string {
	layer := c.Host.Transactions()
	if c.Tx != nil && s.bindTM != 0 {
		return c.Mem.Keep(layer.AppendStatefulTag(c.Mem.Begin(), c.Msg))
	}
	return c.Mem.Keep(layer.AppendStatelessTag(c.Mem.Begin(), c.Msg))
}

// SendStateless answers the request of c without state (RFC 3261 8.2.7).
func (s *SL) SendStateless(c *module.Call, code int, reason, headers string) error {
	switch {
	case !c.Msg.IsRequest():
		return errNoRequest
	case c.Msg.Method == sip.MethodAck:
		return errACK
	case code < 100 || code > 699:
		return errCode
	}
	if code >= 300 && code < 400 {
		headers += transaction.RedirectHeader(c.Msg, c.State, s.richRedirect)
	}
	if c.ReplyHeaders != "" {
		headers = c.ReplyHeaders + headers
	}
	text, err := s.transmit(c, code, reason, headers)
	if err != nil {
		s.counts.failures.Inc()
		return err
	}
	s.counts.add(code)
	s.sent(c, text)
	return nil
}

// transmit prints and sends the reply; text is that of one of SIP, where there is a
// route for it.
func (s *SL) transmit(c *module.Call, code int, reason, headers string) (text []byte, err error) {
	if c.Msg.IsHTTP() {
		return nil, c.AnswerHTTP(code, reason, c.ReplyContentType, c.ReplyBody)
	}
	to, err := transaction.ReplyDestination(c.Msg, c.Packet, c.State)
	if err != nil {
		return nil, err
	}
	r := sip.Reply{Code: code, Reason: reason, Headers: headers, Server: c.Host.Core().ServerHeader,
		ContentType: c.ReplyContentType, Body: c.ReplyBody}
	if code > 100 {
		r.ToTag = c.Mem.Keep(c.Host.Transactions().AppendStatelessTag(c.Mem.Begin(), c.Msg))
	}
	if c.Host.Core().Warnings {
		r.Warning = transaction.ReplyWarning(c.Packet, c.State)
	}
	text = sip.AppendReply(c.Mem.Begin(), c.Msg, &r)
	if err := c.Out.Send(to, text); err != nil {
		return nil, err
	}
	if s.onLocalResponse != module.NoRoute {
		c.Mem.Keep(text) // those behind here take memory too
	}
	for _, f := range s.onSent {
		f(c, to, text)
	}
	return text, nil
}

// sent runs event_route[sl:local-response], with the reply; one of HTTP is none that a
// script could look at, there it is the request.
func (s *SL) sent(c *module.Call, text []byte) {
	switch {
	case s.onLocalResponse == module.NoRoute:
	case text != nil:
		c.RunReply(s.onLocalResponse, text)
	default:
		route, rc := c.Route, c.RC
		c.Route = module.EventRoute
		c.Gen.Program.Run(c, s.onLocalResponse)
		c.Route, c.RC = route, rc
	}
}

// replyError is sl_reply_error().
func (s *SL) replyError(c *module.Call, _ module.Args) module.Result {
	e := c.Err
	if e == nil || e.General {
		e = transaction.ErrGeneral
	}
	return s.result(c, "sl_reply_error", s.SendStateless(c, e.Status, e.Text("SL"), ""))
}

// replyGeneral is KSR.sl.sl_reply_error(). Functions of KSR do not tell it what went wrong, as in the reference: a t_relay that failed is
// answered a second time, with its own error, when the script ends.
func (s *SL) replyGeneral(c *module.Call, _ module.Args) module.Result {
	e := transaction.ErrGeneral
	return s.result(c, "sl_reply_error", s.SendStateless(c, e.Status, e.Text("SL"), ""))
}

// sendReplyError is send_reply_error().
func (s *SL) sendReplyError(c *module.Call, a module.Args) module.Result {
	if c.Tx == nil || s.bindTM == 0 {
		return s.replyError(c, a)
	}
	e := c.Err
	if e == nil {
		e = transaction.ErrGeneral
	}
	return s.result(c, "send_reply_error", s.SendReply(c, e.Status, e.Text("TM"), ""))
}

// forwardReply is sl_forward_reply([code [, reason]]).
func (s *SL) forwardReply(c *module.Call, a module.Args) module.Result {
	return s.result(c, "sl_forward_reply", s.upstream(c, a))
}

func (s *SL) upstream(c *module.Call, a module.Args) error {
	m := c.Msg
	code, reason := m.Status, m.Reason
	if a.Str(0) != "" {
		n, err := strconv.Atoi(a.Str(0))
		if err != nil || n < 100 || n > 699 {
			return errCode
		}
		if n/100 != m.Status/100 {
			return errClass
		}
		code = n
	}
	if a.Str(1) != "" {
		reason = a.Str(1)
	}
	mark := m.Edits().Mark()
	defer m.Edits().ResetTo(mark)
	if code != m.Status || reason != m.Reason {
		m.SetStatus(code, reason)
	}
	r := c.Received()
	return c.Host.Transactions().ForwardReply(&r)
}

// filterACK ends the ACK for a reply without state; false drops it.
func (s *SL) filterACK(c *module.Call) bool {
	if c.Msg.Method != sip.MethodAck {
		return true
	}
	if !c.Host.Transactions().IsStatelessTag(c.Msg.ToTag()) {
		return true
	}
	s.counts.acks.Inc()
	for _, f := range s.onACK {
		f(c)
	}
	if s.onFilteredACK != module.NoRoute {
		c.Route = module.EventRoute
		c.Gen.Program.Run(c, s.onFilteredACK)
	}
	return false
}

var errTag = errors.New("expected $ltt(s) or $ltt(t)")

// bindTag binds $ltt(s), $ltt(t), which a request has with its transaction, and
// $ltt(x), the one of them that a reply would have now.
func bindTag(_ module.Binder, inner string) (module.Accessor, error) {
	switch inner {
	case "s", "stateless":
		return module.Getter(statelessTag), nil
	case "t", "stateful":
		return module.Getter(statefulTag), nil
	case "x":
		return module.Getter(func(c *module.Call) module.Value {
			if c.Tx == nil {
				return statelessTag(c)
			}
			return statefulTag(c)
		}), nil
	}
	return nil, errTag
}

func statelessTag(c *module.Call) module.Value {
	return avp.String(c.Mem.Keep(c.Host.Transactions().AppendStatelessTag(c.Mem.Begin(), c.Msg)))
}

func statefulTag(c *module.Call) module.Value {
	if c.Tx == nil {
		return module.Value{}
	}
	return avp.String(c.Mem.Keep(c.Host.Transactions().AppendStatefulTag(c.Mem.Begin(), c.Msg)))
}
