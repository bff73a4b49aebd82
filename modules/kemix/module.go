// SPDX-License-Identifier: Apache-2.0

// Package kemix has functions for Lua that read the message.
package kemix

import (
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("kemix", func() module.Module { return new(Kemix) }) }

// Kemix is the module.
type Kemix struct {
	// user is $au, where module pv is loaded.
	user module.Accessor
}

var _ module.Preparer = (*Kemix)(nil)

// Exports implements module.Module.
func (k *Kemix) Exports() module.Exports {
	return module.Exports{
		Doc: "Functions for Lua that read the message, faster to write than KSR.pv.get.",
		Lua: k.functions(),
	}
}

// Prepare implements module.Preparer.
func (k *Kemix) Prepare(b module.Binder) error {
	if b.Module("pv") == nil {
		return nil
	}
	var err error
	k.user, err = b.Var("$au")
	return err
}
