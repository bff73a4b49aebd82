// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func headerVariables() []module.Variable {
	return []module.Variable{
		{Name: "hdr", Bind: bindHeader(headerAt), Doc: "value of a header; the index counts from 0, or from -1 backwards, * takes all"},
		{Name: "hdrc", Bind: bindHeader(headerCount), Doc: "number of headers with a name"},
		{Name: "hfl", Bind: bindHeader(listAt), Doc: "value of a header with a list: the index counts the values"},
		{Name: "hflc", Bind: bindHeader(listCount), Doc: "number of values of a header with a list"},
	}
}

// headerName is a header with what is known of its name at start.
type headerName struct {
	name dynamic
	typ  sip.HeaderType
	get  func(c *module.Call, h *headerName, i module.Index) module.Value
}

func bindHeader(get func(c *module.Call, h *headerName, i module.Index) module.Value) func(module.Binder, string) (module.Accessor, error) {
	return func(b module.Binder, inner string) (module.Accessor, error) {
		d, err := bindName(b, inner)
		if err != nil {
			return nil, err
		}
		h := &headerName{name: d, get: get}
		if d.tpl == nil {
			h.typ = sip.ParseHeaderType(d.fixed)
		}
		return h, nil
	}
}

// Get implements module.Accessor.
func (h *headerName) Get(c *module.Call, i module.Index) module.Value { return h.get(c, h, i) }

// next is the place of the next header after i; -1 begins and ends.
func (h *headerName) next(c *module.Call, name string, i int) int {
	if h.typ == sip.HeaderOther {
		return c.Msg.NextNamed(name, i)
	}
	if i < 0 {
		return c.Msg.First(h.typ)
	}
	return c.Msg.Next(h.typ, i)
}

func (h *headerName) count(c *module.Call, name string) int {
	n := 0
	for i := h.next(c, name, -1); i >= 0; i = h.next(c, name, i) {
		n++
	}
	return n
}

func headerAt(c *module.Call, h *headerName, i module.Index) module.Value {
	name := h.name.name(c)
	if i.All {
		return h.all(c, name)
	}
	want := i.N
	if want < 0 {
		if want += h.count(c, name); want < 0 {
			return null
		}
	}
	for at := h.next(c, name, -1); at >= 0; at = h.next(c, name, at) {
		if want == 0 {
			return avp.String(c.Msg.Header(at).Value)
		}
		want--
	}
	return null
}

// all joins the values of all headers with commas.
func (h *headerName) all(c *module.Call, name string) module.Value {
	first := h.next(c, name, -1)
	if first < 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		b = append(b, c.Msg.Header(first).Value...)
		for at := h.next(c, name, first); at >= 0; at = h.next(c, name, at) {
			b = append(append(b, ','), c.Msg.Header(at).Value...)
		}
		return b
	})
}

func headerCount(c *module.Call, h *headerName, _ module.Index) module.Value {
	return number(h.count(c, h.name.name(c)))
}

// isList tells whether a header is a list of values to $hfl; others count as
// one value a header.
func isList(t sip.HeaderType) bool {
	switch t {
	case sip.HeaderContact, sip.HeaderRoute, sip.HeaderRecordRoute, sip.HeaderVia:
		return true
	}
	return false
}

// values calls f with each value of a header until it returns false.
func (h *headerName) values(c *module.Call, f func(value string) bool) {
	name := h.name.name(c)
	t := h.typ
	if h.name.tpl != nil {
		t = sip.ParseHeaderType(name)
	}
	for at := h.next(c, name, -1); at >= 0; at = h.next(c, name, at) {
		list := c.Msg.Header(at).Value
		if !isList(t) {
			if !f(list) {
				return
			}
			continue
		}
		for {
			value, rest, ok := sip.NextListValue(list)
			if !ok {
				break
			}
			if !f(value) {
				return
			}
			list = rest
		}
	}
}

// listAt is $hfl(name). As in Kamailio -2 is the last value of a list and -1
// none, [*] the headers as they are, and the contacts of a header stand in
// reverse order.
func listAt(c *module.Call, h *headerName, i module.Index) module.Value {
	if i.All {
		return h.all(c, h.name.name(c))
	}
	want, found := i.N, null
	switch {
	case want < 0 && isList(h.typ):
		want += h.size(c) + 1
	case want < 0:
		want += h.count(c, h.name.name(c))
	}
	if want < 0 {
		return null
	}
	if h.typ == sip.HeaderContact {
		return contactAt(c, want)
	}
	h.values(c, func(value string) bool {
		if want == 0 {
			found = avp.String(value)
			return false
		}
		want--
		return true
	})
	return found
}

// contactAt is one contact: headers in their order, the contacts of each from
// the last to the first.
func contactAt(c *module.Call, want int) module.Value {
	for at := c.Msg.First(sip.HeaderContact); at >= 0; at = c.Msg.Next(sip.HeaderContact, at) {
		n := 0
		eachOf(c.Msg.Header(at).Value, func(string) bool { n++; return true })
		if want >= n {
			want -= n
			continue
		}
		found := null
		eachOf(c.Msg.Header(at).Value, func(value string) bool {
			if n--; n == want {
				if _, err := sip.ParseNameAddr(value); err == nil {
					found = avp.String(value)
				}
			}
			return n > want
		})
		return found
	}
	return null
}

// eachOf calls f with the values of a list until it returns false.
func eachOf(list string, f func(value string) bool) {
	for {
		value, rest, ok := sip.NextListValue(list)
		if !ok || !f(value) {
			return
		}
		list = rest
	}
}

// size is the number of values of all headers.
func (h *headerName) size(c *module.Call) int {
	n := 0
	h.values(c, func(string) bool { n++; return true })
	return n
}

func listCount(c *module.Call, h *headerName, _ module.Index) module.Value {
	return number(h.size(c))
}
