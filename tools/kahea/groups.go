// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/setting"
)

// groups are those of the operator's own parameters.
func (c *config) groups() (names []string) {
	for _, k := range c.settings.Custom {
		if k.ID < 0 && !slices.Contains(names, k.Group) {
			names = append(names, k.Group)
		}
	}
	return names
}

// coreGroups are the groups that declareSettings declares.
var coreGroups = []string{"core", "tcp"}

// checkGroups looks at the operator's own parameters: a group of a module cannot be
// declared again, and an instance has parameters of its group only.
func (c *config) checkGroups() {
	for i := range c.settings.Custom {
		k := &c.settings.Custom[i]
		fail := func(advice, format string, args ...any) {
			c.errs.Add(&source.Error{Pos: k.Pos, Rule: source.CoreParameter, Advice: advice, Message: fmt.Sprintf(format, args...)})
		}
		of, entry := c.moduleSetting(k.Group, k.Name)
		switch {
		case k.ID < 0 && slices.Contains(coreGroups, k.Group):
			fail("choose another name", "group %s is that of the core", k.Group)
		case k.ID < 0 && of != "":
			fail(fmt.Sprintf("set a parameter of it with modparam(%q, …), or choose another name", of), "group %s is that of module %s", k.Group, of)
		case k.ID < 0:
		case of != "" && entry == nil:
			fail("see cfg.list "+k.Group, "module %s has no setting %s", of, k.Name)
		case of != "":
			if isText := entry.Str != nil; isText != k.IsString {
				fail("", "%s.%s is %s", k.Group, k.Name, kindOf(isText))
			}
		default:
			c.checkInstance(k, fail)
		}
	}
}

// checkInstance looks for the parameter that an instance has another value of.
func (c *config) checkInstance(k *settings.Custom, fail func(advice, format string, args ...any)) {
	for i := range c.settings.Custom {
		base := &c.settings.Custom[i]
		if base.ID >= 0 || base.Group != k.Group || base.Name != k.Name {
			continue
		}
		if base.IsString != k.IsString {
			fail("", "%s.%s is %s at %s", k.Group, k.Name, kindOf(base.IsString), base.Pos)
		}
		return
	}
	fail(fmt.Sprintf("write %s.%s = … too, the value without an instance", k.Group, k.Name), "there is no parameter %s.%s of which %s[%d] could have another value", k.Group, k.Name, k.Group, k.ID)
}

func kindOf(text bool) string {
	if text {
		return "a string"
	}
	return "a number"
}

// moduleSetting finds the module that declares a group, and its setting, nil
// where it has none of that name.
func (c *config) moduleSetting(group, name string) (of string, entry *setting.Entry) {
	for _, m := range c.script.Modules {
		for i := range m.Exports.Settings {
			if e := &m.Exports.Settings[i]; e.Group == group {
				if of = m.Name; e.Name == name {
					return of, e
				}
			}
		}
	}
	return of, nil
}
