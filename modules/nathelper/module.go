// SPDX-License-Identifier: Apache-2.0

// Package nathelper serves clients behind NAT.
package nathelper

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

func init() { module.Register("nathelper", func() module.Module { return New() }) }

// NATHelper is the module.
type NATHelper struct {
	received    module.Accessor
	marker      string
	appendOld   int
	ignorePath  int
	addressMode int
	aliasName   string

	// Of the keepalives; see ping.go.
	interval     int
	natedOnly    int
	forceSocket  string
	pingSocket   string
	sippingFlag  int
	disableFlag  int
	sippingFrom  string
	method       string
	timeout      int
	serverFilter int

	host   module.Host
	loc    *usrloc.Usrloc
	socket *transport.Socket
	task   *timer.Task
	ctx    context.Context
	round  round
	on     atomic.Bool
	probes usrloc.Probes
	branch atomic.Uint64
	// slots bounds the look-ups of names that wait.
	slots chan struct{}

	udpPings, sipPings, answers, removed, skipped counter.Counter
}

// New returns the module with its defaults.
func New() *NATHelper {
	return &NATHelper{marker: "a=nortpproxy:yes\r\n", appendOld: 1, addressMode: 1, aliasName: "alias",
		sippingFlag: -1, disableFlag: -1, method: "OPTIONS"}
}

var (
	_ module.Preparer = (*NATHelper)(nil)
	_ module.Starter  = (*NATHelper)(nil)
	_ module.Stopper  = (*NATHelper)(nil)
)

// Exports implements module.Module.
func (n *NATHelper) Exports() module.Exports {
	return module.Exports{
		Doc:       "Recognises clients behind NAT, rewrites their addresses, and keeps their bindings open.",
		After:     []string{"usrloc"},
		Params:    n.params(),
		Functions: n.functions(),
		Lua: []module.Function{
			{Name: "set_contact_alias_trim", Routes: module.AnyRoute, Run: n.trimAlias, Doc: "set_contact_alias that takes an alias away that is there."},
		},
		Variables: []module.Variable{
			{Name: "rr_count", Get: recordRoutes, Doc: "number of Record-Route values of the message as it came"},
			{Name: "rr_top_count", Get: topRecordRoutes, Doc: "2 where the topmost Record-Route is a double one (r2), 1 for another one, 0 for none"},
		},
		RPC: []module.Command{{Name: "nathelper.enable_ping", Run: n.rpcEnable, Doc: "Switches the keepalives on (other than 0) or off (0)."}},
		Counters: []counter.Entry{
			{Name: "udp_pings", Counter: &n.udpPings, Doc: "keepalives of four bytes that were sent"},
			{Name: "sip_pings", Counter: &n.sipPings, Doc: "requests that were sent as keepalives"},
			{Name: "ping_answers", Counter: &n.answers, Doc: "answers to them"},
			{Name: "ping_skipped", Counter: &n.skipped, Doc: "contacts that were due and could not be sent a keepalive"},
			{Name: "removed", Counter: &n.removed, Doc: "contacts that were removed because they did not answer"},
		},
	}
}

