// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// bindSelect is $sel(path) and @path. All selects give texts.
func bindSelect(b module.Binder, inner string) (module.Accessor, error) {
	path, err := parsePath(strings.TrimPrefix(inner, "@"))
	if err != nil {
		return nil, err
	}
	g, err := selectOf(b, path)
	if err != nil {
		return nil, err
	}
	if path[0].name == "cfg_get" && b != nil && !b.Setting(path[1].name, path[2].name) {
		return nil, fmt.Errorf("there is no setting %s: write it above the routes, %[1]s = …, or see cfg.list", pathText(path[1:]))
	}
	return module.Getter(func(c *module.Call) module.Value {
		v := g(c)
		if v.Kind == avp.Int {
			return avp.String(text(c, v))
		}
		return v
	}), nil
}

// selector is a module that has selects, which begin with its name.
type selector interface {
	Select(path string) (func(c *module.Call) module.Value, error)
}

// addressSelector is a module that has selects of addresses, which begin with
// its name: NAME.what[index], and what of the address may stand behind it.
type addressSelector interface {
	SelectAddress(name string, index int) (func(c *module.Call) (string, error), error)
}

// selectOf finds what a path names: with us, or with the module that its first
// word names.
func selectOf(b module.Binder, path []word) (getter, error) {
	if b != nil && selectors[path[0].name] {
		if s, ok := b.Module(path[0].name).(selector); ok {
			return s.Select(pathText(path))
		}
		if s, ok := b.Module(path[0].name).(addressSelector); ok {
			return addressOf(s, path)
		}
	}
	return selectPath(path)
}

// addressOf is a select of a module that gives an address.
func addressOf(s addressSelector, path []word) (getter, error) {
	if len(path) < 2 || !path[1].given {
		return nil, fmt.Errorf("expected %s.name[number]", path[0].name)
	}
	value, err := s.SelectAddress(path[1].name, path[1].index)
	if err != nil {
		return nil, err
	}
	rest := path[2:]
	switch {
	case len(rest) == 0:
		return func(c *module.Call) module.Value {
			text, err := value(c)
			if err != nil {
				return null
			}
			return orNull(text)
		}, nil
	case rest[0].name == "nameaddr" && len(rest) > 1:
		return nameAddrSelect(value, rest[1:])
	}
	return nil, fmt.Errorf("an address has no part %q", pathText(rest))
}

// selectors are the modules that have selects.
var selectors = map[string]bool{"tls": true, "nathelper": true}

// word is one name of a select with its index.
type word struct {
	name  string
	index int
	given bool
	param string // a name in the index: param["x"]
}

// parsePath reads name[index].name…; a dot within quotes belongs to the name.
func parsePath(s string) ([]word, error) {
	var path []word
	for s != "" {
		end := unquotedIndex(s, '.')
		w, err := parseWord(strings.TrimSpace(s[:end]))
		if err != nil {
			return nil, err
		}
		path = append(path, w)
		s = s[min(end+1, len(s)):]
	}
	if len(path) == 0 {
		return nil, errors.New("the select is empty")
	}
	return path, nil
}

func parseWord(s string) (word, error) {
	w := word{name: s}
	if i := strings.IndexByte(s, '['); i >= 0 {
		if !strings.HasSuffix(s, "]") {
			return w, fmt.Errorf("the index of %q is not closed", s)
		}
		w.name = s[:i]
		index := strings.Trim(s[i+1:len(s)-1], " ")
		n, err := strconv.Atoi(index)
		if err != nil && index != "*" {
			w.param = strings.Trim(index, `"'`)
		}
		w.index, w.given = n, err == nil
	}
	if w.name == "" {
		return w, errors.New("a name of the select is empty")
	}
	return w, nil
}

func pathText(path []word) string {
	var parts []string
	for _, w := range path {
		parts = append(parts, w.name)
	}
	return strings.Join(parts, ".")
}

