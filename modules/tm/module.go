// SPDX-License-Identifier: Apache-2.0

// Package tm is the script face of transactions: stateful relaying, forking and replying.
package tm

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("tm", func() module.Module { return New() }) }

// TM is the module.
type TM struct {
	host     module.Host
	layer    *transaction.Layer
	settings *transaction.Settings

	cancelMode      setting.Int
	relay100        setting.Int
	defaultCode     setting.Int
	defaultReason   setting.Str
	richRedirect    int
	contactsAVP     string
	xavpContact     string
	flowsAVP        string
	frAVP           module.Accessor
	frInvAVP        module.Accessor
	eventCallback   string
	localCallback   string
	onSLReply       module.RouteRef
	onLocalResponse module.RouteRef
}

// New returns the module with its defaults.
func New() *TM {
	m := &TM{settings: transaction.NewSettings()}
	m.defaultCode.Set(500)
	m.defaultReason.Set("Server Internal Error")
	return m
}

var (
	_ module.Preparer = (*TM)(nil)
	_ module.Starter  = (*TM)(nil)
)

// Sets of routes that functions may be called in.
const (
	inRequest  = module.RequestRoute
	inRelay    = module.RequestRoute | module.FailureRoute | module.BranchFailureRoute
	inReply    = module.RequestRoute | module.FailureRoute | module.AnyReply
	inTx       = module.RequestRoute | module.FailureRoute | module.ReplyRoute | module.BranchRoute | module.BranchFailureRoute | module.LocalRoute
	inFailures = module.FailureRoute | module.BranchFailureRoute | module.EventRoute
)

// Exports implements module.Module.
func (m *TM) Exports() module.Exports {
	return module.Exports{
		Doc:       "Relays requests statefully, forks them, and answers them with retransmission.",
		Params:    m.params(),
		Functions: m.functions(),
		Lua:       m.luaFunctions(),
		RPC:       m.commands(),
		Events: []module.Event{
			{Name: "tm:local-request", Doc: "A request of our own is about to be sent; $ru, $du and $fs may be changed."},
			{Name: "tm:branch-failure:NAME", Doc: "A branch ended with a negative reply (t_on_branch_failure)."},
			{Name: "tm:local-response", Doc: "A stateful reply of our own was sent, which is the message of the route."},
		},
		Settings: m.runtime(),
		Counters: []counter.Entry{
			{Name: "refused_transactions", Gauge: func() int64 { return m.layer.Stats().Refused }, Doc: "requests that there was no memory for (-m): they were answered 500"},
			{Name: "transactions_memory", Gauge: func() int64 { return m.layer.Memory() }, Doc: "memory that transactions count for, in bytes"},
		},
	}
}

// Prepare implements module.Preparer.
func (m *TM) Prepare(b module.Binder) error {
	if r, ok := b.Route(module.EventRoute, "tm:local-response"); ok {
		m.onLocalResponse = r
	}
	if m.contactsAVP != "" && m.flowsAVP == "" {
		return errors.New("contacts_avp needs contact_flows_avp as well")
	}
	return nil
}

// Start implements module.Starter.
func (m *TM) Start(_ context.Context, h module.Host) error {
	m.host, m.layer = h, h.Transactions()
	core := h.Core()
	m.settings.ServerHeader, m.settings.UserAgentHeader = core.ServerHeader, core.UserAgentHeader
	m.settings.Warnings = core.Warnings
	if core.MaxBranches > 0 {
		m.settings.MaxBranches = core.MaxBranches
	}
	if r, ok := h.Route(module.EventRoute, "tm:local-response"); ok {
		m.onLocalResponse = r
	}
	m.layer.Configure(m.settings, scripts{m})
	h.OnRequestEnd(m.requestEnd)
	h.TakeReplies(m.takeReply)
	return nil
}

