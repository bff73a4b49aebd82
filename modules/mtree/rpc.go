// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"github.com/kahea-sip/kahea/core/module"
)

// each calls f for the tree that an optional argument names, or for all.
func (m *Mtree) each(r *module.Request, f func(t *tree)) (found bool) {
	name, _ := r.Str(0)
	for _, t := range m.forest.Load().trees {
		if name == "" || t.spec.name == name {
			f(t)
			found = true
		}
	}
	return found
}

func (m *Mtree) rpcList(r *module.Request) error {
	m.each(r, func(t *tree) {
		t.index.Each(func(prefix []byte, key int) bool {
			var values module.Rows
			for _, it := range t.of(key) {
				values = append(values, new(module.Struct).Add("", t.shown(it)))
			}
			r.Struct().Add("tname", t.spec.name).Add("tprefix", string(prefix)).Add("tvalue", values)
			return true
		})
	})
	return nil
}

// shown is a value in the reply of a command.
func (t *tree) shown(it item) any {
	v := t.value(it)
	if t.spec.kind == integers {
		return v.Int
	}
	return v.Str
}

func (m *Mtree) rpcSummary(r *module.Request) error {
	if !m.each(r, func(t *tree) {
		r.Struct().Add("table", t.spec.name).Struct("item").
			Add("ttype", int(t.spec.kind)).Add("memsize", t.bytes()).Add("nrnodes", t.index.Inner()).Add("nritems", len(t.items)).
			Add("reload_count", t.reloads).Add("reload_time", t.loaded.Unix())
	}) {
		return module.Faultf(404, "Tree not found")
	}
	return nil
}

// rpcReload reads trees anew. Those that are there serve until all are read, and
// stay where one cannot be read.
func (m *Mtree) rpcReload(r *module.Request) error {
	m.reload.Lock()
	defer m.reload.Unlock()
	name, _ := r.Str(0)
	old := m.forest.Load()
	if len(m.specs) == 0 {
		f, err := m.load(r.Context, old)
		if err != nil {
			m.log.Error("trees were not loaded again", "err", err)
			return module.Faultf(500, "Can not reload Mtrees from database.")
		}
		m.forest.Store(f)
		r.Add("Ok. Mtrees reloaded.")
		return nil
	}
	if name != "" && old.find(name) == nil {
		return module.Faultf(500, "Can not find specified Mtree")
	}
	f := &forest{}
	for _, t := range old.trees {
		if name == "" || t.spec.name == name {
			again, err := m.loadTree(r.Context, t.spec)
			if err != nil {
				m.log.Error("trees were not loaded again", "err", err)
				return module.Faultf(500, "Mtree Reload Failed")
			}
			again.reloads = t.reloads + 1
			t = again
		}
		f.trees = append(f.trees, t)
	}
	m.forest.Store(f)
	r.Add("Ok. Mtree reloaded.")
	return nil
}

func (m *Mtree) rpcMatch(r *module.Request) error {
	name, err := r.Str(0)
	if err != nil {
		return module.Faultf(500, "Invalid Parameters")
	}
	text, err := r.Str(1)
	mode, err2 := r.Int(2)
	if err != nil || err2 != nil {
		return module.Faultf(500, "Invalid Parameters")
	}
	if mode != 0 && mode != allValues {
		return module.Faultf(500, "Invalid parameter 'mode'")
	}
	t := m.forest.Load().find(name)
	if t == nil {
		return module.Faultf(404, "Tree not found")
	}
	r.Add(name)
	if !t.reply(r, text, mode == allValues) {
		return module.Faultf(404, "Prefix not found")
	}
	return nil
}

// reply tells the values of all prefixes of text, or that of the longest one.
func (t *tree) reply(r *module.Request, text string, all bool) (found bool) {
	if !t.clean(text) {
		return false
	}
	if !all {
		_, length := t.index.Longest(text)
		it, ok := t.longest(text)
		if ok {
			r.Struct().Add("PREFIX", text[:length]).Add("TVALUE", t.shown(it))
		}
		return ok
	}
	for length := range len(text) {
		key, n := t.index.Longest(text[:length+1])
		if n != length+1 {
			continue
		}
		for _, it := range t.of(key) {
			r.Struct().Add("PREFIX", text[:n]).Add("TVALUE", t.shown(it))
			found = true
		}
	}
	return found
}
