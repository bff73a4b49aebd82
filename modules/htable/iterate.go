// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

var (
	errIterators  = errors.New("there are four iterators already")
	errNoIterator = errors.New("there is no iterator with that name")
	errNoItem     = errors.New("the iterator is at no item")
)

// iteratorStart is sht_iterator_start(iname, htable): an iterator that is there
// already begins anew.
func (h *HTable) iteratorStart(c *module.Call, a module.Args) module.Result {
	t := tableOf(a, 1)
	if t == nil {
		return c.Fail("sht_iterator_start", errNoTable)
	}
	it := h.iterators(c).open(c.Mem.Copy(a.Str(0)))
	if it == nil {
		return c.Fail("sht_iterator_start", errIterators)
	}
	it.start(t)
	return module.True
}

// iteratorNext is sht_iterator_next(iname).
func (h *HTable) iteratorNext(c *module.Call, a module.Args) module.Result {
	it := h.iterators(c).find(a.Str(0))
	if it == nil {
		return c.Fail("sht_iterator_next", errNoIterator)
	}
	return module.Bool(it.next())
}

// iteratorEnd is sht_iterator_end(iname).
func (h *HTable) iteratorEnd(c *module.Call, a module.Args) module.Result {
	all := h.iterators(c)
	it := all.find(a.Str(0))
	if it == nil {
		return c.Fail("sht_iterator_end", errNoIterator)
	}
	all.close(it)
	return module.True
}

// iteratorRemove is sht_iterator_rm(iname).
func (h *HTable) iteratorRemove(c *module.Call, a module.Args) module.Result {
	it := h.iterators(c).find(a.Str(0))
	switch {
	case it == nil:
		return c.Fail("sht_iterator_rm", errNoIterator)
	case !it.with(func(s *shard, n uint32) { it.table.drop(s, n) }):
		return c.Fail("sht_iterator_rm", errNoItem)
	case !it.next():
		return -2
	}
	return module.True
}

// iteratorSetText is sht_iterator_sets(iname, sval).
func (h *HTable) iteratorSetText(c *module.Call, a module.Args) module.Result {
	return h.iteratorSet(c, a, avp.String(a.Str(1)))
}

// iteratorSetNumber is sht_iterator_seti(iname, ival).
func (h *HTable) iteratorSetNumber(c *module.Call, a module.Args) module.Result {
	return h.iteratorSet(c, a, avp.Number(a[1].Value.Int))
}

func (h *HTable) iteratorSet(c *module.Call, a module.Args, v avp.Value) module.Result {
	it := h.iterators(c).find(a.Str(0))
	switch {
	case it == nil:
		return c.Fail("sht_iterator_set", errNoIterator)
	case !it.set(v):
		return c.Fail("sht_iterator_set", errNoItem)
	}
	return module.True
}

// iteratorSetExpires is sht_iterator_setex(iname, exval).
func (h *HTable) iteratorSetExpires(c *module.Call, a module.Args) module.Result {
	it := h.iterators(c).find(a.Str(0))
	if it == nil {
		return c.Fail("sht_iterator_setex", errNoIterator)
	}
	ok := it.with(func(s *shard, n uint32) {
		if now := it.table.now(); now != 0 {
			setLife(s.expires(n), now, seconds(a[1].Value.Int))
			it.table.changed(s.key(s.record(n)))
		}
	})
	if !ok {
		return c.Fail("sht_iterator_setex", errNoItem)
	}
	return module.True
}
