// SPDX-License-Identifier: Apache-2.0

package maxfwd

import (
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Results of the functions beside true and false, as their documentation
// numbers them.
const (
	added   module.Result = 2
	notLess module.Result = -1
	absent  module.Result = -2
	failed  module.Result = -2
)

// process is maxfwd_process(max_value).
func (m *Maxfwd) process(c *module.Call, a module.Args) module.Result {
	if a.Int(0, 0) < 0 {
		return module.False // only a script in Lua can ask for it
	}
	n, err := c.Msg.MaxForwards()
	switch {
	case errors.Is(err, sip.ErrAbsent):
		n := a.Int(0, 0)
		text := strconv.AppendInt(append(c.Mem.Begin(), "Max-Forwards: "...), int64(n), 10)
		c.Msg.PrependHeader(c.Mem.Keep(append(text, "\r\n"...)))
		c.MaxForwards = n
		return added
	case err != nil:
		return failed
	case n == 0:
		return module.False
	}
	n = min(n-1, int(m.limit.Get()))
	h := c.Msg.Header(c.Msg.First(sip.HeaderMaxForwards))
	start := c.Msg.Offset(h.Value)
	c.Msg.Replace(start, start+len(h.Value), c.Mem.Keep(appendPadded(c.Mem.Begin(), n, len(h.Value))))
	c.MaxForwards = n
	return module.True
}

// value is the Max-Forwards that the request would leave with.
func value(c *module.Call) (int, bool) {
	if c.MaxForwards >= 0 {
		return c.MaxForwards, true
	}
	n, err := c.Msg.MaxForwards()
	return n, err == nil
}

// less is is_maxfwd_lt(max_value).
func (m *Maxfwd) less(c *module.Call, a module.Args) module.Result {
	n, ok := value(c)
	switch {
	case !ok:
		return absent
	case n < a.Int(0, 0):
		return module.True
	}
	return notLess
}

// atLeast is maxfwd_at_least(max_value).
func (m *Maxfwd) atLeast(c *module.Call, a module.Args) module.Result {
	n, ok := value(c)
	switch {
	case !ok:
		return absent
	case n >= a.Int(0, 0):
		return module.True
	}
	return module.False
}

// appendPadded appends n right-aligned in the width of the old value, as
// Kamailio writes it in place.
func appendPadded(dst []byte, n, width int) []byte {
	digits := 1
	for m := n; m >= 10; m /= 10 {
		digits++
	}
	for ; digits < width; digits++ {
		dst = append(dst, ' ')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
