// SPDX-License-Identifier: Apache-2.0

// Package tmx looks into transactions and suspends them.
package tmx

import (
	"context"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/modules/tm"
)

func init() { module.Register("tmx", func() module.Module { return New() }) }

// TMX is the module.
type TMX struct {
	precheck int
	tm       *tm.TM
	layer    *transaction.Layer
	atWork   *atWork
}

// New returns the module with its defaults.
func New() *TMX { return &TMX{precheck: 1} }

var _ module.Starter = (*TMX)(nil)

// Exports implements module.Module.
func (x *TMX) Exports() module.Exports {
	call := []module.Arg{{Name: "callid", Doc: "Call-ID of the request"}, {Name: "cseq", Type: module.ArgInt, Doc: "number of its CSeq"}}
	with := func(more ...module.Arg) []module.Arg { return append(call[:2:2], more...) }
	return module.Exports{
		Doc:      "Looks into transactions, cancels, suspends and continues them.",
		Requires: []string{"tm"},
		Params: []module.Param{
			{Name: "precheck_trans", Set: &x.precheck, Min: 0, Max: 1, Doc: "0 makes t_precheck_trans false always"},
		},
		Functions: []module.Function{
			{Name: "t_precheck_trans", Routes: module.RequestRoute, Run: x.precheckTrans, Doc: "True while another worker handles the same request; never for ACK and CANCEL."},
			{Name: "t_is_request_route", Routes: module.AnyRoute, Run: isRoute(module.RequestRoute), Doc: "True inside request_route."},
			{Name: "t_is_failure_route", Routes: module.AnyRoute, Run: isRoute(module.FailureRoute), Doc: "True inside a failure_route."},
			{Name: "t_is_branch_route", Routes: module.AnyRoute, Run: isRoute(module.BranchRoute), Doc: "True inside a branch_route."},
			{Name: "t_is_reply_route", Routes: module.AnyRoute, Run: isRoute(module.AnyReply), Doc: "True inside a reply_route or onreply_route."},
			{Name: "t_cancel_branches", Args: []module.Arg{{Name: "which", Compile: whichBranches, Doc: "all, others or this"}}, Routes: module.AnyReply, Run: x.cancelBranches, Doc: "Cancels branches of the transaction of a reply."},
			{Name: "t_cancel_callid", Lua: "t_cancel_callid(str,str,int)", Args: with(module.Arg{Name: "flag", Type: module.ArgInt, Doc: "message flag to set, none where it is not positive"},
				module.Arg{Name: "rcode", Type: module.ArgInt, Optional: true, Doc: "cause in the Reason of the CANCEL"}), Routes: module.AnyRoute, Run: x.cancelCallID, Doc: "Cancels an INVITE transaction."},
			{Name: "t_cancel_callid_reason", Lua: "t_cancel_callid_reason(str,str,int,int)", Args: with(module.Arg{Name: "flag", Type: module.ArgInt, Doc: "message flag to set, none where it is not positive"},
				module.Arg{Name: "rcode", Type: module.ArgInt, Doc: "cause in the Reason of the CANCEL"}), Routes: module.AnyRoute, Run: x.cancelCallID, Doc: "t_cancel_callid with a cause."},
			{Name: "t_cancel_branch_idx", Args: []module.Arg{{Name: "tindex", Type: module.ArgInt, Doc: "$T(id_index)"}, {Name: "tlabel", Type: module.ArgInt, Doc: "$T(id_label)"}, {Name: "bindex", Type: module.ArgInt, Doc: "number of the branch, 0 the first"}},
				Routes: module.AnyRoute, Run: x.cancelBranch, Doc: "Cancels one branch of an INVITE transaction; false when there is none such."},
			{Name: "t_reply_callid", Lua: "t_reply_callid(str,str,int,str)", Args: with(module.Arg{Name: "code", Type: module.ArgInt, Doc: "reply code"}, module.Arg{Name: "reason", Doc: "reason phrase"}), Routes: module.AnyRoute, Run: x.replyCallID, Doc: "Answers the request of another transaction."},
			{Name: "t_suspend", Routes: module.AnyRoute, Run: x.suspend, Doc: "Suspends request or reply; the script ends after it. $T(id_index) and $T(id_label) name the transaction."},
			{Name: "t_continue", Args: []module.Arg{{Name: "tindex", Type: module.ArgInt, Doc: "$T(id_index)"}, {Name: "tlabel", Type: module.ArgInt, Doc: "$T(id_label)"}, {Name: "rtname", Doc: "name of the route to run"}},
				Routes: module.AnyRoute, Run: x.resume, Doc: "Goes on with a suspended transaction in a route."},
			{Name: "t_drop", Args: []module.Arg{{Name: "rcode", Type: module.ArgInt, Optional: true, Doc: "status of the transaction, 500 where it is left out"}}, Routes: module.AnyRoute, Run: x.drop, Doc: "Ends the transaction without a reply."},
			{Name: "t_drop_rcode", Args: []module.Arg{{Name: "rcode", Type: module.ArgInt, Doc: "status of the transaction"}}, Routes: module.AnyRoute, Run: x.drop, Doc: "t_drop with a status."},
			{Name: "t_flush_flags", Routes: module.AnyRoute, Run: hasTransaction, Doc: "True when there is a transaction: it has the message's flags at any time."},
			{Name: "t_flush_xflags", Routes: module.AnyRoute, Run: hasTransaction, Doc: "The same as t_flush_flags."},
			{Name: "t_reuse_branch", Routes: module.RequestRoute | module.EventRoute | module.BranchFailureRoute, Run: x.reuseBranch, Doc: "Makes the target of the branch that failed the target again."},
		},
		Variables: variables(),
		Counters:  x.counters(),
	}
}

