// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var errEmptyMatch = errors.New("the text to look for is empty")

// part is a part of a message that is searched for something to change. The
// first line is none: Kamailio leaves it alone.
type part uint8

const (
	headersAndBody part = iota
	headers
	body
)

// of returns the text of the part and its offset in the message.
func (p part) of(m *sip.Message) (text string, base int) {
	raw := m.Raw()
	switch p {
	case headers:
		return raw[m.FirstLineEnd():m.HeadersEnd()], m.FirstLineEnd()
	case body:
		return m.Body(), m.BodyStart()
	}
	return raw[m.FirstLineEnd():], m.FirstLineEnd()
}

// replaceFirst makes replace, replace_body and replace_hdrs(re, txt).
func replaceFirst(p part) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		re, ok := a[0].Data.(*ere.Regexp)
		if !ok {
			return c.Fail("replace", a[0].Err)
		}
		text, base := p.of(c.Msg)
		loc := re.Find(text)
		if text == "" || loc == nil {
			return module.False
		}
		c.Msg.Replace(base+loc[0], base+loc[1], a.Str(1))
		return module.True
	}
}

// replaceAll makes replace_all, replace_body_all and replace_body_atonce(re,
// txt); the last two differ in the flags of their expression.
func replaceAll(p part) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		re, ok := a[0].Data.(*ere.Regexp)
		if !ok {
			return c.Fail("replace_all", a[0].Err)
		}
		found := module.False
		text, base := p.of(c.Msg)
		re.FindAll(text, func(loc []int) bool {
			if loc[0] == loc[1] {
				return false
			}
			c.Msg.Replace(base+loc[0], base+loc[1], a.Str(1))
			found = module.True
			return true
		})
		return found
	}
}

// replaceText makes replace_str, replace_body_str and replace_hdrs_str(match,
// repl, mode). They are true whether or not there was a match.
func replaceText(p part) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		match, repl := a.Str(0), a.Str(1)
		all, ok := a[2].Data.(bool)
		switch {
		case !ok:
			return c.Fail("replace_str", a[2].Err)
		case match == "":
			return c.Fail("replace_str", errEmptyMatch)
		}
		text, at := p.of(c.Msg)
		for {
			i := strings.Index(text, match)
			if i < 0 {
				return module.True
			}
			c.Msg.Replace(at+i, at+i+len(match), repl)
			if !all {
				return module.True
			}
			text, at = text[i+len(match):], at+i+len(match)
		}
	}
}
