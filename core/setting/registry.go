// SPDX-License-Identifier: Apache-2.0

package setting

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Registry knows all settings by group and name. Safe for concurrent use.
//
// A group may have instances, written "group[number]". An instance has the
// values of its group but for those that were set for itself.
type Registry struct {
	mu      sync.RWMutex
	groups  []*group // guarded by mu; in the order of declaration
	delayed []change // guarded by mu
}

type group struct {
	name      string
	entries   []*Entry                  // in the order of declaration
	instances map[uint32]map[string]any // values that differ from the group's
}

// change is one that waits for Commit. A nil value deletes the instance's own.
type change struct {
	target
	value any
}

// target is a setting of a group or of one of its instances.
type target struct {
	entry    *Entry
	group    *group
	id       uint32
	instance bool
}

// Change is what SetDelayed has prepared.
type Change struct {
	Group, Name string
	// ID is the number of the instance, where Instance is set.
	ID       uint32
	Instance bool
	// Old and New are int64 or string.
	Old, New any
}

// New returns an empty registry.
func New() *Registry { return new(Registry) }

// Declare adds entries. A name that is declared again is replaced: a new
// generation of the configuration brings its own.
func (r *Registry) Declare(entries ...Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		g := r.group(e.Group)
		if g == nil {
			g = &group{name: e.Group, instances: map[uint32]map[string]any{}}
			r.groups = append(r.groups, g)
		}
		e.initial = e.Value()
		if i := g.index(e.Name); i >= 0 {
			g.entries[i] = &e
		} else {
			g.entries = append(g.entries, &e)
		}
	}
}

func (r *Registry) group(name string) *group {
	for _, g := range r.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

func (g *group) index(name string) int {
	return slices.IndexFunc(g.entries, func(e *Entry) bool { return e.Name == name })
}

// Lookup returns the entry of a group, not of an instance, or nil.
func (r *Registry) Lookup(group, name string) *Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if g := r.group(group); g != nil {
		if i := g.index(name); i >= 0 {
			return g.entries[i]
		}
	}
	return nil
}

// All returns the entries, each group together, in the order of declaration.
func (r *Registry) All() []*Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []*Entry
	for _, g := range r.groups {
		all = append(all, g.entries...)
	}
	return all
}

// split reads "group" or "group[number]".
func split(text string) (name string, id uint32, instance bool, err error) {
	name, rest, instance := strings.Cut(text, "[")
	if !instance {
		return name, 0, false, nil
	}
	number, ok := strings.CutSuffix(rest, "]")
	n, e := strconv.ParseUint(number, 10, 32)
	if !ok || e != nil || name == "" {
		return "", 0, false, ErrGroup
	}
	return name, uint32(n), true, nil
}

// Names returns the names of the settings of "group" or "group[number]", none
// for an unknown group.
func (r *Registry) Names(groupText string) ([]string, error) {
	name, _, _, err := split(groupText)
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var names []string
	if g := r.group(name); g != nil {
		for _, e := range g.entries {
			names = append(names, e.Name)
		}
	}
	return names, nil
}

// find returns the setting name of "group" or "group[number]". r.mu is held.
func (r *Registry) find(groupText, name string) (target, error) {
	t := target{}
	var err error
	var g string
	if g, t.id, t.instance, err = split(groupText); err != nil {
		return t, err
	}
	if t.group = r.group(g); t.group == nil {
		return t, ErrUnknown
	}
	i := t.group.index(name)
	if i < 0 {
		return t, ErrUnknown
	}
	t.entry = t.group.entries[i]
	if t.instance && t.group.instances[t.id] == nil {
		return t, ErrInstance
	}
	return t, nil
}

func (t target) value() any {
	if t.instance {
		if v, ok := t.group.instances[t.id][t.entry.Name]; ok {
			return v
		}
	}
	return t.entry.Value()
}

// Value returns the value, an int64 or a string, of a setting of "group" or
// "group[number]".
func (r *Registry) Value(group, name string) (any, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, err := r.find(group, name)
	if err != nil {
		return nil, err
	}
	return t.value(), nil
}

// Set changes a setting of "group" or "group[number]"; value is an int64 or a
// string.
func (r *Registry) Set(group, name string, value any) error {
	return r.do(group, name, value, false)
}

// SetDelayed keeps the change until Commit or Rollback.
func (r *Registry) SetDelayed(group, name string, value any) error {
	return r.do(group, name, value, true)
}

