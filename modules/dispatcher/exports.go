// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
)

// Routes of functions.
const (
	inRequest = module.RequestRoute | module.FailureRoute
	inMark    = module.RequestRoute | module.FailureRoute | module.AnyReply
)

func (d *Dispatcher) params() []module.Param {
	const noProcess = "every timer has a goroutine of its own"
	return []module.Param{
		{Name: "list_file", Set: &d.listFile, Doc: "file with the sets of gateways; read at start, by dispatcher.reload and ds_reload"},
		{Name: "db_url", Set: &d.dbURL, Doc: "database with the sets of gateways, which then is read instead of list_file"},
		{Name: "flags", Set: &d.flags, Min: 0, Max: 3, Doc: "sum of: 1 hashes only the user of a URI, 2 keeps the other gateways of the set for ds_next_dst and ds_next_domain"},
		{Name: "force_dst", Set: &d.forceDst, Doc: "0 makes ds_select_dst fail when the next hop is set already"},
		{Name: "use_default", Set: &d.useDefault, Doc: "1 makes the last gateway of a set the one that is tried when all others have failed; no algorithm chooses it"},
		{Name: "xavp_dst", Set: &d.xavpDst, Doc: "name of the XAVPs with the chosen gateways, the current one first; their fields are grp, uri, sock, socket, sockname, dstid and attrs"},
		{Name: "xavp_dst_mode", Set: &d.xavpDstMode, Min: 0, Max: 7, Doc: "sum of: 1 leaves the field attrs out, 2 adds socket, 4 adds sockname"},
		{Name: "xavp_ctx", Set: &d.xavpCtx, Doc: "name of the XAVP whose field cnt is the number of gateways that were chosen"},
		{Name: "xavp_ctx_mode", Set: &d.xavpCtxMode, Min: 0, Max: 1, Doc: "1 leaves the field cnt out"},
		{Name: "hash_pvar", Set: &d.hashPV, Doc: "text with variables that algorithm 7 hashes"},
		{Name: "setid_pvname", Set: &d.setIDVar, Doc: "variable that ds_is_from_list sets to the set in which it found the address, where it looked in all of them"},
		{Name: "attrs_pvname", Set: &d.attrsVar, Doc: "variable that ds_is_from_list sets to the attributes of the gateway that it found"},
		{Name: "ds_ping_method", Set: d.setPingMethod, Doc: "method of probes; OPTIONS when it is not set"},
		{Name: "ds_ping_from", Set: d.setPingFrom, Doc: "From URI of probes, where a gateway has no ping_from; sip:dispatcher@localhost when it is not set"},
		{Name: "ds_ping_interval", Set: &d.pingInterval, Min: 0, Max: 1 << 20, Unit: "s", Doc: "how often gateways are probed; 0 for never"},
		{Name: "ds_probing_threshold", Set: &d.failThreshold, Min: 1, Max: 1 << 20, Doc: "failures in a row that make a gateway inactive; before that it is in the state trying, in which it is used"},
		{Name: "ds_inactive_threshold", Set: &d.recoverThreshold, Min: 1, Max: 1 << 20, Doc: "successes in a row that make an inactive gateway active"},
		{Name: "ds_ping_reply_codes", Set: &d.replyCodes, Doc: "replies to a probe that are as good as 200: code=403;class=4 and the like, divided by semicolons. 408 stands for no reply, too"},
		{Name: "ds_probing_mode", Set: &d.probingMode, Min: 0, Max: 3, Doc: "who is probed: 0 gateways with the state probing, once; 1 all but disabled ones; 2 those that are inactive and probing; 3 those with the state probing, for ever"},
		{Name: "ds_ping_latency_stats", Set: &d.pingLatency, Min: 0, Max: 1, Doc: "1 measures the round trips of probes, for dispatcher.list and algorithm 13"},
		{Name: "ds_retain_latency_stats", Set: &d.retainLatency, Min: 0, Max: 1, Doc: "1 keeps these measurements when the list is loaded again; states are always kept"},
		{Name: "ds_latency_estimator_alpha", Set: &d.alpha, Min: 0, Max: 1000, Doc: "weight of the newest round trip in the estimate, in thousandths"},
		{Name: "ds_hash_size", Set: &d.hashSize, Min: 0, Max: 31, Doc: "more than 0 turns counting of calls on, for algorithm 10; the table grows as needed"},
		{Name: "ds_hash_expire", Set: &d.hashExpire, Min: 1, Max: 1 << 30, Unit: "s", Doc: "how long an answered call counts when no BYE comes"},
		{Name: "ds_hash_initexpire", Set: &d.hashInit, Min: 1, Max: 1 << 30, Unit: "s", Doc: "how long a call counts that ds_load_update was not told the answer of"},
		{Name: "ds_hash_check_interval", Set: &d.hashCheck, Min: 1, Max: 1 << 30, Unit: "s", Doc: "how often expired calls are looked for"},
		{Name: "outbound_proxy", Set: d.setOutboundProxy, Doc: "URI that probes are sent to instead of the gateway, where that has no obproxy"},
		{Name: "ds_default_socket", Set: &d.defaultSocketText, Doc: "socket to send from to gateways that have none of their own"},
		{Name: "ds_default_sockname", Set: &d.defaultSockname, Doc: "the same by name; counts more than ds_default_socket"},
		{Name: "ds_timer_mode", Set: new(int), Min: 0, Max: 1, Notice: noProcess, Doc: "timer process of probes"},
		{Name: "event_callback", Set: &d.eventCallback, Event: "dispatcher:", Doc: "function of a Lua script that is run in place of the event routes, with the name of the event"},
		{Name: "ds_attrs_none", Set: &d.attrsNone, Min: 0, Max: 1, Doc: "1 gives gateways without attributes none=yes"},
		{Name: "ds_load_mode", Set: &d.loadMode, Min: 0, Max: 1, Doc: "1 makes a list unusable when one of its gateways is; 0 leaves that one out"},
		{Name: "reload_delta", Set: &d.reloadDelta, Min: 0, Max: 1 << 30, Unit: "s", Doc: "least time between two changes of the list by commands or ds_reload"},
		{Name: "ds_dns_mode", Set: &d.dnsMode, Min: 0, Max: 15, Doc: "when names of gateways are looked up for ds_is_from_list; sum of: 1 when the list is loaded, 2 each time, 4 when it is loaded and every ds_dns_interval, 8 by SRV (and NAPTR)"},
		{Name: "ds_dns_interval", Set: &d.dnsInterval, Min: 1, Max: 1 << 30, Unit: "s", Doc: "how often names are looked up again with ds_dns_mode 4"},
		{Name: "ds_dns_ttl", Set: new(int), Notice: "the lifetimes of DNS records and the dns_cache parameters say how long an answer counts", Doc: "lifetime of DNS answers"},
		{Name: "table_name", Set: &d.names.table, Doc: "table of gateways"},
		{Name: "setid_col", Set: &d.names.set, Doc: "column of the set"},
		{Name: "destination_col", Set: &d.names.uri, Doc: "column of the URI"},
		{Name: "flags_col", Set: &d.names.flags, Doc: "column of the flags"},
		{Name: "priority_col", Set: &d.names.priority, Doc: "column of the priority"},
		{Name: "attrs_col", Set: &d.names.attrs, Doc: "column of the attributes"},
		{Name: "ds_db_extra_attrs", Set: d.names.setFurther, Doc: `further columns that are attributes, "attribute=column;attribute=column"`},
	}
}

