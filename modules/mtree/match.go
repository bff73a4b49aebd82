// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"cmp"
	"errors"
	"slices"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/prefix"
)

// allValues is the mode of mt_match that finds the values of all prefixes.
const allValues = 2

var errNoTree = errors.New("there is no tree of that name")

// match is mt_match(mtree, value, mode).
func (m *Mtree) match(c *module.Call, a module.Args) module.Result {
	t := m.forest.Load().find(a.Str(0))
	if t == nil {
		return c.Fail("mt_match", errNoTree)
	}
	text := a.Str(1)
	if text == "" || t.index.Len() == 0 {
		return module.False
	}
	var err error
	var found bool
	switch {
	case t.spec.kind == weights:
		found, err = m.destinations(c, t, text)
	case a.Int(2, 0) == allValues:
		found, err = m.all(c, t, text)
	default:
		var it item
		if it, found = t.longest(text); found {
			err = assign(c, m.value, t.value(it))
		}
	}
	if err != nil {
		return c.Fail("mt_match", err)
	}
	return module.Bool(found)
}

func assign(c *module.Call, to module.Accessor, v module.Value) error {
	return to.(module.Assignable).Set(c, module.Index{}, v)
}

// empty takes all values of an AVP away. Another variable keeps what it has.
func empty(c *module.Call, to module.Accessor) {
	if all, ok := module.Plain(to).(module.Assignable); ok {
		all.Set(c, module.Index{Given: true, All: true}, module.Value{})
	}
}

// longest returns the first value of the longest prefix. As in the reference a
// text with a sign that prefixes cannot have does not match, where longer
// prefixes than what stands in front of it are known.
func (t *tree) longest(text string) (it item, found bool) {
	t.walk(text, func(items []item) { it, found = items[0], true })
	return it, found && t.clean(text)
}

// walk calls f for the prefixes of text, from the shortest one on.
func (t *tree) walk(text string, f func(items []item)) {
	at, ok := prefix.Node(0), true
	for i := 0; i < len(text) && i < maxPrefix; i++ {
		if at, ok = t.index.Next(at, text[i]); !ok {
			return
		}
		if key := t.index.Key(at); key != prefix.NoKey {
			f(t.of(key))
		}
	}
}

// clean tells whether no sign that prefixes cannot have stands where the tree
// goes on.
func (t *tree) clean(text string) bool {
	at, ok := prefix.Node(0), true
	for i := 0; i < len(text) && i < maxPrefix && !t.index.Leaf(at); i++ {
		if !t.index.Alphabet().Has(text[i]) {
			return false
		}
		if at, ok = t.index.Next(at, text[i]); !ok {
			break
		}
	}
	return true
}

// all assigns the values of all prefixes, so that that of the longest one stands
// first. A text with a strange sign has those in front of it, but does not
// match.
func (m *Mtree) all(c *module.Call, t *tree, text string) (found bool, err error) {
	empty(c, m.values)
	t.walk(text, func(items []item) {
		for _, it := range items {
			found = true
			if e := assign(c, m.values, t.value(it)); e != nil {
				err = e
			}
		}
	})
	return found && t.clean(text), err
}

// destination is one of a tree of type 1.
type destination struct {
	id, weight int32
	depth      int // of its prefix; the longest one counts
}

// destinations assigns those of all prefixes, each one once and the heaviest
// first; of equal weight that of the longest prefix.
func (m *Mtree) destinations(c *module.Call, t *tree, text string) (bool, error) {
	var space [32]destination
	list := space[:0]
	depth := 0
	t.walk(text, func(items []item) {
		depth++
		for _, it := range items {
			d := destination{int32(it.a), int32(it.b), depth}
			if i := slices.IndexFunc(list, func(o destination) bool { return o.id == d.id }); i < 0 {
				list = append(list, d)
			} else if list[i].depth < depth {
				list[i] = d
			}
		}
	})
	if len(list) == 0 || !t.clean(text) {
		return false, nil
	}
	slices.SortStableFunc(list, func(a, b destination) int {
		return cmp.Or(-cmp.Compare(a.weight, b.weight), -cmp.Compare(a.depth, b.depth))
	})
	empty(c, m.dstid)
	empty(c, m.weight)
	err := assign(c, m.count, avp.Number(int64(len(list))))
	for _, d := range slices.Backward(list) { // what is assigned last stands first
		err = errors.Join(err, assign(c, m.dstid, avp.Number(int64(d.id))), assign(c, m.weight, avp.Number(int64(d.weight))))
	}
	return true, err
}
