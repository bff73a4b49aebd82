// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"github.com/kahea-sip/kahea/core/bencode"
	"github.com/kahea-sip/kahea/core/module"
)

// maxTime bounds times, in their unit.
const maxTime = 1 << 20

func (r *RTPEngine) params() []module.Param {
	variable := func(name string, set *module.Accessor, doc string) module.Param {
		return module.Param{Name: name, Set: set, Doc: doc}
	}
	return []module.Param{
		{Name: "rtpengine_sock", Set: &r.sockets, Doc: "nodes of one set, divided by blanks: `udp:HOST:PORT`, `udp6:HOST:PORT`, or `ws://HOST:PORT/` and `wss://HOST:PORT/` with wsapi, each with `=WEIGHT` behind it where the weight is not 1. `NUMBER ==` in front names the set, else it is that of setid_default. May be set several times"},
		{Name: "rtpengine_disable_tout", Set: &r.disableTime, Max: maxTime, Unit: "s", Doc: "how long a node that did not answer is not asked"},
		{Name: "aggressive_redetection", Set: &r.redetect, Max: 1, Doc: "1 asks all nodes of a set again for each new call while none is in use, 0 waits for rtpengine_disable_tout"},
		{Name: "rtpengine_tout_ms", Set: &r.timeout, Min: 1, Max: maxTime, Unit: "ms", Doc: "how long an answer is waited for"},
		{Name: "rtpengine_retr", Set: &r.tries, Min: 1, Max: 100, Doc: "how often a command is sent before the node counts as not answering"},
		{Name: "queried_nodes_limit", Set: &r.queriedNodes, Min: 1, Max: maxQueried, Doc: "how many nodes are asked for one command at most"},
		{Name: "rtpengine_allow_op", Set: &r.allowOp, Max: 2, Doc: "what becomes of the calls of a node that is out of use: 0 their commands fail, 1 they are still sent to it, 2 they are where a command or the database has taken it out of use"},
		{Name: "ping_interval", Set: &r.pingInterval, Max: maxTime, Unit: "s", Doc: "how often all nodes are asked whether they are there; 0 for only those that were away, once rtpengine_disable_tout is over"},
		{Name: "hash_algo", Set: &r.hashAlgo, Max: 2, Doc: "what a call's node follows from: 0 the sum of the bytes of its Call-ID, 1 SHA-1, 2 CRC-32"},
		{Name: "setid_default", Set: &r.defaultSet, Max: 1 << 31, Doc: "set that is used where none is chosen, and that nodes without the number of a set are in"},
		variable("setid_avp", &r.setID, "variable with the number of the set, where it has one"),
		variable("extra_id_pv", &r.extraID, "variable whose value `via-branch=extra` sends"),
		variable("read_sdp_pv", &r.readSDP, "variable whose value is taken for the session description, where it has one"),
		variable("write_sdp_pv", &r.writeSDP, "variable that gets the new session description, in place of the message"),
		variable("rtp_inst_pvar", &r.instance, "variable that gets the URL of the node that was asked"),
		variable("media_duration", &r.duration, "variable that gets how long what play_media plays is, in milliseconds; -1 where that is not known"),
		{Name: "wsapi", Set: r.setWebAPI, Doc: "`lwsc`, which nodes with `ws:` and `wss:` need"},
		{Name: "force_send_interface", Set: r.setFrom, Doc: "own IP address that commands are sent from"},
		{Name: "control_cmd_tos", Set: func(n int) error {
			if 0 <= n && n <= 255 { // others have no effect, as in Kamailio
				r.tos = n
			}
			return nil
		}, Doc: "type of service of the commands, 0 to 255"},
		{Name: "hash_table_size", Set: &r.callShards, Min: 1, Max: 1 << 16, Doc: "parts of the table with the nodes of calls"},
		{Name: "hash_table_tout", Set: &r.callLife, Min: 1, Max: maxTime, Unit: "s", Doc: "how long after its last command the node of a call is remembered"},
		{Name: "db_url", Set: &r.dbURL, Doc: "database with the nodes; those of rtpengine_sock do not count then"},
		{Name: "table_name", Set: &r.names.table, Doc: "table of the nodes"},
		{Name: "setid_col", Set: &r.names.set, Doc: "its column with the number of the set"},
		{Name: "url_col", Set: &r.names.url, Doc: "its column with the URL"},
		{Name: "weight_col", Set: &r.names.weight, Doc: "its column with the weight"},
		{Name: "disabled_col", Set: &r.names.disabled, Doc: "its column that takes a node out of use"},
	}
}

