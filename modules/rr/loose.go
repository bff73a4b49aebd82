// SPDX-License-Identifier: Apache-2.0

package rr

import (
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// The result of loose_route where the only Route of a request outside of a
// dialog named us.
const preloaded module.Result = -3

// OnRoute adds a function that is called whenever a Route of ours is followed,
// with its URI parameters: dialog finds its dialog by them.
func (r *RR) OnRoute(f func(c *module.Call, params string)) { r.onRoute = append(r.onRoute, f) }

// looseRoute follows the Route headers (RFC 3261 16.4). mode 1 skips the
// case of a strict router before us.
func (r *RR) looseRoute(c *module.Call, mode int) module.Result {
	routes, err := c.Msg.Routes()
	if err != nil || len(routes) == 0 {
		return module.False
	}
	if mode == 0 {
		uri, err := sip.ParseURI(c.Target.URI)
		if err != nil {
			return module.False
		}
		// RFC 3261 16.4: a Request-URI that we put into Record-Route means
		// that a strict router sent the request. A user part makes it a
		// contact instead.
		if uri.User == "" && isOurs(c, &uri) {
			return r.afterStrict(c, &uri, routes)
		}
	}
	return r.afterLoose(c, routes)
}

// looseRoutePreloaded is loose_route_preloaded().
func (r *RR) looseRoutePreloaded(c *module.Call, _ module.Args) module.Result {
	if c.Msg.ToTag() != "" {
		return module.False
	}
	if res := r.looseRoute(c, r.looseMode); res > 0 || res == preloaded {
		return module.True
	}
	return module.False
}

// isOurs reports whether a URI names this server, by its host or its maddr.
func isOurs(c *module.Call, u *sip.URI) bool {
	t := c.Host.Transport()
	if host, ok := u.Params.Lookup("maddr"); ok && t.IsMyself(host, portOf(u, u.Transport()), u.Transport()) {
		return true
	}
	return t.IsMyURI(u)
}

func portOf(u *sip.URI, proto transport.Proto) int {
	if u.Port != 0 {
		return u.Port
	}
	return proto.DefaultPort()
}

// afterLoose handles the request of a loose router: our own Routes are taken
// off, the next one is the next hop.
func (r *RR) afterLoose(c *module.Call, routes []sip.NameAddr) module.Result {
	top, err := routes[0].ParseURI()
	if err != nil {
		return module.False
	}
	next := 0
	if isOurs(c, &top) {
		cut(c, &routes[0])
		r.follow(c, &top)
		next = 1
		if r.flows != nil && top.User != "" {
			if res := r.alongFlow(c, &top, routes); res != module.True {
				return res
			}
		}
		if len(routes) == 1 {
			r.useSocket(c, &top, r.forceSocket != 0)
			if c.Msg.ToTag() == "" {
				return preloaded
			}
			return module.True
		}
		if top.Params.Has("r2") && r.double != 0 {
			second, err := routes[1].ParseURI()
			if err == nil && second.Params.Has("r2") && isOurs(c, &second) {
				cut(c, &routes[1])
				r.useSocket(c, &second, true)
				next = 2
			} else if r.warnMismatch != 0 {
				c.Log().Warn("the second address of a double Record-Route is not ours", "route", routes[1].URI)
			}
		} else {
			r.useSocket(c, &top, r.forceSocket != 0)
		}
		if next == len(routes) {
			return module.True
		}
	}
	u, err := routes[next].ParseURI()
	if err != nil {
		return module.False
	}
	if u.Params.Has("lr") {
		c.Target.DstURI = routes[next].URI
		c.RoutedNext = true
		return module.True
	}
	// RFC 3261 16.6 step 6: the next hop is a strict router, so its address
	// becomes the Request-URI, and ours goes to the end of the route.
	old := c.Target.URI
	c.Target.URI = routes[next].URI
	cut(c, &routes[next])
	text := append(append(append(c.Mem.Begin(), "Route: <"...), old...), ">\r\n"...)
	c.Msg.AppendHeader(c.Mem.Keep(text))
	c.RoutedNext = true
	return module.True
}

// alongFlow looks whether the user of our Route names a flow, and has the request go
// along it. A second Route of ours is taken off then, too; others stay, for the phone.
func (r *RR) alongFlow(c *module.Call, top *sip.URI, routes []sip.NameAddr) module.Result {
	res := r.flows.Follow(c, top.User)
	if res <= module.True || len(routes) == 1 || !top.Params.Has("r2") {
		return res
	}
	if second, err := routes[1].ParseURI(); err == nil && second.Params.Has("r2") && isOurs(c, &second) {
		cut(c, &routes[1])
	}
	return res
}

// afterStrict handles the request of a strict router: the Request-URI is ours,
// the real one stands last in the route (RFC 3261 16.4).
func (r *RR) afterStrict(c *module.Call, uri *sip.URI, routes []sip.NameAddr) module.Result {
	r.follow(c, uri)
	next := 0
	top, err := routes[0].ParseURI()
	if err != nil {
		return module.False
	}
	if uri.Params.Has("r2") && r.double != 0 && isOurs(c, &top) {
		cut(c, &routes[0])
		r.useSocket(c, &top, true)
		next = 1
		if next == len(routes) {
			return module.True
		}
		if top, err = routes[next].ParseURI(); err != nil {
			return module.False
		}
	}
	if !top.Params.Has("lr") {
		// The next hop is a strict router too: its address becomes the
		// Request-URI, the rest of the route stays.
		c.Target.URI = routes[next].URI
		cut(c, &routes[next])
		c.RoutedNext = true
		return module.True
	}
	last := &routes[len(routes)-1]
	if next < len(routes)-1 {
		c.Target.DstURI = routes[next].URI
		c.RoutedNext = true
	}
	c.Target.URI = last.URI
	cut(c, last)
	return module.True
}

// cut takes a value out of its Route header.
func cut(c *module.Call, a *sip.NameAddr) { c.Msg.DeleteListValue(a.Header, a.Raw) }

// follow notes the parameters of the Route that named us and tells whoever
// asked for them.
func (r *RR) follow(c *module.Call, u *sip.URI) {
	c.OwnRoute = string(u.Params)
	for _, f := range r.onRoute {
		f(c, c.OwnRoute)
	}
}

// useSocket makes the request leave by the socket that a Route of ours names.
func (r *RR) useSocket(c *module.Call, u *sip.URI, want bool) {
	if !want {
		return
	}
	if r.socketName != 0 {
		if name, ok := u.Params.Lookup("sn"); ok {
			if s := c.Host.Transport().SocketByText(name); s != nil {
				c.Target.Socket = s
				return
			}
		}
	}
	proto := transport.UDP
	if v, ok := u.Params.Lookup("transport"); ok {
		proto = sip.ParseTransport(v)
	}
	for _, s := range c.Host.Transport().Sockets() {
		if s.Proto != proto {
			if s = s.Web(); s == nil || proto != transport.WS && s.Proto != proto {
				continue
			}
		}
		port := portOf(u, proto)
		if sip.EqualFold(s.Host, u.Host) && s.Port == port {
			c.Target.Socket = s
			return
		}
		if addr, ok := u.Addr(); ok && s.Addr.Addr() == addr && int(s.Addr.Port()) == port {
			c.Target.Socket = s
			return
		}
	}
}

// checkParam is check_route_param(re).
func (r *RR) checkParam(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("check_route_param", a[0].Err)
	}
	if c.OwnRoute == "" {
		return module.False
	}
	// The parameters are looked at with their first semicolon, so that
	// ";nat=yes" can be asked for.
	text := c.Mem.Keep(append(append(c.Mem.Begin(), ';'), c.OwnRoute...))
	return module.Bool(re.MatchString(text))
}

// nextHopRoute is rr_next_hop_route().
func (r *RR) nextHopRoute(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.RoutedNext)
}
