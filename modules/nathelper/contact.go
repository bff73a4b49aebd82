// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errContact   = errors.New("there is no Contact that can be rewritten")
	errStar      = errors.New("the Contact is a star")
	errRewritten = errors.New("the Contact was rewritten already")
)

// contact is the Contact value that functions edit: the last one of the first
// header, as in Kamailio. A phone sends one.
type contact struct {
	index  int    // in Message.Contacts
	uri    string // as it stands in the message
	host   int    // offset of the host in the message
	port   int    // offset of the end of host and port
	parsed sip.URI
	bare   bool // without angle brackets
}

// find finds the Contact; there is false where the message has none.
func find(c *module.Call) (k contact, there bool, err error) {
	i := c.Msg.First(sip.HeaderContact)
	if i < 0 {
		return k, false, errContact
	}
	list, rest := "", c.Msg.HeaderValueAt(i)
	for k.index = -1; ; k.index++ {
		one, more, ok := sip.NextListValue(rest)
		if !ok {
			break
		}
		list, rest = one, more
	}
	one, err := sip.ParseContact(list)
	if err != nil {
		return k, true, err
	}
	if one.Star {
		return k, true, errStar
	}
	k.uri, k.bare = one.URI, !one.Bracketed
	if k.parsed, err = sip.ParseURI(one.URI); err != nil || !k.parsed.IsSIP() {
		return k, true, errContact
	}
	k.host = c.Msg.Offset(k.parsed.Host)
	k.port = k.host + len(k.parsed.Host)
	if p := k.parsed.PortText; p != "" {
		k.port = c.Msg.Offset(p) + len(p)
	}
	return k, true, nil
}

// rewritten tells whether save() would see another URI than the message has.
func (k *contact) rewritten(c *module.Call) bool {
	list, _ := c.Msg.Contacts()
	return k.index >= len(list) || list[k.index].URI != k.uri
}

// replace puts a URI in the place of the Contact's. angle encloses it in
// brackets where it has none.
func (k *contact) replace(c *module.Call, uri string, angle bool) {
	at := c.Msg.Offset(k.uri)
	text := uri
	if angle && k.bare {
		text = c.Mem.Keep(append(append(append(c.Mem.Begin(), '<'), uri...), '>'))
	}
	c.Msg.Replace(at, at+len(k.uri), text)
	c.Msg.RewriteContact(k.index, uri)
}

// appendWithout appends a list of parameters, a semicolon in front of each, but
// those of one name.
func appendWithout(dst []byte, p sip.Params, name string) []byte {
	for one, rest, ok := p.Next(); ok; one, rest, ok = rest.Next() {
		if sip.EqualFold(one.Name, name) {
			continue
		}
		if dst = append(append(dst, ';'), one.Name...); one.HasValue {
			dst = append(append(dst, '='), one.Value...)
		}
	}
	return dst
}

// fixContact is fix_nated_contact(). A maddr would lead past the new address.
func (n *NATHelper) fixContact(c *module.Call, _ module.Args) module.Result {
	k, there, err := find(c)
	if !there || err == errStar {
		return module.False
	}
	if err == nil && k.rewritten(c) {
		err = errRewritten
	}
	if err != nil {
		return c.Fail("fix_nated_contact", err)
	}
	start := c.Msg.Offset(k.uri)
	raw := c.Msg.Raw()
	uri := append(c.Mem.Begin(), raw[start:k.host]...)
	uri = appendSource(uri, c.Packet.Src)
	if k.parsed.Params.Has("maddr") {
		uri = appendWithout(uri, k.parsed.Params, "maddr")
		if k.parsed.Headers != "" {
			uri = append(append(uri, '?'), k.parsed.Headers...)
		}
	} else {
		uri = append(uri, raw[k.port:start+len(k.uri)]...)
	}
	k.replace(c, c.Mem.Keep(uri), false)
	return module.True
}

// appendAlias appends the alias parameter for the source of the message.
func (n *NATHelper) appendAlias(dst []byte, c *module.Call) []byte {
	dst = append(append(append(dst, ';'), n.aliasName...), '=')
	dst = append(sip.AppendHost(dst, c.Packet.Src.Addr()), '~')
	dst = append(strconv.AppendUint(dst, uint64(c.Packet.Src.Port()), 10), '~')
	return strconv.AppendUint(dst, uint64(c.Packet.Socket.Proto), 10)
}

// setAlias is set_contact_alias([trim]).
func (n *NATHelper) setAlias(c *module.Call, a module.Args) module.Result {
	return n.putAlias(c, a.Int(0, 0) != 0)
}

// trimAlias is set_contact_alias_trim() of Lua.
func (n *NATHelper) trimAlias(c *module.Call, _ module.Args) module.Result {
	return n.putAlias(c, true)
}

