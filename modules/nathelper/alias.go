// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

var errBadAlias = errors.New("the alias cannot be read")

// alias is the value of an alias parameter: address~port~number of the protocol.
type alias struct {
	host, port string
	proto      transport.Proto
}

func parseAlias(text string) (alias, bool) {
	host, rest, _ := strings.Cut(text, "~")
	port, number, ok := strings.Cut(rest, "~")
	if _, isAddr := sip.ParseHostAddr(host); !ok || !isAddr {
		return alias{}, false
	}
	if strings.Contains(host, ":") && host[0] != '[' {
		host = "[" + host + "]"
	}
	if n, isNumber := sip.ParseUint(port); !isNumber || n == 0 || n > 65535 {
		return alias{}, false
	}
	if len(number) != 1 || number[0] < '1' || number[0] > '6' {
		return alias{}, false
	}
	return alias{host, port, transport.Proto(number[0] - '0')}, true
}

// append appends the URI of the alias.
func (a *alias) append(dst []byte, always bool) []byte {
	dst = append(append(append(append(dst, "sip:"...), a.host...), ':'), a.port...)
	if a.proto == transport.UDP && !always {
		return dst
	}
	return append(append(dst, ";transport="...), a.proto.Param()...)
}

// lookUp finds the first or last alias among parameters, with a value; before
// are the parameters in front of it and after those behind, without the
// semicolons beside it.
func (n *NATHelper) lookUp(p sip.Params, last bool) (value string, before, after sip.Params, ok bool) {
	text := string(p)
	for start := 0; start <= len(text) && text != ""; {
		end := len(text)
		if i := strings.IndexByte(text[start:], ';'); i >= 0 {
			end = start + i
		}
		name, v, _ := strings.Cut(text[start:end], "=")
		if name == n.aliasName && v != "" {
			value, ok = v, true
			before, after = p[:max(start-1, 0)], p[min(end+1, len(p)):]
			if !last {
				return value, before, after, true
			}
		}
		start = end + 1
	}
	return value, before, after, ok
}

// handleAlias is handle_ruri_alias([mode]).
func (n *NATHelper) handleAlias(c *module.Call, a module.Args) module.Result {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return c.Fail("handle_ruri_alias", err)
	}
	value, before, after, ok := n.lookUp(u.Params, a.Int(0, 0) != 0)
	if !ok {
		return nothing
	}
	to, ok := parseAlias(value)
	if !ok {
		return c.Fail("handle_ruri_alias", errBadAlias)
	}
	u.Params = before
	if after != "" {
		if u.Params = after; before != "" {
			u.Params = sip.Params(c.Mem.Keep(append(append(append(c.Mem.Begin(), before...), ';'), after...)))
		}
	}
	hop := c.Keep(c.Mem.Keep(to.append(c.Mem.Begin(), false)))
	c.Target.URI = c.Keep(c.Mem.Keep(u.Append(c.Mem.Begin())))
	c.Target.DstURI = hop
	return module.True
}

// aliasToVar is set_alias_to_pv(target_avp).
func (n *NATHelper) aliasToVar(c *module.Call, a module.Args) module.Result {
	to, ok := a.Var(0).(module.Assignable)
	k, _, err := find(c)
	if !ok || err != nil {
		return module.False
	}
	value, _, _, ok := n.lookUp(k.parsed.Params, false)
	if !ok {
		return module.False
	}
	parsed, ok := parseAlias(value)
	if !ok {
		return c.Fail("set_alias_to_pv", errBadAlias)
	}
	uri := c.Mem.Keep(parsed.append(c.Mem.Begin(), true))
	if err := to.Set(c, module.Index{}, avp.String(uri)); err != nil {
		return c.Fail("set_alias_to_pv", err)
	}
	return module.True
}
