// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

func (s *SIPTrace) params() []module.Param {
	c := &s.columns
	column := func(name string, p *string, what string) module.Param {
		return module.Param{Name: name, Set: p, Doc: "column with " + what}
	}
	return []module.Param{
		{Name: "trace_on", Set: &s.enabled, Min: 0, Max: 1, Doc: "1 turns tracing on; siptrace.status changes it"},
		{Name: "trace_flag", Set: &s.flag, Min: 0, Max: 31, Doc: "flag of the message that makes sip_trace trace its transaction, or its reply without state; 0 for none"},
		{Name: "duplicate_uri", Set: s.setDuplicate, Doc: "SIP URI of the server that gets copies, over UDP"},
		{Name: "hep_mode_on", Set: &s.hepOn, Min: 0, Max: 1, Doc: "1 sends copies of sip_trace as HEP packets, 0 as they are"},
		{Name: "hep_version", Set: &s.version, Min: 1, Max: 3, Doc: "version of HEP"},
		{Name: "hep_capture_id", Set: &s.captureID, Min: 0, Max: 1<<32 - 1, Doc: "number of this server in HEP packets; 16 bits in version 2"},
		{Name: "auth_key", Set: &s.authKey, Doc: "key in HEP packets of version 3"},
		{Name: "trace_mode", Set: &s.mode, Min: 0, Max: 7, Doc: "copies all that is received and sent, without a function in the script; sum of: 1 to duplicate_uri as HEP packets, 2 to the database, 4 to duplicate_uri as it is"},
		{Name: "trace_init_mode", Set: &s.initMode, Min: 0, Max: 2, Doc: "1 does only what trace_mode says, 2 only what the script says, 0 both"},
		{Name: "trace_to_database", Set: &s.toDatabase, Min: 0, Max: 1, Doc: "1 has sip_trace write to the database"},
		{Name: "db_url", Set: &s.url, Doc: "the database"},
		{Name: "table", Set: &c.table, Doc: "its table"},
		{Name: "trace_db_mode", Set: &s.dbMode, Min: 0, Max: 2, Notice: "rows are always written in the background", Doc: "how Kamailio writes rows"},
		{Name: "trace_delayed", Set: &s.delayed, Min: 0, Max: 1, Notice: "rows are always written in the background", Doc: "how Kamailio writes rows"},
		{Name: "traced_user_avp", Set: &s.usersAVP, Doc: "AVP with users for the column of traced users: a row for each value"},
		{Name: "trace_table_avp", Set: &s.tableAVP, Doc: "AVP with the table to write to, in place of table"},
		{Name: "trace_local_ip", Set: s.setLocalIP, Doc: "source address of what this server sends, in place of that of the socket: ADDRESS:PORT"},
		{Name: "trace_sl_acks", Set: &s.ownACKs, Min: 0, Max: 1, Doc: "1 traces all ACKs that end in sl, 0 leaves that to event_route[sl:filtered-ack]"},
		{Name: "trace_dialog_ack", Set: &s.dialogACKs, Min: 0, Max: 1, Doc: "0 leaves the ACKs out where a dialog is traced (mode d)"},
		{Name: "xheaders_write", Set: &s.writeX, Min: 0, Max: 1, Doc: "1 adds X-Siptrace headers to copies that sip_trace sends as they are"},
		{Name: "xheaders_read", Set: &s.readX, Min: 0, Max: 1, Doc: "1 takes addresses, time, method and direction from X-Siptrace headers, and traces nothing without them"},
		{Name: "send_sock_name", Set: &s.sockName, Doc: "name of the UDP socket that copies are sent from; goes before send_sock_addr"},
		{Name: "send_sock_addr", Set: s.setSocket, Doc: "the UDP socket that copies are sent from, as a SIP URI"},
		{Name: "force_send_sock", Set: s.setSocket, Doc: "the same as send_sock_addr"},
		{Name: "evcb_msg", Set: &s.callback, Event: "siptrace:msg", Doc: "function of a Lua script that runs in place of event_route[siptrace:msg], with its name"},
		column("date_column", &c.names[colDate], "the time"),
		column("callid_column", &c.names[colCallID], "the Call-ID"),
		column("traced_user_column", &c.names[colUser], "the traced user"),
		column("msg_column", &c.names[colMessage], "the message"),
		column("method_column", &c.names[colMethod], "the method; of a reply that of its request"),
		column("status_column", &c.names[colStatus], "the code of a reply"),
		column("fromip_column", &c.names[colFromIP], "the source, as udp:192.0.2.1:5060"),
		column("toip_column", &c.names[colToIP], "the destination"),
		column("fromtag_column", &c.names[colFromTag], "the From tag"),
		column("totag_column", &c.names[colToTag], "the To tag"),
		column("direction_column", &c.names[colDirection], "in or out"),
	}
}

