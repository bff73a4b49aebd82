// SPDX-License-Identifier: Apache-2.0

package debugger

import (
	"os"

	"github.com/kahea-sip/kahea/core/module"
)

var (
	errCommand    = module.Faultf(500, "Config trace command missing")
	errWord       = module.Faultf(500, "Unknown trace command")
	errPID        = module.Faultf(500, "No such pid")
	errParameters = module.Faultf(500, "invalid parameters")
	errFacility   = module.Faultf(500, "facility not found")
	errReset      = module.Faultf(500, "reset_msgid is 0. Set it to 1 to enable.")
	errNoLevels   = module.Faultf(500, "the log has no levels of modules")
	errStore      = module.Faultf(500, "cannot store parameter")
	errLevelMode  = module.Faultf(500, "mod_level_mode is 0. Set it to 1 to enable.")
	errFacilities = module.Faultf(500, "mod_facility_mode is 0. Set it to 1 to enable.")
)

// own tells whether argument i, where it is given, is the pid of this process.
func own(r *module.Request, i int) error {
	if r.Len() <= i {
		return nil
	}
	if pid, err := r.Int(i); err != nil || pid != int64(os.Getpid()) {
		return errPID
	}
	return nil
}

func (d *Debugger) rpcList(r *module.Request) error {
	if err := own(r, 0); err != nil {
		return err
	}
	set := 0
	if d.on.Load() {
		set = 1
	}
	r.Struct().Add("entry", 0).Add("pid", os.Getpid()).Add("set", set).Add("state", 0).Add("in.pid", 0).Add("in.cmd", 0)
	return nil
}

func (d *Debugger) rpcTrace(r *module.Request) error {
	if r.Len() == 0 {
		return errCommand
	}
	word, err := r.Str(0)
	if err != nil || word != "on" && word != "off" {
		return errWord
	}
	if err := own(r, 1); err != nil {
		return err
	}
	d.on.Store(word == "on")
	r.Add("200 ok")
	return nil
}

func (d *Debugger) rpcSetLevel(r *module.Request) error {
	name, err := r.Str(0)
	n, bad := r.Int(1)
	if err != nil || bad != nil {
		return errParameters
	}
	table := r.Host.Core().Levels
	switch {
	case table == nil:
		return errNoLevels
	case d.hashSize == 0:
		return errStore
	case d.levelMode == 0:
		return errLevelMode
	}
	table.Set(name, module.LevelOf(int(n)))
	r.Add("200 ok")
	return nil
}

func (d *Debugger) rpcGetLevel(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return errParameters
	}
	core := r.Host.Core()
	l, ok := core.Levels.Of(name)
	if !ok {
		l = core.Debug.Level()
	}
	r.Add(module.LevelNumber(l))
	return nil
}

func (d *Debugger) rpcSetFacility(r *module.Request) error {
	name, err := r.Str(0)
	word, bad := r.Str(1)
	facility, unknown := module.FacilityNamed(word)
	switch {
	case err != nil || bad != nil:
		return errParameters
	case unknown != nil:
		return errFacility
	case r.Host.Core().Levels == nil:
		return errNoLevels
	case d.hashSize == 0:
		return errStore
	case d.facilityMode == 0:
		return errFacilities
	}
	r.Host.Core().Levels.SetFacility(name, facility)
	r.Add("200 ok")
	return nil
}

func (d *Debugger) rpcGetFacility(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return errParameters
	}
	core := r.Host.Core()
	facility := core.Levels.Facility(name)
	if facility == "" {
		facility = core.LogFacility
	}
	if facility == "" {
		facility = "LOG_DAEMON"
	}
	r.Add(facility)
	return nil
}

func (d *Debugger) rpcResetID(r *module.Request) error {
	if d.msgid == 0 {
		return errReset
	}
	d.resets.Add(1)
	r.Add("200 ok")
	return nil
}
