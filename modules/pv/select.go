// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func parseWord(s string) (word, error) {
	w := word{name: s}
	if i := strings.IndexByte(s, '['); i >= 0 {
		if !strings.HasSuffix(s, "]") {
			return w, fmt.Errorf("the index of %q is not closed", s)
		}
		w.name = s[:i]
		index := strings.Trim(s[i+1:len(s)-1], " ")
		n, err := strconv.Atoi(index)
		if err != nil {
			w.param = strings.Trim(index, `"'`)
		}
		w.index, w.given = n, true
	}
	if w.name == "" {
		return w, errors.New("a name of the select is empty")
	}
	return w, nil
}

// selectPath finds what a path names. The table holds what configurations
// use; anything else is an error at start.
func selectPath(path []word) (getter, error) {
	rest := path[1:]
	switch path[0].name {
	case "ruri":
		return uriSelect(func(c *module.Call) string { return c.Target.URI }, rest)
	case "dst_uri":
		return uriSelect(func(c *module.Call) string { return c.Target.DstURI }, rest)
	case "from", "f":
		return addressSelect(func(c *module.Call) (string, error) { return c.Msg.Value(sip.HeaderFrom), nil }, sip.HeaderFrom, rest)
	case "to", "t":
		return addressSelect(func(c *module.Call) (string, error) { return c.Msg.Value(sip.HeaderTo), nil }, sip.HeaderTo, rest)
	case "rpid", "remote_party_id":
		return addressSelect(firstOf(sip.HeaderRemotePartyID), sip.HeaderRemotePartyID, rest)
	case "refer_to":
		return addressSelect(firstOf(sip.HeaderReferTo), sip.HeaderReferTo, rest)
	case "contact", "m":
		return addressSelect(lastContact, sip.HeaderContact, rest)
	case "via", "v":
		return viaSelect(path[0], rest)
	case "cseq":
		return only(rest, map[string]getter{"": header(sip.HeaderCSeq), "num": cseqNumber, "method": methodName})
	case "call_id", "i":
		return only(rest, map[string]getter{"": header(sip.HeaderCallID)})
	case "expires":
		return only(rest, map[string]getter{"": header(sip.HeaderExpires)})
	case "event":
		return only(rest, map[string]getter{"": header(sip.HeaderEvent)})
	case "date":
		return only(rest, map[string]getter{"": header(sip.HeaderDate)})
	case "content_type":
		return only(rest, map[string]getter{"": header(sip.HeaderContentType)})
	case "record_route":
		return only(rest, map[string]getter{"": header(sip.HeaderRecordRoute)})
	case "method":
		return only(rest, map[string]getter{"": methodName})
	case "msg":
		return only(rest, map[string]getter{
			"": func(c *module.Call) module.Value { return avp.String(c.Msg.Raw()) }, "len": func(c *module.Call) module.Value { return number(len(c.Msg.Raw())) },
			"body": body, "first_line": func(c *module.Call) module.Value { return avp.String(c.Msg.FirstLine()) },
		})
	case "src", "dst", "received":
		return placeSelect(path[0].name, rest)
	case "sys":
		return only(rest, map[string]getter{"pid": func(*module.Call) module.Value { return number(os.Getpid()) }})
	case "cfg_get":
		if len(rest) != 2 {
			return nil, errors.New("expected cfg_get.group.name")
		}
		return getter(setting(rest[0].name, rest[1].name)), nil
	case "hf_value":
		return headerSelect(rest)
	case "hf_value_exists":
		return existsSelect(rest)
	}
	return nil, fmt.Errorf("unknown select %q", path[0].name)
}

func firstOf(t sip.HeaderType) func(c *module.Call) (string, error) {
	return func(c *module.Call) (string, error) {
		v, _, ok := sip.NextListValue(c.Msg.Value(t))
		if !ok {
			return "", sip.ErrAbsent
		}
		return v, nil
	}
}

// lastContact is the contact that Kamailio takes: the last one of the message.
func lastContact(c *module.Call) (string, error) {
	list, err := c.Msg.Contacts()
	if len(list) == 0 {
		if err == nil {
			err = sip.ErrAbsent
		}
		return "", err
	}
	return list[len(list)-1].Raw, nil
}

// only serves a select with at most one further word, without indexes.
func only(rest []word, get map[string]getter) (getter, error) {
	name := ""
	if len(rest) > 0 {
		name = rest[0].name
	}
	if g := get[name]; g != nil && len(rest) < 2 {
		return g, nil
	}
	return nil, fmt.Errorf("the select has no part %q", pathText(rest))
}

