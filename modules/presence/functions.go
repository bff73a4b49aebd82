// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
)

const inSubscribe = module.RequestRoute

func (p *Presence) functions() []module.Function {
	uri := module.Arg{Name: "uri", Means: module.MeansURI, Doc: "URI of the presentity"}
	event := module.Arg{Name: "event", Doc: "event package"}
	watcher := module.Arg{Name: "watcher_uri", Means: module.MeansURI, Doc: "URI of the watcher"}
	file := func(optional bool) []module.Arg {
		return []module.Arg{uri, event, {Name: "type", Type: module.ArgInt, Doc: "0 who may watch has changed, 1 what is published has changed in the database, 2 the document for pidf-manipulation has changed"},
			{Name: "file_uri", Optional: optional, Doc: "URI of that document"}, {Name: "filename", Optional: optional, Paired: optional, Doc: "its name"}}
	}
	optional := func(name, doc string) []module.Arg {
		return []module.Arg{{Name: name, Optional: true, Means: module.MeansURI, Doc: doc}}
	}
	return []module.Function{
		{Name: "handle_publish", Lua: "handle_publish(); handle_publish_uri(str)", Args: optional("sender_uri", "URI of the sender, whose own subscription gets no NOTIFY"), Routes: inSubscribe, Run: p.handlePublish,
			Doc: "Keeps what a PUBLISH brings, and tells the watchers. It answers the request."},
		{Name: "handle_subscribe", Lua: "handle_subscribe(); handle_subscribe_uri(str)", Args: optional("watcher_uri", "URI of the watcher, instead of that in From"), Routes: inSubscribe, Run: p.handleSubscribe,
			Doc: "Begins, refreshes or ends a subscription. It answers the request and sends a NOTIFY."},
		{Name: "pres_auth_status", Args: []module.Arg{watcher, uri}, Routes: inSubscribe, Run: p.authStatus,
			Doc: "Whether a watcher may watch the presence of a URI: 1 active, 2 pending, 3 terminated, 4 waiting, 5 politely blocked; -1 for an error."},
		{Name: "pres_has_subscribers", Args: []module.Arg{uri, event}, Routes: module.AnyRoute, Run: p.hasSubscribers, Doc: "True when somebody watches the presentity."},
		{Name: "pres_refresh_watchers", Lua: "pres_refresh_watchers(str,str,int); pres_refresh_watchers_file(str,str,int,str,str)", Args: file(true), Routes: module.AnyRoute, Run: p.refreshFunction,
			Doc: "Tells watchers that something has changed which presence cannot see itself."},
		{Name: "pres_update_watchers", Args: []module.Arg{uri, event}, Routes: module.AnyRoute, Run: p.updateFunction,
			Doc: "Asks again who may watch a presentity, and tells those for whom the answer has changed."},
	}
}

var (
	errLibrary   = errors.New("presence keeps no state without db_url; set it, or subs_db_mode 0 and publ_cache 2")
	errNoEvent   = errors.New("no module brings the event package")
	errPolicy    = errors.New("everybody may watch this event package")
	errHardName  = errors.New("a refresh of type 2 needs file_uri and filename")
	errHardState = errors.New("the event package has no documents for pidf-manipulation")
	errURI       = errors.New("this is no SIP URI")
)

// authStatus is pres_auth_status(watcher_uri, presentity_uri).
func (p *Presence) authStatus(c *module.Call, a module.Args) module.Result {
	e := p.Event("presence")
	if e == nil || e.Policy == nil {
		return c.Fail("pres_auth_status", errNoEvent)
	}
	who, err := parseWho(a.Str(1))
	if err != nil {
		return c.Fail("pres_auth_status", err)
	}
	w, err := parseWho(a.Str(0))
	if err != nil {
		return c.Fail("pres_auth_status", err)
	}
	who.Event = e
	var j Judgement
	c.Block(func() { j, err = e.Policy.Judge(c.Context(), who, Watcher{URI: w.URI, User: w.User, Domain: w.Domain}) })
	if err != nil {
		return c.Fail("pres_auth_status", err)
	}
	if j.Status == Active && j.Reason == politeBlock {
		return politelyBlocked
	}
	return module.Result(j.Status)
}

// politelyBlocked is what pres_auth_status says of polite-block.
const politelyBlocked module.Result = 5

// hasSubscribers is pres_has_subscribers(presentity_uri, event).
func (p *Presence) hasSubscribers(c *module.Call, a module.Args) module.Result {
	e := p.Event(a.Str(1))
	switch {
	case p.library:
		return c.Fail("pres_has_subscribers", errLibrary)
	case e == nil:
		return c.Fail("pres_has_subscribers", errNoEvent)
	}
	var n int
	var err error
	p.block(c, func() { n, err = p.subscribers(c.Context(), a.Str(0), e) })
	if err != nil {
		return c.Fail("pres_has_subscribers", err)
	}
	return module.Bool(n > 0)
}

// refreshFunction is pres_refresh_watchers(uri, event, type [, file_uri, filename]).
func (p *Presence) refreshFunction(c *module.Call, a module.Args) module.Result {
	var err error
	hard := hardState{a.Str(3), a.Str(4)}
	p.block(c, func() { err = p.refresh(c.Context(), a.Str(0), a.Str(1), a.Int(2, 0), hard) })
	if err != nil {
		return c.Fail("pres_refresh_watchers", err)
	}
	return module.True
}

// updateFunction is pres_update_watchers(uri, event).
func (p *Presence) updateFunction(c *module.Call, a module.Args) module.Result {
	var err error
	p.block(c, func() { err = p.refresh(c.Context(), a.Str(0), a.Str(1), refreshRules, hardState{}) })
	if err != nil {
		return c.Fail("pres_update_watchers", err)
	}
	return module.True
}

// parseWho reads the URI of a presentity or watcher.
func parseWho(uri string) (Presentity, error) {
	user, domain := splitURI(uri)
	if domain == "" {
		return Presentity{}, fmt.Errorf("%w: %q", errURI, uri)
	}
	return Presentity{URI: joinURI(user, domain), User: user, Domain: domain}, nil
}
