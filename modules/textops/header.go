// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errHeaderEmpty = errors.New("the header is empty")
	errNameEmpty   = errors.New("the header name is empty")
)

// headerName checks the name of a header.
func headerName(text string) (any, error) {
	if text == "" {
		return nil, errNameEmpty
	}
	return nil, nil
}

// appendHeader is append_hf(txt[, hdr]): behind the last header with the name,
// behind all where there is none.
func appendHeader(c *module.Call, a module.Args) module.Result {
	text, name := a.Str(0), a.Str(1)
	if text == "" {
		return c.Fail("append_hf", errHeaderEmpty)
	}
	at := c.Msg.HeadersEnd()
	if name != "" {
		for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
			at = c.Msg.Header(i).End
		}
	}
	c.Msg.Insert(at, sip.After, text)
	return module.True
}

// insertHeader is insert_hf(txt[, hdr]): before the first header with the name,
// before all where there is none.
func insertHeader(c *module.Call, a module.Args) module.Result {
	text, name := a.Str(0), a.Str(1)
	if text == "" {
		return c.Fail("insert_hf", errHeaderEmpty)
	}
	at := c.Msg.FirstLineEnd()
	if name != "" {
		if i := c.Msg.FirstNamed(name); i >= 0 {
			at = c.Msg.Header(i).Start
		}
	}
	c.Msg.Insert(at, sip.After, text)
	return module.True
}

// appendURIHeader is append_urihf(prefix, suffix): the Request-URI is the one
// that arrived.
func appendURIHeader(c *module.Call, a module.Args) module.Result {
	text := append(c.Mem.Begin(), a.Str(0)...)
	text = append(append(text, c.Msg.RequestURI...), a.Str(1)...)
	c.Msg.AppendHeader(c.Mem.Keep(text))
	return module.True
}

// hasHeader is is_present_hf(hf_name) and is_present_hf_pv(hf_name).
func hasHeader(c *module.Call, a module.Args) module.Result {
	return module.Bool(c.Msg.FirstNamed(a.Str(0)) >= 0)
}

// hasHeaderMatch is is_present_hf_re(hf_name_re) and its _pv form.
func hasHeaderMatch(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("is_present_hf_re", a[0].Err)
	}
	for i := range c.Msg.NumHeaders() {
		if re.MatchString(c.Msg.Header(i).Name) {
			return module.True
		}
	}
	return module.False
}
