// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// tree is one of the three stores of extended AVPs.
type tree struct {
	of func(c *module.Call) *avp.Tree
	// single keeps one value for each name ($xavu).
	single bool
	// fold makes names lower case ($xavi).
	fold bool
}

var (
	xavps = tree{of: func(c *module.Call) *avp.Tree { return &c.XAVPs }}
	xavus = tree{of: func(c *module.Call) *avp.Tree { return &c.XAVUs }, single: true}
	xavis = tree{of: func(c *module.Call) *avp.Tree { return &c.XAVIs }, fold: true}
)

func xavpVariables() []module.Variable {
	return []module.Variable{
		{Name: "xavp", Bind: xavps.bind, Doc: "extended AVP of the transaction: $xavp(root), $xavp(root=>field), each name with an index"},
		{Name: "xavu", Bind: xavus.bind, Doc: "extended AVP with one value for each name"},
		{Name: "xavi", Bind: xavis.bind, Doc: "extended AVP whose names have no case"},
	}
}

// key is a name with its index.
type key struct {
	name  dynamic
	index module.Index
	by    module.Template // a variable index
}

// xavp is $xavp(root=>field=>…).
type xavp struct {
	tree tree
	path []key
}

var _ module.Assignable = (*xavp)(nil)

func (t tree) bind(b module.Binder, inner string) (module.Accessor, error) {
	x := &xavp{tree: t}
	for part := range strings.SplitSeq(inner, "=>") {
		k, err := t.parseKey(b, strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		x.path = append(x.path, k)
	}
	if t.single && len(x.path) > 2 {
		return nil, fmt.Errorf("$xavu has a name and a field, found %d names", len(x.path))
	}
	return x, nil
}

func (t tree) parseKey(b module.Binder, text string) (k key, err error) {
	name := text
	if i := strings.IndexByte(text, '['); i >= 0 && strings.HasSuffix(text, "]") {
		name = strings.TrimSpace(text[:i])
		switch index := strings.TrimSpace(text[i+1 : len(text)-1]); {
		case index == "*":
			k.index = module.Index{Given: true, All: true}
		case strings.HasPrefix(index, "$"):
			k.index.Given = true
			k.by, err = b.Template(index)
		default:
			k.index.Given = true
			if k.index.N, err = strconv.Atoi(index); err != nil {
				err = fmt.Errorf("index %q is no number", index)
			}
		}
		if err != nil {
			return k, err
		}
	}
	if t.fold {
		name = strings.ToLower(name)
	}
	k.name, err = bindName(b, name)
	return k, err
}

// at is the index of a key, 0 where none is written.
func (k *key) at(c *module.Call) int {
	if k.by == nil {
		return k.index.N
	}
	n, _ := k.by.Value(c).Number()
	return int(n)
}

// fields finds the tree that holds the last name of the path; nil when one
// before it is not there. It is for reading; see owned.
func (x *xavp) fields(c *module.Call) *avp.Tree {
	return x.walk(c, func(it *avp.Item) *avp.Tree { return it.Fields })
}

// owned is fields for changes.
func (x *xavp) owned(c *module.Call) *avp.Tree { return x.walk(c, (*avp.Item).Own) }

func (x *xavp) walk(c *module.Call, into func(*avp.Item) *avp.Tree) *avp.Tree {
	t := x.tree.of(c)
	for i := range x.path[:len(x.path)-1] {
		it := t.At(x.path[i].name.name(c), x.path[i].at(c))
		if it == nil {
			return nil
		}
		if t = into(it); t == nil {
			return nil
		}
	}
	return t
}

// Get implements module.Accessor. A value with fields prints as a mark.
func (x *xavp) Get(c *module.Call, _ module.Index) module.Value {
	t := x.fields(c)
	if t == nil {
		return null
	}
	last := &x.path[len(x.path)-1]
	name := last.name.name(c)
	it := t.At(name, last.at(c))
	switch {
	case it == nil:
		return null
	case it.Fields != nil:
		return build(c, func(b []byte) []byte { return fmt.Appendf(b, "<<xavp:%p>>", it.Fields) })
	}
	return it.Value
}

// Set implements module.Assignable.
func (x *xavp) Set(c *module.Call, _ module.Index, v module.Value) error {
	if v.IsNull() {
		x.remove(c)
		return nil
	}
	t := x.tree.of(c)
	for i := range x.path[:len(x.path)-1] {
		if t = x.tree.child(c, t, &x.path[i]); t == nil {
			return nil // as in Kamailio, an element that is not there takes nothing
		}
	}
	last := &x.path[len(x.path)-1]
	name := last.name.name(c)
	item := avp.Item{Value: c.KeepValue(v)}
	if last.index.All {
		t.Clear(name)
	}
	if last.index.Given && !last.index.All || x.tree.single {
		if it := t.At(name, last.at(c)); it != nil {
			*it = item
			return nil
		}
		if last.index.Given && last.at(c) != 0 {
			return fmt.Errorf("there is no %s at index %d", name, last.at(c))
		}
	}
	t.Add(x.keepName(c, last, name), item)
	return nil
}

func (x *xavp) keepName(c *module.Call, k *key, name string) string {
	if k.name.tpl != nil {
		return c.Keep(name)
	}
	return name
}

// child returns the fields of a name on the way: with an index those of that
// element, without one those of a new element ($xavu: of the one there is).
func (t tree) child(c *module.Call, in *avp.Tree, k *key) *avp.Tree {
	name := k.name.name(c)
	if k.index.Given || t.single {
		if it := in.At(name, k.at(c)); it != nil {
			if it.Fields == nil {
				*it = avp.Item{Fields: new(avp.Tree)}
			}
			return it.Own()
		}
		if k.index.Given {
			return nil
		}
	}
	fields := new(avp.Tree)
	if k.name.tpl != nil {
		name = c.Keep(name)
	}
	in.Add(name, avp.Item{Fields: fields})
	return fields
}

func (x *xavp) remove(c *module.Call) {
	t := x.owned(c)
	if t == nil {
		return
	}
	last := &x.path[len(x.path)-1]
	name := last.name.name(c)
	if last.index.All {
		t.Clear(name)
		return
	}
	t.Remove(name, last.at(c))
}
