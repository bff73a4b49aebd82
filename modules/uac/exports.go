// SPDX-License-Identifier: Apache-2.0

package uac

import "github.com/kahea-sip/kahea/core/module"

const (
	inRewrite  = module.RequestRoute | module.BranchRoute
	inFailures = module.FailureRoute | module.BranchFailureRoute | module.EventRoute
)

func (m *Module) params() []module.Param {
	return []module.Param{
		{Name: "rr_from_store_param", Set: &m.fromParam, Doc: "Record-Route parameter that carries the From URIs"},
		{Name: "rr_to_store_param", Set: &m.toParam, Doc: "Record-Route parameter that carries the To URIs"},
		{Name: "restore_mode", Set: &m.restoreMode, Doc: "what happens behind uac_replace_from and uac_replace_to: auto restores replies and later requests, manual replies only, none nothing"},
		{Name: "restore_dlg", Set: &m.restoreDialog, Min: 0, Max: 1, Doc: "1 keeps the URIs in the dialog, which dlg_manage begins, instead of Record-Route"},
		{Name: "restore_passwd", Set: &m.password, Doc: "text that the URIs in Record-Route are mixed with"},
		{Name: "restore_from_avp", Set: &m.fromAVP, Doc: "variable for the From URI that came, for replies after msg_apply_changes"},
		{Name: "restore_to_avp", Set: &m.toAVP, Doc: "variable for the To URI that came"},
		{Name: "credential", Set: m.credential, Doc: "username:realm:password that challenges are answered with; may be set several times"},
		{Name: "auth_realm_avp", Set: &m.realmAVP, Doc: "variable with the realm for uac_auth; empty or null for any"},
		{Name: "auth_username_avp", Set: &m.usernameAVP, Doc: "variable with the user name for uac_auth"},
		{Name: "auth_password_avp", Set: &m.passwordAVP, Doc: "variable with the password, or HA1, for uac_auth"},
		{Name: "reg_db_url", Set: &m.dbURL, Doc: "database with the accounts to register at other servers; there are no remote registrations without it"},
		{Name: "reg_timer_interval", Set: &m.timerInterval, Min: 1, Max: 86400, Unit: "s", Doc: "how often it is looked which registrations are due"},
		{Name: "reg_retry_interval", Set: &m.retryInterval, Min: 0, Max: 1 << 30, Unit: "s", Doc: "after which a registration that failed is tried again, or up to reg_timer_interval earlier; 0 disables it"},
		{Name: "reg_random_delay", Set: &m.randomDelay, Min: 0, Max: 1 << 30, Unit: "s", Doc: "bound of the random delay of first registrations whose reg_delay is 0"},
		{Name: "reg_hash_size", Set: &m.hashSize, Min: 1, Max: 31, Notice: "the table of accounts grows by itself", Doc: "size of the table of accounts"},
		{Name: "reg_db_table", Set: &m.dbTable, Doc: "table with the accounts"},
		{Name: "reg_contact_addr", Set: &m.contactAddr, Doc: "host, with port and parameters, of the Contacts that are registered; their user is l_uuid. contact_addr of an account comes before it"},
		{Name: "reg_keep_callid", Set: &m.keepCallID, Min: 0, Max: 1, Doc: "1 renews a registration with the same Call-ID"},
		{Name: "reg_active", Set: &m.active, Min: 0, Max: 1, Doc: "0 begins without registering, until uac.reg_active"},
		{Name: "reg_gc_interval", Set: &m.gcInterval, Min: 1, Max: 1 << 30, Unit: "s", Doc: "least time between two uac.reg_reload"},
		{Name: "reg_use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 makes uac_reg_lookup_uri compare the domain too"},
		{Name: "default_socket", Set: &m.defaultSocket, Doc: "socket, \"proto:host:port\", that requests of this module leave by"},
		{Name: "event_callback", Set: &m.eventCallback, Event: replyEvent, Doc: "function of a Lua script that is run in place of the event route, with its name"},
	}
}

