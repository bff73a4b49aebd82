// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errEmpty = errors.New("the header is empty")
	errName  = errors.New("the header name is empty")
)

// headerName compiles the name of a header.
func headerName(text string) (any, error) {
	if text == "" {
		return nil, errName
	}
	return nil, nil
}

// appendHeader is append_hf(txt[, hdr]): behind the last header with the name,
// behind all where there is none.
func appendHeader(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	if text == "" {
		return c.Fail("append_hf", errEmpty)
	}
	at := c.Msg.HeadersEnd()
	if name := a.Str(1); name != "" {
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
	text := a.Str(0)
	if text == "" {
		return c.Fail("insert_hf", errEmpty)
	}
	at := c.Msg.FirstLineEnd()
	if name := a.Str(1); name != "" {
		if i := c.Msg.FirstNamed(name); i >= 0 {
			at = c.Msg.Header(i).Start
		}
	}
	c.Msg.Insert(at, sip.After, text)
	return module.True
}

// removeHeader is remove_hf(hname) and remove_hf_pv(hname).
func removeHeader(c *module.Call, a module.Args) module.Result {
	found := module.False
	name := a.Str(0)
	for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
		c.Msg.DeleteHeader(i)
		found = module.True
	}
	return found
}

// hasHeader is is_present_hf(hf_name) and is_present_hf_pv(hf_name).
func hasHeader(c *module.Call, a module.Args) module.Result {
	return module.Bool(c.Msg.FirstNamed(a.Str(0)) >= 0)
}
