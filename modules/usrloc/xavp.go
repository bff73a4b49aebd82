// SPDX-License-Identifier: Apache-2.0

package usrloc

import "github.com/kahea-sip/kahea/core/avp"

// setXAVPs keeps a copy of the attributes of a contact. Few configurations have
// any, so they lie beside the records.
func (s *shard) setXAVPs(n uint32, t *avp.Tree) {
	if s.xavps == nil && t == nil || s.xavps[n] == t && t != nil {
		return
	}
	if t == nil {
		delete(s.xavps, n)
		return
	}
	if s.xavps == nil {
		s.xavps = map[uint32]*avp.Tree{}
	}
	s.xavps[n] = CloneXAVPs(t)
}

// CloneXAVPs copies a tree with the texts of its values.
func CloneXAVPs(t *avp.Tree) *avp.Tree {
	if t == nil {
		return nil
	}
	var names []string
	var items []avp.Item
	t.Each(func(name string, it *avp.Item) bool {
		names = append(names, string([]byte(name)))
		items = append(items, avp.Item{Value: it.Value.Clone(), Fields: CloneXAVPs(it.Fields)})
		return true
	})
	to := new(avp.Tree)
	for i := len(names) - 1; i >= 0; i-- {
		to.Add(names[i], items[i])
	}
	return to
}
