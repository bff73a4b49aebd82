// SPDX-License-Identifier: Apache-2.0

// Package debugger shows what the script does, action by action.
package debugger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("debugger", func() module.Module { return New() }) }

// Debugger is the module.
type Debugger struct {
	cfgtrace, format, breakpoint, cfgtest, pkgCheck int
	level, assign, hashSize, levelMode, msgid       int
	levelName, facility, prefix                     string
	facilityMode                                    int
	levels, facilities                              []string

	host   module.Host
	on     atomic.Bool  // the trace runs
	resets atomic.Int64 // how often $mi was asked to begin anew
}

// New returns the module with its defaults.
func New() *Debugger { return &Debugger{level: -1, prefix: "*** cfgtrace:"} }

var (
	_ module.Preparer = (*Debugger)(nil)
	_ module.Starter  = (*Debugger)(nil)
	_ module.Follower = (*Debugger)(nil)
)

// Exports implements module.Module.
func (d *Debugger) Exports() module.Exports {
	level := module.Arg{Name: "level", Optional: true, Compile: compileLevel, Doc: "level of the line: L_ALERT, L_BUG, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO or L_DBG"}
	return module.Exports{
		Doc:    "Shows in the log what the script does, action by action, and gives modules log levels of their own.",
		Params: d.params(),
		Functions: []module.Function{
			{Name: "dbg_pv_dump", Routes: module.AnyRoute, Run: d.dumpVariables, Lua: "dbg_pv_dump; dbg_pv_dump_ex(int,int)",
				Args: []module.Arg{{Name: "mask", Type: module.ArgInt, Optional: true, Doc: "sum of what to show: 1 those without a value, 2 $avp, 4 $var, 8 $xavp; 16 has no effect; 31 where it is left out"}, level},
				Doc:  "Writes the variables that hold something to the log, as JSON. The level is L_DBG where none is given."},
			{Name: "dbg_sip_msg", Routes: module.RequestRoute | module.AnyReply, Run: d.showMessage, Lua: "-",
				Args: []module.Arg{level, {Name: "facility", Optional: true, Doc: "facility of the system log"}},
				Doc:  "Writes the message to the log as it would leave now, and which fields of its header the script has added and taken out. The level is L_ERR where none is given."},
		},
		RPC: []module.Command{
			{Name: "dbg.ls", Run: d.rpcList, Doc: "Shows whether the trace is on (set 1) for the process, or that of a pid."},
			{Name: "dbg.trace", Run: d.rpcTrace, Doc: "Puts the trace on or off."},
			{Name: "dbg.set_mod_level", Run: d.rpcSetLevel, Doc: "Gives a module (core for the engine) a log level, -5 to 3. Needs mod_hash_size and mod_level_mode."},
			{Name: "dbg.get_mod_level", Run: d.rpcGetLevel, Doc: "Shows the log level of a module."},
			{Name: "dbg.set_mod_facility", Run: d.rpcSetFacility, Doc: "Gives the lines of a module a facility of the system log. Needs mod_hash_size and mod_facility_mode."},
			{Name: "dbg.get_mod_facility", Run: d.rpcGetFacility, Doc: "Shows the facility of a module."},
			{Name: "dbg.reset_msgid", Run: d.rpcResetID, Doc: "Lets $mi begin anew at each worker. Needs the parameter reset_msgid."},
		},
	}
}

