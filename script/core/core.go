// SPDX-License-Identifier: Apache-2.0

// Package core has the functions and variables that the language itself brings.
package core

import (
	"slices"

	"github.com/kahea-sip/kahea/core/module"
)

// Options are what the functions and variables need to know of the
// configuration.
type Options struct {
	// Defines are the names that the preprocessor knows at the end, for
	// $def and $defn.
	Defines map[string]string
	// Groups are the groups of the operator's own parameters, for cfg_select.
	Groups []string
	// Env reads the environment, for $env; nil asks the operating system.
	Env func(name string) (string, bool)
}

// Exports returns the table of the pseudo-module "core". The functions that
// are statements of the language (route, return, exit, drop, break) are not in
// it.
func Exports(opt Options) module.Exports {
	return module.Exports{
		Doc:       "The functions and variables of the language itself.",
		Functions: slices.Concat(flagFunctions(), uriFunctions(), connectionFunctions(), forwardFunctions(), processFunctions(), groupFunctions(opt.Groups)),
		Lua:       luaFunctions(),
		Variables: variables(opt),
	}
}

func flagFunctions() []module.Function {
	flag := []module.Arg{{Name: "flag", Type: module.ArgInt, Compile: checkFlag, Doc: "number of the flag, 0 to 31, or its name from a flags line"}}
	level := module.Arg{Name: "level", Type: module.ArgStr, Doc: "-5 (alert) to 3 (debug), or L_ERR, L_INFO …"}
	text := module.Arg{Name: "text", Type: module.ArgStr, Doc: "the text"}
	return []module.Function{
		{Name: "setflag", Args: flag, Routes: module.AnyRoute, Run: setFlag, Doc: "Sets a flag of the message and its transaction."},
		{Name: "resetflag", Args: flag, Routes: module.AnyRoute, Run: resetFlag, Doc: "Clears a flag of the message and its transaction."},
		{Name: "isflagset", Args: flag, Routes: module.AnyRoute, Run: isFlagSet, Doc: "True when the flag is set."},
		{Name: "log", Args: []module.Arg{text}, Routes: module.AnyRoute, Run: logText, Doc: "Logs a text at level DBG."},
		{Name: "log", Args: []module.Arg{level, text}, Routes: module.AnyRoute, Run: logText, Doc: "Logs a text at the given level."},
	}
}

// shortNames are the third names that some of the functions have.
var shortNames = map[string]string{"host": "seth", "hostport": "sethp", "hostporttrans": "sethpt", "user": "setu", "userpass": "setup", "port": "setp"}

func uriFunctions() []module.Function {
	count := []module.Arg{{Name: "count", Type: module.ArgInt, Doc: "how many characters"}}
	one := func(name, doc string) []module.Arg { return []module.Arg{{Name: name, Literal: true, Doc: doc}} }
	means := func(list []module.Arg, m module.Meaning) []module.Arg { list[0].Means = m; return list }
	host := one("host", "host name or address, IPv6 in brackets")
	hostport := means(one("hostport", "host, or host:port"), module.MeansHostPort)
	trans := means(one("hostporttrans", "host:port;transport=protocol"), module.MeansHostPort)
	user := one("user", "the user part")
	userpass := one("userpass", "user:password")
	port := one("port", "the port")
	uri := means(one("uri", "a URI"), module.MeansURI)
	list := []module.Function{
		{Name: "prefix", Args: one("text", "what is put in front"), Run: prefix, Doc: "Puts a text in front of the user of the Request-URI."},
		{Name: "strip", Args: count, Run: strip, Doc: "Takes characters off the front of the user of the Request-URI."},
		{Name: "strip_tail", Args: count, Run: stripTail, Doc: "Takes characters off the end of the user of the Request-URI."},
		{Name: "revert_uri", Run: revertURI, Doc: "Gives the request the Request-URI back that it came with."},
		{Name: "remove_branch", Args: []module.Arg{{Name: "index", Type: module.ArgInt, Optional: true, Doc: "0 for the first one, which is meant where it is left out"}}, Run: removeBranch, Lua: "-",
			Doc: "Removes a branch that was added to the request; true where there is none, too."},
		{Name: "clear_branches", Run: clearBranches, Doc: "Removes the branches that were added to the request."},
		{Name: "userphone", Run: userPhone, Doc: "Adds user=phone to the Request-URI."},
	}
	for _, f := range []module.Function{
		{Name: "uri", Args: uri, Run: setURI, Doc: "Replaces the Request-URI."},
		{Name: "host", Args: host, Run: setHost, Doc: "Replaces the host of the Request-URI."},
		{Name: "hostport", Args: hostport, Run: setHostPort, Doc: "Replaces host and port of the Request-URI."},
		{Name: "hostporttrans", Args: trans, Run: setHostPortTrans, Doc: "Replaces host, port and transport of the Request-URI."},
		{Name: "user", Args: user, Run: setUser, Doc: "Replaces the user of the Request-URI."},
		{Name: "userpass", Args: userpass, Run: setUserPass, Doc: "Replaces user and password of the Request-URI."},
		{Name: "port", Args: port, Run: setPort, Doc: "Replaces the port of the Request-URI."},
	} {
		for _, way := range []string{"set", "rewrite"} {
			named := f
			named.Name = way + f.Name
			list = append(list, named)
		}
		if short := shortNames[f.Name]; short != "" {
			f.Name = short
			list = append(list, f)
		}
	}
	for i := range list {
		list[i].Routes = module.AnyRoute
	}
	return list
}

