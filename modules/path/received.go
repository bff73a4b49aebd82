// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

var errReceived = errors.New("the received address in the Route cannot be read")

// followReceived is told of each Route of ours that is followed: where it has the
// address that a registration came from, the request goes there.
func (p *Path) followReceived(c *module.Call, params string) {
	value, ok := sip.Params(params).Lookup(p.receivedName)
	if !ok {
		return
	}
	uri := c.Mem.Begin()
	if p.receivedFormat != 0 {
		uri, ok = appendAlias(uri, value)
	} else {
		uri = sip.AppendUnescaped(uri, value)
		_, err := sip.ParseURI(string(uri))
		ok = err == nil
	}
	if !ok {
		c.Fail("loose_route", errReceived)
		return
	}
	c.Target.DstURI = c.Keep(string(uri))
}

// appendAlias appends the URI for address~port~number.
func appendAlias(dst []byte, alias string) ([]byte, bool) {
	host, rest, ok := strings.Cut(alias, "~")
	port, number, two := strings.Cut(rest, "~")
	if _, isAddr := sip.ParseHostAddr(host); !ok || !two || !isAddr {
		return dst, false
	}
	if len(number) != 1 || number[0] < '1' || number[0] > '6' || port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
		return dst, false
	}
	dst = append(append(append(append(dst, "sip:"...), host...), ':'), port...)
	if proto := transport.Proto(number[0] - '0'); proto != transport.UDP {
		dst = append(append(dst, ";transport="...), proto.Param()...)
	}
	return dst, true
}
