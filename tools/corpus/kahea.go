// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"

	_ "github.com/kahea-sip/kahea/modules/standard"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/core"
)

// load takes a configuration as the server does at its start, up to the
// program, and returns its mistakes.
func load(file string) *source.ErrorList {
	errs := new(source.ErrorList)
	tree, pre := syntax.ParseFile(file, preproc.Options{Errors: errs})
	set := settings.Apply(tree, errs)
	defines := map[string]string{}
	for _, d := range pre.Defines {
		defines[d.Name] = d.Value
	}
	ready := func(b module.Binder) error {
		_, err := b.Template(set.Log.Prefix)
		return err
	}
	script := check.Check(tree, check.Options{Core: core.Exports(core.Options{Defines: defines}), Log: slog.New(slog.DiscardHandler), Ready: ready}, errs)
	if errs.Len() == 0 {
		compile.Compile(script)
	}
	return errs
}
