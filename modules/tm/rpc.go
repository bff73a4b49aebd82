// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// commands are the RPC commands of tm.
func (m *TM) commands() []module.Command {
	const uac = "using a list of string parameters: method, ruri, dst_uri, send_sock, headers (CRLF separated) and body (optional)"
	return []module.Command{
		{Name: "tm.cancel", Run: m.rpcCancel, Doc: "Cancel a pending transaction"},
		{Name: "tm.clean", Run: m.rpcClean, Doc: "Clean expired (lifetime exceeded) transactions."},
		{Name: "tm.hash_stats", Run: rpcHashStats, Doc: "Prints hash table statistics (can be used only if tm is compiled with -DTM_HASH_STATS)."},
		{Name: "tm.list", Run: m.rpcList, Array: true, Doc: "List transactions."},
		{Name: "tm.reply", Run: m.rpcReply, Doc: "Reply transaction"},
		{Name: "tm.reply_callid", Run: m.rpcReplyCallID, Doc: "Reply transaction by call-id"},
		{Name: "tm.stats", Run: m.rpcStats, Doc: "Print transaction statistics."},
		{Name: "tm.t_uac_start", Run: m.rpcStart(false), Doc: "starts a tm uac " + uac},
		{Name: "tm.t_uac_start_noack", Run: m.rpcStart(true), Doc: "starts a tm uac without sending the ACK for a 2xx " + uac},
		{Name: "tm.t_uac_wait", Run: m.rpcWait(false), Doc: "starts a tm uac and waits for the final reply, " + uac},
		{Name: "tm.t_uac_wait_noack", Run: m.rpcWait(true), Doc: "starts a tm uac without sending the ACK for a 2xx and waits for the final reply, " + uac},
		{Name: "tm.t_uac_wait_block", Run: m.rpcWait(false), Doc: "starts a tm uac and waits for the final reply in blocking mode, " + uac},
		{Name: "tm.t_uac_wait_block_noack", Run: m.rpcWait(true), Doc: "starts a tm uac without sending the ACK for a 2xx and waits for the final reply in blocking mode, " + uac},
	}
}

func (m *TM) rpcStats(r *module.Request) error {
	s := m.layer.Stats()
	r.Struct().Add("current", s.Current).Add("waiting", s.Waiting).Add("total", s.Total).Add("total_local", s.TotalLocal).
		Add("rpl_received", s.Received).Add("rpl_generated", s.Generated).Add("rpl_sent", s.Sent).
		Add("6xx", s.ByClass[6]).Add("5xx", s.ByClass[5]).Add("4xx", s.ByClass[4]).Add("3xx", s.ByClass[3]).Add("2xx", s.ByClass[2]).
		Add("created", s.Created).Add("freed", s.Freed).Add("delayed_free", int64(0))
	return nil
}

func rpcHashStats(*module.Request) error {
	return module.Faultf(500, "Hash statistics not supported (tryrecompiling with -DTM_HASH_STATS)")
}

func (m *TM) rpcClean(*module.Request) error {
	m.layer.Expired()
	return nil
}

// rpcList lists the transactions. Header fields stand with their names and
// line ends, as Kamailio prints them.
func (m *TM) rpcList(r *module.Request) error {
	m.layer.Each(func(t *transaction.Transaction) {
		id := t.ID()
		s := r.Struct().Add("cell", "0x"+strconv.FormatUint(uint64(id.Index)<<32|uint64(id.Label), 16)).
			Add("tindex", int64(id.Index)).Add("tlabel", int64(id.Label))
		q := t.Request()
		if q == nil {
			return
		}
		received := "yes"
		if t.Local() {
			received = "no"
		}
		s.Add("method", strings.Clone(q.MethodName)).Add("from", field(q, sip.HeaderFrom)).Add("to", field(q, sip.HeaderTo)).
			Add("callid", field(q, sip.HeaderCallID)).Add("cseq", "CSeq: "+strconv.FormatUint(uint64(t.CSeq()), 10)).
			Add("uas_request", received).Add("tflags", int64(0)).Add("outgoings", int64(len(t.Branches()))).
			Add("ref_count", int64(t.Refs())).Add("lifetime", int64(t.Age()/time.Millisecond))
	})
	return nil
}

func field(q *sip.Message, h sip.HeaderType) string {
	i := q.First(h)
	if i < 0 {
		return ""
	}
	f := q.Header(i)
	return strings.Clone(q.Raw()[f.Start:f.End])
}

func (m *TM) rpcCancel(r *module.Request) error {
	callID, err := r.Str(0)
	cseq, err2 := r.Int(1)
	if err != nil || err2 != nil {
		return module.Faultf(400, "Callid and CSeq expected as parameters")
	}
	t := m.layer.FindCall(callID, uint32(cseq))
	if t == nil {
		return module.Faultf(400, "Transaction not found")
	}
	return m.inside(t, func() error {
		t.Cancel("", 0)
		return nil
	})
}

