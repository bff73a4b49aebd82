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
	"github.com/kahea-sip/kahea/core/transport"
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

// replied is called for each reply that goes upstream. A call that the script
// itself refused is missed, too; others were when they failed, and their flag is
// cleared.
func (a *Acc) replied(n *transaction.Notice) {
	flags := n.Tx.State.Flags
	if n.Code >= 300 {
		a.missed(n)
	}
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
	flags := a.missedFlags() & n.Tx.State.Flags
	n.Tx.State.Flags &^= flags
	if n.Event == transaction.FailureReady {
		refusedAgain(n.Tx, flags)
	}
}

// missedFlags are the flags that ask for a record of a branch that failed.
func (a *Acc) missedFlags() (mask uint32) {
	for _, flag := range [...]int{a.missedFlag, a.dbMissedFlag} {
		if flag >= 0 {
			mask |= 1 << flag
		}
	}
	return mask
}

// refusedAgain has the failure route that is about to run ask for a record once
// more where it replies itself, as in Kamailio, where the reply has the flags
// from before the first record.
func refusedAgain(t *transaction.Transaction, flags uint32) {
	over := false
	t.On(transaction.ReplyReady|transaction.RequestOut|transaction.FailureDone, func(n *transaction.Notice) {
		if n.Event == transaction.ReplyReady && n.Reply == nil && n.Code >= 300 && !over {
			n.Tx.State.Flags |= flags
		}
		over = true
	})
}

// acknowledged is called for the ACK to a 2xx. The flag may be that of its
// INVITE or its own: its script has run before.
func (a *Acc) acknowledged(n *transaction.Notice) {
	flags := n.Tx.State.Flags
	if c, ok := n.From.(*module.Call); ok {
		flags |= c.Flags
	}
	if to := a.wanted(flags, a.logFlag, a.dbFlag, a.tableAcc); to.any() {
		a.write(n, "request acknowledged", n.Request, n.Tx.Status(), to)
	}
}

// writing is the record of an event at work. Hot path: it is kept with its method
// for the next record, because a closure that the tm module calls is memory for the
// collector, with all that it holds: half a kilobyte for each record.
type writing struct {
	acc    *Acc
	notice *transaction.Notice
	what   string
	// req is the request that the record is about.
	req  *sip.Message
	code int
	to   backends
	// packet is that of an ACK that is about to be handled.
	packet transport.Packet
	do     func(c *module.Call)
}

// write writes the record of an event. req is the request that it is about.
func (a *Acc) write(n *transaction.Notice, what string, req *sip.Message, code int, to backends) {
	w, _ := a.writings.Get().(*writing)
	if w == nil {
		w = &writing{acc: a}
		w.do = w.run
	}
	w.notice, w.what, w.req, w.code, w.to = n, what, req, code, to
	if c := w.ofACK(); c != nil {
		w.packet = c.Packet
	}
	a.tm.InRequest(n.Tx, n.From, w.do)
	*w = writing{acc: a, do: w.do}
	a.writings.Put(w)
}

// ofACK is the Call of the ACK to a 2xx that is about to be handled, else nil.
func (w *writing) ofACK() *module.Call {
	if w.notice.Event != transaction.EndToEndACKIn {
		return nil
	}
	c, _ := w.notice.From.(*module.Call)
	return c
}

func (w *writing) run(c *module.Call) {
	a, n, req := w.acc, w.notice, w.req
	if w.ofACK() != nil {
		// Its fields are those of the ACK, its AVPs those of the INVITE.
		c.Msg, c.Packet = req, w.packet
	}
	// Of a reply that was made here the record has the usual phrase.
	reason, tag := sip.StatusText(w.code), req.ToTag()
	switch {
	case n.Reply != nil:
		if n.Reply.Status == w.code {
			reason = a.reason(n.Reply)
		}
		if t := n.Reply.ToTag(); t != "" {
			tag = t
		}
	case n.Event == transaction.EndToEndACKIn:
		reason = n.Tx.Reason()
	case tag == "" && n.Tx.Method != sip.MethodCancel:
		tag = n.Tx.OwnTag()
	}
	r := record{method: req.MethodName, from: req.FromTag(), to: tag, callID: req.Value(sip.HeaderCallID),
		code: strconv.Itoa(w.code), reason: reason, at: c.Host.Clock().Now()}
	if a.upstream(c, req) {
		r.from, r.to = r.to, r.from
	}
	if w.to.log {
		a.line(c, w.what, &r)
	}
	if w.to.table != nil {
		a.enqueue(c, w.to.table.Eval(c), &r)
	}
}

// reason is the reason phrase of a reply, or its Reason header.
func (a *Acc) reason(reply *sip.Message) string {
	if a.reasonFromHF != 0 {
		if v := reply.Value(sip.HeaderReason); v != "" {
			return v
		}
	}
	return reply.Reason
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
	attrs := []slog.Attr{slog.String("module", "acc"), slog.String("facility", facility)}
	if facility == "" {
		attrs = attrs[:1]
	}
	module.LogLine(c.Context(), c.Host.Log(), module.LevelOf(a.logLevel), string(line), attrs...)
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
