// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"cmp"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
)

// luaRoutes is the first RouteRef of a function of a script; those below are
// routes of the native program.
const luaRoutes module.RouteRef = 1 << 20

// maxRoutes bounds how many names of functions a script may hand over: a name
// is kept for as long as the server runs.
const maxRoutes = 4096

var errTooManyRoutes = errors.New("too many names of functions: do not make them of what differs from message to message")

// target is what a RouteRef of ours stands for.
type target struct {
	// function is the name of a global function of the scripts.
	function string
	// event is its argument; "" for none.
	event string
	at    *module.Position
	ref   module.RouteRef
}

// routes are the functions of the scripts that the engine may be asked to run.
// A number that was given once stands for the same name for ever, also after a
// reload.
type routes struct {
	main   bool
	file   string
	events []event
	// core are the callbacks that have no name of an operator: request_route,
	// reply_route and onsend_route; the latter count only where defined.
	request, reply, onSend string
	received, preRouting   string
	has                    atomic.Pointer[map[string]bool]

	list atomic.Pointer[[]*target]
	mu   sync.Mutex
	refs map[[2]string]module.RouteRef // guarded by mu
}

// event says which function stands for an event route.
type event struct {
	prefix   string
	function *string
	// told is what the function is told, "" for the name of the event.
	told string
}

func (r *routes) init(opt Options, set Setup) {
	r.main, r.refs = set.Main, map[[2]string]module.RouteRef{}
	if len(opt.Files) > 0 {
		r.file = opt.Files[0]
	}
	r.request, r.reply, r.onSend = "ksr_request_route", "ksr_reply_route", "ksr_onsend_route"
	if opt.ReplyRoute != "" {
		r.reply = opt.ReplyRoute
	}
	if opt.OnSendRoute != "" {
		r.onSend = opt.OnSendRoute
	}
	r.received, r.preRouting = set.ReceivedRoute, set.PreRouting
	r.list.Store(&[]*target{})
	for _, m := range set.Modules {
		for _, p := range m.Exports.Params {
			if name, ok := p.Set.(*string); ok && p.Event != "" {
				r.events = append(r.events, event{p.Event, name, p.EventName})
			}
		}
	}
}

// defined notes which callbacks of the core the scripts define.
func (r *routes) defined(s *state) {
	has := map[string]bool{}
	for _, name := range []string{r.request, r.reply, r.onSend} {
		has[name] = s.hasFunction(name)
	}
	r.has.Store(&has)
}

// optional finds a callback of the core that need not be there.
func (r *routes) optional(name string) (module.RouteRef, bool) {
	if name == "none" {
		return module.NoRoute, false
	}
	if has := r.has.Load(); has != nil && !(*has)[name] {
		return module.NoRoute, false
	}
	ref, err := r.intern(name, "")
	return ref, err == nil
}

// lookup finds the function that stands for a route.
func (r *routes) lookup(kind module.RouteKind, name string) (module.RouteRef, bool) {
	if name == "" && kind != module.LocalRoute {
		switch {
		case !r.main:
		case kind == module.RequestRoute:
			ref, err := r.intern(r.request, "")
			return ref, err == nil
		case kind == module.CoreReplyRoute:
			return r.optional(r.reply)
		case kind == module.OnSendRoute:
			return r.optional(r.onSend)
		}
		return module.NoRoute, false
	}
	switch kind {
	case module.LocalRoute:
		name = "tm:local-request"
		fallthrough
	case module.EventRoute:
		if f, argument, ok := r.coreEvent(name); ok {
			ref, err := r.intern(f, argument)
			return ref, err == nil
		}
		for _, e := range r.events {
			if *e.function != "" && strings.HasPrefix(name, e.prefix) {
				ref, err := r.intern(*e.function, cmp.Or(e.told, name))
				return ref, err == nil
			}
		}
		return module.NoRoute, false
	case module.FailureRoute, module.BranchRoute, module.ReplyRoute, module.BranchFailureRoute:
		ref, err := r.intern(name, "")
		return ref, err == nil
	}
	return module.NoRoute, false
}

// coreEvent finds the function that stands for an event route of the core, and
// its argument: as in Kamailio only the one before the routing has one.
func (r *routes) coreEvent(name string) (function, argument string, ok bool) {
	switch name {
	case module.EventReceived:
		function = r.received
	case module.EventPreRouting:
		function, argument = r.preRouting, name
	}
	return function, argument, r.main && function != "" && function != "none"
}

// intern gives a function and its argument a number.
func (r *routes) intern(function, argument string) (module.RouteRef, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := [2]string{function, argument}
	if ref, ok := r.refs[key]; ok {
		return ref, nil
	}
	old := *r.list.Load()
	if len(old) >= maxRoutes {
		return module.NoRoute, errTooManyRoutes
	}
	ref := luaRoutes + module.RouteRef(len(old))
	t := &target{strings.Clone(function), strings.Clone(argument), &module.Position{File: r.file, Route: function}, ref}
	list := append(old[:len(old):len(old)], t)
	r.list.Store(&list)
	r.refs[[2]string{t.function, t.event}] = ref
	return ref, nil
}

// at returns what a number stands for, or nil.
func (r *routes) at(ref module.RouteRef) *target {
	list := *r.list.Load()
	if i := int(ref - luaRoutes); i < len(list) {
		return list[i]
	}
	return nil
}
