// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
)

const (
	localRequest  = "tm:local-request"
	branchFailure = "tm:branch-failure:"
)

// declareRoutes gives each route block its number, before any is looked at.
func (c *checker) declareRoutes() {
	for _, r := range c.file.Routes() {
		name := r.Name
		if r.IsDefault() {
			name = ""
		}
		route := &Route{Word: r.Word, Name: name, Pos: r.Start()}
		route.Kind, route.Keys = routeKeys(r.Kind, name)
		if first, ok := c.routeOf[route.Keys[0]]; ok && continues(r, route) {
			c.errs.Warn(&source.Error{Pos: r.Start(), End: headSpan(r).Fin, Rule: source.Route, Message: "second " + route.Title() + ": it goes on where the first one ends",
				Advice: "the first one stands at " + c.routes[first-1].Pos.String()})
			continue
		}
		if first, ok := c.routeOf[route.Keys[0]]; ok {
			c.report(source.Route, headSpan(r), "it is defined at "+c.routes[first-1].Pos.String()+" already", "%s is defined twice", route.Title())
			continue
		}
		if strings.HasPrefix(name, "core:") && route.Kind == module.EventRoute && !slices.Contains(module.CoreEvents, name) {
			advice := "the core has " + strings.Join(module.CoreEvents, ", ")
			if near := source.Nearest(name, module.CoreEvents); near != "" {
				advice = "did you mean " + near
			}
			c.report(source.NotYet, headSpan(r), advice, "%s: the core has no such event", route.Title())
		}
		c.addRoute(route)
	}
}

// continues tells of blocks that may stand more than once: what they have runs
// as one.
func continues(r *syntax.Route, as *Route) bool {
	return as.Name == "" && (r.Name == "" || as.Kind == module.CoreReplyRoute)
}

// headSpan is the part of a block in front of its body.
func headSpan(r *syntax.Route) source.Span {
	if r.Body != nil {
		return source.Span{Pos: r.Start(), Fin: r.Body.Start()}
	}
	return r.Span
}

func (c *checker) addRoute(r *Route) module.RouteRef {
	c.routes = append(c.routes, r)
	ref := module.RouteRef(len(c.routes))
	for _, k := range r.Keys {
		c.routeOf[k] = ref
	}
	return ref
}

// routeKeys says which kind of route a block is and how it is found.
func routeKeys(kind syntax.RouteKind, name string) (module.RouteKind, []RouteKey) {
	one := func(k module.RouteKind, name string) (module.RouteKind, []RouteKey) { return k, []RouteKey{{k, name}} }
	switch kind {
	case syntax.ReplyRoute:
		return one(module.CoreReplyRoute, name)
	case syntax.OnReplyRoute:
		if name == "" {
			return one(module.CoreReplyRoute, "")
		}
		return one(module.ReplyRoute, name)
	case syntax.FailureRoute:
		return one(module.FailureRoute, name)
	case syntax.BranchRoute:
		return one(module.BranchRoute, name)
	case syntax.OnSendRoute:
		return one(module.OnSendRoute, name)
	case syntax.EventRoute:
		event := RouteKey{module.EventRoute, name}
		if name == localRequest {
			return module.LocalRoute, []RouteKey{event, {module.LocalRoute, name}, {module.LocalRoute, ""}}
		}
		if n, ok := strings.CutPrefix(name, branchFailure); ok {
			return module.BranchFailureRoute, []RouteKey{event, {module.BranchFailureRoute, n}}
		}
		return module.EventRoute, []RouteKey{event}
	}
	return one(module.RequestRoute, name)
}

// routeWord is how blocks of a kind are written.
func routeWord(k module.RouteKind) string {
	switch k {
	case module.FailureRoute:
		return "failure_route"
	case module.ReplyRoute:
		return "onreply_route"
	case module.CoreReplyRoute:
		return "reply_route"
	case module.BranchRoute:
		return "branch_route"
	case module.OnSendRoute:
		return "onsend_route"
	case module.EventRoute, module.LocalRoute, module.BranchFailureRoute:
		return "event_route"
	}
	return "route"
}

// route finds a block and notes that something calls it.
func (c *checker) route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	k := RouteKey{kind, name}
	c.wanted[k] = true
	r, ok := c.routeOf[k]
	return r, ok
}

