// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
)

// Why parameters have no meaning here.
const (
	noticeBlocklist = "there is no list of blocked destinations to fill or ask"
	noticeReparse   = "ACK and CANCEL are always made of the request as it was sent"
	noticeProcess   = "it tunes Kamailio's processes"
)

// unsupported makes a parameter that is refused unless it has the value that
// changes nothing.
func unsupported(name string, harmless int) func(int) error {
	return func(n int) error {
		if n != harmless {
			return fmt.Errorf("%s=%d is not supported; leave it at %d", name, n, harmless)
		}
		return nil
	}
}

func (m *TM) params() []module.Param {
	s := m.settings
	none := new(int)
	ms := func(name string, v *setting.Int, doc string) module.Param {
		return module.Param{Name: name, Set: v, Unit: "ms", Doc: doc}
	}
	return []module.Param{
		ms("fr_timer", &s.FR, "how long a branch waits for a final reply, and a negative reply to an INVITE for its ACK"),
		ms("fr_inv_timer", &s.FRInv, "how long an INVITE branch waits for a final reply after a provisional one"),
		ms("max_inv_lifetime", &s.MaxInv, "how long an INVITE transaction may last in all"),
		ms("max_noninv_lifetime", &s.MaxNonInv, "how long any other transaction may last in all"),
		ms("wt_timer", &s.Wait, "how long a finished transaction absorbs what comes late"),
		ms("retr_timer1", &s.Retr1, "interval before the first retransmission; it doubles up to retr_timer2"),
		ms("retr_timer2", &s.Retr2, "longest interval between retransmissions"),
		{Name: "event_callback", Set: &m.eventCallback, Event: "tm:local-request", Doc: "function of a Lua script that runs in place of event_route[tm:local-request], with its name"},
		{Name: "event_callback_lres_sent", Set: &m.localCallback, Event: "tm:local-response", EventName: "tm:local-response-sent", Doc: "function of a Lua script that runs in place of event_route[tm:local-response], with \"tm:local-response-sent\""},
		{Name: "noisy_ctimer", Set: &s.NoisyC, Doc: "0 sends no 408 for an INVITE with one branch that never replied"},
		{Name: "restart_fr_on_each_reply", Set: &s.RestartFR, Doc: "1 restarts fr_inv_timer at each provisional reply, 0 only at the first and at greater ones from 180 on"},
		{Name: "auto_inv_100", Set: &s.AutoInv100, Doc: "1 answers each relayed INVITE with 100"},
		{Name: "auto_inv_100_reason", Set: &s.AutoInv100Reason, Doc: "reason phrase of that 100"},
		{Name: "aggregate_challenges", Set: &s.AggregateChallenges, Doc: "1 merges the challenges of all branches into one 401 or 407"},
		{Name: "cancel_b_method", Set: &s.CancelMethod, Min: 0, Max: 2, Doc: "what cancelling does with a branch without any reply: 0 answers it with 487 here, 1 waits for a provisional reply, 2 sends CANCEL at once"},
		{Name: "reparse_on_dns_failover", Set: &s.ReparseOnFailover, Doc: "1 keeps what branch_route did when a branch fails over, 0 runs it again"},
		{Name: "on_sl_reply", Set: &m.onSLReply, Route: module.ReplyRoute, Doc: "onreply_route for replies without a transaction; drop or 0 keeps them"},
		{Name: "xavp_contact", Set: &m.xavpContact, Doc: "XAVP with the attributes of each contact, the same as xavp_contact of usrloc: t_next_contacts gives those of the contacts that are next"},
		{Name: "contacts_avp", Set: &m.contactsAVP, Doc: "XAVP in which t_load_contacts keeps the targets"},
		{Name: "contact_flows_avp", Set: &m.flowsAVP, Doc: "XAVP for targets of an instance that is being tried already"},
		{Name: "fr_timer_avp", Set: &m.frAVP, Doc: "variable with fr_timer of a transaction, in seconds"},
		{Name: "fr_inv_timer_avp", Set: &m.frInvAVP, Doc: "variable with fr_inv_timer of a transaction, in seconds"},
		{Name: "unmatched_cancel", Set: &m.cancelMode, Min: 0, Max: 2, Doc: "what is done with a CANCEL without INVITE: 0 relay it, 1 forward it without state, 2 drop it"},
		{Name: "ruri_matching", Set: &s.RURIMatching, Doc: "1 compares the Request-URI of requests whose branch has no magic cookie"},
		{Name: "via1_matching", Set: &s.Via1Matching, Doc: "1 compares the topmost Via of such requests"},
		{Name: "callid_matching", Set: &s.CallIDMatching, Doc: "1 compares the Call-ID of all messages"},
		{Name: "callid_cseq_matching", Set: unsupported("callid_cseq_matching", 0), Doc: "matching by Call-ID and CSeq alone is not supported"},
		{Name: "pass_provisional_replies", Set: &s.PassProvisional, Doc: "1 tells other modules of provisional replies made here too"},
		{Name: "default_code", Set: &m.defaultCode, Min: 400, Max: 699, Doc: "code of t_reply where its argument is none"},
		{Name: "default_reason", Set: &m.defaultReason, Doc: "reason phrase of t_reply where its argument is empty"},
		{Name: "disable_6xx_block", Set: &s.Disable6xx, Doc: "1 takes a 6xx as any other negative reply"},
		{Name: "local_ack_mode", Set: &s.LocalACKMode, Min: 0, Max: 2, Doc: "where the ACK for a 2xx to our own INVITE goes: 0 by Contact and route set, 1 where the INVITE went, 2 where the 2xx came from"},
		{Name: "failure_reply_mode", Set: &s.FailureReplyMode, Min: 0, Max: 3, Doc: "which earlier replies count after a failure route: 0 all, 1 none, 2 none of the last step, 3 none once there is a new branch"},
		{Name: "faked_reply_prio", Set: &s.FakedReplyPrio, Doc: "penalty of replies made here when the best one is chosen"},
		{Name: "local_cancel_reason", Set: &s.LocalCancelReason, Doc: "1 adds Reason to a CANCEL that a final reply led to"},
		{Name: "e2e_cancel_reason", Set: &s.E2ECancelReason, Doc: "1 copies Reason of a received CANCEL"},
		{Name: "remap_503_500", Set: &s.Remap503, Doc: "1 sends 500 instead of a 503"},
		{Name: "failure_exec_mode", Set: &s.FailureExecMode, Doc: "1 takes a branch that cannot be sent as a failed one, for the failure route"},
		{Name: "failover_reply_codes", Set: m.failoverCodes, Doc: "further reply codes, beside 503, after which the next address is tried; separated by ; or ,"},
		{Name: "reply_408_code", Set: &s.Code408, Doc: "code of a branch that ran out"},
		{Name: "reply_408_reason", Set: &s.Reason408, Doc: "reason phrase of the reply for it"},
		{Name: "enable_uac_fr", Set: &s.LocalFailure, Min: 0, Max: 1, Doc: "1 runs the failure_route that event_route[tm:local-request] sets for requests made here"},
		{Name: "relay_100", Set: &m.relay100, Doc: "1 forwards a 100 that belongs to no transaction"},
		{Name: "rich_redirect", Set: &m.richRedirect, Doc: "what Contacts of a 3xx say more: sum of 1 branch flags, 2 path"},
		{Name: "ac_extra_hdrs", Set: noHeaders, Doc: "extra header fields in ACK and CANCEL are not supported"},
		{Name: "reparse_invite", Set: none, Notice: noticeReparse, Doc: "has no meaning here"},
		{Name: "unix_tx_timeout", Set: none, Notice: "there are no Unix sockets to send to", Doc: "has no meaning here"},
		{Name: "blst_503", Set: unsupported("blst_503", 0), Doc: "blocking destinations after a 503 is not supported"},
		{Name: "blst_503_def_timeout", Set: none, Notice: noticeBlocklist, Doc: "has no meaning here"},
		{Name: "blst_503_min_timeout", Set: none, Notice: noticeBlocklist, Doc: "has no meaning here"},
		{Name: "blst_503_max_timeout", Set: none, Notice: noticeBlocklist, Doc: "has no meaning here"},
		{Name: "blst_methods_add", Set: none, Notice: noticeBlocklist, Doc: "has no meaning here"},
		{Name: "blst_methods_lookup", Set: none, Notice: noticeBlocklist, Doc: "has no meaning here"},
		{Name: "exec_time_check", Set: none, Notice: noticeProcess, Doc: "has no meaning here"},
		{Name: "reply_relay_mode", Set: unsupported("reply_relay_mode", 1), Doc: "relaying a suspended 2xx after another final reply is always done as RFC 6026 says"},
		{Name: "dns_reuse_rcv_socket", Set: none, Notice: "the socket that a request came by is used wherever it fits", Doc: "has no meaning here"},
	}
}

