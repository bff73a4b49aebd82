// SPDX-License-Identifier: Apache-2.0

package rr

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// way is the direction of a request against that of the request which made
// its dialog. The numbers are those of $rdir(id).
type way int

const (
	downstream way = 1
	upstream   way = 2
)

func (w way) String() string {
	if w == upstream {
		return "upstream"
	}
	return "downstream"
}

// wayOf compares the From tag with the tag that the dialog's first request
// left in our Route. A request without it counts as downstream, as the first
// request itself does.
func wayOf(c *module.Call) way { return wayAlong(c, c.OwnRoute) }

// wayAlong is wayOf a request with these parameters in our Route.
func wayAlong(c *module.Call, params string) way {
	if c.Msg.ToTag() == "" {
		return downstream
	}
	tag, ok := sip.Params(params).Lookup("ftag")
	if !ok || tag == "" || tag == c.Msg.FromTag() {
		return downstream
	}
	return upstream
}

// callersTag is the tag that Record-Route keeps: requests inside of a dialog, of
// which some clients take a route set anew, leave the one of its first request.
// A script may add Record-Route before loose_route.
func callersTag(c *module.Call) string {
	params := c.OwnRoute
	if routes, err := c.Msg.Routes(); params == "" && err == nil && len(routes) > 0 {
		if u, err := routes[0].ParseURI(); err == nil && isOurs(c, &u) {
			params = string(u.Params)
		}
	}
	if wayAlong(c, params) == upstream {
		return c.Msg.ToTag()
	}
	return c.Msg.FromTag()
}

// badDirection is what is_direction returns for a text that is no direction.
const badDirection module.Result = -6

// isDirection is is_direction(dir).
func (r *RR) isDirection(c *module.Call, a module.Args) module.Result {
	want, ok := a[0].Data.(way)
	if !ok {
		c.Fail("is_direction", a[0].Err)
		return badDirection
	}
	return module.Bool(wayOf(c) == want)
}

// routeURI is $route_uri.
func routeURI(c *module.Call) avp.Value {
	routes, err := c.Msg.Routes()
	if err != nil || len(routes) == 0 {
		return avp.String("")
	}
	return avp.String(routes[0].URI)
}

func tag(s string) avp.Value {
	if s == "" {
		return avp.Value{}
	}
	return avp.String(s)
}

// fromTag is $fti.
func fromTag(c *module.Call) avp.Value {
	if wayOf(c) == upstream {
		return tag(c.Msg.ToTag())
	}
	return tag(c.Msg.FromTag())
}

// toTag is $tti.
func toTag(c *module.Call) avp.Value {
	if wayOf(c) == upstream {
		return tag(c.Msg.FromTag())
	}
	return tag(c.Msg.ToTag())
}

// bindDirection is $rdir(name) and $rdir(id).
func bindDirection(_ module.Binder, inner string) (module.Accessor, error) {
	switch inner {
	case "name":
		return module.Getter(func(c *module.Call) avp.Value { return avp.String(wayOf(c).String()) }), nil
	case "id":
		return module.Getter(func(c *module.Call) avp.Value { return avp.Number(int64(wayOf(c))) }), nil
	}
	return nil, fmt.Errorf("unknown key %q of $rdir: it is name or id", inner)
}
