// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// rpcGet is pv.shvGet [name].
func (p *PV) rpcGet(r *module.Request) error {
	if r.Len() > 0 {
		name, err := r.Str(0)
		if err != nil {
			return err
		}
		e := p.shared.find(name)
		if e == nil {
			return module.Faultf(404, "Variable not found")
		}
		describe(r.Struct(), name, *e.Load())
		return nil
	}
	items := r.Struct().Struct("items")
	for _, name := range p.shared.names() {
		describe(items.Struct("shv"), name, *p.shared.find(name).Load())
	}
	return nil
}

func describe(s *module.Struct, name string, v avp.Value) {
	s.Add("name", name)
	if v.Kind == avp.Int {
		s.Add("type", "int").Add("value", v.Int)
		return
	}
	s.Add("type", "string").Add("value", v.Str)
}

// rpcSet is pv.shvSet name type value.
func (p *PV) rpcSet(r *module.Request) error {
	for i, what := range []string{"name", "type", "value"} {
		if r.Len() <= i {
			return module.Faultf(500, "Missing parameter %s (Parameters: varname type value)", what)
		}
	}
	name, err := r.Str(0)
	if err != nil {
		return err
	}
	e := p.shared.find(name)
	if e == nil {
		return module.Faultf(404, "Variable not found")
	}
	typ, err := r.Str(1)
	if err != nil {
		return err
	}
	var v avp.Value
	if typ == "int" {
		n, err := r.Int(2)
		if err != nil {
			return err
		}
		v = avp.Number(n)
	} else {
		s, err := r.Str(2)
		if err != nil {
			return err
		}
		v = avp.String(s)
	}
	storeShared(e, v)
	r.Add("Ok. Variable set to new value.")
	return nil
}
