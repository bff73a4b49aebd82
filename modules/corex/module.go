// SPDX-License-Identifier: Apache-2.0

// Package corex has functions about branches, sockets and raw sending.
package corex

import (
	"math"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("corex", func() module.Module { return new(Corex) }) }

// Corex is the module.
type Corex struct {
	subdomains []string
	records    []record
	network    network
	replyOut   replyOut
}

// Exports implements module.Module.
func (x *Corex) Exports() module.Exports {
	socket := []module.Arg{{Name: "saddr", Means: module.MeansSocket, Doc: `"proto:address:port" of a socket that the server listens on`}}
	name := []module.Arg{{Name: "sname", Doc: "name of a socket (listen … name)"}}
	host := []module.Arg{{Name: "host[:port]", Optional: true, Doc: "where to; the next hop of the request where it is left out"}}
	flag := []module.Arg{{Name: "flag", Type: module.ArgInt, Doc: "number of the flag, 0 to 63"}}
	internal := []module.Arg{{Name: "flagname", Compile: internalFlag, Doc: "USE_UAC_FROM, USE_UAC_TO or UAC_AUTH"}}
	index := module.Arg{Name: "bindex", Type: module.ArgInt, Optional: true, Doc: "number that the branch parameter ends with, where it is not 0"}
	return module.Exports{
		Doc: "Further branches, choice of sockets, raw sending, and the commands that list sockets and aliases.",
		Params: []module.Param{
			{Name: "alias_subdomains", Set: x.addSubdomain, Doc: "domain that is the server's own together with all its subdomains, [proto:]domain[:port]; may be set several times"},
			{Name: "dns_cache", Set: x.addRecord, Doc: "record for the DNS cache: type=A;name=x.example;addr=192.0.2.1;ttl=60;flags=0, type AAAA, or SRV with priority, weight, port and the target as addr; flag 1: the name does not exist, 2: permanent; may be set several times"},
			{Name: "dns_file", Set: x.addRecords, Doc: "file with such records, one in a line; # begins a comment line; may be set several times"},
			{Name: "nio_intercept", Set: &x.network.on, Doc: "other than 0 runs event_route[network:msg] for all that is received and sent"},
			{Name: "nio_min_msg_len", Set: &x.network.shortest, Min: 0, Max: math.MaxInt32, Doc: "bytes that a message has at least for which the route runs"},
			{Name: "nio_msg_avp", Set: &x.network.name, Doc: "AVP that has what takes the place of the message, where the route sets it"},
			{Name: "evcb_reply_out", Set: &x.replyOut.callback, Event: eventReplyOut, Doc: "function of a Lua script that runs in place of event_route[corex:reply-out], with its name"},
		},
		Functions: []module.Function{
			{Name: "is_incoming", Routes: module.AnyRoute, Run: isIncoming, Doc: "True in event_route[network:msg] for what was received, and in routes of a message that was received."},
			{Name: "append_branch", Lua: "append_branch; append_branch_uri(str); append_branch_uri_q(str,str)", Args: []module.Arg{{Name: "uri", Optional: true, Means: module.MeansURI, Doc: "URI of the branch; the Request-URI where it is left out"},
				{Name: "q", Optional: true, Doc: "priority, 0 to 1"}}, Routes: module.RequestRoute | module.FailureRoute, Run: appendBranch,
				Doc: "Adds a branch with the current next hop, path, socket and branch flags."},
			{Name: "send_udp", Args: host, Routes: module.RequestRoute | module.FailureRoute, Run: sendUDP, Doc: "Sends the request as it was received over UDP."},
			{Name: "send_tcp", Args: host, Routes: module.RequestRoute | module.FailureRoute, Run: sendTCP, Doc: "Sends the request as it was received over TCP."},
			{Name: "send_data", Args: []module.Arg{{Name: "uri", Means: module.MeansURI, Doc: "where to"}, {Name: "data", Doc: "what to send"}}, Routes: module.AnyRoute, Run: sendData,
				Doc: "Sends any text."},
			{Name: "sendx", Args: []module.Arg{{Name: "uri", Means: module.MeansURI, Doc: "where to"}, {Name: "sock", Means: module.MeansSocket, Doc: "socket to send from"}, {Name: "data", Doc: "what to send"}},
				Routes: module.AnyRoute, Run: sendFrom, Doc: "Sends any text from a given socket."},
			{Name: "set_send_socket", Args: socket, Routes: module.AnyRoute, Run: setSendSocket, Doc: "Sends the request from this socket."},
			{Name: "set_send_socket_name", Args: name, Routes: module.AnyRoute, Run: setSendSocketName, Doc: "Sends the request from the socket of this name."},
			{Name: "set_recv_socket", Args: socket, Routes: module.AnyRoute, Run: setRecvSocket, Doc: "Treats the message as if this socket had received it."},
			{Name: "set_recv_socket_name", Args: name, Routes: module.AnyRoute, Run: setRecvSocketName, Doc: "Treats the message as if the socket of this name had received it."},
			{Name: "set_source_address", Args: []module.Arg{{Name: "saddr", Doc: `"[proto:]address:port"`}}, Routes: module.AnyRoute, Run: setSourceAddress,
				Doc: "Treats the message as if it had come from this address."},
			{Name: "is_socket_name", Args: []module.Arg{{Name: "sockname", Doc: "name to look for"}}, Routes: module.AnyRoute, Run: isSocketName,
				Doc: "True when a socket has this name."},
			{Name: "is_faked_msg", Routes: module.AnyRoute, Run: isMadeUp, Doc: "True in an event route that no packet started."},
			{Name: "via_add_srvid", Args: []module.Arg{{Name: "flags", Type: module.ArgInt, Doc: "1 adds it, 0 does not"}}, Routes: module.AnyRoute, Run: addServerID,
				Doc: "Adds server_id, where it is not 0, as parameter srvid to the own Via."},
			{Name: "via_add_xavp_params", Args: []module.Arg{{Name: "flags", Type: module.ArgInt, Doc: "1 adds them, 0 does not"}}, Routes: module.AnyRoute, Run: addViaFields,
				Doc: "Adds the fields of the list that xavp_via_params names as parameters to the own Via."},
			{Name: "via_use_xavp_fields", Args: []module.Arg{{Name: "flags", Type: module.ArgInt, Doc: "1 takes them, 0 does not"}}, Routes: module.AnyRoute, Run: useViaFields,
				Doc: "Takes address and port of the own Via from the fields address and port of the list that xavp_via_fields names."},
			{Name: "setxflag", Args: flag, Routes: module.AnyRoute, Run: setXFlag, Doc: "Sets an extended message flag."},
			{Name: "isxflagset", Args: flag, Routes: module.AnyRoute, Run: isXFlag, Doc: "True when the extended message flag is set."},
			{Name: "resetxflag", Args: flag, Routes: module.AnyRoute, Run: resetXFlag, Doc: "Clears an extended message flag."},
			{Name: "forward_reply", Routes: module.CoreReplyRoute, Run: forwardReply, Doc: "Sends the reply upstream now. It goes once more when the route ends, unless drop ends it."},
			{Name: "forward_uac", Lua: "forward_uac; forward_uac_branch(int)", Args: []module.Arg{index}, Routes: module.RequestRoute, Run: forwardUAC,
				Doc: "Sends the request on without state, with the server's Via as the only one: replies to it end here."},
			{Name: "forward_uac_uri", Lua: "forward_uac_uri; forward_uac_uri_branch(str,int)", Args: []module.Arg{{Name: "vuri", Means: module.MeansURI, Doc: "URI of the next hop"}, index}, Routes: module.RequestRoute, Run: forwardUACTo,
				Doc: "The same to another next hop. The Request-URI stays."},
			{Name: "msg_iflag_set", Args: internal, Routes: module.AnyRoute, Run: setInternalFlag, Doc: "Sets an internal flag."},
			{Name: "msg_iflag_reset", Args: internal, Routes: module.AnyRoute, Run: resetInternalFlag, Doc: "Clears an internal flag."},
			{Name: "msg_iflag_is_set", Args: internal, Routes: module.AnyRoute, Run: isInternalFlag, Doc: "True when the internal flag is set, else -2."},
			{Name: "file_read", Args: []module.Arg{{Name: "fpath", Doc: "file"}, {Name: "var", Type: module.ArgVar, Doc: "variable for the content"}},
				Routes: module.AnyRoute, Run: fileRead, Lua: "-", Doc: "Reads a file into a variable."},
			{Name: "file_write", Outside: true, Args: []module.Arg{{Name: "fpath", Doc: "file"}, {Name: "content", Doc: "text"}},
				Routes: module.AnyRoute, Run: fileWrite, Doc: "Writes a file."},
		},
		Lua: luaFunctions(),
		Variables: []module.Variable{
			{Name: "cfg", Bind: bindPosition, Doc: "place in the configuration that runs: $cfg(line), $cfg(name) the file, $cfg(route)"},
			{Name: "lsock", Bind: bindSocket, Doc: "$lsock(expr) is the socket that the expression names, as proto:address:port"},
		},
		Events: []module.Event{
			{Name: eventNetwork, Doc: "A message was received and nobody has seen it yet, or is about to leave: $mb is its text. What goes out from here is not seen by it."},
			{Name: eventReplyOut, Doc: "A reply was sent: $mb is its text."},
		},
		RPC: []module.Command{
			{Name: "corex.debug", Run: debug, Doc: "Returns the log level, or sets it."},
			{Name: "shm.info", Run: memoryInfo, Doc: "Names the memory manager, and the memory that the process may use in bytes."},
			{Name: "shm.stats", Run: memory, Doc: "Returns the memory figures of the process, in bytes."},
			{Name: "corex.list_sockets", Array: true, Run: listSockets, Doc: "Lists the sockets that the server listens on."},
			{Name: "corex.list_aliases", Array: true, Run: listAliases, Doc: "Lists the names that the server takes for its own."},
		},
	}
}