func connectionFunctions() []module.Function {
	port := []module.Arg{{Name: "port", Type: module.ArgInt, Optional: true, Doc: "port of the alias; that of the Via where it is left out"}}
	list := []module.Function{
		{Name: "force_rport", Run: forceRport, Doc: "Sends replies to the port that the request came from (RFC 3581)."},
		{Name: "add_rport", Run: forceRport, Doc: "The same as force_rport."},
		{Name: "add_local_rport", Run: addLocalRport, Doc: "Asks the next hop for rport in our own Via."},
		{Name: "force_tcp_alias", Args: port, Run: forceTCPAlias, Doc: "Sends requests for the peer's port over this connection."},
		{Name: "add_tcp_alias", Args: port, Run: forceTCPAlias, Doc: "The same as force_tcp_alias."},
		{Name: "set_reply_no_connect", Run: setReplyNoConnect, Doc: "Drops replies whose connection is gone instead of opening one."},
		{Name: "set_reply_close", Run: setReplyClose, Doc: "Closes the connection after the reply."},
		{Name: "set_forward_no_connect", Run: setForwardNoConnect, Doc: "Forwards only over connections that are open."},
		{Name: "set_forward_close", Run: setForwardClose, Doc: "Closes the connection after the request was forwarded."},
		{Name: "set_advertised_address", Args: []module.Arg{{Name: "host", Doc: "host name or address"}}, Run: setAdvertisedAddress, Doc: "The address that stands in Via and Record-Route of this message."},
		{Name: "set_advertised_port", Args: []module.Arg{{Name: "port", Type: module.ArgInt, Doc: "1 to 65535"}}, Run: setAdvertisedPort, Doc: "The port that stands in Via and Record-Route of this message."},
		{Name: "udp_mtu_try_proto", Args: []module.Arg{{Name: "protocol", Type: module.ArgInt, Compile: largeProto, Doc: "TCP, TLS or SCTP; UDP leaves what the parameter udp_mtu_try_proto says"}}, Run: udpMTUTryProto, Doc: "The protocol for this request when it is larger than udp_mtu."},
		{Name: "force_send_socket", Args: []module.Arg{{Name: "socket", Means: module.MeansSocket, Doc: "proto:address:port of a listen line"}}, Run: forceSendSocket, Doc: "The socket to send this message from."},
	}
	for i := range list {
		list[i].Routes = module.AnyRoute
	}
	return list
}

func forwardFunctions() []module.Function {
	args := []module.Arg{
		{Name: "host", Optional: true, Doc: "host or address; the next hop of the request where it is left out; uri:host takes that of the Request-URI"},
		{Name: "port", Optional: true, Doc: "the port; uri:port takes that of the Request-URI"},
	}
	var list []module.Function
	for _, f := range []struct {
		name, doc string
		run       func(c *module.Call, a module.Args) module.Result
	}{
		{"forward", "Forwards the request without state.", forward(protoOfURI)},
		{"forward_udp", "Forwards the request without state over UDP.", forward(overUDP)},
		{"forward_tcp", "Forwards the request without state over TCP.", forward(overTCP)},
		{"forward_tls", "Forwards the request without state over TLS.", forward(overTLS)},
		{"forward_sctp", "Forwards the request without state over SCTP, for which there is no socket.", forward(overSCTP)},
	} {
		list = append(list, module.Function{Name: f.name, Args: args, Routes: module.RequestRoute | module.FailureRoute | module.EventRoute, Run: f.run, Doc: f.doc})
	}
	return list
}