func (s *SIPTrace) functions() []module.Function {
	return []module.Function{
		{Name: "sip_trace", Routes: module.AnyRoute, Run: s.sipTrace, Prepare: s.checkMode,
			Lua: "sip_trace(); sip_trace_dst(str); sip_trace_dst_cid(str,str); sip_trace_dst_cid_type(str,str,str)",
			Args: []module.Arg{
				{Name: "address", Optional: true, Compile: compileTarget, Doc: "SIP URI in place of duplicate_uri"},
				{Name: "correlation_id", Optional: true, Doc: "for HEP version 3; empty for none"},
				{Name: "mode", Optional: true, Doc: "m for the message, t for the transaction, d for the dialog"},
			},
			Doc: "Copies the message as it was received. With mode t, or without one when the flag of trace_flag is set, all messages of its transaction are copied too; with d those of the dialog, whose first INVITE the message must be."},
		{Name: "sip_trace_mode", Args: []module.Arg{{Name: "mode", Doc: "m, t or d"}}, Routes: module.AnyRoute, Run: s.sipTraceMode, Prepare: s.checkMode, Doc: "sip_trace with a mode alone."},
		{Name: "sip_trace_msg", Routes: module.AnyRoute, Run: s.sipTraceMsg, Args: []module.Arg{
			{Name: "message", Doc: "text of the message"}, {Name: "from", Compile: compilePlace, Doc: "where it came from, proto:ip:port"}, {Name: "to", Compile: compilePlace, Doc: "where it went, proto:ip:port"},
			{Name: "address", Compile: compileTarget, Doc: "SIP URI in place of duplicate_uri; empty for that"}, {Name: "correlation_id", Doc: "for HEP version 3; empty for none"}},
			Doc: "Sends a message that the script has to the capture server, in a HEP packet."},
		{Name: "hlog", Args: []module.Arg{{Name: "correlation_id", Doc: "or, where it is the only argument, the text"}, {Name: "message", Optional: true, Doc: "text"}},
			Routes: module.AnyRoute, Run: s.hlog, Lua: "hlog(str); hlog_cid(str,str)", Doc: "Sends a text to duplicate_uri in a HEP packet of version 3. Its correlation id is the Call-ID where none is given."},
	}
}

func (s *SIPTrace) setDuplicate(text string) (err error) {
	s.duplicate, err = parseTarget(text)
	return err
}

func (s *SIPTrace) setSocket(uri string) error {
	t, err := parseTarget(uri)
	if err != nil {
		return err
	}
	s.sockAddr = "udp:" + t.query.Host + ":" + portText(t.query.Port)
	return nil
}

var errLocalIP = errors.New("an address is ADDRESS:PORT")

func (s *SIPTrace) setLocalIP(text string) (err error) {
	for _, proto := range []string{"udp:", "tcp:", "tls:"} {
		text = strings.TrimPrefix(text, proto)
	}
	if s.localIP, err = netip.ParseAddrPort(text); err != nil {
		return errLocalIP
	}
	return nil
}

// rpcStatus is siptrace.status.
func (s *SIPTrace) rpcStatus(r *module.Request) error {
	word, err := r.Str(0)
	if err != nil {
		return module.Faultf(500, "Not enough parameters (on, off or check)")
	}
	switch word {
	case "on":
		s.on.Store(true)
	case "off":
		s.on.Store(false)
	case "check":
	default:
		return module.Faultf(500, "Bad parameter (on, off or check)")
	}
	if s.on.Load() {
		r.Add("Enabled")
	} else {
		r.Add("Disabled")
	}
	return nil
}
