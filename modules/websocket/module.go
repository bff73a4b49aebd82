// SPDX-License-Identifier: Apache-2.0

// Package websocket makes WebSocket connections of those of HTTP, and carries SIP in them.
package websocket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("websocket", func() module.Module { return New() }) }

// eventClosed is the event route of a connection that has closed.
const eventClosed = "websocket:closed"

// The values of keepalive_mechanism.
const (
	keepNone = iota
	keepPing
	keepPong
	keepCheck // looks whether the connection is there, which is always known here
)

// The bits of sub_protocols.
const (
	protocolSIP = 1 << iota
	protocolMSRP
)

// The values of cors_mode.
const (
	corsNone = iota
	corsAny
	corsSame
)

// WebSocket is the module.
type WebSocket struct {
	// Parameters. Intervals are in seconds.
	mechanism, keepTimeout, keepInterval int
	processes                            int
	pingData                             string
	cors, verbose                        int
	callback                             string
	timerInterval, removeDelay           int

	host    module.Host
	log     *slog.Logger
	clients *clients
	tasks   []*timer.Task
	count   counters
}

// New returns the module with its defaults.
func New() *WebSocket {
	return &WebSocket{mechanism: keepPing, keepTimeout: 180, keepInterval: 1, processes: 1, timerInterval: 1, removeDelay: 5}
}

var (
	_ module.Preparer = (*WebSocket)(nil)
	_ module.Starter  = (*WebSocket)(nil)
	_ module.Stopper  = (*WebSocket)(nil)
	_ module.Streamer = (*WebSocket)(nil)
)

// onlySIP is the setter of sub_protocols.
func onlySIP(n int) error {
	switch {
	case n == protocolSIP:
		return nil
	case n&^(protocolSIP|protocolMSRP) == 0 && n&protocolMSRP != 0:
		return fmt.Errorf("%d asks for MSRP, which is not there: the module msrp is none of this server's; 1 is SIP", n)
	}
	return fmt.Errorf("%d is out of range: 1, SIP, is all there is", n)
}

