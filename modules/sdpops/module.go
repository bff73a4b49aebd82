// SPDX-License-Identifier: Apache-2.0

// Package sdpops looks at and edits session descriptions.
package sdpops

import (
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("sdpops", func() module.Module { return new(SDPOps) }) }

// SDPOps is the module.
type SDPOps struct{}

// Exports implements module.Module.
func (s *SDPOps) Exports() module.Exports {
	const any = module.AnyRoute
	args := func(a ...module.Arg) []module.Arg { return a }
	text := func(name, doc string) module.Arg { return module.Arg{Name: name, Doc: doc} }
	ids, names := text("list", "payload types, divided by commas"), text("list", "encoding names, divided by commas")
	kind, proto := text("type", "audio, video …"), text("type", "RTP/AVP, UDP/TLS/RTP/SAVPF …")
	only := module.Arg{Name: "mtype", Optional: true, Doc: "only streams of this type"}
	variable := module.Arg{Name: "pv", Type: module.ArgVar, Doc: "variable that gets the result"}
	name := text("iname", "name of the iterator")
	line := text("text", `line with its line end (\r\n)`)
	return module.Exports{
		Doc: "Looks at session descriptions and edits them, line by line.",
		Functions: []module.Function{
			{Name: "sdp_content", Args: args(module.Arg{Name: "sloppy", Type: module.ArgInt, Optional: true, Doc: "1 looks at Content-Type and for the name of the type in a multipart body only"}), Routes: any, Run: hasContent, Lua: "sdp_content; sdp_content_flags(int)", Doc: "True when the message has a session description, as its body or as a part of it."},
			{Name: "sdp_get_line_startswith", Args: args(variable, text("string", "how the line begins")), Routes: any, Run: getLine, Lua: "sdp_get_line_startswith(str,str)", Doc: "Assigns the first line that begins so. $rc is -2 without a body."},
			{Name: "sdp_get", Args: args(variable), Routes: any, Run: get, Lua: "sdp_get(str)", Doc: "Assigns the session description. $rc is -2 without a body."},
			{Name: "sdp_remove_codecs_by_id", Args: args(ids, only), Routes: any, Run: editCodecs(byID, false, false), Lua: "remove_codecs_by_id(str,str)", LuaResult: module.LuaZero, Doc: "Removes payload types with their attributes."},
			{Name: "sdp_remove_codecs_by_name", Args: args(names, only), Routes: any, Run: editCodecs(byName, true, false), Lua: "remove_codecs_by_name(str,str)", LuaResult: module.LuaZero, Doc: "Removes codecs with their attributes."},
			{Name: "sdp_keep_codecs_by_id", Args: args(ids, only), Routes: any, Run: editCodecs(byID, false, true), Lua: "keep_codecs_by_id(str,str)", LuaResult: module.LuaZero, Doc: "Removes all payload types but these."},
			{Name: "sdp_keep_codecs_by_name", Args: args(names, only), Routes: any, Run: editCodecs(byName, true, true), Lua: "keep_codecs_by_name(str,str)", LuaResult: module.LuaZero, Doc: "Removes all codecs but these; telephone-event is one."},
			{Name: "sdp_with_codecs_by_id", Args: args(ids), Routes: any, Run: withCodecs(byID, false), LuaResult: oneMore, Doc: "True when a stream has one of the payload types; $rc is 1 when each has all, else 2."},
			{Name: "sdp_with_codecs_by_name", Args: args(names), Routes: any, Run: withCodecs(byName, true), Doc: "The same for codecs."},
			{Name: "sdp_with_media", Args: args(kind), Routes: any, Run: withMedia, LuaResult: noneIsZero, Doc: "True when there is a stream of the type."},
			{Name: "sdp_with_active_media", Args: args(kind), Routes: any, Run: withActiveMedia, LuaResult: noneIsZero, Doc: "True when there is a stream of the type with a port and not inactive."},
			{Name: "sdp_with_transport", Args: args(proto), Routes: any, Run: withTransport, Doc: "True when a stream has the transport."},
			{Name: "sdp_with_transport_like", Args: args(proto), Routes: any, Run: withTransportLike, Doc: "True when the transport of a stream contains the text."},
			{Name: "sdp_transport", Args: args(variable), Routes: any, Run: commonTransport, Lua: "sdp_transport(str)", Doc: "Assigns the transport that all streams have. $rc is -2 when they differ."},
			{Name: "sdp_with_ice", Routes: any, Run: withICE, Doc: "True when there is a candidate attribute."},
			{Name: "sdp_remove_line_by_prefix", Args: args(text("string", "how the lines begin"), only), Routes: any, Run: removeLines, Lua: "-", Doc: "Removes the lines that begin so, in all streams and in front of them, or in streams of one type."},
			{Name: "sdp_remove_media", Args: args(kind), Routes: any, Run: removeMedia, Lua: "remove_media(str)", LuaResult: noneIsZero, Doc: "Removes the streams of the type."},
			{Name: "sdp_remove_transport", Args: args(proto), Routes: any, Run: removeTransport, Lua: "-", Doc: "Removes the streams with the transport."},
			{Name: "sdp_get_address_family", Routes: any, Run: addressFamily, Doc: "$rc is 4 or 6, the family of the first line c=."},
			{Name: "sdp_print", Args: args(module.Arg{Name: "level", Type: module.ArgInt, Doc: "log level, -5 to 3"}), Routes: any, Run: printSDP, Doc: "Writes the streams to the log."},
			{Name: "sdp_iterator_start", Args: args(name), Routes: any, Run: startIterator, Doc: "Puts an iterator in front of the first line of the session description. A message may have four."},
			{Name: "sdp_iterator_next", Args: args(name), Routes: any, Run: nextLine, Doc: "Moves to the next line; false behind the last one."},
			{Name: "sdp_iterator_end", Args: args(name), Routes: any, Run: endIterator, Doc: "Ends an iterator."},
			{Name: "sdp_iterator_rm", Args: args(name), Routes: any, Run: removeLine, Doc: "Removes the line that the iterator is at."},
			{Name: "sdp_iterator_append", Args: args(name, line), Routes: any, Run: appendLine, Doc: "Adds a line behind it."},
			{Name: "sdp_iterator_insert", Args: args(name, line), Routes: any, Run: insertLine, Doc: "Adds a line in front of it."},
		},
		Lua: []module.Function{
			{Name: "remove_line_by_prefix", Args: args(text("string", "how the lines begin"), only), Routes: any, Run: luaRemoveLines, Lua: "remove_line_by_prefix(str,str)", Doc: "Removes the lines that begin so, in all streams and in front of them, or with a type in streams of that. Returns 0 where there is none."},
			{Name: "sdp_iterator_value", Args: args(name), Routes: any, Get: func(c *module.Call, a module.Args) module.Value { return lineAt(c, a.Str(0)) }, Doc: "Line that the iterator is at."},
		},
		Variables: []module.Variable{
			{Name: "sdp", Bind: bindSDP, Doc: "$sdp(body): the session description; $sdp(sess_version): the version in its line o=, which may be assigned, -1 adds one to it"},
			{Name: "sdpitval", Bind: bindLine, Doc: "$sdpitval(iname): line that the iterator is at, line end included"},
		},
	}
}
