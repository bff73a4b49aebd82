// SPDX-License-Identifier: Apache-2.0

package counters

import (
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

// stat finds the counter that the arguments group and name mean. The line end
// in the fault is Kamailio's.
func stat(r *module.Request) (*counter.Stat, error) {
	group, err := r.Str(0)
	if err != nil {
		return nil, err
	}
	name, err := r.Str(1)
	if err != nil {
		return nil, err
	}
	s := r.Host.Counters().Lookup(group, name)
	if s == nil {
		return nil, module.Faultf(400, "non-existent counter %s.%s\n", group, name)
	}
	return s, nil
}

func rpcGet(r *module.Request) error {
	s, err := stat(r)
	if err != nil {
		return err
	}
	r.Add(s.Value())
	return nil
}

// rpcGetRaw answers cnt.get_raw, for which a computed number has no value.
func rpcGetRaw(r *module.Request) error {
	s, err := stat(r)
	if err != nil {
		return err
	}
	r.Add(s.Counter().Value())
	return nil
}

func rpcHelp(r *module.Request) error {
	s, err := stat(r)
	if err != nil {
		return err
	}
	r.Add(s.Doc())
	return nil
}

func rpcReset(r *module.Request) error {
	s, err := stat(r)
	if err != nil {
		return err
	}
	s.Reset()
	return nil
}

func rpcGroups(r *module.Request) error {
	for _, g := range r.Host.Counters().Groups() {
		r.Add(g)
	}
	return nil
}

func rpcNames(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return err
	}
	for s := range r.Host.Counters().Group(group) {
		r.Add(s.Name())
	}
	return nil
}

func rpcGetVars(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return err
	}
	v := r.Struct()
	for s := range r.Host.Counters().Group(group) {
		v.Add(s.Name(), s.Value())
	}
	return nil
}