var (
	errMethod = errors.New("is no method")
	errNoURI  = errors.New("is no SIP URI")
)

func (d *Dispatcher) setPingMethod(s string) error {
	if !sip.IsToken(s) {
		return errMethod
	}
	d.pingMethod = s
	return nil
}

func (d *Dispatcher) setPingFrom(s string) error {
	if _, err := sip.ParseURI(s); err != nil {
		return errNoURI
	}
	d.pingFrom = s
	return nil
}

func (d *Dispatcher) setOutboundProxy(s string) error {
	if u, err := sip.ParseURI(s); err != nil || !u.IsSIP() {
		return errNoURI
	}
	d.outboundProxy = s
	return nil
}

// settings are the parameters that cfg.set may change.
func (d *Dispatcher) settings() []setting.Entry {
	return []setting.Entry{
		{Group: "dispatcher", Name: "probing_threshold", Int: &d.failThreshold, Min: 1, Max: 1 << 20, Doc: "failures in a row that make a gateway inactive"},
		{Group: "dispatcher", Name: "inactive_threshold", Int: &d.recoverThreshold, Min: 1, Max: 1 << 20, Doc: "successes in a row that make an inactive gateway active"},
		{Group: "dispatcher", Name: "ping_reply_codes", Str: &d.replyCodes, Changed: func() { d.readCodes() }, Doc: "replies to a probe that are as good as 200"},
	}
}

