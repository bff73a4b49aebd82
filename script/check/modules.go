// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// moduleName makes "tm" of "tm.so", "tm" and "/usr/lib/…/tm.so", and the name of
// today of an earlier one.
func moduleName(text string) string { return renamed(strings.TrimSuffix(path.Base(text), ".so")) }

// renamed is the name that a module of Kamailio 4 has today.
func renamed(name string) string {
	if name == "jsonrpc-s" {
		return "jsonrpcs"
	}
	return name
}

// loadModules makes an instance of each module that the file loads.
func (c *checker) loadModules() {
	for i, it := range c.file.Items {
		if l, ok := it.(*syntax.LoadModule); ok {
			c.item = i
			c.loadModule(l)
		}
	}
	for _, l := range c.file.LoadModules() {
		c.checkRequired(l)
	}
	c.modules = startOrder(c.modules)
}

// checkRequired looks for the modules that a module needs. They may be loaded
// behind it: Kamailio takes that too for most.
func (c *checker) checkRequired(l *syntax.LoadModule) {
	m := c.loaded(moduleName(l.Name.Value))
	if m == nil {
		return
	}
	for _, need := range m.Exports.Requires {
		if c.loaded(need) == nil && !c.missing[need] {
			c.report(source.Module, l.Name.Span, "add loadmodule \""+need+".so\"", "module %s needs module %s", m.Name, need)
		}
	}
}

// checkDrivers looks for the drivers of the databases that modules open when they
// start. As the reference does not look for them before it starts, a driver that
// is missing is a warning.
func (c *checker) checkDrivers() {
	for _, m := range c.modules {
		opens, ok := m.Module.(module.Connector)
		if !ok {
			continue
		}
		for _, text := range opens.DatabaseURLs() {
			u, err := db.ParseURL(text)
			switch driver := "db_" + u.Scheme; {
			case err != nil:
				c.failPrepare(m.Name, fmt.Errorf("%q is no database URL: %w", text, err))
			case c.loaded(driver) == nil && !c.missing[driver] && !c.told[driver]:
				c.told[driver] = true // one line to add mends it for all
				c.warnDriver(m.Name, text, driver, u)
			}
		}
	}
}

// warnDriver tells of a driver that is not loaded, at the URL that needs it.
func (c *checker) warnDriver(name, text, driver string, u db.URL) {
	advice := "add loadmodule \"" + driver + ".so\""
	if !knownNames().hasModule(driver) {
		advice = source.DidYouMean(driver, knownNames().modules)
	}
	at := c.loadPos(name)
	span := source.Span{Pos: at, Fin: at.After("loadmodule")}
	for _, it := range c.file.Items {
		p, ok := it.(*syntax.ModParam)
		if !ok {
			continue
		}
		value, isText := p.Value.(*syntax.String)
		if re, err := modulePattern(p); err == nil && isText && re.MatchString(name) && strings.HasSuffix(value.Value, text) {
			span = value.Span
		}
	}
	c.errs.Warn(&source.Error{Pos: span.Pos, End: span.Fin, Rule: source.NotLoaded, Advice: advice,
		Message: fmt.Sprintf("the server will not start: for module %s database %s needs module %s, which is not loaded", name, u, driver)})
}

// startOrder puts each module behind those that it requires, or wants to be
// started after; else the order is that of loading. Drivers of databases come
// first: every module may ask for one when it starts.
func startOrder(modules []*Module) []*Module {
	byName := map[string]*Module{}
	for _, m := range modules {
		byName[m.Name] = m
	}
	placed := map[string]bool{}
	var out []*Module
	var place func(m *Module)
	place = func(m *Module) {
		if m == nil || placed[m.Name] {
			return
		}
		placed[m.Name] = true // also ends a circle
		for _, first := range slices.Concat(m.Exports.Requires, m.Exports.After) {
			place(byName[first])
		}
		out = append(out, m)
	}
	for _, m := range modules {
		if _, ok := m.Module.(db.Driver); ok {
			place(m)
		}
	}
	for _, m := range modules {
		place(m)
	}
	return out
}

