// SPDX-License-Identifier: Apache-2.0

// Package cfgrpc shows and changes settings while the server runs.
package cfgrpc

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

func init() { module.Register("cfg_rpc", func() module.Module { return New() }) }

// CfgRPC is the module.
type CfgRPC struct{}

// New makes the module.
func New() *CfgRPC { return new(CfgRPC) }

// Exports implements module.Module.
func (c *CfgRPC) Exports() module.Exports {
	return module.Exports{
		Doc: "Commands that show and change settings while the server runs.",
		RPC: []module.Command{
			{Name: "cfg.add_group_inst", Run: addInstance, Doc: "Adds an instance of a group: group[number]."},
			{Name: "cfg.commit", Run: commit, Doc: "Carries out the changes that were prepared."},
			{Name: "cfg.del", Run: del, Doc: "Gives a setting of an instance the value of its group: group[number], name."},
			{Name: "cfg.del_delayed", Run: delDelayed, Doc: "Prepares cfg.del: group[number], name."},
			{Name: "cfg.del_group_inst", Run: delInstance, Doc: "Removes an instance of a group: group[number]."},
			{Name: "cfg.diff", Run: diff, Doc: "Lists the changes that were prepared."},
			{Name: "cfg.get", Run: get, Doc: "Returns the value of a setting, or all of a group: group, name."},
			{Name: "cfg.help", Run: help, Array: true, Doc: "Says what a setting is for: group, name."},
			{Name: "cfg.list", Run: list, Array: true, Doc: "Lists the settings: group, or nothing for all."},
			{Name: "cfg.reset", Run: reset, Doc: "Gives all settings of a group their first values: group."},
			{Name: "cfg.rollback", Run: rollback, Doc: "Forgets the changes that were prepared."},
			{Name: "cfg.set", Run: setter(anyValue, now), Doc: "Changes a setting: group, name, value."},
			{Name: "cfg.set_delayed", Run: setter(anyValue, later), Doc: "Prepares a change: group, name, value."},
			{Name: "cfg.set_delayed_int", Run: setter(intValue, later), Doc: "Prepares a change to an integer: group, name, value."},
			{Name: "cfg.set_delayed_string", Run: setter(strValue, later), Doc: "Prepares a change to a string: group, name, value."},
			{Name: "cfg.set_now_int", Run: setter(intValue, now), Doc: "Changes a setting to an integer: group, name, value."},
			{Name: "cfg.set_now_string", Run: setter(strValue, now), Doc: "Changes a setting to a string: group, name, value."},
			{Name: "cfg.seti", Run: setter(intValue, now), Doc: "Changes a setting to an integer: group, name, value."},
			{Name: "cfg.sets", Run: setter(strValue, now), Doc: "Changes a setting to a string: group, name, value."},
		},
	}
}

// fault is what the peer sees of an error, in Kamailio's words.
func fault(err error, text string) error {
	if errors.Is(err, setting.ErrGroup) {
		text = `Wrong group syntax. Use either "group", or "group[id]"`
	}
	return module.Faultf(400, "%s", text)
}

// instanceFault is fault for commands that are about instances alone.
func instanceFault(err error, text string) error {
	if errors.Is(err, setting.ErrGroup) {
		text = `Wrong group syntax. Use "group[id]"`
	}
	return module.Faultf(400, "%s", text)
}
