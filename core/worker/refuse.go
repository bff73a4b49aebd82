// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// errIncomplete: a header is missing that each message has. Such a message
// cannot be answered.
var errIncomplete = errors.New("a header is missing that each message has")

// errHTTPReply: replies of HTTP are replies only where http_reply_parse says so.
var errHTTPReply = errors.New("a reply of HTTP")

// refuse ends a message that no script should see: a request is answered as
// its fault asks, without state (RFC 3261 8.2.2, 16.3 step 1, 18.3), a response
// is dropped (18.1.2, 18.3). broken says that what follows on the stream cannot
// be told apart any more: then the connection is closed, and also where a
// request, or what is not even one, gets no answer.
func (e *Engine) refuse(c *module.Call, err error, broken bool) {
	if ctx := context.Background(); e.opt.Log.Enabled(ctx, slog.LevelDebug) {
		e.opt.Log.Log(ctx, slog.LevelDebug, "refused a message", "err", err, "src", c.Packet.Src)
	}
	if e.opt.Refused != nil {
		e.opt.Refused(err)
	}
	m := c.Msg
	answered := false
	switch {
	case m.Status != 0:
		e.count.badReplies.Inc()
	case m.IsRequest():
		e.count.badRequests.Inc()
		answered = e.answerFault(c, err, broken)
	}
	if c.Packet.Conn == 0 || answered {
		return
	}
	if broken || m.Status == 0 && m.Method != sip.MethodAck {
		e.opt.Transport.Drop(c.Packet.Conn, err)
	}
}

// answerFault answers a request with its fault and says whether it did. One
// that was cut off in the middle of a header has none to be answered with.
func (e *Engine) answerFault(c *module.Call, err error, last bool) bool {
	m := c.Msg
	if m.IsHTTP() {
		return e.answerHTTP(c, err)
	}
	fault, ok := err.(*sip.ParseError)
	if !ok || m.Method == sip.MethodAck || fault == sip.ErrNoHeaderEnd || !answerable(m) {
		return false
	}
	// The answer goes where the request came from, not where a text that is
	// known to be bad points (RFC 3581 4 is how the sender is told).
	m.ForceRport = true
	to, err := transaction.ReplyDestination(m, c.Packet, c.State)
	if err != nil {
		return false
	}
	to.Close = to.Close || last
	r := sip.Reply{Code: fault.Status, Reason: fault.Reason, Server: e.opt.Core.ServerHeader}
	r.ToTag = c.Mem.Keep(e.opt.Transactions.AppendStatelessTag(c.Mem.Begin(), m))
	return c.Out.Send(to, sip.AppendReply(c.Mem.Begin(), m, &r)) == nil
}

// answerHTTP tells a client of HTTP why its connection is closed, where
// somebody serves HTTP.
func (e *Engine) answerHTTP(c *module.Call, err error) bool {
	if len(e.httpTakers) == 0 || c.Packet.Conn == 0 || c.Packet.Socket.Upgraded() {
		return false
	}
	c.ReplyClose = true
	switch {
	case errors.Is(err, sip.ErrHeadersTooLarge), errors.Is(err, sip.ErrTooManyHeaders):
		return c.AnswerHTTP(http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large", "", "") == nil
	case errors.Is(err, sip.ErrURITooLong):
		return c.AnswerHTTP(http.StatusRequestURITooLong, "URI Too Long", "", "") == nil
	case errors.Is(err, sip.ErrTooLarge):
		return c.AnswerHTTP(http.StatusRequestEntityTooLarge, "Content Too Large", "", "") == nil
	}
	return c.AnswerHTTP(http.StatusBadRequest, "Bad Request", "", "") == nil
}

// answerable reports whether a bad message is a request with all that its
// answer repeats.
func answerable(m *sip.Message) bool {
	if !m.IsRequest() || m.IsHTTP() || !complete(m) {
		return false
	}
	for _, t := range [...]sip.HeaderType{sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq} {
		if m.Value(t) == "" {
			return false
		}
	}
	return true
}