// Start implements module.Starter.
func (x *TMX) Start(_ context.Context, h module.Host) error {
	x.tm, _ = h.Module("tm").(*tm.TM)
	x.layer = h.Transactions()
	if x.precheck != 0 {
		x.atWork = newAtWork()
		h.OnRequestEnd(x.atWork.end)
	}
	return nil
}

// counters are the statistics of the group tmx. They are the layer's, and so
// outlive a reload.
func (x *TMX) counters() []counter.Entry {
	stat := func(name, doc string, f func(s transaction.Stats) int64) counter.Entry {
		return counter.Entry{Name: name, Doc: doc, Gauge: func() int64 {
			if x.layer == nil {
				return 0
			}
			return f(x.layer.Stats())
		}}
	}
	all := []counter.Entry{
		stat("UAS_transactions", "transactions of received requests", func(s transaction.Stats) int64 { return s.Total - s.TotalLocal }),
		stat("UAC_transactions", "transactions of our own requests", func(s transaction.Stats) int64 { return s.TotalLocal }),
		stat("inuse_transactions", "transactions in memory", func(s transaction.Stats) int64 { return s.Current }),
		stat("active_transactions", "transactions without a final reply", func(s transaction.Stats) int64 { return s.Current - s.Waiting }),
		stat("rpl_received", "replies received by transactions", func(s transaction.Stats) int64 { return s.Received }),
		stat("rpl_absorbed", "replies received and not relayed", func(s transaction.Stats) int64 { return s.Received - (s.Sent - s.Generated) }),
		stat("rpl_relayed", "replies received and relayed", func(s transaction.Stats) int64 { return s.Sent - s.Generated }),
		stat("rpl_generated", "replies made here", func(s transaction.Stats) int64 { return s.Generated }),
		stat("rpl_sent", "replies sent", func(s transaction.Stats) int64 { return s.Sent }),
	}
	for class, name := range []string{2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx", 6: "6xx"} {
		if name != "" {
			all = append(all, stat(name+"_transactions", "transactions that ended with a "+name+" reply",
				func(s transaction.Stats) int64 { return s.ByClass[class] }))
		}
	}
	return all
}