func noHeaders(s string) error {
	if s != "" {
		return errors.New("extra header fields in ACK and CANCEL are not supported")
	}
	return nil
}

// failoverCodes reads failover_reply_codes.
func (m *TM) failoverCodes(text string) error {
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(";, ", r) }) {
		_, number, ok := strings.Cut(f, "=")
		if !ok {
			number = f
		}
		n, ok := sip.ParseUint(number)
		if !ok || n < 300 || n > 699 {
			return fmt.Errorf("%q is no reply code of 300 to 699", f)
		}
		m.settings.FailoverCodes = append(m.settings.FailoverCodes, int(n))
	}
	return nil
}

// runtime are the parameters that cfg.set may change.
func (m *TM) runtime() []setting.Entry {
	s := m.settings
	num := func(name string, v *setting.Int, doc string) setting.Entry {
		return setting.Entry{Group: "tm", Name: name, Int: v, Doc: doc}
	}
	return []setting.Entry{
		{Group: "tm", Name: "auto_inv_100_reason", Str: &s.AutoInv100Reason, Doc: "reason text of the automatically send 100 to an INVITE"},
		{Group: "tm", Name: "default_reason", Str: &m.defaultReason, Doc: "default reason text used by t_reply()"},
		num("ruri_matching", &s.RURIMatching, "perform Request-URI check in transaction matching"),
		num("via1_matching", &s.Via1Matching, "perform first Via header check in transaction matching"),
		num("callid_matching", &s.CallIDMatching, "perform callid check in transaction matching"),
		num("fr_timer", &s.FR, "timer in milliseconds waiting for a final reply"),
		num("fr_inv_timer", &s.FRInv, "timer in milliseconds waiting for a final reply after a provisional one"),
		num("wt_timer", &s.Wait, "time in milliseconds that a finished transaction stays in memory"),
		num("retr_timer1", &s.Retr1, "initial retransmission period in milliseconds"),
		num("retr_timer2", &s.Retr2, "maximum retransmission period in milliseconds"),
		num("max_inv_lifetime", &s.MaxInv, "maximum lifetime of an INVITE transaction in milliseconds"),
		num("max_noninv_lifetime", &s.MaxNonInv, "maximum lifetime of another transaction in milliseconds"),
		num("noisy_ctimer", &s.NoisyC, "if set, INVITE transactions that time out are always replied"),
		num("auto_inv_100", &s.AutoInv100, "automatically send 100 to an INVITE"),
		num("restart_fr_on_each_reply", &s.RestartFR, "restart fr_inv_timer on each provisional reply"),
		num("pass_provisional_replies", &s.PassProvisional, "tell modules of local provisional replies"),
		num("aggregate_challenges", &s.AggregateChallenges, "merge the challenges of all branches"),
		num("unmatched_cancel", &m.cancelMode, "how a CANCEL without transaction is handled"),
		num("default_code", &m.defaultCode, "default SIP response code sent by t_reply()"),
		num("cancel_b_method", &s.CancelMethod, "how unreplied branches are cancelled"),
		num("reparse_on_dns_failover", &s.ReparseOnFailover, "keep the changes of branch_route in DNS failover"),
		num("disable_6xx_block", &s.Disable6xx, "treat 6xx like normal replies"),
		num("local_ack_mode", &s.LocalACKMode, "where ACKs for local transactions are sent"),
		num("local_cancel_reason", &s.LocalCancelReason, "add Reason to local CANCELs"),
		num("e2e_cancel_reason", &s.E2ECancelReason, "copy Reason of received CANCELs"),
		num("relay_100", &m.relay100, "relay 100 replies without transaction"),
	}
}