func (r *RTPEngine) functions() []module.Function {
	flags := []module.Arg{{Name: "flags", Optional: true, Doc: "flags, see above"}}
	branch := module.Arg{Name: "viabranch", Optional: true, Doc: "text that is sent as via-branch"}
	more := append(flags[:1:1], branch)
	simple := func(name, command, lua, doc string, whole bool, then func(*module.Call, *bencode.Value)) module.Function {
		op := operation{name: command, sides: asSender, toTag: true, whole: whole}
		return module.Function{Name: name, Args: flags, Routes: module.AnyRoute, Run: r.simple(name, op, then), Lua: lua, Doc: doc}
	}
	needed := func(f module.Function, more ...module.Arg) module.Function {
		f.Args = append([]module.Arg{{Name: "flags", Doc: "flags, see above"}}, more...)
		return f
	}
	three := func(name string) string { return name + "0(); " + name + "(str); " + name + "2(str,str)" }
	both := func(name string) string { return name + "0(); " + name + "(str)" }
	functions := []module.Function{
		{Name: "rtpengine_offer", Args: more, Routes: module.AnyRoute, Run: r.offer, Lua: three("rtpengine_offer"), Doc: "Tells the relay the first session description of a call, and puts the relay's own in its place."},
		{Name: "rtpengine_answer", Args: more, Routes: module.AnyRoute, Run: r.answer, Lua: three("rtpengine_answer"), Doc: "The same for the second one, in a reply, an ACK or a PRACK."},
		{Name: "rtpengine_manage", Args: more, Routes: module.AnyRoute, Run: r.manage, Lua: three("rtpengine_manage"), Doc: "Does what the message is in need of: offer, answer or delete."},
		{Name: "rtpengine_info", Args: more, Routes: module.AnyRoute, Run: r.info, Lua: "-", Doc: "Tells the relay of candidates that come later (trickle ICE). The message stays as it is."},
		{Name: "rtpengine_delete", Args: more, Routes: module.AnyRoute, Run: r.simple("rtpengine_delete", deleting, r.takeStatistics), Lua: three("rtpengine_delete"), Doc: "Ends the relaying of the call, and assigns the variables of mos_…_pv."},
		{Name: "rtpengine_query", Args: more, Routes: module.AnyRoute, Run: r.simple("rtpengine_query", querying, r.takeStatistics), Lua: three("rtpengine_query"), Doc: "Asks how the call is doing, and assigns the variables of mos_…_pv."},
		{Name: "rtpengine_query_v", Args: []module.Arg{{Name: "fmt", Doc: "j for JSON on one line, jp for JSON to be read"}, {Name: "var", Type: module.ArgVar, Doc: "variable that gets it"}},
			Routes: module.AnyRoute, Run: r.queryValue, Lua: "rtpengine_query_v(str,str)", Doc: "Asks how the call is doing, and assigns all that the relay says."},
		{Name: "set_rtpengine_set", Args: []module.Arg{{Name: "setid", Type: module.ArgInt, Doc: "number of the set"}, {Name: "second", Type: module.ArgInt, Optional: true, Doc: "set through which the media pass as well"}},
			Routes: module.AnyRoute, Run: r.selectSets, Prepare: r.checkSets, Lua: "set_rtpengine_set(int); set_rtpengine_set2(int,int)", Doc: "Chooses the set for the functions that follow for this message. False when there is no such set."},
	}
	for _, f := range []struct {
		name, command, doc string
	}{
		{"block_dtmf", "block DTMF", "Has the relay keep digits (RFC 4733) of the call to itself."},
		{"unblock_dtmf", "unblock DTMF", "Ends it."},
		{"block_media", "block media", "Has the relay keep the media of the call to itself."},
		{"unblock_media", "unblock media", "Ends it."},
		{"silence_media", "silence media", "Has the relay send silence in place of the media of the call."},
		{"unsilence_media", "unsilence media", "Ends it."},
		{"start_forwarding", "start forwarding", "Has the relay give the media of the call to its recording daemon as well."},
		{"stop_forwarding", "stop forwarding", "Ends it."},
	} {
		functions = append(functions, simple(f.name, f.command, both(f.name), f.doc, true, nil))
	}
	return append(functions,
		needed(simple("play_media", "play media", "play_media(str); play_media2(str,str)", "Has the relay play a file to one of the parties.", false, r.takeDuration), branch),
		simple("stop_media", "stop media", both("stop_media"), "Ends it.", false, nil),
		needed(simple("play_dtmf", "play DTMF", "play_dtmf(str)", "Has the relay send a digit as if one of the parties had.", false, nil)),
		simple("start_recording", "start recording", "start_recording", "Has the relay record the call.", false, nil),
		simple("stop_recording", "stop recording", "stop_recording", "Ends it.", false, nil))
}
