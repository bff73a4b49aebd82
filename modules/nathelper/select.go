// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"fmt"
	"net/netip"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// SelectAddress finds what @nathelper.name[index] names, for pv: the value of
// an address. There is one name: rewrite_contact.
func (n *NATHelper) SelectAddress(name string, index int) (func(c *module.Call) (string, error), error) {
	if name != "rewrite_contact" {
		return nil, fmt.Errorf("module nathelper has no select %q", name)
	}
	return func(c *module.Call) (string, error) {
		value, ok := contactValue(c.Msg, index)
		if !ok {
			return "", nil
		}
		a, err := sip.ParseNameAddr(value)
		if err != nil {
			return "", err
		}
		u, err := sip.ParseURI(a.URI)
		if err != nil || !u.IsSIP() {
			return "", errContact
		}
		return withSource(c, value, &u), nil
	}, nil
}

// contactValue is the value of a number, from 1. As in Kamailio those of one
// header are counted from its end.
func contactValue(m *sip.Message, number int) (string, bool) {
	if number < 1 {
		return "", false
	}
	for i := m.First(sip.HeaderContact); i >= 0; i = m.Next(sip.HeaderContact, i) {
		var values []string
		for rest := m.HeaderValueAt(i); ; {
			one, more, ok := sip.NextListValue(rest)
			if !ok {
				break
			}
			values, rest = append(values, one), more
		}
		if number <= len(values) {
			value := values[len(values)-number]
			return value, value != "*"
		}
		number -= len(values)
	}
	return "", false
}

// withSource puts the source of the message in the place of host and port.
func withSource(c *module.Call, value string, u *sip.URI) string {
	from := c.Msg.Offset(u.Host) - c.Msg.Offset(value)
	to := from + len(u.Host)
	if p := u.PortText; p != "" {
		to = c.Msg.Offset(p) - c.Msg.Offset(value) + len(p)
	}
	source := netip.AddrPortFrom(c.Packet.Src.Addr().Unmap().WithZone(""), c.Packet.Src.Port())
	return c.Mem.Keep(append(source.AppendTo(append(c.Mem.Begin(), value[:from]...)), value[to:]...))
}
