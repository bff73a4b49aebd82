// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNoContact = errors.New("there is no Contact header")
	errBase64    = errors.New("the parameter is no address in Base64")
	errSeparator = errors.New("contact_flds_separator is one character")
)

// notEncoded is the result for an address that encode_contact did not make.
const notEncoded module.Result = -26

// contacts calls f with the address of each value of the first Contact header,
// as Kamailio looks at no other one. A star has no address.
func contacts(c *module.Call, f func(uri string) module.Result) module.Result {
	i := c.Msg.First(sip.HeaderContact)
	if i < 0 {
		return module.True
	}
	list := c.Msg.HeaderValueAt(i)
	for one, rest, ok := sip.NextListValue(list); ok; one, rest, ok = sip.NextListValue(rest) {
		contact, err := sip.ParseContact(one)
		switch {
		case err != nil:
			return c.Fail("contact", err)
		case contact.Star:
			continue
		}
		if r := f(contact.URI); r != module.True {
			return r
		}
	}
	return module.True
}

// put replaces a text of the message.
func put(c *module.Call, old, text string) {
	at := c.Msg.Offset(old)
	c.Msg.Replace(at, at+len(old), text)
}

// encodeParam is contact_param_encode(pname, saddr).
func encodeParam(c *module.Call, a module.Args) module.Result {
	return contacts(c, func(uri string) module.Result {
		text := append(append(c.Mem.Begin(), a.Str(1)...), ';')
		text = append(append(text, a.Str(0)...), '=')
		put(c, uri, c.Mem.Keep(base64.RawURLEncoding.AppendEncode(text, []byte(uri))))
		return module.True
	})
}

// decoded is the address in a parameter of another; "" when it has none.
func decoded(uri, name string) (string, error) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return "", err
	}
	value, ok := u.Params.Lookup(name)
	if !ok {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil || len(text) == 0 {
		return "", errBase64
	}
	return string(text), nil
}

// decodeParam is contact_param_decode(pname).
func decodeParam(c *module.Call, a module.Args) module.Result {
	return contacts(c, func(uri string) module.Result {
		text, err := decoded(uri, a.Str(0))
		if err != nil {
			return c.Fail("contact_param_decode", err)
		}
		if text != "" {
			put(c, uri, text)
		}
		return module.True
	})
}

// decodeParamRequestURI is contact_param_decode_ruri(pname).
func decodeParamRequestURI(c *module.Call, a module.Args) module.Result {
	text, err := decoded(c.Target.URI, a.Str(0))
	if err != nil {
		return c.Fail("contact_param_decode_ruri", err)
	}
	if text != "" {
		c.Target.URI = c.Keep(text)
	}
	return module.True
}

// removeParam is contact_param_rm(pname).
func removeParam(c *module.Call, a module.Args) module.Result {
	return contacts(c, func(uri string) module.Result {
		if p, ok := uriParameter(uri, a.Str(0)); ok {
			at := c.Msg.Offset(p.Name)
			end := at + len(p.Name)
			if p.HasValue {
				end = c.Msg.Offset(p.Value) + len(p.Value)
			}
			c.Msg.Delete(strings.LastIndexByte(c.Msg.Raw()[:at], ';'), end)
		}
		return module.True
	})
}

// hasParam is contact_param_check(pname).
func hasParam(c *module.Call, a module.Args) module.Result {
	found := module.False
	r := contacts(c, func(uri string) module.Result {
		if _, ok := uriParameter(uri, a.Str(0)); ok {
			found = module.True
		}
		return module.True
	})
	return min(r, found)
}

func uriParameter(uri, name string) (sip.Param, bool) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return sip.Param{}, false
	}
	for one, rest, ok := u.Params.Next(); ok; one, rest, ok = rest.Next() {
		if sip.EqualFold(one.Name, name) {
			return one, true
		}
	}
	return sip.Param{}, false
}

// setSeparator is the parameter contact_flds_separator.
func (s *Siputils) setSeparator(text string) error {
	if text == "" {
		return errSeparator
	}
	s.separator = text[:1]
	return nil
}

// encodeContact is encode_contact(encoding_prefix, hostpart).
func (s *Siputils) encodeContact(c *module.Call, a module.Args) module.Result {
	if !c.Msg.HasHeader(sip.HeaderContact) {
		return c.Fail("encode_contact", errNoContact)
	}
	return contacts(c, func(uri string) module.Result {
		u, err := sip.ParseURI(uri)
		if err != nil {
			return c.Fail("encode_contact", err)
		}
		transport, _ := u.Params.Lookup("transport")
		text := append(append(c.Mem.Begin(), "sip:"...), a.Str(0)...)
		for _, field := range [...]string{u.User, u.Password, u.Host, u.PortText, transport} {
			text = append(append(text, s.separator...), field...)
		}
		put(c, uri, c.Mem.Keep(append(append(text, '@'), a.Str(1)...)))
		return module.True
	})
}

// decodeContact undoes encodeContact for one address.
func (s *Siputils) decodeContact(c *module.Call, uri string) (string, bool) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return "", false
	}
	fields := strings.Split(u.User, s.separator)
	if len(fields) != 6 || fields[3] == "" {
		return "", false
	}
	user, password, host, port, transport := fields[1], fields[2], fields[3], fields[4], fields[5]
	text := append(c.Mem.Begin(), "sip:"...)
	if user != "" {
		text = append(text, user...)
		if password != "" {
			text = append(append(text, ':'), password...)
		}
		text = append(text, '@')
	}
	text = append(text, host...)
	if port != "" {
		text = append(append(text, ':'), port...)
	}
	if transport != "" {
		text = append(append(text, ";transport="...), transport...)
	}
	return c.Mem.Keep(text), true
}

// decodeRequestURI is decode_contact().
func (s *Siputils) decodeRequestURI(c *module.Call, _ module.Args) module.Result {
	text, ok := s.decodeContact(c, c.Target.URI)
	if !ok {
		return notEncoded
	}
	c.Target.URI = c.Keep(text)
	return module.True
}

// decodeHeader is decode_contact_header().
func (s *Siputils) decodeHeader(c *module.Call, _ module.Args) module.Result {
	if !c.Msg.HasHeader(sip.HeaderContact) {
		return c.Fail("decode_contact_header", errNoContact)
	}
	return contacts(c, func(uri string) module.Result {
		text, ok := s.decodeContact(c, uri)
		if !ok {
			return notEncoded
		}
		put(c, uri, text)
		return module.True
	})
}
