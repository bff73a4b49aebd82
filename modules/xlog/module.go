// SPDX-License-Identifier: Apache-2.0

// Package xlog writes log lines with variables.
package xlog

import (
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

func init() { module.Register("xlog", func() module.Module { return New() }) }

// Xlog is the module.
type Xlog struct {
	bufSize       int
	forceColor    int
	longFormat    int
	prefix        string
	prefixMode    int
	facility      string
	methodsFilter setting.Int
	colors        [len(levelNames)]string // of log_colors, by level from -5

	prefixTemplate module.Template
}

// usualPrefix is what the log has before lines of a script anyway.
const usualPrefix = "<script>: "

// New returns the module with its defaults.
func New() *Xlog {
	x := &Xlog{bufSize: 4096, prefix: usualPrefix}
	x.methodsFilter.Set(-1)
	return x
}

// Exports implements module.Module.
func (x *Xlog) Exports() module.Exports {
	format := module.Arg{Name: "format", Type: module.ArgTemplate, Doc: "text with variables"}
	e := module.Exports{
		Doc: "Writes log lines with variables.",
		Params: []module.Param{
			{Name: "buf_size", Set: &x.bufSize, Min: 16, Max: 1 << 20, Unit: "bytes", Doc: "longest text; what goes beyond is cut off"},
			{Name: "force_color", Set: &x.forceColor, Min: 0, Max: 1, Doc: "1 makes $C give colours although the log does not go to stderr"},
			{Name: "long_format", Set: &x.longFormat, Min: 0, Max: 1, Doc: "1 adds the file's name to the line number of xlogl and xdbgl"},
			{Name: "prefix", Set: &x.prefix, Doc: "text before each line; none where it is empty"},
			{Name: "prefix_mode", Set: &x.prefixMode, Min: 0, Max: 1, Doc: "1 fills in the variables of prefix for each line"},
			{Name: "log_colors", Set: x.setColors, Doc: "colours of the log by level, L_ERR=cr;L_WARN=px with letters as of $C, where log_color is set; may be set several times"},
			{Name: "log_facility", Set: module.SetFacility(&x.facility), Doc: "facility of the system log for these lines, LOG_LOCAL0 …"},
			{Name: "methods_filter", Set: &x.methodsFilter, Doc: "set of methods for which xlogm is silent, as a bit mask; -1 is all"},
		},
		Functions: []module.Function{
			{Name: "xlog", Routes: module.AnyRoute, Prepare: checkFacility, Lua: "xlog(fmt,fmt); xlog_facility(fmt,fmt,fmt)", Run: func(c *module.Call, a module.Args) module.Result { return x.log(c, a, false) },
				Args: []module.Arg{
					{Name: "facility|level|format", Type: module.ArgTemplate, Means: module.MeansLevel, Doc: "the text; with two arguments the level, with three the facility"},
					{Name: "level|format", Type: module.ArgTemplate, Optional: true, Means: module.MeansLevel, Doc: "with two arguments the text, with three the level"},
					{Name: "format", Type: module.ArgTemplate, Optional: true, Doc: "the text"}},
				Doc: "Writes a line at a level: L_ALERT, L_BUG, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG or a variable with its number. Without one: L_ERR."},
			{Name: "xlogl", Routes: module.AnyRoute, Prepare: checkFacility, Lua: "-", Run: func(c *module.Call, a module.Args) module.Result { return x.log(c, a, true) },
				Args: []module.Arg{
					{Name: "facility|level|format", Type: module.ArgTemplate, Means: module.MeansLevel, Doc: "as of xlog"},
					{Name: "level|format", Type: module.ArgTemplate, Optional: true, Means: module.MeansLevel, Doc: "as of xlog"},
					{Name: "format", Type: module.ArgTemplate, Optional: true, Doc: "as of xlog"}},
				Doc: "xlog with the line of the configuration in front."},
			{Name: "xdbgl", Args: []module.Arg{format}, Routes: module.AnyRoute, Lua: "-",
				Run: func(c *module.Call, a module.Args) module.Result {
					return x.write(c, module.LevelDebug, "", a.Template(0), true)
				}, Doc: "xdbg with the line of the configuration in front."},
			{Name: "xlogm", Args: []module.Arg{{Name: "level", Type: module.ArgTemplate, Means: module.MeansLevel, Doc: "as of xlog"}, format}, Routes: module.AnyRoute, Lua: "-",
				Run: x.logMethod, Doc: "xlog for requests whose method methods_filter does not name."},
		},
		Variables: []module.Variable{
			{Name: "C", Bind: x.bindColor, Doc: "escape for a terminal: $C(xy) with foreground x and background y, each one of x default, s black, r red, g green, y yellow, b blue, p purple, c cyan, w white; a capital is bright"},
		},
		Settings: []setting.Entry{{Group: "xlog", Name: "methods_filter", Int: &x.methodsFilter,
			Doc: "Methods filter for xlogm()"}},
	}
	for _, f := range []struct {
		name  string
		level slog.Level
	}{
		{"xdbg", module.LevelDebug}, {"xinfo", module.LevelInfo}, {"xnotice", module.LevelNotice}, {"xwarn", module.LevelWarn},
		{"xerr", module.LevelErr}, {"xcrit", module.LevelCrit}, {"xbug", module.LevelBug}, {"xalert", module.LevelAlert},
	} {
		e.Functions = append(e.Functions, module.Function{Name: f.name, Args: []module.Arg{format}, Lua: f.name + "(fmt)", Routes: module.AnyRoute,
			Run: func(c *module.Call, a module.Args) module.Result {
				return x.write(c, f.level, "", a.Template(0), false)
			}, Doc: "Writes a line at level " + module.LevelName(f.level) + "."})
	}
	return e
}