// spread makes ruri.user of ruri["user"]: a name in an index is a further word,
// where the word before it has none of its own.
func spread(path []word) []word {
	var out []word
	for i, w := range path {
		name := w.param
		if own := i > 0 && path[0].name != "hf_value_exists" || strings.HasSuffix(w.name, "authorization"); name == "" || own {
			out = append(out, w)
			continue
		}
		w.param = ""
		out = append(out, w, word{name: name})
	}
	return out
}

// headerSelects are those that give a header as it is.
var headerSelects = map[string]sip.HeaderType{"call_id": sip.HeaderCallID, "expires": sip.HeaderExpires, "date": sip.HeaderDate,
	"content_type": sip.HeaderContentType, "content_length": sip.HeaderContentLength, "user_agent": sip.HeaderUserAgent,
	"max_forwards": sip.HeaderMaxForwards, "subject": sip.HeaderSubject, "identity": sip.HeaderIdentity, "priority": sip.HeaderPriority, "organization": sip.HeaderOrganization,
	"session_expires": sip.HeaderSessionExpires, "min_se": sip.HeaderMinSE, "identity_info": sip.HeaderIdentityInfo, "sip_if_match": sip.HeaderSIPIfMatch}

// selectPath finds what a path names; anything that the table does not have is
// an error at start.
func selectPath(path []word) (getter, error) {
	path = spread(path)
	rest := path[1:]
	if t, ok := headerSelects[path[0].name]; ok {
		return only(rest, map[string]getter{"": header(t)})
	}
	switch path[0].name {
	case "ruri":
		return uriSelect(func(c *module.Call) string { return c.Target.URI }, rest)
	case "dst_uri":
		return uriSelect(func(c *module.Call) string { return c.Target.DstURI }, rest)
	case "next_hop":
		if len(rest) == 1 && rest[0].name == "src_ip" {
			return sourceAddress, nil
		}
		return uriSelect(nextHopURI, rest)
	case "from", "f":
		return addressSelect(func(c *module.Call) (string, error) { return c.Msg.Value(sip.HeaderFrom), nil }, header(sip.HeaderFrom), rest)
	case "to", "t":
		return addressSelect(func(c *module.Call) (string, error) { return c.Msg.Value(sip.HeaderTo), nil }, header(sip.HeaderTo), rest)
	case "rpid", "remote_party_id":
		return addressSelect(firstOf(sip.HeaderRemotePartyID), header(sip.HeaderRemotePartyID), rest)
	case "refer_to":
		return addressSelect(firstOf(sip.HeaderReferTo), header(sip.HeaderReferTo), rest)
	case "record_route", "rr":
		return addressSelect(firstOf(sip.HeaderRecordRoute), header(sip.HeaderRecordRoute), rest)
	case "contact", "m":
		return addressSelect(selectedContact, contactHeader, rest)
	case "via", "v":
		return viaSelect(path[0], rest)
	case "cseq":
		return only(rest, map[string]getter{
			"": header(sip.HeaderCSeq), "method": methodName,
			"num": cseqNumber,
		})
	case "event":
		return only(rest, map[string]getter{"": eventType})
	case "authorization":
		return digestSelect(sip.HeaderAuthorization, path[0], rest)
	case "proxy_authorization":
		return digestSelect(sip.HeaderProxyAuthorization, path[0], rest)
	case "method":
		if len(rest) > 0 {
			return nil, fmt.Errorf("the select has no part %q", pathText(rest))
		}
		return firstLineSelect(true, path)
	case "version", "status", "code", "reason":
		return only(rest, map[string]getter{"": firstLine[path[0].name]})
	case "msg":
		return messageSelect(rest)
	case "branch":
		return branchSelect(rest)
	case "src", "dst", "received":
		return placeSelect(path[0].name, rest)
	case "sys":
		return systemSelect(rest)
	case "cfg_get":
		if len(rest) != 2 {
			return nil, errors.New("expected cfg_get.group.name")
		}
		return getter(setting(rest[0].name, rest[1].name)), nil
	case "hf_value", "hf_value2":
		return headerSelect(path[0].name == "hf_value2", rest)
	case "hf_value_exists":
		return existsSelect(rest)
	}
	return nil, fmt.Errorf("unknown select %q", path[0].name)
}

