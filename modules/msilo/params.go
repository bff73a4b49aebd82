// SPDX-License-Identifier: Apache-2.0

package msilo

import "github.com/kahea-sip/kahea/core/module"

func (s *Silo) params() []module.Param {
	const longest = 1<<31 - 1
	list := []module.Param{
		{Name: "db_url", Set: &s.url, Doc: "database"},
		{Name: "db_table", Set: &s.table, Doc: "table of the messages"},
	}
	for i, c := range columns {
		list = append(list, module.Param{Name: c.param, Set: &s.columns[i], Doc: "column with " + c.what})
	}
	return append(list, []module.Param{
		{Name: "from_address", Set: &s.fromAddress, Doc: "URI that notifications for senders come from; without it there are none"},
		{Name: "contact_hdr", Set: &s.contactHeader, Doc: "Contact header of notifications, with its name and line end"},
		{Name: "extra_hdrs", Set: &s.extraHeaders, Doc: "further header fields of what m_dump sends, each with its line end"},
		{Name: "offline_message", Set: &s.offlineText, Doc: "body of notifications; without it there are none"},
		{Name: "content_type_hdr", Set: &s.contentTypeHeader, Doc: "Content-Type header of notifications, with its name and line end"},
		{Name: "reminder", Set: &s.reminder, Doc: "URI that reminders come from; without it there are none"},
		{Name: "outbound_proxy", Set: &s.outboundProxy, Doc: "URI of the next hop of what is sent; without it that is the receiver's"},
		{Name: "expire_time", Set: &s.expireTime, Min: 1, Max: longest, Unit: "s", Doc: "how long a message is kept"},
		{Name: "check_time", Set: &s.checkTime, Min: 1, Max: longest, Unit: "s", Doc: "how often a deletion that failed is tried again. A delivered message is deleted at once"},
		{Name: "send_time", Set: &s.sendTime, Min: 0, Max: longest, Unit: "s", Doc: "how often it is looked for reminders that are due; 0 sends none"},
		{Name: "clean_period", Set: &s.cleanPeriod, Min: 1, Max: longest, Doc: "how many times check_time pass between two searches for expired messages"},
		{Name: "use_contact", Set: &s.useContact, Min: 0, Max: 1, Doc: "1 sends notifications to the Contact of the sender, where there is one, 0 to the URI in From"},
		{Name: "snd_time_avp", Set: &s.sendAVP, Doc: "variable with the time at which m_store has a message sent as a reminder: YYYYMMDDHHMMSS, local time"},
		{Name: "add_date", Set: &s.addDate, Min: 0, Max: 1, Doc: "1 puts the time at which it came in front of a plain text"},
		{Name: "max_messages", Set: &s.maxMessages, Min: 0, Max: longest, Doc: "greatest number of messages of an owner; 0 for no limit"},
		{Name: "add_contact", Set: &s.addContact, Min: 0, Max: 1, Doc: "1 adds a Contact with the sender's URI to what is sent"},
		{Name: "extra_hdrs_avp", Set: &s.extraAVP, Doc: "variable with header fields that m_store keeps with the message, and m_dump sends, in place of those whose names begin with X- or P-"},
		{Name: "skip_notification_flag", Set: &s.skipFlag, Min: -1, Max: 31, Doc: "message flag that keeps m_store from notifying the sender; -1 for none"},
		{Name: "use_mode", Set: &s.keepCallID, Min: 0, Max: 1, Doc: "1 keeps the Call-ID of a message, and delivers it with the same"},
	}...)
}

func (s *Silo) functions() []module.Function {
	owner := module.Arg{Name: "owner", Means: module.MeansURI, Doc: "SIP URI of the inbox"}
	optional := owner
	optional.Optional = true
	return []module.Function{
		{Name: "m_store", Lua: "mstore; mstore_uri(str)", Args: []module.Arg{optional}, Routes: module.RequestRoute | module.FailureRoute, Run: s.store,
			Doc: "Stores the message for the owner, without an argument the Request-URI. True only when it is in the database."},
		{Name: "m_store_addrs", Lua: "mstore_addrs", Args: []module.Arg{owner, {Name: "srcaddr", Means: module.MeansURI, Doc: "URI of the sender in place of that in From"}, {Name: "dstaddr", Means: module.MeansURI, Doc: "URI of the receiver in place of that in To"}},
			Routes: module.RequestRoute | module.FailureRoute, Run: s.storeAddrs, Doc: "m_store with the addresses that the message is delivered with; an empty one is that of the message."},
		{Name: "m_dump", Lua: "mdump; mdump_uri(str)", Args: []module.Arg{optional}, Routes: module.RequestRoute, Run: s.dump,
			Doc: "Sends what is stored for the owner, without an argument the URI in To. Each message is deleted when it was accepted with a 2xx, else kept. False for a REGISTER without a Contact, or one that takes it back."},
	}
}
