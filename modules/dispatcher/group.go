// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// group is what ds_dsg_fetch found, for $dsg in the same message.
type group struct {
	serial        uint64
	count, active int64
}

// group is that of the message; nil where nothing was fetched for it.
func (d *Dispatcher) group(c *module.Call) *group {
	g := &c.Local(d, func() any { return new(worker) }).(*worker).group
	if g.serial != c.Serial {
		return nil
	}
	return g
}

// fetchGroup is ds_dsg_fetch(set).
func (d *Dispatcher) fetchGroup(c *module.Call, a module.Args) module.Result {
	s := d.list.Load().set(a.Int(0, 0))
	if s == nil {
		return module.False
	}
	g := group{serial: c.Serial, count: int64(len(s.destinations))}
	for _, dst := range s.destinations {
		if dst.usable() {
			g.active++
		}
	}
	c.Local(d, func() any { return new(worker) }).(*worker).group = g
	return module.True
}

// bindDSG is $dsg(name).
func (d *Dispatcher) bindDSG(_ module.Binder, name string) (module.Accessor, error) {
	get := map[string]func(g *group) int64{
		"count":     func(g *group) int64 { return g.count },
		"active":    func(g *group) int64 { return g.active },
		"inactive":  func(g *group) int64 { return g.count - g.active },
		"pactive":   func(g *group) int64 { return g.active * 100 / g.count },
		"pinactive": func(g *group) int64 { return (g.count - g.active) * 100 / g.count },
	}[name]
	if get == nil {
		return nil, errors.New("$dsg has count, active, inactive, pactive and pinactive")
	}
	return module.Getter(func(c *module.Call) module.Value {
		if g := d.group(c); g != nil {
			return avp.Number(get(g))
		}
		return avp.Value{}
	}), nil
}

// listExists is ds_list_exists(set).
func (d *Dispatcher) listExists(_ *module.Call, a module.Args) module.Result {
	return module.Bool(d.list.Load().set(a.Int(0, 0)) != nil)
}

// isActive is ds_is_active(set[, uri]).
func (d *Dispatcher) isActive(_ *module.Call, a module.Args) module.Result {
	s := d.list.Load().set(a.Int(0, 0))
	if s == nil {
		return module.False
	}
	uri := a.Str(1)
	for _, dst := range s.destinations {
		if dst.usable() && (uri == "" || dst.uri == uri) {
			return module.True
		}
	}
	return module.False
}
