// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// headerSelect is hf_value.name[index] of textopsx: the values of all headers
// with that name, where _ stands for a dash; the index counts from 1. With
// whole a header is one value (hf_value2).
func headerSelect(whole bool, rest []word) (getter, error) {
	if len(rest) == 0 {
		return nil, errors.New("expected the name of a header: hf_value.name")
	}
	name := rest[0]
	if name.param != "" {
		return nil, fmt.Errorf("the index of %s must be a number", name.name)
	}
	h := &headerName{name: dynamic{fixed: strings.ReplaceAll(name.name, "_", "-")}}
	h.typ = sip.ParseHeaderType(h.name.fixed)
	value := func(c *module.Call) (string, bool) { return listValue(c, h, whole, name.index) }
	find := func(c *module.Call) (string, error) {
		v, ok := value(c)
		if !ok {
			return "", sip.ErrAbsent
		}
		return v, nil
	}
	raw := func(c *module.Call) module.Value {
		v, ok := value(c)
		if !ok {
			return null
		}
		return avp.String(v)
	}
	if len(rest) == 1 {
		if !name.given && !whole {
			return func(c *module.Call) module.Value { return joinedValues(c, h, func(v string) string { return v }) }, nil
		}
		return raw, nil
	}
	part, more := rest[1], rest[2:]
	switch part.name {
	case "uri":
		if !name.given && len(more) == 0 {
			return func(c *module.Call) module.Value { return joinedValues(c, h, addressURI) }, nil
		}
		if !name.given { // several values have no URI together
			return uriSelect(func(c *module.Call) string { return joinedValues(c, h, addressURI).Str }, more)
		}
		return addressSelect(find, raw, rest[1:])
	case "name":
		g, err := addressSelect(find, raw, rest[1:])
		return func(c *module.Call) module.Value { return orNull(sip.Unquote(g(c).Str)) }, err
	case "nameaddr":
		if len(more) == 0 {
			return nil, errors.New("expected a part of the address: name, uri or params")
		}
		return nameAddrSelect(find, more)
	case "p", "param", "params":
		if !name.given && part.name != "params" {
			return nil, fmt.Errorf("write %s[1].%s: which of the values is not said", name.name, part.name)
		}
		if part.param != "" {
			return valueParam(find, part.param), nil
		}
		if len(more) != 1 {
			return nil, fmt.Errorf("expected the name of a parameter behind %s", part.name)
		}
		return valueParam(find, more[0].name), nil
	}
	if len(more) > 0 {
		return nil, fmt.Errorf("the select has no part %q", pathText(rest[1:]))
	}
	return valueParam(find, part.name), nil
}

func addressURI(v string) string {
	a, err := sip.ParseNameAddr(v)
	if err != nil {
		return ""
	}
	return a.URI
}

// valueParam is a parameter of a header value, or of digest credentials;
// underscores stand for dashes.
func valueParam(find func(c *module.Call) (string, error), name string) getter {
	name = strings.ReplaceAll(name, "_", "-")
	return func(c *module.Call) module.Value {
		v, err := find(c)
		if err != nil {
			return null
		}
		if scheme, list, ok := strings.Cut(v, " "); ok && sip.EqualFold(scheme, "Digest") {
			p := digestParam(list, name)
			return orNull(p)
		}
		p, _ := findParam(paramsOf(v), ';', func(n string, _ int) bool { return sip.EqualFold(n, name) })
		return orNull(p.Value)
	}
}

// paramsOf is what follows the value of a header: behind the bracket of an
// address, else behind the first semicolon.
func paramsOf(v string) string {
	if a, err := sip.ParseNameAddr(v); err == nil && a.Bracketed {
		return string(a.Params)
	}
	i := unquotedIndex(v, ';')
	return v[min(i+1, len(v)):]
}

// listValue is the n-th of all values of a header, counted from 1.
func listValue(c *module.Call, h *headerName, whole bool, n int) (string, bool) {
	found, ok := "", false
	total := 0
	if n < 0 {
		eachValue(c, h, whole, func(string) bool { total++; return true })
		if n += total + 1; n < 1 {
			return "", false
		}
	}
	n = max(n, 1)
	eachValue(c, h, whole, func(v string) bool {
		if n--; n == 0 {
			found, ok = v, true
		}
		return n > 0
	})
	return found, ok
}

func eachValue(c *module.Call, h *headerName, whole bool, f func(v string) bool) {
	for at := h.next(c, h.name.fixed, -1); at >= 0; at = h.next(c, h.name.fixed, at) {
		list := c.Msg.Header(at).Value
		if whole {
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

func joinedValues(c *module.Call, h *headerName, part func(v string) string) module.Value {
	if h.next(c, h.name.fixed, -1) < 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		first := true
		eachValue(c, h, false, func(v string) bool {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, part(v)...)
			return true
		})
		return b
	})
}

// existsSelect is hf_value_exists.name.value.
func existsSelect(rest []word) (getter, error) {
	if len(rest) != 2 {
		return nil, errors.New("expected hf_value_exists.header.value")
	}
	h := &headerName{name: dynamic{fixed: strings.ReplaceAll(rest[0].name, "_", "-")}}
	h.typ = sip.ParseHeaderType(h.name.fixed)
	return func(c *module.Call) module.Value {
		n := 0
		eachValue(c, h, false, func(v string) bool {
			if sip.EqualFold(v, rest[1].name) {
				n = 1
			}
			return n == 0
		})
		return number(n)
	}, nil
}