func (d *Debugger) params() []module.Param {
	return []module.Param{
		{Name: "cfgtrace", Set: &d.cfgtrace, Min: 0, Max: 1, Doc: "1 begins with the trace on; dbg.trace changes it"},
		{Name: "cfgtrace_format", Set: &d.format, Min: 0, Max: 1, Doc: "1 leaves the name of the file out of the lines"},
		{Name: "log_level", Set: &d.level, Min: -5, Max: 3, Doc: "level of the lines of the trace"},
		{Name: "log_level_name", Set: &d.levelName, Doc: "word that these lines have instead of the level's name"},
		{Name: "log_facility", Set: module.SetFacility(&d.facility), Doc: "facility of the system log for these lines, LOG_LOCAL0 …; empty for the common one"},
		{Name: "log_prefix", Set: &d.prefix, Doc: "text in front of these lines"},
		{Name: "log_assign", Set: &d.assign, Min: 0, Max: 1, Doc: "1 writes what is assigned, at level DEBUG, whether or not the trace is on"},
		{Name: "mod_hash_size", Set: &d.hashSize, Min: 0, Max: 31, Doc: "0 leaves mod_level and mod_facility without effect, and their commands are refused"},
		{Name: "mod_level_mode", Set: &d.levelMode, Min: 0, Max: 1, Doc: "1 puts the levels of modules in use"},
		{Name: "mod_level", Set: &d.levels, Doc: "log level of a module, as tm=3, core=2; may be set several times"},
		{Name: "mod_facility_mode", Set: &d.facilityMode, Min: 0, Max: 1, Doc: "1 puts the facilities of modules in use"},
		{Name: "mod_facility", Set: &d.facilities, Doc: "facility of a module's lines, as core=LOG_LOCAL0; may be set several times"},
		{Name: "reset_msgid", Set: &d.msgid, Min: 0, Max: 1, Doc: "1 permits dbg.reset_msgid"},
		{Name: "breakpoint", Set: &d.breakpoint, Min: 0, Max: 1, Doc: "1 is refused: workers are no processes that could be stopped one by one; kahea trace goes through a script step by step"},
		{Name: "cfgtest", Set: &d.cfgtest, Min: 0, Max: 1, Doc: "1 is refused: it belongs to the module cfgt"},
		{Name: "step_usleep", Set: new(int), Notice: "there are no breakpoints", Doc: "wait at a breakpoint"},
		{Name: "step_loops", Set: new(int), Notice: "there are no breakpoints", Doc: "waits of a command at a breakpoint"},
		{Name: "cfgpkgcheck", Set: &d.pkgCheck, Notice: "the memory of workers is not handed out in pieces that a script could overrun", Doc: "checks memory before each action"},
	}
}

// Prepare implements module.Preparer.
func (d *Debugger) Prepare(module.Binder) error {
	var errs []error
	if d.breakpoint != 0 {
		errs = append(errs, errors.New("debugger: breakpoint 1: workers are no processes that could be stopped at a line; use cfgtrace, or kahea trace for one message"))
	}
	if d.cfgtest != 0 {
		errs = append(errs, errors.New("debugger: cfgtest 1 needs the module cfgt, which is not available yet"))
	}
	for _, text := range d.levels {
		if _, _, err := splitLevel(text); err != nil {
			errs = append(errs, fmt.Errorf("debugger: mod_level: %w", err))
		}
	}
	for _, text := range d.facilities {
		_, f, ok := strings.Cut(text, "=")
		if _, err := module.FacilityNamed(f); !ok || err != nil {
			errs = append(errs, fmt.Errorf("debugger: mod_facility %q is not of the form module=LOG_LOCAL0", text))
		}
	}
	return errors.Join(errs...)
}

// Start implements module.Starter.
func (d *Debugger) Start(_ context.Context, h module.Host) error {
	d.host = h
	d.on.Store(d.cfgtrace != 0)
	d.startLevels(h)
	if d.msgid != 0 {
		h.OnRequest(d.renumber)
		h.OnReply(d.renumber)
	}
	return nil
}

// startLevels gives modules the levels and facilities of the parameters.
func (d *Debugger) startLevels(h module.Host) {
	table := h.Core().Levels
	if table == nil || d.hashSize == 0 {
		return
	}
	for _, text := range d.levels {
		name, l, _ := splitLevel(text)
		table.Set(name, l)
	}
	for _, text := range d.facilities {
		name, f, _ := strings.Cut(text, "=")
		table.SetFacility(name, strings.ToUpper(f))
	}
	table.Use(d.levelMode != 0)
	table.UseFacilities(d.facilityMode != 0)
}

// log is where the lines of the module go.
func (d *Debugger) log(c *module.Call) *slog.Logger {
	if c.Log() != nil {
		return c.Log()
	}
	return d.host.Log()
}
