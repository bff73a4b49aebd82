// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// address is one of the headers that hold one address.
type address struct {
	get func(c *module.Call) (*sip.NameAddr, error)
	uri func(c *module.Call) (*sip.URI, error)
}

var (
	from = address{
		func(c *module.Call) (*sip.NameAddr, error) { return c.Msg.From() },
		func(c *module.Call) (*sip.URI, error) { return c.Msg.FromURI() },
	}
	to = address{
		func(c *module.Call) (*sip.NameAddr, error) { return c.Msg.To() },
		func(c *module.Call) (*sip.URI, error) { return c.Msg.ToURI() },
	}
	preferred = first(sip.HeaderPPreferredIdentity)
)

// first is the first address of the headers of a type.
func first(t sip.HeaderType) address {
	get := func(c *module.Call) (*sip.NameAddr, error) {
		value, _, ok := sip.NextListValue(c.Msg.Value(t))
		if !ok {
			return nil, sip.ErrAbsent
		}
		a, err := sip.ParseNameAddr(value)
		return &a, err
	}
	return address{get, func(c *module.Call) (*sip.URI, error) {
		a, err := get(c)
		if err != nil {
			return nil, err
		}
		u, err := a.ParseURI()
		return &u, err
	}}
}

func addressVariables() []module.Variable {
	return []module.Variable{
		write("fu", from.text(nameAddrURI), from.replaceURI, "URI of From"),
		write("from", from.text(nameAddrURI), from.replaceURI, "URI of From"),
		write("fU", from.part(uriUser), from.replaceUser, "user of the From URI"),
		write("from.user", from.part(uriUser), from.replaceUser, "user of the From URI"),
		write("fd", from.part(uriHost), from.replaceHost, "host of the From URI"),
		write("from.domain", from.part(uriHost), from.replaceHost, "host of the From URI"),
		write("fn", from.text(nameAddrDisplay), from.replaceDisplay, "display name of From"),
		read("ft", func(c *module.Call) module.Value { return orNull(c.Msg.FromTag()) }, "tag of From"),
		read("fUl", from.part(uriUserLen), "length of the user of the From URI"),
		read("ful", from.text(nameAddrLen), "length of the From URI"),
		write("tu", to.text(nameAddrURI), to.replaceURI, "URI of To"),
		write("to", to.text(nameAddrURI), to.replaceURI, "URI of To"),
		write("tU", to.part(uriUser), to.replaceUser, "user of the To URI"),
		write("to.user", to.part(uriUser), to.replaceUser, "user of the To URI"),
		write("td", to.part(uriHost), to.replaceHost, "host of the To URI"),
		write("to.domain", to.part(uriHost), to.replaceHost, "host of the To URI"),
		write("tn", to.text(nameAddrDisplay), to.replaceDisplay, "display name of To"),
		read("tt", func(c *module.Call) module.Value { return orNull(c.Msg.ToTag()) }, "tag of To"),
		write("tUl", to.part(uriUserLen), to.replaceUser, "length of the user of the To URI; assigned it is the user, as $tU"),
		read("tts", localTag, "tag that a stateless reply of ours would have"),
		read("ai", first(sip.HeaderPAssertedIdentity).text(nameAddrURI), "URI of P-Asserted-Identity"),
		read("pu", preferred.text(nameAddrURI), "URI of P-Preferred-Identity"),
		read("pU", preferred.part(uriUser), "user of P-Preferred-Identity"),
		read("pd", preferred.part(uriHost), "host of P-Preferred-Identity"),
		read("pn", preferred.text(nameAddrDisplay), "display name of P-Preferred-Identity"),
		read("re", first(sip.HeaderRemotePartyID).text(nameAddrURI), "URI of Remote-Party-ID"),
		read("rt", first(sip.HeaderReferTo).text(nameAddrURI), "URI of Refer-To"),
		read("di", first(sip.HeaderDiversion).text(nameAddrURI), "URI of Diversion"),
		read("dir", first(sip.HeaderDiversion).param("reason"), "parameter reason of Diversion"),
		read("dip", first(sip.HeaderDiversion).param("privacy"), "parameter privacy of Diversion"),
		read("dic", first(sip.HeaderDiversion).param("counter"), "parameter counter of Diversion"),
	}
}

func nameAddrURI(a *sip.NameAddr) module.Value     { return orNull(a.URI) }
func nameAddrDisplay(a *sip.NameAddr) module.Value { return orNull(a.Display) }
func nameAddrLen(a *sip.NameAddr) module.Value     { return number(len(a.URI)) }

func (a address) text(part func(a *sip.NameAddr) module.Value) getter {
	return func(c *module.Call) module.Value {
		n, err := a.get(c)
		if err != nil {
			return null
		}
		return part(n)
	}
}

func (a address) part(part func(u *sip.URI) module.Value) getter {
	return func(c *module.Call) module.Value {
		u, err := a.uri(c)
		if err != nil {
			return null
		}
		return part(u)
	}
}

func (a address) param(name string) getter {
	return func(c *module.Call) module.Value {
		n, err := a.get(c)
		if err != nil {
			return null
		}
		v, ok := n.Params.Lookup(name)
		if !ok {
			return null
		}
		return avp.String(sip.Unquote(v))
	}
}

var errNoAddress = errors.New("the header is absent or cannot be read")

// The assignments below are edits of the message: they are seen only after
// msg_apply_changes(), and a second one appends to the first, as in Kamailio.

func (a address) replace(c *module.Call, old, text string) error {
	at := c.Msg.Offset(old)
	if at < 0 {
		return errNoAddress
	}
	c.Msg.Replace(at, at+len(old), text)
	return nil
}

func (a address) replaceURI(c *module.Call, v module.Value) error {
	n, err := a.get(c)
	if err != nil {
		return errNoAddress
	}
	if v.Kind == avp.Int || v.Str == "" {
		return errNeedString
	}
	return a.replace(c, n.URI, v.Str)
}

func (a address) replaceUser(c *module.Call, v module.Value) error {
	u, err := a.uri(c)
	if err != nil {
		return errNoAddress
	}
	if v.Kind == avp.Int {
		return errNeedString
	}
	if u.User != "" {
		return a.replace(c, u.User, v.Str)
	}
	at := c.Msg.Offset(u.Host)
	if at < 0 {
		return errNoAddress
	}
	c.Msg.Insert(at, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), v.Str...), '@')))
	return nil
}

func (a address) replaceHost(c *module.Call, v module.Value) error {
	u, err := a.uri(c)
	if err != nil {
		return errNoAddress
	}
	if v.Kind == avp.Int || v.Str == "" {
		return errNeedString
	}
	return a.replace(c, u.Host, v.Str)
}

func (a address) replaceDisplay(c *module.Call, v module.Value) error {
	n, err := a.get(c)
	if err != nil {
		return errNoAddress
	}
	if v.Kind == avp.Int {
		return errNeedString
	}
	if n.Display != "" {
		return a.replace(c, n.Display, v.Str)
	}
	at := c.Msg.Offset(n.Raw)
	if at < 0 {
		return errNoAddress
	}
	if n.Bracketed {
		c.Msg.Insert(at, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), v.Str...), ' ')))
		return nil
	}
	at = c.Msg.Offset(n.URI)
	c.Msg.Insert(at, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), v.Str...), " <"...)))
	c.Msg.Insert(at+len(n.URI), sip.After, ">")
	return nil
}

func localTag(c *module.Call) module.Value {
	return build(c, func(b []byte) []byte { return c.Host.Transactions().AppendStatelessTag(b, c.Msg) })
}