func pathText(path []word) string {
	var parts []string
	for _, w := range path {
		parts = append(parts, w.name)
	}
	return strings.Join(parts, ".")
}

func uriSelect(of func(c *module.Call) string, rest []word) (getter, error) {
	if len(rest) == 0 {
		return func(c *module.Call) module.Value { return orNull(of(c)) }, nil
	}
	part, err := uriWord(rest)
	if err != nil {
		return nil, err
	}
	return uriPart(of, part), nil
}

// uriWord is a part of a URI in a select.
func uriWord(rest []word) (func(u *sip.URI) module.Value, error) {
	switch rest[0].name {
	case "user":
		return uriUser, nil
	case "pwd":
		return func(u *sip.URI) module.Value { return orNull(u.Password) }, nil
	case "host":
		return uriHost, nil
	case "port":
		return func(u *sip.URI) module.Value { return orNull(u.PortText) }, nil
	case "params":
		if len(rest) > 1 {
			name := rest[1].name
			return func(u *sip.URI) module.Value { return param(u.Params, name) }, nil
		}
		return func(u *sip.URI) module.Value { return orNull(string(u.Params)) }, nil
	case "type":
		return uriScheme, nil
	case "transport":
		return func(u *sip.URI) module.Value { return param(u.Params, "transport") }, nil
	case "hostport":
		return func(u *sip.URI) module.Value {
			if u.PortText == "" {
				return orNull(u.Host)
			}
			return avp.String(u.Host + ":" + u.PortText)
		}, nil
	}
	return nil, fmt.Errorf("a URI has no part %q", rest[0].name)
}

func param(list sip.Params, name string) module.Value {
	v, ok := list.Lookup(name)
	if !ok {
		return null
	}
	return avp.String(v)
}

// addressSelect serves a header with one address.
func addressSelect(value func(c *module.Call) (string, error), t sip.HeaderType, rest []word) (getter, error) {
	if len(rest) == 0 {
		return header(t), nil
	}
	part := func(f func(a *sip.NameAddr) module.Value) getter {
		return func(c *module.Call) module.Value {
			s, err := value(c)
			if err != nil || s == "" {
				return null
			}
			a, err := sip.ParseNameAddr(s)
			if err != nil {
				return null
			}
			return f(&a)
		}
	}
	switch rest[0].name {
	case "uri":
		if len(rest) == 1 {
			return part(nameAddrURI), nil
		}
		inner, err := uriWord(rest[1:])
		if err != nil {
			return nil, err
		}
		return part(func(a *sip.NameAddr) module.Value {
			u, err := a.ParseURI()
			if err != nil {
				return null
			}
			return inner(&u)
		}), nil
	case "name":
		return part(func(a *sip.NameAddr) module.Value { return avp.String(a.Display) }), nil
	case "tag", "expires", "q", "methods", "received", "instance":
		name := rest[0].name
		return part(func(a *sip.NameAddr) module.Value { return param(a.Params, name) }), nil
	case "params", "param":
		if len(rest) == 1 && rest[0].param == "" {
			return part(func(a *sip.NameAddr) module.Value { return orNull(string(a.Params)) }), nil
		}
		name := rest[0].param
		if name == "" {
			name = rest[1].name
		}
		return part(func(a *sip.NameAddr) module.Value { return param(a.Params, name) }), nil
	}
	return nil, fmt.Errorf("an address has no part %q", rest[0].name)
}

// viaSelect counts from 1, backwards from -1.
func viaSelect(first word, rest []word) (getter, error) {
	at := func(c *module.Call) (*sip.Via, error) {
		switch n := first.index; {
		case n < 0:
			return c.Msg.Via(c.Msg.NumVias() + n)
		case n > 0:
			return c.Msg.Via(n - 1)
		}
		return c.Msg.Via(0)
	}
	part := func(f func(v *sip.Via) module.Value) getter {
		return func(c *module.Call) module.Value {
			v, err := at(c)
			if err != nil {
				return null
			}
			return f(v)
		}
	}
	if len(rest) == 0 {
		return part(func(v *sip.Via) module.Value { return avp.String(v.Raw) }), nil
	}
	switch name := rest[0].name; name {
	case "host":
		return part(func(v *sip.Via) module.Value { return orNull(v.Host) }), nil
	case "port":
		return part(func(v *sip.Via) module.Value { return orNull(v.PortText) }), nil
	case "transport":
		return part(func(v *sip.Via) module.Value { return orNull(v.TransportText) }), nil
	case "branch", "rport", "received", "i", "alias", "maddr", "ttl":
		return part(func(v *sip.Via) module.Value { return param(v.Params, name) }), nil
	case "params", "param":
		if n := rest[0].param; n != "" {
			return part(func(v *sip.Via) module.Value { return param(v.Params, n) }), nil
		}
		if len(rest) > 1 {
			return part(func(v *sip.Via) module.Value { return param(v.Params, rest[1].name) }), nil
		}
		return nil, errors.New("expected the name of a parameter: via.params.name")
	}
	return nil, fmt.Errorf("a Via has no part %q", rest[0].name)
}

