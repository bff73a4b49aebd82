// SPDX-License-Identifier: Apache-2.0

// Package pv has the script's variables and transformations.
package pv

import (
	"slices"
	"sync"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("pv", func() module.Module { return New() }) }

// PV is the module.
type PV struct {
	shared  *shared
	aliases map[string]string    // AVP names of avp_aliases
	initial map[string]avp.Value // values of varset
	auth    authorizer           // the module auth, where it is loaded

	// binder and remembered serve pv_evalx: what it compiled by text.
	binder     module.Binder
	remembered int // guarded by Compiling of binder
	evaluated  sync.Map
}

// New makes the module.
func New() *PV {
	return &PV{aliases: map[string]string{}, initial: map[string]avp.Value{}, shared: newShared()}
}

// Exports implements module.Module.
func (p *PV) Exports() module.Exports {
	return module.Exports{
		Doc: "The script's variables and transformations.",
		Params: []module.Param{
			{Name: "shvset", Set: p.setShared, Doc: "initial value of a shared variable: name=i:number or name=s:text; may be set several times"},
			{Name: "varset", Set: p.setVar, Doc: "initial value of a script variable: name=i:number or name=s:text; may be set several times"},
			{Name: "avp_aliases", Set: p.setAliases, Doc: "further names of AVPs: alias=s:name;alias=i:number"},
		},
		Functions: inPVX(p.functions()),
		Lua:       luaFunctions(),
		Variables: slices.Concat(requestVariables(), flagVariables(), characterVariables(), uriVariables(), addressVariables(), networkVariables(), replyVariables(), p.authVariables(),
			headerVariables(), p.scopeVariables(), xavpVariables(), branchVariables(), timeVariables(), engineVariables(), p.messageVariables()),
		Transformations: slices.Concat(stringSteps(), codingSteps(), uriSteps(), paramSteps(), addressSteps(), lineSteps(), valueSteps(), socketSteps(), formatSteps(), msrpSteps()),
		RPC: []module.Command{
			{Name: "pv.shvGet", Run: p.rpcGet, Doc: "Get the value of a shared variable"},
			{Name: "pv.shvSet", Run: p.rpcSet, Doc: "Set a shared variable: name, type (int or str), value"},
		},
	}
}
