// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"log/slog"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// Following implements module.Follower.
func (d *Debugger) Following() bool { return d.on.Load() || d.assign != 0 }

// Acts implements module.Follower: the line of an action, in Kamailio's form, which other people's scripts read.
func (d *Debugger) Acts(c *module.Call, a *module.Action) {
	level := module.LevelOf(d.level)
	log := d.log(c)
	if !d.on.Load() || !log.Enabled(c.Context(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("lead", d.prefix+"dbg_cfg_trace(): ")}
	if d.levelName != "" {
		attrs = append(attrs, slog.String("severity", d.levelName))
	}
	if d.facility != "" {
		attrs = append(attrs, slog.String("facility", d.facility))
	}
	log.LogAttrs(c.Context(), level, d.line(a), attrs...)
}

func (d *Debugger) line(a *module.Action) string {
	kind, name := routeWords(a)
	text := append(append(append(make([]byte, 0, 128), kind...), "=["...), name...)
	text = append(text, ']')
	if d.format == 0 {
		text = append(append(append(text, " c=["...), a.File...), ']')
	}
	text = strconv.AppendInt(append(text, " l="...), int64(a.Line), 10)
	text = strconv.AppendInt(append(text, " a="...), int64(a.Code), 10)
	return string(append(append(text, " n="...), a.Name...))
}

// routeWords are what Kamailio calls a kind of route, and a route of it without a name.
func routeWords(a *module.Action) (kind, name string) {
	kind, name = "request_route", "DEFAULT_ROUTE"
	switch a.Kind {
	case module.ReplyRoute, module.CoreReplyRoute:
		kind, name = "onreply_route", "DEFAULT_ONREPLY"
	case module.FailureRoute:
		kind, name = "failure_route", "DEFAULT_FAILURE"
	case module.BranchRoute:
		kind, name = "branch_route", "DEFAULT_BRANCH"
	case module.OnSendRoute:
		kind, name = "onsend_route", "DEFAULT_SEND"
	}
	if a.Route != "" || a.Line == 0 {
		name = a.Route
	}
	return kind, name
}

// Assigned implements module.Follower.
func (d *Debugger) Assigned(c *module.Call, name string, v module.Accessor) {
	log := d.log(c)
	if d.assign == 0 || !log.Enabled(c.Context(), module.LevelDebug) {
		return
	}
	value := "$null"
	switch val := v.Get(c, module.Index{}); val.Kind {
	case avp.Int:
		value = strconv.FormatInt(val.Int, 10)
	case avp.Null:
	default:
		value = strconv.Quote(val.Str)
	}
	log.LogAttrs(c.Context(), module.LevelDebug, name+":"+value, slog.String("module", "debugger"))
}

// renumber lets $mi begin anew where that was asked for since the last message of this worker.
func (d *Debugger) renumber(c *module.Call) bool {
	seen := c.Local(d, func() any { return new(int64) }).(*int64)
	if n := d.resets.Load(); n != *seen {
		*seen = n
		c.Renumbered = c.Serial - 1
	}
	return true
}
