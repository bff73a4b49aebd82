// SPDX-License-Identifier: Apache-2.0

package sdpops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// maxIterators is how many a message may have.
const maxIterators = 4

var (
	errIterators  = errors.New("there are four iterators already")
	errNoIterator = errors.New("there is no iterator with that name")
	errNoLine     = errors.New("the iterator is at no line")
	errNoSDP      = errors.New("the message has no session description")
)

// startIterator is sdp_iterator_start(iname): an iterator that is there already
// begins anew.
func startIterator(c *module.Call, a module.Args) module.Result {
	start, _, ok := sdp.Find(c.Msg)
	if !ok {
		return c.Fail("sdp_iterator_start", errNoSDP)
	}
	it := c.Iterator(module.SDPIterator, a.Str(0))
	if it == nil {
		n := 0
		for i := range c.Iterators {
			if c.Iterators[i].Kind == module.SDPIterator {
				n++
			}
		}
		if n == maxIterators {
			return c.Fail("sdp_iterator_start", errIterators)
		}
		c.Iterators = append(c.Iterators, module.Iterator{Name: c.Mem.Copy(a.Str(0)), Kind: module.SDPIterator})
		it = &c.Iterators[len(c.Iterators)-1]
	}
	it.Start, it.End = start, start
	return module.True
}

// nextLine is sdp_iterator_next(iname).
func nextLine(c *module.Call, a module.Args) module.Result {
	it := c.Iterator(module.SDPIterator, a.Str(0))
	_, end, ok := sdp.Find(c.Msg)
	if it == nil || !ok {
		return c.Fail("sdp_iterator_next", errNoIterator)
	}
	it.Start = min(it.End, end)
	it.End = it.Start
	for l := range sdp.Lines(c.Msg.Raw()[it.Start:end]) {
		it.End += l.End
		break
	}
	return module.Bool(it.Start < it.End)
}

// endIterator is sdp_iterator_end(iname).
func endIterator(c *module.Call, a module.Args) module.Result {
	it := c.Iterator(module.SDPIterator, a.Str(0))
	if it == nil {
		return c.Fail("sdp_iterator_end", errNoIterator)
	}
	last := len(c.Iterators) - 1
	*it = c.Iterators[last]
	c.Iterators = c.Iterators[:last]
	return module.True
}

// at finds the line that an iterator is at.
func at(c *module.Call, name string) (*module.Iterator, error) {
	it := c.Iterator(module.SDPIterator, name)
	switch {
	case it == nil:
		return nil, errNoIterator
	case it.Start == it.End:
		return nil, errNoLine
	}
	return it, nil
}

// removeLine is sdp_iterator_rm(iname).
func removeLine(c *module.Call, a module.Args) module.Result {
	it, err := at(c, a.Str(0))
	if err != nil {
		return c.Fail("sdp_iterator_rm", err)
	}
	c.Msg.Delete(it.Start, it.End)
	return module.True
}

// appendLine is sdp_iterator_append(iname, text).
func appendLine(c *module.Call, a module.Args) module.Result {
	it, err := at(c, a.Str(0))
	if err != nil {
		return c.Fail("sdp_iterator_append", err)
	}
	c.Msg.Insert(it.End, sip.After, c.Keep(a.Str(1)))
	return module.True
}

// insertLine is sdp_iterator_insert(iname, text).
func insertLine(c *module.Call, a module.Args) module.Result {
	it, err := at(c, a.Str(0))
	if err != nil {
		return c.Fail("sdp_iterator_insert", err)
	}
	c.Msg.Insert(it.Start, sip.After, c.Keep(a.Str(1)))
	return module.True
}

func lineAt(c *module.Call, name string) avp.Value {
	it, err := at(c, name)
	if err != nil {
		return avp.Value{}
	}
	return avp.String(c.Msg.Raw()[it.Start:it.End])
}

// bindLine is $sdpitval(iname).
func bindLine(_ module.Binder, name string) (module.Accessor, error) {
	return module.Getter(func(c *module.Call) module.Value { return lineAt(c, name) }), nil
}
