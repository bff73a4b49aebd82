// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// backends says where a record goes.
type backends struct {
	log bool
	// table is a table of the database, nil for none.
	table module.Template
}

func (b backends) any() bool { return b.log || b.table != nil }

func isSet(flags uint32, n int) bool { return n >= 0 && n < 32 && flags&(1<<n) != 0 }

// wanted tells where the flags send a record.
func (a *Acc) wanted(flags uint32, logFlag, dbFlag int, table module.Template) backends {
	b := backends{log: isSet(flags, logFlag)}
	if isSet(flags, dbFlag) && a.queue != nil {
		b.table = table
	}
	return b
}

// replied is called for each reply that goes upstream.
func (a *Acc) replied(n *transaction.Notice) {
	flags := n.Tx.State.Flags
	to := a.wanted(flags, a.logFlag, a.dbFlag, a.tableAcc)
	if !to.any() || n.Tx.Method == sip.MethodCancel && a.reportCancels == 0 {
		return
	}
	switch {
	case n.Code < 200:
		if a.earlyMedia == 0 || n.Reply == nil || n.Reply.Body() == "" {
			return
		}
	case n.Code >= 300 && (!isSet(flags, a.failedFlag) || a.filtered(n.Code)):
		return
	}
	a.write(n, "transaction answered", n.Request, n.Code, to)
}

// missed is called when an INVITE is about to fail.
func (a *Acc) missed(n *transaction.Notice) {
	if n.Tx.Method != sip.MethodInvite {
		return
	}
	to := a.wanted(n.Tx.State.Flags, a.missedFlag, a.dbMissedFlag, a.tableMissed)
	if !to.any() {
		return
	}
	a.write(n, "call missed", n.Request, n.Code, to)
	for _, flag := range [...]int{a.missedFlag, a.dbMissedFlag} {
		if flag >= 0 {
			n.Tx.State.Flags &^= 1 << flag
		}
	}
}

// acknowledged is called for the ACK to a 2xx. The flag must be set for the
// ACK too: its script has run before.
func (a *Acc) acknowledged(n *transaction.Notice) {
	c, ok := n.From.(*module.Call)
	if !ok {
		return
	}
	if to := a.wanted(c.Flags, a.logFlag, a.dbFlag, a.tableAcc); to.any() {
		a.write(n, "request acknowledged", n.Request, n.Tx.Status(), to)
	}
}

// write writes the record of an event. req is the request that it is about.
func (a *Acc) write(n *transaction.Notice, what string, req *sip.Message, code int, to backends) {
	a.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
		reply := n.Reply
		reason := sip.StatusText(code)
		if reply != nil && reply.Status == code {
			reason = reply.Reason
		} else if text := n.Tx.Reason(); text != "" && code == n.Tx.Status() {
			reason = text
		}
		tag := req.ToTag()
		if reply != nil && reply.ToTag() != "" {
			tag = reply.ToTag()
		} else if tag == "" {
			tag = n.Tx.OwnTag()
		}
		r := record{method: req.MethodName, from: req.FromTag(), to: tag, callID: req.Value(sip.HeaderCallID),
			code: strconv.Itoa(code), reason: a.reason(req, reason), at: c.Host.Clock().Now()}
		if a.upstream(c, req) {
			r.from, r.to = r.to, r.from
		}
		if to.log {
			a.line(c, what, &r)
		}
		if to.table != nil {
			a.enqueue(c, to.table.Eval(c), &r)
		}
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

// record is what each record has.
type record struct {
	method, from, to, callID, code, reason string
	at                                     time.Time
}

// requested is the record of the message of c, with the comment of a script.
func (a *Acc) requested(c *module.Call, comment string) *record {
	m := c.Msg
	r := &record{method: m.MethodName, from: m.FromTag(), to: m.ToTag(), callID: m.Value(sip.HeaderCallID), at: c.Host.Clock().Now()}
	r.code, r.reason = splitComment(comment)
	if a.upstream(c, m) {
		r.from, r.to = r.to, r.from
	}
	return r
}

// splitComment reads "404 Not Found"; a text that does not begin with three
// digits is all reason.
func splitComment(text string) (code, reason string) {
	if len(text) >= 3 && digit(text[0]) && digit(text[1]) && digit(text[2]) {
		return text[:3], strings.TrimLeft(text[3:], " ")
	}
	return "", text
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// line writes a record to the log. Its text is Kamailio's, because billing
// reads it.
func (a *Acc) line(c *module.Call, what string, r *record) {
	if !c.Host.Log().Enabled(c.Context(), module.LevelOf(a.logLevel)) {
		return
	}
	b := make([]byte, 0, 512)
	b = append(append(append(b, "ACC: "...), what...), ": timestamp="...)
	b = strconv.AppendInt(b, r.at.Unix(), 10)
	b = a.appendTime(b, r.at)
	for _, f := range [...]struct{ name, value string }{
		{"method", r.method}, {"from_tag", r.from}, {"to_tag", r.to}, {"call_id", r.callID}, {"code", r.code}, {"reason", r.reason},
	} {
		b = append(append(append(append(b, ';'), f.name...), '='), f.value...)
	}
	for _, f := range a.extra {
		b = append(append(append(b, ';'), f.name...), '=')
		b = append(b, f.text(c, 0)...)
	}
	for leg := range a.eachLeg(c) {
		for i, f := range a.legs {
			b = append(append(append(b, ';'), f.name...), '=')
			b = append(b, text(leg[i])...)
		}
	}
	a.print(c, b, a.facility)
}

// print writes a line to the log.
func (a *Acc) print(c *module.Call, line []byte, facility string) {
	oneLine(line)
	attrs := []slog.Attr{slog.String("module", "acc")}
	if facility != "" {
		attrs = append(attrs, slog.String("facility", facility))
	}
	c.Host.Log().LogAttrs(c.Context(), module.LevelOf(a.logLevel), string(line), attrs...)
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
		return appendMillis(b, now.UnixMilli())
	case 3, 4:
		b = append(append(append(b, ';'), a.timeAttr...), '=')
		return a.appendFormatted(b, now)
	}
	return b
}

// appendFormatted appends a time as time_format says: local for time_mode 3,
// UTC for 4.
func (a *Acc) appendFormatted(b []byte, t time.Time) []byte {
	if a.timeMode == 4 {
		t = t.UTC()
	}
	return strftime(b, a.timeFormat, t)
}
