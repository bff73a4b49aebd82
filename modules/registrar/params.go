// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

func (r *Registrar) params() []module.Param {
	const longest = 1<<31 - 1
	return []module.Param{
		{Name: "default_expires", Set: &r.defaultExpires, Min: 0, Max: longest, Unit: "s", Doc: "time of a contact that asks for none"},
		{Name: "default_expires_range", Set: &r.defaultExpiresRange, Min: 0, Max: 100, Unit: "%", Doc: "greatest part of default_expires that is taken off by chance"},
		{Name: "expires_range", Set: &r.expiresRange, Min: 0, Max: 100, Unit: "%", Doc: "greatest part of the time asked for that is taken off by chance"},
		{Name: "min_expires", Set: &r.minExpires, Min: 0, Max: longest, Unit: "s", Doc: "least time of a contact; 0 for none"},
		{Name: "min_expires_mode", Set: &r.minExpiresMode, Min: 0, Max: 1, Doc: "1 answers 423 to a time below min_expires, 0 raises it"},
		{Name: "max_expires", Set: &r.maxExpires, Min: 0, Max: longest, Unit: "s", Doc: "greatest time of a contact, to which longer ones are cut; 0 for none"},
		{Name: "default_q", Set: &r.defaultQ, Min: -1, Max: 1000, Doc: "q of a contact that names none, in thousandths; -1 for none"},
		{Name: "realm_prefix", Set: &r.realmPrefix, Doc: "text that is taken off the front of the domain of an AOR"},
		{Name: "append_branches", Set: &r.appendBranches, Min: 0, Max: 1, Doc: "1 makes lookup take all contacts, 0 only the first"},
		{Name: "case_sensitive", Set: &r.caseSensitive, Min: 0, Max: 1, Doc: "1 keeps capital letters in an AOR"},
		{Name: "received_avp", Set: &r.receivedAVP, Doc: "variable with the URI of the place that a REGISTER came from, as nathelper sets it"},
		{Name: "received_param", Set: &r.receivedParam, Doc: "parameter that shows that URI in the reply; empty shows it not"},
		{Name: "max_contacts", Set: &r.maxContacts, Min: 0, Max: 1 << 20, Doc: "greatest number of contacts of an AOR; 0 for no limit"},
		{Name: "retry_after", Set: &r.retryAfter, Min: 0, Max: longest, Unit: "s", Doc: "Retry-After of 5xx replies; 0 leaves it out"},
		{Name: "sock_flag", Set: &r.sockFlag, Min: -1, Max: 31, Doc: "message flag of a REGISTER whose header sock_hdr_name names the socket to send from; -1 for none"},
		{Name: "sock_hdr_name", Set: &r.sockHeader, Doc: "header with that socket, proto:host:port"},
		{Name: "sock_mode", Set: &r.sockMode, Min: 0, Max: 1, Doc: "1 stores and shows sockets of contacts by their advertised address, 0 by the one that they are bound to"},
		{Name: "method_filtering", Set: &r.methodFiltering, Min: 0, Max: 1, Doc: "1 makes lookup pass over contacts that do not allow the method of a request outside of a dialog"},
		{Name: "use_path", Set: &r.usePath, Min: 0, Max: 1, Doc: "1 stores Path and sends along it (RFC 3327)"},
		{Name: "path_mode", Set: &r.pathMode, Min: 0, Max: 2, Doc: "Path in the reply: 0 never, 1 when the client supports it, 2 likewise, and else 420"},
		{Name: "path_use_received", Set: &r.pathReceived, Min: 0, Max: 1, Doc: "1 takes the received parameter of the first Path URI as the place that the REGISTER came from"},
		{Name: "path_check_local", Set: &r.pathLocal, Min: 0, Max: 1, Doc: "1 makes lookup pass over a first Path URI that is this server"},
		{Name: "xavp_cfg", Set: &r.xavpCfg, Doc: "XAVP with settings for one call: q, expires, max_contacts, socket (save), match_callid, match_received, match_contact (registered), rlf_bflags (lookup)"},
		{Name: "xavp_rcd", Set: &r.xavpRecord, Doc: "XAVP that lookup and registered fill: ruid, contact, expires, received, path"},
		{Name: "xavp_rcd_mask", Set: &r.xavpRecordMask, Min: 0, Max: 31, Doc: "what is left out of it: 1 ruid, 2 contact, 4 expires, 8 received, 16 path"},
		{Name: "event_callback", Set: &r.eventCallback, Event: "usrloc:contact-expired", Doc: "function of a Lua script that runs in place of event_route[usrloc:contact-expired], with its name"},
		{Name: "gruu_enabled", Set: &r.gruu, Min: 0, Max: 1, Doc: "1 gives contacts with +sip.instance GRUUs (RFC 5627) and takes requests to them"},
		{Name: "outbound_mode", Set: &r.outboundMode, Min: 0, Max: 2, Doc: "RFC 5626: 0 not supported, 1 supported, 2 required"},
		{Name: "regid_mode", Set: func(int) error { return nil }, Doc: "whether reg-id counts where the client does not support outbound",
			Notice: "reg-id is taken in any case, as Kamailio does in both modes"},
		{Name: "flow_timer", Set: &r.flowTimer, Min: 0, Max: longest, Unit: "s", Doc: "Flow-Timer of replies with outbound; 0 leaves it out"},
		{Name: "contact_max_size", Set: &r.contactMax, Min: 1, Max: 65535, Unit: "bytes", Doc: "greatest length of a contact URI; a longer one is answered with 400"},
		{Name: "lookup_filter_mode", Set: &r.lookupFilter, Min: 0, Max: 3, Doc: "sum of: 1 lookup takes contacts with a branch flag of rlf_bflags, 2 with an open connection"},
		{Name: "use_expired_contacts", Set: &r.useExpired, Min: 0, Max: 1, Doc: "1 makes lookup take expired contacts too, until the timer removes them"},
	}
}