func (n *NATHelper) params() []module.Param {
	return []module.Param{
		{Name: "received_avp", Set: &n.received, Doc: "variable that fix_nated_register sets; the same one must be given to registrar"},
		{Name: "nortpproxy_str", Set: &n.marker, Doc: "line that fix_nated_sdp adds with flag 4, with its line end; empty for none"},
		{Name: "append_sdp_oldmediaip", Set: &n.appendOld, Min: 0, Max: 1, Doc: "1 adds a line a=oldmediaip for each address that fix_nated_sdp replaces"},
		{Name: "nat_addr_mode", Set: &n.addressMode, Min: 0, Max: 1, Doc: "1 counts all of 192.0.0.0/24 among the private addresses, 0 only 192.0.0.0/29"},
		{Name: "alias_name", Set: &n.aliasName, Doc: "name of the URI parameter with the address that a client is reached at"},
		{Name: "natping_interval", Set: &n.interval, Min: 0, Max: 1 << 20, Unit: "s", Doc: "how often a contact is sent a keepalive; 0 for never. The contacts are spread over the interval"},
		{Name: "ping_nated_only", Set: &n.natedOnly, Min: 0, Max: 1, Doc: "1 sends keepalives only to contacts with nat_bflag of usrloc"},
		{Name: "natping_processes", Set: func(int) error { return nil }, Min: 1, Max: 1 << 10, Doc: "processes that send keepalives",
			Notice: "keepalives are sent by a goroutine of its own in any case"},
		{Name: "natping_socket", Set: &n.pingSocket, Doc: "socket of this server that keepalives leave from; as force_socket"},
		{Name: "force_socket", Set: &n.forceSocket, Doc: "socket of this server that keepalives leave from; where none is given, that which the contact came by"},
		{Name: "sipping_bflag", Set: &n.sippingFlag, Min: -1, Max: 31, Doc: "branch flag of contacts behind NAT that are sent a SIP request instead of four bytes; -1 for none. Without ping_nated_only all contacts are sent one"},
		{Name: "natping_disable_bflag", Set: &n.disableFlag, Min: -1, Max: 31, Doc: "branch flag of contacts that are sent no keepalives; -1 for none"},
		{Name: "sipping_from", Set: &n.sippingFrom, Doc: "URI for From of the request; without it none is sent"},
		{Name: "sipping_method", Set: &n.method, Doc: "method of the request"},
		{Name: "keepalive_timeout", Set: &n.timeout, Min: 0, Max: 1 << 20, Unit: "s", Doc: "how long after its last answer a contact behind NAT that is sent requests is removed; 0 for never"},
		{Name: "filter_server_id", Set: &n.serverFilter, Min: 0, Max: 1, Doc: "1 sends keepalives only to contacts with the server_id of this server"},
		{Name: "udpping_from_path", Set: noRawSockets, Doc: "keepalives with the address of the Path as their source; only 0 is possible"},
		{Name: "ignore_path", Set: &n.ignorePath, Min: 0, Max: 1, Doc: "1 sends keepalives to the address of the contact, past its Path"},
	}
}

var (
	errRaw    = errors.New("nathelper sends no packets with the address of another host; only 0 is possible")
	errMethod = errors.New("nathelper: sipping_method is no method of a keepalive")
	errFrom   = errors.New("nathelper: sipping_from is no SIP URI")
	errAlias  = errors.New("nathelper: alias_name is no name of a parameter")
)

func noRawSockets(n int) error {
	if n != 0 {
		return errRaw
	}
	return nil
}