func (m *TM) functions() []module.Function {
	address := []module.Arg{{Name: "host", Optional: true, Doc: "address or name of the next hop"}, {Name: "port", Optional: true, Paired: true, Doc: "its port"}}
	must := []module.Arg{{Name: "host", Doc: "address or name of the next hop"}, {Name: "port", Doc: "its port"}}
	hop := []module.Arg{{Name: "proxy", Optional: true, Compile: proxyOrFlags, Doc: `"proto:host:port", or flags`},
		{Name: "flags", Optional: true, Compile: proxyOrFlags, Doc: "sum of: 1 no 100, 2 no reply on an error, 4 no DNS failover"}}
	code := []module.Arg{{Name: "code", Type: module.ArgTemplate, Doc: "reply code, or a variable"}, {Name: "reason", Type: module.ArgTemplate, Doc: "reason phrase, or a variable; variables inside a text are not replaced"}}
	onOff := []module.Arg{{Name: "value", Type: module.ArgInt, Doc: "1 or 0"}}
	route := func(kind module.RouteKind) []module.Arg {
		return []module.Arg{{Name: "route", Type: module.ArgRoute, Route: kind, Doc: "name of the route"}}
	}
	millis := func(names ...string) (args []module.Arg) {
		for _, n := range names {
			args = append(args, module.Arg{Name: n, Type: module.ArgInt, Doc: "milliseconds, 0 keeps it"})
		}
		return args
	}
	frArgs := millis("fr_inv_timeout", "fr_timeout")
	frArgs[1].Optional = true
	all := []module.Function{
		{Name: "t_relay", Args: address, Routes: inRelay, Run: m.relay, Doc: "Relays the request statefully to its target set, or to an address over the protocol that it came by. Negative on an error, which is answered at the end of the script."},
		{Name: "t_relay_to", Args: hop, Routes: inRelay, Run: m.relayTo, Lua: "-", Doc: "Relays like t_relay, to a fixed next hop where one is given."},
		{Name: "t_relay_to_flags", Lua: "t_relay_to_flags(int)", Args: []module.Arg{{Name: "flags", Compile: proxyOrFlags, Doc: "flags of t_relay_to"}}, Routes: inRelay, Run: m.relayTo, Doc: "t_relay_to with flags."},
		{Name: "t_relay_to_proxy", Args: []module.Arg{{Name: "proxy", Compile: proxy, Doc: `"proto:host:port"`}}, Routes: inRelay, Run: m.relayTo, Lua: "-", Doc: "t_relay_to with a next hop."},
		{Name: "t_relay_cancel", Routes: inRequest, Run: m.relayCancel, Doc: "Cancels the INVITE of a CANCEL and ends the script; true when there is none."},
		{Name: "t_replicate", Lua: "t_replicate(str)", Args: []module.Arg{{Name: "uri", Optional: true, Doc: "URI, or host, to send the copy to"}, {Name: "port", Optional: true, Doc: "port of the host"}}, Routes: inRequest, Run: m.replicateURI, Doc: "Sends a copy of the request; its replies go nowhere."},
		{Name: "t_replicate_to", Args: []module.Arg{{Name: "proto", Doc: "protocol"}, {Name: "hostport", Doc: `"host:port"`}}, Routes: inRequest, Run: m.replicateTo, Doc: "Sends a copy over a protocol."},
		{Name: "t_newtran", Routes: inRequest, Run: m.newtran, Doc: "Makes the transaction of the request. Ends the script when the request came before."},
		{Name: "t_check_trans", Routes: module.RequestRoute | module.AnyReply | module.BranchRoute | module.FailureRoute, Run: m.checkTrans, Doc: "True when reply, CANCEL or ACK for a 2xx belong to a transaction; ends the script for retransmissions and ACKs for negative replies."},
		{Name: "t_lookup_request", Routes: inRequest, Run: m.lookupRequest, Doc: "True when the request has a transaction."},
		{Name: "t_lookup_cancel", Lua: "t_lookup_cancel; t_lookup_cancel_flags(int)", Args: []module.Arg{{Name: "flags", Type: module.ArgInt, Optional: true, Doc: "1 takes the message flags of the INVITE over"}}, Routes: inRequest, Run: m.lookupCancel, Doc: "True when the INVITE of a CANCEL has a transaction."},
		{Name: "t_reply", Lua: "t_reply(int,str)", Args: code, Routes: inReply | module.BranchFailureRoute, Run: m.reply, Doc: "Answers the request of the transaction."},
		{Name: "t_send_reply", Lua: "t_send_reply(int,str)", Args: code, Routes: inReply, Run: m.sendReply, Doc: "t_newtran, where there is no transaction yet, and t_reply."},
		{Name: "t_reply_error", Routes: inReply, Run: m.replyError, Doc: "Answers with the last error."},
		{Name: "t_retransmit_reply", Routes: inRequest, Run: m.retransmit, Doc: "Sends the last reply again."},
		{Name: "t_release", Routes: inRequest, Run: m.release, Doc: "Ends the transaction without a reply."},
		{Name: "t_on_failure", Args: route(module.FailureRoute), Routes: inTx, Run: m.onFailure, Doc: "Sets the failure_route, which runs when all branches have failed, before the reply is sent."},
		{Name: "t_on_branch", Args: route(module.BranchRoute), Routes: inTx, Run: m.onBranch, Doc: "Sets the branch_route, which runs for each branch before it is sent."},
		{Name: "t_on_reply", Args: route(module.ReplyRoute), Routes: inTx, Run: m.onReply, Doc: "Sets the onreply_route, which runs for each reply; in a branch_route for this branch."},
		{Name: "t_on_branch_failure", Args: route(module.BranchFailureRoute), Routes: inTx, Run: m.onBranchFailure, Doc: "Sets the event_route[tm:branch-failure:NAME], which runs when a branch has failed."},
		{Name: "t_is_set", Args: []module.Arg{{Name: "target", Doc: "failure_route, branch_route or onreply_route"}}, Routes: module.AnyRoute, Run: m.isSet, Doc: "True when such a route is set."},
		{Name: "t_set_fr", Lua: "t_set_fr(int,int)", Args: frArgs, Routes: inTx, Run: m.setFR, Doc: "Sets fr_inv_timer and fr_timer of the transaction."},
		{Name: "t_set_fr_inv", Args: millis("fr_inv_timeout"), Routes: inTx, Run: func(c *module.Call, a module.Args) module.Result { return setFR(c, clampMillis(a.Int(0, 0)), 0) }, Doc: "Sets fr_inv_timer of the transaction."},
		{Name: "t_reset_fr", Routes: inTx, Run: m.resetFR, Doc: "Takes t_set_fr back."},
		{Name: "t_set_max_lifetime", Args: millis("inv_lifetime", "noninv_lifetime"), Routes: inTx, Run: m.setLifetime, Doc: "Sets max_inv_lifetime and max_noninv_lifetime of the transaction."},
		{Name: "t_reset_max_lifetime", Routes: inTx, Run: m.resetLifetime, Doc: "Takes t_set_max_lifetime back."},
		{Name: "t_set_retr", Args: millis("retr_t1_interval", "retr_t2_interval"), Routes: inTx, Run: m.setRetr, Doc: "Sets retr_timer1 and retr_timer2 of the transaction."},
		{Name: "t_reset_retr", Routes: inTx, Run: m.resetRetr, Doc: "Takes t_set_retr back."},
		{Name: "t_set_auto_inv_100", Args: onOff, Routes: inRequest, Run: flag(func(p *transaction.Plan, on bool) { p.Auto100 = transaction.Of(on) }), Doc: "Turns the automatic 100 on or off."},
		{Name: "t_set_disable_6xx", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.Disable6xx = transaction.Of(on) }), Doc: "1 takes a 6xx as any other negative reply."},
		{Name: "t_set_disable_failover", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.NoFailover = on }), Doc: "1 turns DNS failover off."},
		{Name: "t_set_disable_internal_reply", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.NoInternalReply = on }), Doc: "1 leaves replies about relay errors to the script."},
		{Name: "t_set_no_e2e_cancel_reason", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.NoCancelReason = on }), Doc: "1 does not pass the Reason of a CANCEL on."},
		{Name: "t_disable_e2e_cancel_reason", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.NoCancelReason = on }), Lua: "-", Doc: "The same as t_set_no_e2e_cancel_reason."},
		{Name: "t_set_no_auto_ack", Args: onOff, Routes: inTx, Run: flag(func(p *transaction.Plan, on bool) { p.NoAutoACK = on }), Doc: "1 leaves the ACK for a 2xx to an INVITE of our own to the script."},
		{Name: "t_check_status", Args: []module.Arg{{Name: "re", Type: module.ArgRegexp, Doc: "expression that the code must match"}}, Routes: module.AnyRoute, Run: m.checkStatus, Doc: "Compares the code of the last, received or chosen reply."},
		{Name: "t_grep_status", Args: []module.Arg{{Name: "code", Type: module.ArgInt, Doc: "reply code"}}, Routes: inTx, Run: m.grepStatus, Doc: "True when a branch ended with the code."},
		{Name: "t_get_status_code", Routes: inTx | module.AnyReply, Run: m.statusCode, Doc: "The code of the last, received or chosen reply, -1 for none."},
		{Name: "t_is_canceled", Routes: inTx, Run: m.isCanceled, Doc: "True when the request was cancelled."},
		{Name: "t_is_expired", Routes: inTx, Run: m.isExpired, Doc: "True when the max lifetime has run out."},
		{Name: "t_any_timeout", Routes: inTx, Run: m.anyTimeout, Doc: "True when a branch ended without a final reply."},
		{Name: "t_any_replied", Routes: inTx, Run: m.anyReplied, Doc: "True when a branch had a reply before this one."},
		{Name: "t_branch_timeout", Routes: inFailures | module.RequestRoute, Run: m.branchTimeout, Doc: "True when the branch that the route is about ended without a final reply."},
		{Name: "t_branch_replied", Routes: inFailures | module.RequestRoute, Run: m.branchReplied, Doc: "True when the branch that the route is about had a reply before."},
		{Name: "t_is_retr_async_reply", Routes: module.ReplyRoute, Run: m.isHeldReply, Doc: "True while a reply of the transaction is suspended."},
		{Name: "t_drop_replies", Lua: "t_drop_replies(str)", Args: []module.Arg{{Name: "mode", Optional: true, Doc: "a all, l those of the last step, n none"}}, Routes: module.FailureRoute, Run: m.dropReplies, Doc: "Forgets replies that were received."},
		{Name: "t_drop_replies_all", Routes: module.FailureRoute, Run: func(c *module.Call, _ module.Args) module.Result { return m.dropReplies(c, module.Args{{}}) }, Doc: "Forgets all replies that were received."},
		{Name: "t_save_lumps", Routes: inRequest, Run: m.saveLumps, Doc: "Keeps the changes of the request so far for branches of failure routes; later ones are not kept."},
		{Name: "t_use_uac_headers", Routes: module.AnyRoute, Run: m.useUACHeaders, Doc: "True: ACK and CANCEL are always made of the request as it was sent."},
		{Name: "t_load_contacts", Lua: "t_load_contacts; ki_t_load_contacts_mode(int)", Args: []module.Arg{{Name: "mode", Type: module.ArgInt, Optional: true, Doc: "0 by q, 1 by chance weighted with q"}}, Routes: inRelay, Run: m.loadContacts, Doc: "Moves the target set to contacts_avp, for serial forking."},
		{Name: "t_next_contacts", Routes: inRelay, Run: m.nextContacts, Doc: "Makes the targets of the highest priority the target set; -2 when there are none left."},
		{Name: "t_next_contact_flow", Routes: inRelay, Run: m.nextContactFlow, Doc: "Makes another flow of the instance whose branch failed the target; -2 when there is none."},
		{Name: "t_uac_send", Args: []module.Arg{{Name: "method"}, {Name: "ruri", Doc: "Request-URI"}, {Name: "nexthop", Doc: "URI of the next hop, may be empty"}, {Name: "socket", Doc: "socket to send from, may be empty"},
			{Name: "headers", Doc: "header fields, From and To among them"}, {Name: "body"}}, Routes: module.AnyRoute, Run: m.uacSend, Doc: "Sends a request of our own."},
		{Name: "t_exists", Routes: module.AnyRoute, Run: m.exists, Doc: "True when the message has a transaction."},
		{Name: "t_clean", Routes: module.AnyRoute, Run: m.clean, Doc: "Ends transactions that outlived their timers."},
		{Name: "t_get_branch_index", Routes: module.AnyRoute, Run: m.branchIndex, Doc: "Index of the branch, -1 where there is none."},
	}
	for _, p := range []transport.Proto{transport.UDP, transport.TCP, transport.TLS, transport.SCTP} {
		name := p.String()
		all = append(all,
			module.Function{Name: "t_relay_to_" + name, Args: address, Routes: inRelay, Run: m.relayOver(p), Lua: "-", Doc: "t_relay over " + p.Upper() + "."},
			module.Function{Name: "t_forward_nonack_" + name, Args: must, Routes: inRequest, Run: m.relayOver(p), Lua: "-", Doc: "The same as t_relay_to_" + name + "."},
			module.Function{Name: "t_replicate_" + name, Args: must, Routes: inRequest, Run: m.replicateOver(p), Lua: "-", Doc: "t_replicate over " + p.Upper() + "."})
	}
	return append(all,
		module.Function{Name: "t_forward_nonack", Args: must, Routes: inRequest, Run: m.relay, Lua: "-", Doc: "The same as t_relay."},
		module.Function{Name: "t_forward_nonack_uri", Routes: inRequest, Run: func(c *module.Call, _ module.Args) module.Result { return m.relayHop(c, &transaction.Relay{}, 0) }, Lua: "-", Doc: "The same as t_relay()."},
		module.Function{Name: "t_forward_nonack_to", Args: []module.Arg{{Name: "proto", Doc: "protocol"}, {Name: "hostport", Doc: `"host:port"`}}, Routes: inRequest, Run: m.forwardTo, Lua: "-", Doc: "t_relay to an address over a protocol."})
}