func (r *Registrar) settings() []setting.Entry {
	const g = "registrar"
	return []setting.Entry{
		{Group: g, Name: "realm_pref", Str: &r.realmPrefix, Doc: "Realm prefix to be removed. Default is \"\""},
		{Group: g, Name: "default_expires", Int: &r.defaultExpires, Doc: "time of a contact that asks for none"},
		{Group: g, Name: "default_expires_range", Int: &r.defaultExpiresRange, Min: 0, Max: 100, Doc: "percent of default_expires that may be taken off by chance"},
		{Group: g, Name: "expires_range", Int: &r.expiresRange, Min: 0, Max: 100, Doc: "percent of the time asked for that may be taken off by chance"},
		{Group: g, Name: "min_expires", Int: &r.minExpires, Doc: "least time of a contact, 0 for none"},
		{Group: g, Name: "max_expires", Int: &r.maxExpires, Doc: "greatest time of a contact, 0 for none"},
		{Group: g, Name: "max_contacts", Int: &r.maxContacts, Doc: "greatest number of contacts of an AOR, 0 for no limit"},
		{Group: g, Name: "retry_after", Int: &r.retryAfter, Doc: "Retry-After of 5xx replies, 0 for none"},
		{Group: g, Name: "case_sensitive", Int: &r.caseSensitive, Min: 0, Max: 1, Doc: "1 keeps capital letters in an AOR"},
		{Group: g, Name: "default_q", Int: &r.defaultQ, Min: -1, Max: 1000, Doc: "q of a contact that names none, in thousandths"},
		{Group: g, Name: "append_branches", Int: &r.appendBranches, Min: 0, Max: 1, Doc: "1 makes lookup take all contacts"},
		{Group: g, Name: "use_expired_contacts", Int: &r.useExpired, Min: 0, Max: 1, Doc: "1 makes lookup take expired contacts too"},
	}
}