// inside runs f in the lock of t, and gives the reference back. Where somebody
// has the lock, perhaps the very route whose jsonrpc_exec asks, f runs when it
// is free: the command does not wait for its result then.
func (m *TM) inside(t *transaction.Transaction, f func() error) error {
	if t.TryLock(nil, nil) {
		defer t.Unref()
		defer t.Unlock()
		return f()
	}
	m.layer.Go("tm command", func() {
		defer t.Unref()
		t.Lock(nil, nil)
		defer t.Unlock()
		if err := f(); err != nil {
			m.host.Log().Debug("a command came too late", "err", err)
		}
	})
	return nil
}

func (m *TM) rpcReply(r *module.Request) error {
	a, err := answer(r)
	if err != nil {
		return err
	}
	text, err := r.Str(2)
	if err != nil {
		return module.Faultf(400, "Transaction ID expected")
	}
	index, label, ok := strings.Cut(text, ":")
	i, ok1 := sip.ParseUint(index)
	l, ok2 := sip.ParseUint(label)
	if !ok || !ok1 || !ok2 {
		return module.Faultf(400, "Invalid trans_id")
	}
	if err := rest(r, a, 3); err != nil {
		return err
	}
	t := m.layer.ByID(transaction.ID{Index: i, Label: l})
	if t == nil {
		return module.Faultf(481, "No such transaction")
	}
	return m.inside(t, func() error { return respond(t, a) })
}

func (m *TM) rpcReplyCallID(r *module.Request) error {
	a, err := answer(r)
	if err != nil {
		return err
	}
	callID, err := r.Str(2)
	if err != nil {
		return module.Faultf(400, "Call-ID expected")
	}
	cseq, err := r.Int(3)
	if err != nil {
		return module.Faultf(400, "CSeq expected")
	}
	if err := rest(r, a, 4); err != nil {
		return err
	}
	t := m.layer.FindAny(callID, uint32(cseq))
	if t == nil {
		return module.Faultf(404, "Transaction not found")
	}
	return m.inside(t, func() error { return respond(t, a) })
}

// answer reads code and reason of a reply.
func answer(r *module.Request) (*transaction.Answer, error) {
	code, err := r.Int(0)
	if err != nil {
		return nil, module.Faultf(400, "Reply code expected")
	}
	reason, err := r.Str(1)
	if err != nil {
		return nil, module.Faultf(400, "Reason phrase expected")
	}
	return &transaction.Answer{Code: int(code), Reason: reason}, nil
}

// rest reads To tag, headers and body from argument i on.
func rest(r *module.Request, a *transaction.Answer, i int) (err error) {
	if a.ToTag, err = r.Str(i); err != nil {
		return module.Faultf(400, "To tag expected")
	}
	if a.Headers, err = r.Str(i + 1); err != nil {
		return err
	}
	if a.Headers = plain(a.Headers); a.Headers != "" && !strings.HasSuffix(a.Headers, "\n") {
		a.Headers += "\r\n"
	}
	if r.Len() > i+2 {
		a.Body, err = r.Str(i + 2)
	}
	return err
}

func respond(t *transaction.Transaction, a *transaction.Answer) error {
	if t.Respond(a) != nil {
		return module.Faultf(500, "Reply failed")
	}
	return nil
}

// local makes the request of the t_uac commands.
func (m *TM) local(r *module.Request, noACK bool) (*transaction.LocalRequest, error) {
	if r.Len() < 5 {
		return nil, module.Faultf(400, "too few parameters (%d/5)", r.Len())
	}
	var text [6]string
	for i := range min(r.Len(), len(text)) {
		var err error
		if text[i], err = r.Str(i); err != nil {
			return nil, err
		}
	}
	q, err := m.request(text[0], text[1], text[2], text[3], text[4], text[5])
	if err != nil {
		return nil, module.Faultf(400, "%s", err)
	}
	q.NoACK = noACK
	q.Gen = m.host.Generation()
	return q, nil
}

func (m *TM) rpcStart(noACK bool) func(r *module.Request) error {
	return func(r *module.Request) error {
		q, err := m.local(r, noACK)
		if err != nil {
			return err
		}
		return m.start(q)
	}
}

func (m *TM) start(q *transaction.LocalRequest) error {
	t, err := m.layer.Send(q, nil)
	if t != nil {
		t.Unref()
	}
	if err != nil {
		return module.Faultf(500, "UAC error: %s", err)
	}
	return nil
}

// rpcWait is rpcStart, and the reply is that of the request.
func (m *TM) rpcWait(noACK bool) func(r *module.Request) error {
	return func(r *module.Request) error {
		q, err := m.local(r, noACK)
		if err != nil {
			return err
		}
		type final struct {
			code   int
			reason string
		}
		done := make(chan final, 1)
		q.Events = transaction.LocalDone
		q.Heard = func(n *transaction.Notice) {
			f := final{n.Code, sip.StatusText(n.Code)}
			if n.Reply != nil {
				f.reason = strings.Clone(n.Reply.Reason)
			}
			done <- f
		}
		if err := m.start(q); err != nil {
			return err
		}
		select {
		case f := <-done:
			r.Struct().Add("code", f.code).Add("text", f.reason)
			return nil
		case <-r.Context.Done():
			return module.Faultf(500, "the wait was ended")
		}
	}
}