func (d *Dispatcher) functions() []module.Function {
	choice := []module.Arg{{Name: "set", Type: module.ArgInt, Doc: "id of the set"}, {Name: "alg", Type: module.ArgInt, Doc: "number of the algorithm"},
		{Name: "limit", Type: module.ArgInt, Optional: true, Doc: "how many gateways are kept for failover at most, 0 for all"}}
	forms := func(name string) string { return name + "; " + name + "_limit(int,int,int)" }
	set := module.Arg{Name: "set", Type: module.ArgInt, Doc: "id of the set"}
	uri := module.Arg{Name: "uri", Doc: "URI of the gateway"}
	optional := func(a module.Arg) module.Arg { a.Optional = true; return a }
	state := module.Arg{Name: "state", Doc: "a active, i inactive, d disabled, t trying, and p for probing"}
	return []module.Function{
		{Name: "ds_select_dst", Args: choice, Routes: inRequest, Run: d.selectTo(toDst), Prepare: d.checkAlgorithm, Lua: forms("ds_select_dst"), Doc: "Makes a gateway of the set the next hop ($du). False when none can be used."},
		{Name: "ds_select_domain", Args: choice, Routes: inRequest, Run: d.selectTo(toDomain), Prepare: d.checkAlgorithm, Lua: forms("ds_select_domain"), Doc: "Makes a gateway of the set the domain of the Request-URI."},
		{Name: "ds_select", Args: choice, Routes: module.AnyRoute, Run: d.selectTo(toXAVP), Prepare: d.checkAlgorithm, Lua: forms("ds_select"), Doc: "Chooses gateways of the set for ds_set_dst, ds_next_dst and their like, and changes nothing else."},
		{Name: "ds_select_routes", Args: []module.Arg{{Name: "rules", Compile: parseRules, Doc: `"set=alg;set=alg"`}, {Name: "mode", Compile: parseGoal, Doc: "what becomes the first gateway: 0 or d next hop, 1 or r domain, 2 or x neither"},
			{Name: "limit", Type: module.ArgInt, Optional: true, Doc: "how many gateways are chosen at most, 0 for all"}}, Routes: inRequest, Run: d.selectRoutes,
			Lua: "ds_select_routes; ds_select_routes_limit(str,str,int)", Doc: "Chooses gateways of several sets, one set after the other."},
		{Name: "ds_next_dst", Routes: inRequest, Run: d.use("ds_next_dst", toDst, true), Doc: "Makes the next of the chosen gateways the next hop. False when there is none left."},
		{Name: "ds_next_domain", Routes: inRequest, Run: d.use("ds_next_domain", toDomain, true), Doc: "Makes the next of the chosen gateways the domain of the Request-URI."},
		{Name: "ds_set_dst", Routes: inRequest, Run: d.use("ds_set_dst", toDst, false), Doc: "Makes the current one of the chosen gateways the next hop."},
		{Name: "ds_set_domain", Routes: inRequest, Run: d.use("ds_set_domain", toDomain, false), Doc: "Makes the current one of the chosen gateways the domain of the Request-URI."},
		{Name: "ds_mark_dst", Args: []module.Arg{optional(state)}, Routes: inMark, Run: d.markDst, Prepare: checkState, Lua: "ds_mark_dst; ds_mark_dst_state(str)", Doc: "Reports the state of the current one of the chosen gateways; inactive where none is given."},
		{Name: "ds_mark_addr", Args: []module.Arg{state, set, uri}, Routes: module.AnyRoute, Run: d.markAddr, Prepare: checkState, Doc: "Reports the state of a gateway."},
		{Name: "ds_list_exists", Args: []module.Arg{set}, Routes: module.AnyRoute, Run: d.listExists, Doc: "True when there is such a set."},
		{Name: "ds_list_exist", Args: []module.Arg{set}, Routes: module.AnyRoute, Run: d.listExists, Lua: "-", Doc: "The same as ds_list_exists."},
		{Name: "ds_is_from_list", Args: []module.Arg{optional(set), {Name: "mode", Type: module.ArgInt, Optional: true, Doc: "sum of: 1 any port, 2 any protocol, 4 only gateways that can be used; 2 when it is left out"}, optional(module.Arg{Name: "uri", Doc: "URI whose address is looked for, instead of the source"})},
			Routes: module.AnyRoute, Run: d.isFromList, Lua: "ds_is_from_lists(); ds_is_from_list(int); ds_is_from_list_mode(int,int); ds_is_from_list_uri(int,int,str)", Doc: "True when the message came from a gateway of the set, of any set without one or with -1."},
		{Name: "ds_is_active", Args: []module.Arg{set, optional(uri)}, Routes: module.AnyRoute, Run: d.isActive, Lua: "ds_is_active; ds_is_active_uri(int,str)", Doc: "True when a gateway of the set, or the one with that URI, can be used."},
		{Name: "ds_dsg_fetch", Args: []module.Arg{set}, Routes: module.AnyRoute, Run: d.fetchGroup, Lua: "-", Doc: "Looks at a set, for $dsg."},
		{Name: "ds_load_update", Routes: module.AnyRoute, Run: d.loadUpdate, LuaResult: module.LuaZero, Doc: "Ends the load of a call for its BYE or CANCEL, and notes that it was answered for a 2xx to its INVITE."},
		{Name: "ds_load_unset", Routes: module.AnyRoute, Run: d.loadUnset, LuaResult: module.LuaZero, Doc: "Ends the load of the call; false where there is none."},
		{Name: "ds_reload", Routes: module.AnyRoute, Run: d.reloadFunction, Doc: "Reads list_file, or the database, again. False, and nothing changes, when it cannot be used."},
	}
}

// checkAlgorithm tells what an algorithm needs and the parameters do not give.
func (d *Dispatcher) checkAlgorithm(b module.Binder, a module.Args) error {
	if len(a) < 2 || !a[1].Const {
		return nil
	}
	switch n := a.Int(1, 0); {
	case n < 0 || n >= algorithms:
		b.Log().Warn("there is no such algorithm: the first gateway of the set is chosen", "alg", n)
	case n == byVariables && d.hashPV == nil:
		b.Log().Warn(errHashPV.Error())
	case n == byLoad && d.hashSize == 0:
		b.Log().Warn(errLoadSize.Error())
	}
	return nil
}

// checkState tells of a state that there is not.
func checkState(b module.Binder, a module.Args) error {
	if a[0].Given && a[0].Const {
		if _, ok := parseState(a.Str(0)); !ok {
			b.Log().Warn(errState.Error()+": the call does nothing", "state", a.Str(0))
		}
	}
	return nil
}