// only serves a select with at most one further word, without indexes.
func only(rest []word, get map[string]getter) (getter, error) {
	if g := get[pathText(rest)]; g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("the select has no part %q", pathText(rest))
}

func eventType(c *module.Call) module.Value {
	event, _, _ := strings.Cut(c.Msg.Value(sip.HeaderEvent), ";")
	return orNull(strings.TrimSpace(event))
}

// uniqueText is sys.unique: another text each time, also after a restart.
func uniqueText(c *module.Call) module.Value {
	return build(c, func(b []byte) []byte {
		return fmt.Appendf(b, "%x-%x-%x", os.Getpid(), c.Host.Clock().Now().Unix(), rand.Uint64())
	})
}

// systemSelect is sys.pid, sys.now and the like.
func systemSelect(rest []word) (getter, error) {
	now := func(c *module.Call) int64 { return c.Host.Clock().Now().Unix() }
	ctime := "Mon Jan _2 15:04:05 2006"
	utc := func(c *module.Call) module.Value {
		return build(c, func(b []byte) []byte { return c.Host.Clock().Now().UTC().AppendFormat(b, ctime) })
	}
	return only(rest, map[string]getter{
		"pid":       func(*module.Call) module.Value { return number(os.Getpid()) },
		"server_id": func(c *module.Call) module.Value { return number(c.Host.Core().ServerID) },
		"now":       func(c *module.Call) module.Value { return avp.Number(now(c)) },
		"now.local": func(c *module.Call) module.Value {
			return build(c, func(b []byte) []byte { return c.Host.Clock().Now().Local().AppendFormat(b, ctime) })
		},
		"now.gmt": utc, "now.utc": utc, "unique": uniqueText,
	})
}

func placeSelect(which string, rest []word) (getter, error) {
	at := func(c *module.Call) (ip module.Value, port int) {
		if which == "src" {
			return addr(c, c.Packet.Src.Addr()), int(c.Packet.Src.Port())
		}
		return addr(c, c.Packet.Dst.Addr()), int(c.Packet.Dst.Port())
	}
	parts := map[string]getter{
		"ip":   func(c *module.Call) module.Value { ip, _ := at(c); return ip },
		"port": func(c *module.Call) module.Value { _, port := at(c); return number(port) },
		"ip_port": func(c *module.Call) module.Value {
			ip, port := at(c)
			return build(c, func(b []byte) []byte { return appendPort(append(b, ip.Str...), port) })
		},
	}
	if which == "received" {
		parts["proto"] = protoText
		parts["proto_ip_port"] = func(c *module.Call) module.Value {
			ip, port := at(c)
			return build(c, func(b []byte) []byte {
				return appendPort(append(append(append(b, proto(c).String()...), ':'), ip.Str...), port)
			})
		}
	}
	return only(rest, parts)
}

// messageSelect is msg, msg.body, msg.header.x and the like.
func messageSelect(rest []word) (getter, error) {
	if len(rest) > 0 && (rest[0].name == "header" || rest[0].name == "h") {
		return messageHeader(rest)
	}
	if len(rest) > 0 && (rest[0].name == "request" || rest[0].name == "response") {
		return firstLineSelect(rest[0].name == "request", rest[1:])
	}
	if len(rest) > 1 && (rest[0].name == "body" || rest[0].name == "content") && rest[1].name == "sdp" {
		return sdpSelect(rest[2:])
	}
	return only(rest, map[string]getter{
		"": rawMessage, "len": func(c *module.Call) module.Value { return number(len(c.Msg.Raw())) },
		"body": body, "content": body, "first_line": func(c *module.Call) module.Value { return avp.String(c.Msg.FirstLine()) },
		"type": func(c *module.Call) module.Value {
			if c.Msg.IsRequest() {
				return number(1)
			}
			return number(2)
		},
		"flags": func(c *module.Call) module.Value { return avp.Number(int64(c.Flags)) },
		"id":    func(c *module.Call) module.Value { return avp.Number(int64(c.Serial)) },
		"id.hex": func(c *module.Call) module.Value {
			return build(c, func(b []byte) []byte { return fmt.Appendf(b, "%08x", c.Serial) })
		},
	})
}

