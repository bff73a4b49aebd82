// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// requests is what acc needs of tm.
type requests interface {
	InRequest(t *transaction.Transaction, from any, f func(c *module.Call))
}

// Start implements module.Starter.
func (a *Acc) Start(_ context.Context, h module.Host) error {
	a.tm = h.Module("tm").(requests)
	h.Transactions().On(transaction.ReplyOut, a.replied)
	if a.missedFlag >= 0 {
		h.Transactions().On(transaction.FailureReady, a.missed)
	}
	if a.reportACK != 0 {
		h.Transactions().On(transaction.EndToEndACKIn, a.acknowledged)
	}
	return nil
}

func isSet(flags uint32, n int) bool { return n >= 0 && n < 32 && flags&(1<<n) != 0 }

// replied is called for each reply that goes upstream.
func (a *Acc) replied(n *transaction.Notice) {
	flags := n.Tx.State.Flags
	if !isSet(flags, a.logFlag) || n.Tx.Method == sip.MethodCancel && a.reportCancels == 0 {
		return
	}
	switch {
	case n.Code < 200:
		if a.earlyMedia == 0 || n.Reply == nil || n.Reply.Body() == "" {
			return
		}
	case n.Code >= 300 && !isSet(flags, a.failedFlag):
		return
	}
	a.write(n, "transaction answered", n.Request, n.Code)
}

// missed is called when an INVITE is about to fail.
func (a *Acc) missed(n *transaction.Notice) {
	if n.Tx.Method != sip.MethodInvite || !isSet(n.Tx.State.Flags, a.missedFlag) {
		return
	}
	a.write(n, "call missed", n.Request, n.Code)
	n.Tx.State.Flags &^= 1 << a.missedFlag
}

// acknowledged is called for the ACK to a 2xx. The flag must be set for the
// ACK too: its script has run before.
func (a *Acc) acknowledged(n *transaction.Notice) {
	c, ok := n.From.(*module.Call)
	if !ok || !isSet(c.Flags, a.logFlag) {
		return
	}
	a.write(n, "request acknowledged", n.Request, n.Tx.Status())
}

// write writes the record of an event. req is the request that it is about.
func (a *Acc) write(n *transaction.Notice, what string, req *sip.Message, code int) {
	a.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
		reply := n.Reply
		reason := sip.StatusText(code)
		if reply != nil && reply.Status == code {
			reason = reply.Reason
		} else if text := n.Tx.Reason(); text != "" && code == n.Tx.Status() {
			reason = text
		}
		to := req.ToTag()
		if reply != nil && reply.ToTag() != "" {
			to = reply.ToTag()
		} else if to == "" {
			to = n.Tx.OwnTag()
		}
		a.line(c, what, record{method: req.MethodName, from: req.FromTag(), to: to, callID: req.Value(sip.HeaderCallID),
			code: strconv.Itoa(code), reason: a.reason(req, reason), swap: a.upstream(c, req)})
	})
}

// reason is the reason phrase, or the Reason header that a BYE or CANCEL
// brings along.
func (a *Acc) reason(req *sip.Message, phrase string) string {
	if a.reasonFromHF == 0 || !req.Method.Has(sip.MethodBye|sip.MethodCancel) {
		return phrase
	}
	if v := req.Value(sip.HeaderReason); v != "" {
		return v
	}
	return phrase
}

// upstream reports whether the request comes from the callee, by the From tag
// that the first request left in our Route.
func (a *Acc) upstream(c *module.Call, req *sip.Message) bool {
	if a.detectDirection == 0 || req.ToTag() == "" {
		return false
	}
	tag, ok := sip.Params(c.OwnRoute).Lookup("ftag")
	return ok && tag != req.FromTag()
}

// logRequest is acc_log_request(comment).
func (a *Acc) logRequest(c *module.Call, args module.Args) module.Result {
	code, reason := splitComment(args.Str(0))
	m := c.Msg
	a.line(c, "request accounted", record{method: m.MethodName, from: m.FromTag(), to: m.ToTag(), callID: m.Value(sip.HeaderCallID),
		code: code, reason: reason, swap: a.upstream(c, m)})
	return module.True
}

// splitComment reads "404 Not Found"; a text without code is all reason.
func splitComment(text string) (code, reason string) {
	if len(text) >= 3 && '1' <= text[0] && text[0] <= '6' && digit(text[1]) && digit(text[2]) && (len(text) == 3 || text[3] == ' ') {
		rest := text[3:]
		for rest != "" && rest[0] == ' ' {
			rest = rest[1:]
		}
		return text[:3], rest
	}
	return "", text
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// record is what each record has.
type record struct {
	method, from, to, callID, code, reason string
	// swap exchanges From and To.
	swap bool
}

// line writes the record. Its text is Kamailio's, because billing reads it.
func (a *Acc) line(c *module.Call, what string, r record) {
	log := c.Host.Log()
	level := module.LevelOf(a.logLevel)
	if !log.Enabled(c.Context(), level) {
		return
	}
	now := c.Host.Clock().Now()
	b := make([]byte, 0, 512)
	b = append(append(append(b, "ACC: "...), what...), ": timestamp="...)
	b = strconv.AppendInt(b, now.Unix(), 10)
	b = a.appendTime(b, now)
	if r.swap {
		r.from, r.to = r.to, r.from
	}
	for _, f := range [...]struct{ name, value string }{
		{"method", r.method}, {"from_tag", r.from}, {"to_tag", r.to}, {"call_id", r.callID}, {"code", r.code}, {"reason", r.reason},
	} {
		b = append(append(append(append(b, ';'), f.name...), '='), f.value...)
	}
	for _, f := range a.extra {
		b = append(append(append(b, ';'), f.name...), '=')
		b = f.append(b, c, 0)
	}
	b = a.appendLegs(b, c)
	oneLine(b)
	attrs := []slog.Attr{slog.String("module", "acc")}
	if a.facility != "" {
		attrs = append(attrs, slog.String("facility", a.facility))
	}
	log.LogAttrs(c.Context(), level, string(b), attrs...)
}

// oneLine puts blanks for control characters. A header field may be folded, and
// the rest of one that is written as it came would read as a record of its own.
func oneLine(b []byte) {
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = ' '
		}
	}
}

// appendTime appends the further time that time_mode asks for.
func (a *Acc) appendTime(b []byte, now time.Time) []byte {
	switch a.timeMode {
	case 1:
		b = append(append(append(b, ';'), a.timeExten...), '=')
		return strconv.AppendInt(b, int64(now.Nanosecond()/1000), 10)
	case 2:
		b = append(append(append(b, ';'), a.timeAttr...), '=')
		return strconv.AppendFloat(b, float64(now.UnixMilli())/1000, 'f', 3, 64)
	case 3, 4:
		if a.timeMode == 4 {
			now = now.UTC()
		}
		b = append(append(append(b, ';'), a.timeAttr...), '=')
		return strftime(b, a.timeFormat, now)
	}
	return b
}