// Delete lets an instance have the value of its group again.
func (r *Registry) Delete(group, name string) error { return r.delete(group, name, false) }

// DeleteDelayed keeps the deletion until Commit or Rollback.
func (r *Registry) DeleteDelayed(group, name string) error { return r.delete(group, name, true) }

func (r *Registry) delete(group, name string, later bool) error {
	if _, _, instance, err := split(group); err != nil || !instance {
		return ErrGroup
	}
	return r.do(group, name, nil, later)
}

func (r *Registry) do(group, name string, value any, later bool) error {
	r.mu.Lock()
	t, err := r.find(group, name)
	if err == nil && value != nil {
		value, err = t.entry.convert(value)
	}
	if err != nil {
		r.mu.Unlock()
		return err
	}
	c := change{t, value}
	if later {
		r.delayed = append(r.delayed, c)
		r.mu.Unlock()
		return nil
	}
	after := c.apply()
	r.mu.Unlock()
	after()
	return nil
}

// apply carries a change out while the registry is locked; the function that
// it returns is to be called afterwards, as the code of a module may ask the
// registry in turn.
func (c change) apply() (after func()) {
	if !c.instance {
		return func() { c.entry.store(c.value) }
	}
	own := c.group.instances[c.id]
	switch {
	case own == nil:
	case c.value == nil:
		delete(own, c.entry.Name)
	default:
		own[c.entry.Name] = c.value
	}
	return func() {}
}

// Commit carries the delayed changes out, in their order.
func (r *Registry) Commit() {
	r.mu.Lock()
	var after []func()
	for _, c := range r.delayed {
		after = append(after, c.apply())
	}
	r.delayed = nil
	r.mu.Unlock()
	for _, f := range after {
		f()
	}
}

// Rollback forgets the delayed changes.
func (r *Registry) Rollback() {
	r.mu.Lock()
	r.delayed = nil
	r.mu.Unlock()
}

// Delayed returns the changes that wait for Commit.
func (r *Registry) Delayed() []Change {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]Change, 0, len(r.delayed))
	for _, c := range r.delayed {
		v := c.value
		if v == nil {
			v = c.entry.Value()
		}
		list = append(list, Change{Group: c.group.name, Name: c.entry.Name, ID: c.id, Instance: c.instance, Old: c.target.value(), New: v})
	}
	return list
}

// Reset gives all settings of a group, or of an instance, the values that they
// were declared with; those that are read-only stay.
func (r *Registry) Reset(groupText string) error {
	name, id, instance, err := split(groupText)
	if err != nil {
		return err
	}
	r.mu.Lock()
	g := r.group(name)
	if g == nil {
		r.mu.Unlock()
		return ErrUnknown
	}
	var again []*Entry
	switch {
	case !instance:
		again = slices.Clone(g.entries)
	case g.instances[id] == nil:
		err = ErrInstance
	default:
		clear(g.instances[id])
	}
	r.mu.Unlock()
	for _, e := range again {
		if !e.ReadOnly {
			e.store(e.initial)
		}
	}
	return err
}

// HasInstance reports whether there is an instance of a group.
func (r *Registry) HasInstance(group string, id uint32) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.group(group)
	return g != nil && g.instances[id] != nil
}

// InstanceValue returns the value, an int64 or a string, of a setting of an
// instance; nil where there is no such setting or instance.
func (r *Registry) InstanceValue(group string, id uint32, name string) any {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := r.group(group)
	if g == nil || g.instances[id] == nil {
		return nil
	}
	i := g.index(name)
	if i < 0 {
		return nil
	}
	return target{group: g, entry: g.entries[i], id: id, instance: true}.value()
}

// AddInstance makes the instance "group[number]"; one that exists stays as it
// is.
func (r *Registry) AddInstance(groupText string) error {
	name, id, instance, err := split(groupText)
	if err != nil || !instance {
		return ErrGroup
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.group(name)
	if g == nil {
		return ErrUnknown
	}
	if g.instances[id] == nil {
		g.instances[id] = map[string]any{}
	}
	return nil
}

// DeleteInstance removes the instance "group[number]" with its values.
func (r *Registry) DeleteInstance(groupText string) error {
	name, id, instance, err := split(groupText)
	if err != nil || !instance {
		return ErrGroup
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.group(name)
	if g == nil || g.instances[id] == nil {
		return ErrInstance
	}
	delete(g.instances, id)
	return nil
}