// putAlias is false without a word where there is no address to rewrite: scripts
// call it for each message of a client behind NAT, and an ACK has no Contact.
func (n *NATHelper) putAlias(c *module.Call, trim bool) module.Result {
	k, there, err := find(c)
	if !there || err == errStar {
		return module.False
	}
	if err == nil && k.rewritten(c) {
		err = errRewritten
	}
	if err != nil {
		return c.Fail("set_contact_alias", err)
	}
	uri := c.Mem.Begin()
	if trim {
		start := c.Msg.Offset(k.uri)
		uri = appendWithout(append(uri, c.Msg.Raw()[start:k.port]...), k.parsed.Params, n.aliasName)
		if k.parsed.Headers != "" {
			uri = append(append(uri, '?'), k.parsed.Headers...)
		}
	} else {
		uri = append(uri, k.uri...)
	}
	k.replace(c, c.Mem.Keep(n.appendAlias(uri, c)), true)
	return module.True
}

// nothing is the result of functions that had nothing to do.
const nothing module.Result = 2

// addAlias is add_contact_alias([ip_addr, port, proto]).
func (n *NATHelper) addAlias(c *module.Call, a module.Args) module.Result {
	k, there, err := find(c)
	if !there {
		return nothing
	}
	if err == nil && k.rewritten(c) {
		if k.leadsToSource(c) {
			return nothing
		}
		err = errRewritten
	}
	if err != nil {
		return c.Fail("add_contact_alias", err)
	}
	param := c.Mem.Begin()
	if a[0].Given {
		if param, err = n.appendGiven(param, a.Str(0), a.Str(1), a.Str(2)); err != nil {
			return c.Fail("add_contact_alias", err)
		}
	} else {
		if isSource(&k.parsed, c) {
			return nothing
		}
		param = n.appendAlias(param, c)
	}
	if k.bare {
		param = append(param, '>')
		c.Msg.Insert(c.Msg.Offset(k.uri), sip.After, "<")
	}
	c.Msg.Insert(k.port, sip.After, c.Mem.Keep(param))
	return module.True
}

// leadsToSource tells whether the URI that was put into the message's place does,
// as that of fix_nated_contact: then there is no need for an alias.
func (k *contact) leadsToSource(c *module.Call) bool {
	list, _ := c.Msg.Contacts()
	if k.index >= len(list) {
		return false
	}
	u, err := sip.ParseURI(list[k.index].URI)
	return err == nil && isSource(&u, c)
}

// isSource tells whether a URI says where the message came from.
func isSource(u *sip.URI, c *module.Call) bool {
	a, ok := u.Addr()
	return ok && a.Unmap() == c.Packet.Src.Addr().Unmap() && portOf(u) == int(c.Packet.Src.Port()) && sameTransport(u.Transport(), c.Packet.Socket.Proto)
}

// sameTransport compares the transport of a URI, which tells no WSS, with a protocol.
func sameTransport(t, p sip.Transport) bool {
	return t == p || t == sip.TransportWS && p == sip.TransportWSS
}

var errGiven = errors.New("this is no address, port and protocol")

func (n *NATHelper) appendGiven(dst []byte, host, port, proto string) ([]byte, error) {
	addr, ok := sip.ParseHostAddr(host)
	number, isNumber := sip.ParseUint(port)
	p := sip.ParseTransport(proto)
	if !ok || !isNumber || number > 65535 || p == sip.TransportNone || p == sip.TransportOther {
		return dst, errGiven
	}
	dst = append(append(append(dst, ';'), n.aliasName...), '=')
	dst = append(append(append(sip.AppendHost(dst, addr), '~'), port...), '~')
	return strconv.AppendUint(dst, uint64(p), 10), nil
}

// addReceived is add_rcv_param([flag]).
func (n *NATHelper) addReceived(c *module.Call, a module.Args) module.Result {
	inURI := a.Int(0, 0) != 0
	if inURI && c.Packet.Socket.Proto != sip.TransportUDP {
		return c.Fail("add_rcv_param", errNotUDP)
	}
	text := append(c.Mem.Begin(), ";received="...)
	if inURI {
		text = appendReceived(text, c)
	} else {
		text = append(appendReceived(append(text, '"'), c), '"')
	}
	param := c.Mem.Keep(text)
	for i := c.Msg.First(sip.HeaderContact); i >= 0; i = c.Msg.Next(sip.HeaderContact, i) {
		list := c.Msg.HeaderValueAt(i)
		for one, rest, ok := sip.NextListValue(list); ok; one, rest, ok = sip.NextListValue(rest) {
			k, err := sip.ParseContact(one)
			if err != nil {
				return c.Fail("add_rcv_param", err)
			}
			if k.Star {
				continue
			}
			at := k.Raw
			if inURI {
				at = k.URI
			}
			c.Msg.Insert(c.Msg.Offset(at)+len(strings.TrimRight(at, " \t\r\n")), sip.After, param)
		}
	}
	return module.True
}

var errNotUDP = errors.New("the URI can have the parameter over UDP only")
