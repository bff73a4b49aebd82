// SPDX-License-Identifier: Apache-2.0

package check

import (
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
)

// inspectModules lets modules look into files of their own.
func (c *checker) inspectModules() {
	if c.opt.Inspect == nil || c.errs.Len() > 0 {
		return
	}
	for _, m := range c.modules {
		i, ok := m.Module.(module.Inspector)
		if !ok {
			continue
		}
		for _, f := range i.Inspect(*c.opt.Inspect) {
			c.found(m.Name, f)
		}
	}
}

// found notes what is wrong in a file of a module: at its place there, else at
// the parameter that the error names.
func (c *checker) found(name string, f module.Finding) {
	e := &source.Error{Rule: source.ModuleFile, Message: "module " + name + ": " + f.Err.Error()}
	if f.File != "" {
		e.Pos = source.Pos{Filename: f.File, Line: f.Line, Column: f.Column}
		c.remember(f.File)
	} else {
		at := c.paramSpan(name, f.Err.Error())
		e.Pos, e.End = at.Pos, at.Fin
	}
	if f.Warning {
		c.errs.Warn(e)
		return
	}
	c.errs.Add(e)
}

// remember has the line of a mistake shown. One in a file that is gone by now has
// none.
func (c *checker) remember(file string) {
	if c.errs.Files == nil {
		return
	}
	if text, err := (source.Disk{}).ReadFile(file); err == nil {
		c.errs.Files.Add(file, string(text))
	}
}