// emptyRoute adds an empty block of a name that something wants and nothing
// defines: as in Kamailio that is only a warning.
func (c *checker) emptyRoute(kind module.RouteKind, name string, span source.Span) module.RouteRef {
	c.errs.Warn(&source.Error{Pos: span.Pos, End: span.Fin, Rule: source.Route, Message: routeWord(kind) + "[" + name + "] is not defined",
		Advice: c.nearestRoute(kind, name)})
	return c.addRoute(&Route{Kind: kind, Word: routeWord(kind), Name: name, Keys: []RouteKey{{kind, name}}, Pos: span.Pos})
}

// nearestRoute is the advice for a route that is not defined.
func (c *checker) nearestRoute(kind module.RouteKind, name string) string {
	var all []string
	for k := range c.routeOf {
		if k.Kind == kind && k.Name != "" {
			all = append(all, k.Name)
		}
	}
	slices.Sort(all)
	if near := source.Nearest(name, all); near != "" {
		c.wanted[RouteKey{kind, near}] = true // it is not told to be unused as well
		return "did you mean " + near
	}
	return "write it: " + routeWord(kind) + "[" + name + "] { … }"
}

// resolveRoutes looks at the bodies.
func (c *checker) resolveRoutes() {
	done := map[module.RouteRef]bool{}
	for i, it := range c.file.Items {
		r, ok := it.(*syntax.Route)
		if !ok {
			continue
		}
		c.item = i
		name := r.Name
		if r.IsDefault() {
			name = ""
		}
		kind, keys := routeKeys(r.Kind, name)
		ref := c.routeOf[keys[0]]
		c.kind, c.routeName = kind, name
		body := c.block(r.Body)
		if route := c.routes[ref-1]; !done[ref] {
			route.Body = body
		} else if continues(r, route) {
			route.Body = append(route.Body, body...)
		}
		done[ref] = true
	}
	c.warnUnused()
}

// warnUnused tells of blocks that nothing calls, unless a name is computed or
// Lua may call them.
func (c *checker) warnUnused() {
	if c.loaded("app_lua") != nil || c.partial() {
		return
	}
	for _, r := range c.routes {
		if r.Name == "" || r.Body == nil && r.Kind != module.EventRoute {
			continue
		}
		e := &source.Error{Pos: r.Pos, Rule: source.Unused, Message: r.Title() + " is never called"}
		switch r.Kind {
		case module.RequestRoute:
			if c.wanted[RouteKey{}] || c.isWanted(r) {
				continue
			}
			e.Advice = "call it with route(" + r.Name + "), or take it out"
		case module.FailureRoute, module.BranchRoute, module.ReplyRoute, module.BranchFailureRoute:
			if c.isWanted(r) || c.missing["tm"] {
				continue
			}
			e.Advice = "arm it with " + armedBy[r.Kind] + "(\"" + r.Keys[len(r.Keys)-1].Name + "\"), or take it out"
		case module.EventRoute, module.LocalRoute:
			owner, _, _ := strings.Cut(r.Name, ":")
			if m := c.loaded(owner); m != nil && r.Kind == module.EventRoute {
				if !c.strangeEvent(e, m, r) {
					continue
				}
				break
			}
			if !knownNames().hasModule(owner) || c.loaded(owner) != nil || c.missing[owner] {
				continue
			}
			e.Message = r.Title() + " never runs: module " + owner + " is not loaded"
			if c.opt.Lookup(owner) != nil {
				e.Advice = "add loadmodule \"" + owner + ".so\""
			}
		default:
			continue
		}
		c.errs.Warn(e)
	}
}

// armedBy are the functions that name a route of a kind.
var armedBy = map[module.RouteKind]string{
	module.FailureRoute: "t_on_failure", module.BranchRoute: "t_on_branch", module.ReplyRoute: "t_on_reply",
	module.BranchFailureRoute: "t_on_branch_failure",
}

func (c *checker) isWanted(r *Route) bool {
	for _, k := range r.Keys {
		if c.wanted[k] {
			return true
		}
	}
	return false
}

// strangeEvent tells whether a loaded module has no event of the name of a route,
// and makes a warning of that.
func (c *checker) strangeEvent(e *source.Error, m *Module, r *Route) bool {
	if len(m.Exports.Events) == 0 || c.isWanted(r) {
		return false
	}
	var names []string
	for _, event := range m.Exports.Events {
		fixed := strings.TrimSuffix(event.Name, "NAME")
		if r.Name == event.Name || fixed != event.Name && strings.HasPrefix(r.Name, fixed) {
			return false
		}
		names = append(names, event.Name)
	}
	e.Message = r.Title() + " never runs: module " + m.Name + " has no such event"
	e.Advice = "its events are " + strings.Join(names, ", ")
	if near := source.Nearest(r.Name, names); near != "" {
		e.Advice = "did you mean " + near
	}
	return true
}