func (m *Module) functions() []module.Function {
	rewrite := []module.Arg{{Name: "display", Doc: "display name, with its quotes; empty takes it away. Alone it is the URI, and the name stays"},
		{Name: "uri", Optional: true, Doc: "URI; empty leaves it"}}
	reg := []module.Arg{{Name: "attribute", Compile: filter, Doc: "l_uuid, l_username, r_username or auth_username"}, {Name: "value"}}
	mode := module.Arg{Name: "mode", Type: module.ArgInt, Doc: "1: the password is an HA1"}
	optional := mode
	optional.Optional = true
	uuid := module.Arg{Name: "uuid", Doc: "l_uuid of the account"}
	dst := module.Arg{Name: "dst", Type: module.ArgVar, Doc: "variable for the result"}
	return []module.Function{
		{Name: "uac_replace_from", Lua: "uac_replace_from(str,str); uac_replace_from_uri(str)", Args: rewrite, Routes: inRewrite, Run: m.replaceURI(from),
			Doc: "Changes From, once: display name and URI, or with one argument the URI."},
		{Name: "uac_replace_to", Lua: "uac_replace_to(str,str); uac_replace_to_uri(str)", Args: rewrite, Routes: inRewrite, Run: m.replaceURI(to),
			Doc: "Changes To, once."},
		{Name: "uac_restore_from", Routes: module.RequestRoute, Run: m.restoreRequest(from),
			Doc: "Changes From of a request inside of a dialog to the one that its receiver knows, by what our Route carries. False where it carries nothing."},
		{Name: "uac_restore_to", Routes: module.RequestRoute, Run: m.restoreRequest(to), Doc: "The same for To."},
		{Name: "uac_auth", Args: []module.Arg{optional}, Routes: inFailures, Run: m.auth("uac_auth"),
			Doc: "Adds credentials to the request for the challenge that the failure route is about; t_relay sends it. False where there is none that can be answered."},
		{Name: "uac_auth_mode", Args: []module.Arg{mode}, Routes: inFailures, Run: m.auth("uac_auth_mode"), Doc: "uac_auth with its mode."},
		{Name: "uac_req_send", Routes: module.AnyRoute, Run: m.sendRequest, Doc: "Sends the request that $uac_req describes. A challenge is answered once, with auser and apasswd."},
		{Name: "uac_reg_lookup", Args: []module.Arg{uuid, dst}, Routes: module.AnyRoute, Run: m.lookup, Doc: "Gives the local URI of an account: where a call that came for it goes."},
		{Name: "uac_reg_lookup_uri", Args: []module.Arg{{Name: "uri", Doc: "URI with the local user of the account"}, dst}, Routes: module.AnyRoute, Run: m.lookupURI,
			Doc: "Gives the uuid of the account of a local user."},
		{Name: "uac_reg_status", Args: []module.Arg{uuid}, Routes: module.AnyRoute, Run: m.status,
			Doc: "1 while the account is registered, -1 for an unknown one, -2 while a registration is on its way, -3 for one that is disabled, -99 while the next attempt is waited for."},
		{Name: "uac_reg_request_to", Args: []module.Arg{{Name: "user", Doc: "l_uuid, or l_username, of the account"},
			{Name: "mode", Type: module.ArgInt, Doc: "sum of: 1 user is l_username, 2 the password for uac_auth is auth_ha1"}},
			Routes: module.RequestRoute | module.FailureRoute | module.BranchRoute, Run: m.requestTo,
			Doc: "Sends the request to the remote user of the account, by its proxy, and sets the variables for uac_auth."},
		{Name: "uac_reg_enable", Args: reg, Routes: module.AnyRoute, Run: m.enable("uac_reg_enable", true), Doc: "Enables the account whose attribute has the value."},
		{Name: "uac_reg_disable", Args: reg, Routes: module.AnyRoute, Run: m.enable("uac_reg_disable", false), Doc: "Disables it."},
		{Name: "uac_reg_refresh", Args: []module.Arg{uuid}, Routes: module.AnyRoute, Run: m.refresh, Doc: "Reads an account from the table and registers it."},
	}
}