// Exports implements module.Module.
func (m *WebSocket) Exports() module.Exports {
	const any = module.AnyRoute
	return module.Exports{
		Doc:      "Carries SIP in WebSocket connections, as browsers need it.",
		Requires: []string{"sl"},
		Params: []module.Param{
			{Name: "keepalive_mechanism", Set: &m.mechanism, Min: keepNone, Max: keepCheck,
				Doc: "what keeps a connection open that is not used: 1 a Ping, whose answer must have come when the next one is due, else the connection is closed; 2 a Pong; 0 nothing; 3 nothing either: it forgets connections that are gone, which is always done at once, and a notice says so"},
			{Name: "keepalive_timeout", Set: &m.keepTimeout, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how long a connection is not used before it is sent one"},
			{Name: "keepalive_interval", Set: &m.keepInterval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how often the connections are looked at for it"},
			{Name: "keepalive_processes", Set: &m.processes, Min: 1, Max: 1024, Doc: "processes that send them",
				Notice: "keep-alives are sent by a timer in any case"},
			{Name: "ping_application_data", Set: &m.pingData, Doc: "what Ping and Pong carry, up to 125 bytes; empty for the text of the Server header"},
			{Name: "sub_protocols", Set: onlySIP, Doc: "what connections may carry; 1, SIP, is the default and all there is: the module msrp is not there"},
			{Name: "cors_mode", Set: &m.cors, Min: corsNone, Max: corsSame,
				Doc: "Access-Control-Allow-Origin in the answer to a handshake: 0 none, 1 *, 2 the Origin of the request"},
			{Name: "verbose_list", Set: &m.verbose, Min: 0, Max: 1, Doc: "1 logs each connection at level debug when the connections are looked at for keep-alives"},
			{Name: "event_callback", Set: &m.callback, Event: eventClosed, Doc: "function of a Lua script that is run in place of the event route, with the name of the event"},
			{Name: "timer_interval", Set: &m.timerInterval, Min: 1, Max: 1 << 20, Unit: "s", Doc: "how often rm_delay_interval is looked at"},
			{Name: "rm_delay_interval", Set: &m.removeDelay, Min: 0, Max: 1 << 20, Unit: "s", Doc: "how long a client may take to answer a Close of this server before the connection ends without"},
		},
		Functions: []module.Function{
			{Name: "ws_handle_handshake", Lua: "handle_handshake", Routes: any, Run: m.handshake,
				Doc: "Answers the handshake of a client in event_route[xhttp:request], and makes a WebSocket connection of its connection. Where the handshake is no good, it is answered with 400, 426 or, after ws.disable, 503, and the script ends."},
			{Name: "ws_close", Lua: "close; close_reason(int,str); close_conid(int,str,int)", Routes: any, Run: m.close,
				Args: []module.Arg{
					{Name: "status", Type: module.ArgInt, Optional: true, Doc: "status of RFC 6455 7.4; 1000 where it is left out"},
					{Name: "reason", Optional: true, Paired: true, Doc: "reason, up to 123 bytes"},
					{Name: "connection_id", Type: module.ArgInt, Optional: true, Doc: "number of the connection, as $conid and $ws_conid have it; that of the message where it is left out"},
				},
				Doc: "Begins to close a connection. False where there is none of that number, or it is being closed already."},
		},
		Variables: []module.Variable{
			{Name: "ws_conid", Get: connectionID, Doc: "number of the WebSocket connection that has closed, or that the message came by; 0 for none"},
		},
		Events:   []module.Event{{Name: eventClosed, Doc: "A WebSocket connection has closed, whoever closed it. $ws_conid, $si and $sp tell which."}},
		RPC:      m.commands(),
		Counters: m.entries(),
	}
}

var (
	errNoXHTTP  = errors.New("websocket: \"xhttp\" must be loaded to use WebSocket")
	errPingData = errors.New("websocket: ping_application_data is longer than 125 bytes")
)

// Prepare implements module.Preparer.
func (m *WebSocket) Prepare(b module.Binder) error {
	switch {
	case b.Module("xhttp") == nil:
		return errNoXHTTP
	case len(m.pingData) > ws.MaxControlFramePayloadSize:
		return errPingData
	}
	return nil
}

// Streams implements module.Streamer.
func (m *WebSocket) Streams() map[transport.Proto]transport.Stream {
	return map[transport.Proto]transport.Stream{transport.WS: {Upgraded: true}, transport.WSS: {Upgraded: true}}
}

// Start implements module.Starter.
func (m *WebSocket) Start(_ context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "websocket")
	m.clients = h.Store("websocket", func() any { return newClients(h.Clock().Monotonic) }).(*clients)
	if _, server, ok := strings.Cut(h.Core().ServerHeader, ": "); ok && m.pingData == "" {
		m.pingData = server[:min(len(server), ws.MaxControlFramePayloadSize)]
	}
	h.Transport().OnClose(m.closed)
	m.tasks = append(m.tasks, h.Timers().Every("websocket", time.Duration(m.timerInterval)*time.Second, m.tend))
	switch m.mechanism {
	case keepCheck:
		m.log.Info("keepalive_mechanism 3 sends nothing: a connection that is gone is forgotten at once in any case")
	case keepPing, keepPong:
		m.tasks = append(m.tasks, h.Timers().Every("websocket keep-alive", time.Duration(m.keepInterval)*time.Second, m.keepAlive))
	}
	return nil
}

// Stop implements module.Stopper.
func (m *WebSocket) Stop(context.Context) error {
	for _, t := range m.tasks {
		t.Stop()
		t.Wait()
	}
	return nil
}

// keepAlive is the timer of the mechanism: it pings what was not used for
// keepalive_timeout, and closes what has not answered the last Ping by then.
func (m *WebSocket) keepAlive() {
	limit := time.Duration(m.keepTimeout) * time.Second
	for _, c := range m.clients.all() {
		if m.verbose != 0 {
			m.log.Debug("a WebSocket connection", "id", c.id, "idle", c.idle())
		}
		switch {
		case c.idle() < limit:
		case m.mechanism == keepPong:
			m.ping(c, ws.OpPong)
		case c.waiting.Load():
			m.leave(c, ws.StatusGoingAway, "")
		default:
			m.ping(c, ws.OpPing)
		}
	}
}
