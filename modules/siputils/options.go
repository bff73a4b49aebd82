// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errNotOptions = errors.New("the request is no OPTIONS")
	errHasUser    = errors.New("the Request-URI has a user")
)

// replier is what siputils needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
}

// optionsReply is options_reply() (RFC 3261 11.2).
func (s *Siputils) optionsReply(c *module.Call, _ module.Args) module.Result {
	if c.Msg.Method != sip.MethodOptions {
		return c.Fail("options_reply", errNotOptions)
	}
	sl := c.Host.Module("sl").(replier)
	u, err := sip.ParseURI(c.Target.URI)
	if err != nil {
		if err := sl.SendReply(c, 500, "Server Internal Error", ""); err != nil {
			c.Fail("options_reply", err)
		}
		return c.Fail("options_reply", module.ErrRequestURI)
	}
	if u.User != "" {
		return c.Fail("options_reply", errHasUser)
	}
	text := c.Mem.Begin()
	for _, field := range [...]struct{ name, value string }{
		{"Accept: ", s.accept}, {"Accept-Encoding: ", s.acceptEncoding}, {"Accept-Language: ", s.acceptLanguage}, {"Supported: ", s.supported},
	} {
		text = append(append(append(text, field.name...), field.value...), "\r\n"...)
	}
	if err := sl.SendReply(c, 200, "OK", c.Mem.Keep(text)); err != nil {
		return c.Fail("options_reply", err)
	}
	return module.True
}

// options are the tags that is_supported knows.
var options = [...]string{"path", "100rel", "timer", "eventlist", "gruu", "outbound"}

func knownOption(text string) (any, error) {
	for _, o := range options {
		if sip.EqualFold(o, text) {
			return nil, nil
		}
	}
	return nil, errors.New("unknown option " + text)
}

// isSupported is is_supported(option).
func isSupported(c *module.Call, a module.Args) module.Result {
	return module.Bool(c.Msg.HasOption(sip.HeaderSupported, a.Str(0)))
}
