// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var errNoRPID = errors.New("rpid_avp names no variable")

// Prepare implements module.Preparer: the default of rpid_avp needs pv. Without
// that module the functions for Remote-Party-ID fail when called, as where
// rpid_avp is empty.
func (s *Siputils) Prepare(b module.Binder) error {
	if s.rpid == nil {
		s.rpid, _ = b.Var("$avp(s:rpid)")
	}
	return nil
}

// appendRPID is append_rpid_hf([prefix, suffix]).
func (s *Siputils) appendRPID(c *module.Call, a module.Args) module.Result {
	if s.rpid == nil {
		return c.Fail("append_rpid_hf", errNoRPID)
	}
	v := s.rpid.Get(c, module.Index{})
	if v.Str == "" {
		return module.False
	}
	prefix, suffix := s.rpidPrefix, s.rpidSuffix
	if a[0].Given {
		prefix, suffix = a.Str(0), a.Str(1)
	}
	text := append(append(c.Mem.Begin(), "Remote-Party-ID: "...), prefix...)
	text = append(append(append(text, v.Str...), suffix...), "\r\n"...)
	c.Msg.AppendHeader(c.Mem.Keep(text))
	return module.True
}

// isRPIDUserE164 is is_rpid_user_e164().
func (s *Siputils) isRPIDUserE164(c *module.Call, _ module.Args) module.Result {
	if s.rpid == nil {
		return c.Fail("is_rpid_user_e164", errNoRPID)
	}
	address, err := sip.ParseNameAddr(s.rpid.Get(c, module.Index{}).Str)
	if err != nil {
		return module.False
	}
	u, err := address.ParseURI()
	return module.Bool(err == nil && s.e164(u.User))
}