func (c *checker) loadModule(l *syntax.LoadModule) {
	name := moduleName(l.Name.Value)
	if was := strings.TrimSuffix(path.Base(l.Name.Value), ".so"); was != name {
		c.warn(l.Name.Span, "write loadmodule \""+name+".so\"", "module %s is called %s since Kamailio 5", was, name)
	}
	if c.loaded(name) != nil {
		c.report(source.Module, l.Name.Span, "take it out: the first one stands at "+c.loadPos(name).String(), "module %s is loaded twice", name)
		return
	}
	create := c.opt.Lookup(name)
	if create == nil {
		c.missing[name] = true
		if knownNames().hasModule(name) {
			c.report(source.NotYet, l.Name.Span, "", "module %s is not in kahea yet", name)
			return
		}
		if advice := retired[name]; advice != "" {
			c.report(source.Module, l.Name.Span, advice, "module %s is not of Kamailio 5", name)
			return
		}
		c.report(source.Module, l.Name.Span, source.DidYouMean(name, slices.Concat(knownNames().modules, module.Names())),
			"unknown module %s", name)
		return
	}
	m := create()
	e := m.Exports()
	if c.opt.Adapt != nil {
		c.opt.Adapt(&e)
	}
	c.modules = append(c.modules, &Module{name, m, e, l.Name.Span})
	c.loadedAt[name] = c.item
}

// loadedBelow tells that a module is loaded behind what is looked at. The core
// always stands above.
func (c *checker) loadedBelow(owner string) bool { return c.loadedAt[owner] > c.item }

// refuseBelow notes a use of something whose module is loaded too late.
func (c *checker) refuseBelow(span source.Span, what, owner string) {
	c.report(source.NotLoaded, span, "move the loadmodule line above this one", "%s: module %s is loaded below, at %s", what, owner, c.loadPos(owner))
}

// retired are modules of earlier releases and of other servers, with what does
// their work.
var retired = map[string]string{
	"mi_json": retiredControl, "mi_http": retiredControl, "mi_html": retiredControl, "httpd": retiredControl,
	"mysql": `write loadmodule "db_mysql.so"`, "postgres": `write loadmodule "db_postgres.so"`,
	"dbtext": `write loadmodule "db_text.so"`, "flatstore": `write loadmodule "db_flatstore.so"`,
	"unixodbc": `write loadmodule "db_unixodbc.so"`, "berkeley": `write loadmodule "db_berkeley.so"`,
	"rtpproxy-ng": `it is called rtpengine now: loadmodule "rtpengine.so", rtpengine_sock for rtpproxy_sock, rtpengine_manage() for rtpproxy_manage() and so on`,
	"pua_mi":      `loadmodule "pua_rpc.so" has its commands`, "osp": "it is no more", "purple": "it is no more", "iptrtpproxy": `loadmodule "rtpengine.so" does its work`,
	"jsonrpc-c": `it is called jsonrpcc`, "janssonrpc-c": `it is called janssonrpcc`,
	"uri": "its functions are of siputils", "options": "its function options_reply is of siputils",
	"signaling": "it is of another server: send_reply is of sl", "sipmsgops": "it is of another server: see textops and textopsx",
	"proto_udp": retiredProto, "proto_tcp": retiredProto, "proto_tls": `it is of another server: loadmodule "tls.so"`,
	"proto_ws": `it is of another server: loadmodule "websocket.so"`, "b2b_entities": retiredB2B, "b2b_logic": retiredB2B,
}

const (
	retiredControl = `take it out: control is in loadmodule "ctl.so" (kamcmd) and "jsonrpcs.so" (kamctl)`
	retiredProto   = "it is of another server: take it out, UDP and TCP are part of the core"
	retiredB2B     = "it is of another server: there is no back-to-back user agent"
)
