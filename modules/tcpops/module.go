// SPDX-License-Identifier: Apache-2.0

// Package tcpops lets a script look at and change the stream connections of the server, and tells it of their end.
package tcpops

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("tcpops", func() module.Module { return New() }) }

// The event routes.
const (
	eventClosed  = "tcp:closed"
	eventTimeout = "tcp:timeout"
	eventReset   = "tcp:reset"
)

// The values of closed_event.
const (
	eventsNever = iota
	eventsAlways
	eventsAsked // for the connections that tcp_enable_closed_event names
)

// TCPOps is the module.
type TCPOps struct {
	events   int // parameter
	callback string

	host  module.Host
	asked *asked
}

// New returns the module with its defaults.
func New() *TCPOps { return &TCPOps{events: eventsAlways} }

var _ module.Starter = (*TCPOps)(nil)

// Exports implements module.Module.
func (m *TCPOps) Exports() module.Exports {
	const any = module.AnyRoute
	number := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }
	optional := func(a module.Arg) module.Arg {
		a.Optional = true
		return a
	}
	conid := number("conid", "number of the connection, as $conid has it")
	own := optional(number("conid", "number of the connection, as $conid has it; that of the message where it is left out"))
	return module.Exports{
		Doc: "Connections of TCP, TLS and WebSocket: their state, probes of the kernel, lifetime and end.",
		Params: []module.Param{
			{Name: "closed_event", Set: &m.events, Min: eventsNever, Max: eventsAsked,
				Doc: "for which connections the event routes run: 0 none, 1 all, 2 those that tcp_enable_closed_event has named"},
			{Name: "event_callback", Set: &m.callback, Event: "tcp:", Doc: "function of a Lua script that is run in place of the event routes, with the name of the event"},
		},
		Functions: []module.Function{
			{Name: "tcp_conid_alive", Args: []module.Arg{conid}, Routes: any, Run: m.alive, Doc: "True for a connection that is open."},
			{Name: "tcp_conid_state", Args: []module.Arg{conid}, Routes: any, Run: m.state,
				Doc: "$rc is 1 for a connection that is open, 3 for one that is being opened, -1 for one that there is not, -4 for one that is being closed."},
			{Name: "tcp_keepalive_enable", Lua: "tcp_keepalive_enable(int,int,int); tcp_keepalive_enable_cid(int,int,int,int)", Routes: any, Run: m.keepAlive,
				Args: []module.Arg{number("conid|idle", "number of the connection where four arguments are given; else as the next one"), number("idle|count", "seconds before the first probe"),
					number("count|interval", "probes without answer that end the connection"), optional(number("interval", "seconds between two probes"))},
				Doc: "Has the kernel probe a connection, that of the message where three arguments are given."},
			{Name: "tcp_keepalive_disable", Lua: "tcp_keepalive_disable; tcp_keepalive_disable_cid(int)", Args: []module.Arg{own}, Routes: any, Run: m.noKeepAlive,
				Doc: "Has the kernel not probe a connection."},
			{Name: "tcp_set_connection_lifetime", Lua: "tcp_set_connection_lifetime(int); tcp_set_connection_lifetime_cid(int,int)", Routes: any, Run: m.lifetime,
				Args: []module.Arg{number("conid|lifetime", "number of the connection where two arguments are given"), optional(number("lifetime", "seconds that it may stay unused"))},
				Doc:  "Gives a connection, that of the message where one argument is given, a lifetime of its own."},
			{Name: "tcp_enable_closed_event", Lua: "tcp_enable_closed_event; tcp_enable_closed_event_cid(int)", Args: []module.Arg{own}, Routes: any, Run: m.ask,
				Doc: "Has the event routes run for a connection. False where closed_event is not 2."},
			{Name: "tcp_get_conid", Lua: "tcp_get_conid(str,str)", Routes: any, Run: m.get,
				Args: []module.Arg{{Name: "hostport", Means: module.MeansHostPort, Doc: "host:port of the peer; the port is 5060 where it is left out"}, {Name: "pvname", Type: module.ArgVar, Doc: "variable that is set to the number of the connection"}},
				Doc:  "Finds the connection to a peer."},
			{Name: "tcp_set_otcpid", Args: []module.Arg{conid}, Routes: any, Run: setConn,
				Doc: "Chooses the connection for the request, for when tcp_set_otcpid_flag says that it counts. lookup of registrar chooses that of a contact behind a NAT."},
			{Name: "tcp_set_otcpid_flag", Args: []module.Arg{number("mode", "0 for no, else yes")}, Routes: any, Run: useConn,
				Doc: "Says whether the request goes over the connection that was chosen, wherever its URI leads. With that connection gone it goes where the URI leads."},
			{Name: "tcp_close_connection", Lua: "tcp_close_connection; tcp_close_connection_id(int)", Args: []module.Arg{own}, Routes: any, Run: m.close,
				Doc: "Closes a connection when what waits was sent."},
		},
		Events: []module.Event{
			{Name: eventClosed, Doc: "A connection was closed, by its peer or by tcp_close_connection. $conid, $si, $sp, $Ri, $Rp and $proto tell which."},
			{Name: eventTimeout, Doc: "A connection has ended because its peer does not answer the kernel's probes or what was sent."},
			{Name: eventReset, Doc: "A connection was reset by its peer."},
		},
	}
}

// Start implements module.Starter.
func (m *TCPOps) Start(_ context.Context, h module.Host) error {
	m.host = h
	m.asked = h.Store("tcpops", func() any { return newAsked() }).(*asked)
	h.Transport().OnClose(m.closed)
	return nil
}