func placeSelect(which string, rest []word) (getter, error) {
	at := func(c *module.Call) (ip module.Value, port int) {
		if which == "src" {
			return addr(c, c.Packet.Src.Addr()), int(c.Packet.Src.Port())
		}
		return addr(c, c.Packet.Dst.Addr()), int(c.Packet.Dst.Port())
	}
	return only(rest, map[string]getter{
		"ip":    func(c *module.Call) module.Value { ip, _ := at(c); return ip },
		"port":  func(c *module.Call) module.Value { _, port := at(c); return number(port) },
		"proto": func(c *module.Call) module.Value { return avp.String(proto(c).String()) },
		"ip_port": func(c *module.Call) module.Value {
			ip, port := at(c)
			return build(c, func(b []byte) []byte { return appendPort(append(b, ip.Str...), port) })
		},
		"proto_ip_port": func(c *module.Call) module.Value {
			ip, port := at(c)
			return build(c, func(b []byte) []byte {
				return appendPort(append(append(append(b, proto(c).String()...), ':'), ip.Str...), port)
			})
		},
	})
}

// headerSelect is hf_value.name[index]: the values of all headers with that
// name, where _ stands for a dash; the index counts from 1.
func headerSelect(rest []word) (getter, error) {
	if len(rest) == 0 {
		return nil, errors.New("expected the name of a header: hf_value.name")
	}
	h := &headerName{name: dynamic{fixed: strings.ReplaceAll(rest[0].name, "_", "-")}}
	h.typ = sip.ParseHeaderType(h.name.fixed)
	value := func(c *module.Call) (string, bool) { return listValue(c, h, rest[0].index) }
	if len(rest) == 1 {
		if !rest[0].given {
			return func(c *module.Call) module.Value { return joinedValues(c, h) }, nil
		}
		return func(c *module.Call) module.Value {
			v, ok := value(c)
			if !ok {
				return null
			}
			return avp.String(v)
		}, nil
	}
	switch rest[1].name {
	case "uri", "name", "params", "param", "tag":
		if rest[1].name == "param" && rest[1].param == "" {
			return header(h.typ), nil
		}
		return addressSelect(func(c *module.Call) (string, error) {
			v, ok := value(c)
			if !ok {
				return "", sip.ErrAbsent
			}
			return v, nil
		}, h.typ, rest[1:])
	}
	return nil, fmt.Errorf("a header value has no part %q", rest[1].name)
}

// listValue is the n-th of all values of a header, counted from 1.
func listValue(c *module.Call, h *headerName, n int) (string, bool) {
	found, ok := "", false
	total := 0
	if n < 0 {
		eachValue(c, h, func(string) bool { total++; return true })
		n += total + 1
	}
	n = max(n, 1)
	eachValue(c, h, func(v string) bool {
		if n--; n == 0 {
			found, ok = v, true
		}
		return n > 0
	})
	return found, ok
}

func eachValue(c *module.Call, h *headerName, f func(v string) bool) {
	for at := h.next(c, h.name.fixed, -1); at >= 0; at = h.next(c, h.name.fixed, at) {
		list := c.Msg.Header(at).Value
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

func joinedValues(c *module.Call, h *headerName) module.Value {
	if h.next(c, h.name.fixed, -1) < 0 {
		return null
	}
	return build(c, func(b []byte) []byte {
		first := true
		eachValue(c, h, func(v string) bool {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, v...)
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
		eachValue(c, h, func(v string) bool {
			if sip.EqualFold(v, rest[1].name) {
				n = 1
			}
			return n == 0
		})
		return number(n)
	}, nil
}
