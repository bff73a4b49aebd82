// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// maxIterators is how many iterators of a kind a message may have.
const maxIterators = 4

var (
	errIterators  = errors.New("there are four iterators already")
	errNoIterator = errors.New("there is no iterator with that name")
	errNoPlace    = errors.New("the iterator is at no element")
)

// startIterator makes hf_iterator_start and bl_iterator_start(iname): an
// iterator that is there already begins anew.
func startIterator(kind module.IteratorKind) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		it := c.Iterator(kind, a.Str(0))
		if it == nil {
			n := 0
			for i := range c.Iterators {
				if c.Iterators[i].Kind == kind {
					n++
				}
			}
			if n == maxIterators {
				return c.Fail("iterator_start", errIterators)
			}
			c.Iterators = append(c.Iterators, module.Iterator{Name: c.Mem.Copy(a.Str(0)), Kind: kind})
			it = &c.Iterators[len(c.Iterators)-1]
		}
		it.Index, it.Start, it.End = -1, c.Msg.BodyStart(), c.Msg.BodyStart()
		return module.True
	}
}

// endIterator makes hf_iterator_end and bl_iterator_end(iname).
func endIterator(kind module.IteratorKind) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		it := c.Iterator(kind, a.Str(0))
		if it == nil {
			return c.Fail("iterator_end", errNoIterator)
		}
		last := len(c.Iterators) - 1
		*it = c.Iterators[last]
		c.Iterators = c.Iterators[:last]
		return module.True
	}
}

// nextHeader is hf_iterator_next(iname).
func nextHeader(c *module.Call, a module.Args) module.Result {
	it := c.Iterator(module.HeaderIterator, a.Str(0))
	if it == nil {
		return c.Fail("hf_iterator_next", errNoIterator)
	}
	it.Index = min(it.Index+1, c.Msg.NumHeaders())
	return module.Bool(it.Index < c.Msg.NumHeaders())
}

// previousHeader is hf_iterator_prev(iname): true also where it moves in front
// of the first header.
func previousHeader(c *module.Call, a module.Args) module.Result {
	it := c.Iterator(module.HeaderIterator, a.Str(0))
	if it == nil {
		return c.Fail("hf_iterator_prev", errNoIterator)
	}
	it.Index = max(it.Index-1, -1)
	return module.True
}

// nextLine is bl_iterator_next(iname).
func nextLine(c *module.Call, a module.Args) module.Result {
	it := c.Iterator(module.LineIterator, a.Str(0))
	if it == nil {
		return c.Fail("bl_iterator_next", errNoIterator)
	}
	raw := c.Msg.Raw()
	it.Start, it.End = it.End, len(raw)
	if nl := strings.IndexByte(raw[it.Start:], '\n'); nl >= 0 {
		it.End = it.Start + nl + 1
	}
	return module.Bool(it.Start < it.End)
}

// element is the range of the header or line that an iterator is at.
func element(c *module.Call, kind module.IteratorKind, name string) (start, end int, err error) {
	it := c.Iterator(kind, name)
	switch {
	case it == nil:
		return 0, 0, errNoIterator
	case kind == module.LineIterator:
		start, end = it.Start, it.End
	case it.Index >= 0 && it.Index < c.Msg.NumHeaders():
		h := c.Msg.Header(it.Index)
		start, end = h.Start, h.End
	}
	if start == end {
		return 0, 0, errNoPlace
	}
	return start, end, nil
}

// removeElement makes hf_iterator_rm and bl_iterator_rm(iname).
func removeElement(kind module.IteratorKind) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		start, end, err := element(c, kind, a.Str(0))
		if err != nil {
			return c.Fail("iterator_rm", err)
		}
		c.Msg.Delete(start, end)
		return module.True
	}
}

// appendElement makes hf_iterator_append and bl_iterator_append(iname, text).
func appendElement(kind module.IteratorKind) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		_, end, err := element(c, kind, a.Str(0))
		if err != nil {
			return c.Fail("iterator_append", err)
		}
		c.Msg.Insert(end, sip.After, a.Str(1))
		return module.True
	}
}

// insertElement makes hf_iterator_insert and bl_iterator_insert(iname, text).
func insertElement(kind module.IteratorKind) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		start, _, err := element(c, kind, a.Str(0))
		if err != nil {
			return c.Fail("iterator_insert", err)
		}
		c.Msg.Insert(start, sip.After, a.Str(1))
		return module.True
	}
}

// bindHeader makes $hfitname(iname) and $hfitbody(iname).
func bindHeader(of func(h sip.Header) string) func(b module.Binder, name string) (module.Accessor, error) {
	return func(_ module.Binder, name string) (module.Accessor, error) {
		return module.Getter(func(c *module.Call) module.Value {
			it := c.Iterator(module.HeaderIterator, name)
			if it == nil || it.Index < 0 || it.Index >= c.Msg.NumHeaders() {
				return module.Value{}
			}
			return avp.String(of(c.Msg.Header(it.Index)))
		}), nil
	}
}

// bindLine is $blitval(iname), line end included.
func bindLine(_ module.Binder, name string) (module.Accessor, error) {
	return module.Getter(func(c *module.Call) module.Value {
		start, end, err := element(c, module.LineIterator, name)
		if err != nil {
			return module.Value{}
		}
		return avp.String(c.Msg.Raw()[start:end])
	}), nil
}