func (n *NATHelper) functions() []module.Function {
	const (
		request = module.RequestRoute
		common  = module.RequestRoute | module.AnyReply | module.FailureRoute | module.BranchRoute | module.LocalRoute
		contact = module.RequestRoute | module.AnyReply | module.BranchRoute | module.LocalRoute
		alias   = module.RequestRoute | module.BranchRoute | module.LocalRoute
	)
	flags := module.Arg{Name: "flags", Type: module.ArgInt, Doc: "sum of the flags"}
	return []module.Function{
		{Name: "nat_uac_test", Args: []module.Arg{flags}, Routes: common, Run: n.test,
			Doc: "True when one of the tests says that the client is behind NAT: 1 a Contact has a private address; 2 Via and source address differ; 4 Via has a private address; 8 the session description has one; 16 Via and source port differ; 32 the source address is private; 64 the message came by WebSocket; 128 Contact and source port differ; 256 an address of the session description and the source address differ; 512 the target is another one than the URI says, or a WebSocket."},
		{Name: "is_rfc1918", Args: []module.Arg{{Name: "ip_address", Doc: "IPv4 address"}}, Routes: module.AnyRoute, Run: n.isPrivate,
			Doc: "True for an address of a private network (RFC 1918, 6598, 7335)."},
		{Name: "fix_nated_contact", Routes: contact, Run: n.fixContact, Doc: "Puts the source address into the Contact URI; save() and dialogs see it."},
		{Name: "set_contact_alias", Args: []module.Arg{{Name: "trim", Type: module.ArgInt, Optional: true, Doc: "1 takes an alias away that is there"}}, Routes: contact,
			Run: n.setAlias, Doc: "Adds the source address to the Contact URI as a parameter; save() and dialogs see it."},
		{Name: "add_contact_alias", Args: []module.Arg{{Name: "ip_addr", Optional: true, Doc: "address"}, {Name: "port", Optional: true, Paired: true, Doc: "port"}, {Name: "proto", Optional: true, Paired: true, Doc: "protocol"}},
			Routes: contact | module.FailureRoute, Run: n.addAlias, Lua: "add_contact_alias; add_contact_alias_addr(str,str,str)",
			Doc: "Adds an address to the Contact URI as a parameter: the source address, where the URI has another one, or the given one. $rc is 2 when there was nothing to do."},
		{Name: "handle_ruri_alias", Args: []module.Arg{{Name: "mode", Type: module.ArgInt, Optional: true, Doc: "0 takes the first alias of the Request-URI, another number the last one"}}, Routes: alias,
			Run: n.handleAlias, Lua: "handle_ruri_alias; handle_ruri_alias_mode(int)", Doc: "Takes the alias out of the Request-URI and makes it the next hop ($du). $rc is 2 when there is none."},
		{Name: "set_alias_to_pv", Args: []module.Arg{{Name: "target_avp", Type: module.ArgVar, Doc: "variable"}}, Routes: module.AnyRoute, Run: n.aliasToVar, Lua: "set_alias_to_pv(str)",
			Doc: "Assigns the alias of the Contact URI as a SIP URI."},
		{Name: "add_rcv_param", Args: []module.Arg{{Name: "flag", Type: module.ArgInt, Optional: true, Doc: "other than 0 puts it into the URI, which is possible over UDP only"}}, Routes: request,
			Run: n.addReceived, Lua: "add_rcv_param(int)", Doc: "Adds the source address to each Contact as parameter received."},
		{Name: "fix_nated_register", Routes: request, Run: n.fixRegister, Doc: "Stores the source address as a URI in received_avp, for save()."},
		{Name: "fix_nated_sdp", Args: []module.Arg{flags, {Name: "ip_address", Optional: true, Doc: "address to put in; the source address where it is left out"}}, Routes: common, Run: n.fixSDP,
			Lua: "fix_nated_sdp(int); fix_nated_sdp_ip(int,str)",
			Doc: "Edits the session description: 1 adds a=direction:active to each stream; 2 puts the address into c=; 4 adds nortpproxy_str; 8 puts the address into o=. 2 and 8 do so in a=rtcp. $rc is 1 when an address was replaced, else 2."},
	}
}

// Prepare implements module.Preparer.
func (n *NATHelper) Prepare(b module.Binder) error {
	if !sip.IsToken(n.aliasName) {
		return errAlias
	}
	if _, ok := n.received.(module.Assignable); n.received != nil && !ok {
		return fmt.Errorf("nathelper: received_avp cannot be assigned")
	}
	if n.interval == 0 {
		return nil
	}
	if b.Module("usrloc") == nil {
		return errors.New("nathelper: natping_interval needs the module usrloc")
	}
	if m := sip.ParseMethod(n.method); !sip.IsToken(n.method) || m == sip.MethodAck || m == sip.MethodCancel || m == sip.MethodInvite {
		return errMethod
	}
	if u, err := sip.ParseURI(n.sippingFrom); n.sippingFrom != "" && (err != nil || !u.IsSIP()) {
		return errFrom
	}
	return nil
}

// Start implements module.Starter.
func (n *NATHelper) Start(ctx context.Context, h module.Host) error {
	n.host, n.ctx, n.probes = h, ctx, usrloc.NewProbes()
	n.loc, _ = h.Module("usrloc").(*usrloc.Usrloc)
	if n.interval == 0 {
		return nil
	}
	for _, text := range []string{n.pingSocket, n.forceSocket} {
		if text == "" {
			continue
		}
		if n.socket = h.Transport().SocketByText(text); n.socket == nil || n.socket.Proto != transport.UDP {
			return fmt.Errorf("nathelper: %q is no UDP socket of this server", text)
		}
	}
	n.startPings()
	return nil
}

// Stop implements module.Stopper.
func (n *NATHelper) Stop(context.Context) error {
	if n.task != nil {
		n.task.Stop()
		n.task.Wait()
	}
	return nil
}

// rpcEnable is nathelper.enable_ping.
func (n *NATHelper) rpcEnable(r *module.Request) error {
	if n.interval == 0 {
		return module.Faultf(500, "NATping disabled")
	}
	on, err := r.Int(0)
	if err != nil {
		return module.Missing(err, "No parameter")
	}
	n.on.Store(on != 0)
	return nil
}
