// SPDX-License-Identifier: Apache-2.0

// Package rr records the server in a request's route and follows recorded routes.
package rr

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("rr", func() module.Module { return New() }) }

// RR is the module.
type RR struct {
	fullLR       int
	appendTag    int
	double       int
	addUsername  int
	userAVP      module.Accessor
	forceSocket  int
	ignoreSIPS   int
	socketName   int
	looseMode    int
	warnMismatch int

	onRoute []func(c *module.Call, params string)
	flows   flows // nil without outbound
}

// flows is what rr needs of outbound.
type flows interface {
	// Token is the user of the Record-Route URI, "" where it names no flow.
	Token(c *module.Call) string
	// Follow has the request go along the flow that the user of our Route
	// names: 1 where it names none, 2, or -2 where it is forged.
	Follow(c *module.Call, user string) module.Result
}

var (
	_ module.Preparer = (*RR)(nil)
	_ module.Starter  = (*RR)(nil)
)

// Prepare implements module.Preparer.
func (r *RR) Prepare(b module.Binder) error {
	if r.addUsername != 0 && b.Module("outbound") != nil {
		return errors.New("rr: add_username cannot be set with the module outbound, whose tokens are the user of Record-Route URIs")
	}
	return nil
}

// Start implements module.Starter.
func (r *RR) Start(_ context.Context, h module.Host) error {
	r.flows, _ = h.Module("outbound").(flows)
	return nil
}

// New returns the module with its defaults.
func New() *RR { return &RR{appendTag: 1, double: 1, warnMismatch: 1} }

const anyForward = module.RequestRoute | module.BranchRoute | module.FailureRoute

// Exports implements module.Module.
func (r *RR) Exports() module.Exports {
	address := module.Arg{Name: "address", Doc: `"host[:port][;params]"`}
	return module.Exports{
		Doc:   "Puts the server into the route of a dialog (Record-Route) and follows the routes of requests (Route).",
		After: []string{"outbound"},
		Params: []module.Param{
			{Name: "enable_full_lr", Set: &r.fullLR, Min: 0, Max: 1, Doc: "1 writes ;lr=on instead of ;lr, for clients that drop a parameter without value"},
			{Name: "append_fromtag", Set: &r.appendTag, Min: 0, Max: 1, Doc: "1 writes the From tag as ;ftag=, which is_direction needs"},
			{Name: "enable_double_rr", Set: &r.double, Min: 0, Max: 2, Doc: "1 writes two Record-Routes when the request leaves by another socket than it came by, 2 always, 0 never"},
			{Name: "add_username", Set: &r.addUsername, Min: 0, Max: 1, Doc: "1 writes the user part of the Request-URI into the Record-Route URI"},
			{Name: "custom_user_avp", Set: &r.userAVP, Doc: "variable whose value is the user part with add_username"},
			{Name: "force_send_socket", Set: &r.forceSocket, Min: 0, Max: 1, Doc: "1 sends from the socket that a single Route names too, not only from that of a double one"},
			{Name: "ignore_sips", Set: &r.ignoreSIPS, Min: 0, Max: 1, Doc: "1 writes sip: even where the Request-URI is a sips one"},
			{Name: "sockname_mode", Set: &r.socketName, Min: 0, Max: 1, Doc: "1 writes the socket's name as ;sn= and finds the socket by it"},
			{Name: "loose_route_mode", Set: &r.looseMode, Min: 0, Max: 1, Doc: "1 makes loose_route skip the test for strict routing"},
			{Name: "enable_socket_mismatch_warning", Set: &r.warnMismatch, Min: 0, Max: 1, Doc: "0 keeps silent when a double Route names a second address that is not ours"},
		},
		Functions: []module.Function{
			{Name: "loose_route", Routes: module.RequestRoute, Run: func(c *module.Call, _ module.Args) module.Result { return r.looseRoute(c, r.looseMode) },
				Doc: "Follows the Route headers. -1 when there is none or it cannot be read, -3 when the only one of a request outside of a dialog was ours. With outbound 2 when the request goes along the flow that our Route names, -2 when the name is forged."},
			{Name: "loose_route_mode", Args: []module.Arg{{Name: "vmode", Type: module.ArgInt, Doc: "1 skips the test for strict routing, 0 is loose_route"}},
				Routes: module.RequestRoute, Run: func(c *module.Call, a module.Args) module.Result { return r.looseRoute(c, a.Int(0, 0)) },
				Doc: "loose_route for a Contact that is the server itself."},
			{Name: "loose_route_preloaded", Routes: module.RequestRoute, Run: r.looseRoutePreloaded,
				Doc: "True when a request outside of a dialog brought its route along, ours included, and it was followed."},
			{Name: "record_route", Lua: "record_route; record_route_params(str)", Args: []module.Arg{{Name: "sparams", Optional: true, Doc: `URI parameters to add, ";name=value"`}},
				Routes: anyForward, Run: r.recordRoute, Doc: "Adds Record-Route, once per request."},
			{Name: "record_route_preset", Lua: "record_route_preset(str,str); record_route_preset_one(str)", Args: []module.Arg{address, {Name: "address2", Optional: true, Doc: "the same for the side the request came from"}},
				Routes: anyForward, Run: r.recordRoutePreset, Doc: "Adds Record-Route with the given address instead of that of the socket."},
			{Name: "record_route_advertised_address", Args: []module.Arg{address}, Routes: anyForward, Run: r.recordRouteAdvertised,
				Doc: "Adds Record-Route with the given address; two of them when the transport changes."},
			{Name: "remove_record_route", Routes: module.RequestRoute | module.FailureRoute, Run: r.removeRecordRoute,
				Doc: "Takes back what the record_route functions added."},
			{Name: "add_rr_param", Args: []module.Arg{{Name: "param", Doc: `";name=value"`}}, Routes: anyForward, Run: r.addParam,
				Doc: "Adds a parameter to the Record-Route URI, before or after it was added; in a branch route for this branch."},
			{Name: "check_route_param", Args: []module.Arg{{Name: "re", Type: module.ArgRegexp, Doc: "expression that the parameters must match"}},
				Routes: module.RequestRoute, Run: r.checkParam, Doc: "Looks at the parameters of our own Route, after loose_route."},
			{Name: "is_direction", Args: []module.Arg{{Name: "dir", Compile: direction, Doc: "upstream or downstream"}}, Routes: module.RequestRoute, Run: r.isDirection,
				Doc: "Compares the From tag with ;ftag= of our own Route, after loose_route."},
			{Name: "rr_next_hop_route", Routes: module.AnyRoute, Run: r.nextHopRoute, Lua: "next_hop_route",
				Doc: "True when, after loose_route, the next hop comes from a Route header."},
		},
		Variables: []module.Variable{
			{Name: "route_uri", Get: routeURI, Doc: "URI of the topmost Route header"},
			{Name: "fti", Get: fromTag, Doc: "From tag of the request that made the dialog"},
			{Name: "tti", Get: toTag, Doc: "To tag of the dialog, seen as its first request had it"},
			{Name: "rdir", Bind: bindDirection, Doc: "direction of the request: $rdir(name) downstream or upstream, $rdir(id) 1 or 2"},
		},
	}
}