// messageHeader is msg.header, msg.header.x and msg.header["X"] with the parts
// of an address behind it.
func messageHeader(rest []word) (getter, error) {
	name := rest[0].param
	rest = rest[1:]
	if name == "" {
		if len(rest) == 0 {
			return func(c *module.Call) module.Value {
				raw := c.Msg.Raw() // the empty line belongs to it, as in Kamailio
				return avp.String(raw[c.Msg.FirstLineEnd():min(c.Msg.HeadersEnd()+2, len(raw))])
			}, nil
		}
		name, rest = strings.ReplaceAll(rest[0].name, "_", "-"), rest[1:]
	}
	h := &headerName{name: dynamic{fixed: name}, typ: sip.ParseHeaderType(name)}
	first := func(c *module.Call) (string, error) {
		at := h.next(c, name, -1)
		if at < 0 {
			return "", sip.ErrAbsent
		}
		return c.Msg.Header(at).Value, nil
	}
	raw := func(c *module.Call) module.Value {
		s, err := first(c)
		if err != nil {
			return null
		}
		return avp.String(s)
	}
	switch {
	case len(rest) == 0:
		return raw, nil
	case rest[0].name == "params":
		return addressSelect(first, raw, rest)
	case rest[0].name == "nameaddr" && len(rest) > 1 && rest[1].name == "params":
		return nameAddrSelect(func(c *module.Call) (string, error) {
			s, err := first(c)
			if v, _, ok := sip.NextListValue(s); ok && (rest[1].param != "" || len(rest) > 2) {
				s = v
			}
			return s, err
		}, rest[1:])
	case rest[0].name == "nameaddr" && len(rest) > 1:
		return nameAddrSelect(first, rest[1:])
	}
	return nil, fmt.Errorf("the select has no part %q", pathText(rest))
}

// sdpSelect is msg.body.sdp and msg.body.sdp.line["o"].
func sdpSelect(rest []word) (getter, error) {
	if len(rest) == 0 {
		return body, nil
	}
	letter := rest[0].param
	if letter == "" && len(rest) == 2 {
		letter = rest[1].name
	}
	if rest[0].name != "line" || len(letter) != 1 {
		return nil, errors.New("expected msg.body.sdp.line with the letter of a line")
	}
	prefix := letter + "="
	return func(c *module.Call) module.Value {
		line, ok := findLine(body(c).Str, func(l string, _ int) bool { return strings.HasPrefix(l, prefix) })
		if !ok {
			return null
		}
		return avp.String(line[len(prefix):])
	}, nil
}

// digestSelect is authorization["realm"].nonce: the credentials of a realm.
func digestSelect(t sip.HeaderType, first word, rest []word) (getter, error) {
	if first.param == "" {
		return nil, errors.New(`expected a realm: authorization["realm"]`)
	}
	find := func(c *module.Call) (string, bool) {
		return digestOf(c.Msg, t, first.param)
	}
	part := func(name string, f func(s string) string) getter {
		return func(c *module.Call) module.Value {
			v, ok := find(c)
			if !ok {
				return null
			}
			if name == "" {
				return avp.String(v)
			}
			s := digestParam(digestParams(v), name)
			return orNull(f(s))
		}
	}
	same := func(s string) string { return s }
	get := map[string]getter{"": part("", same)}
	for _, name := range []string{"algorithm", "cnonce", "nc", "nonce", "opaque", "qop", "realm", "response", "uri", "username"} {
		get[name] = part(name, same)
	}
	get["username.user"] = part("username", func(s string) string { user, _, _ := strings.Cut(s, "@"); return user })
	get["username.domain"] = part("username", func(s string) string { _, domain, _ := strings.Cut(s, "@"); return domain })
	return only(rest, get)
}
