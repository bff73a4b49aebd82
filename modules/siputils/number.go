// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Results of the functions that look at characters.
const (
	unfit      module.Result = -2 // no number; of is_alphanum: empty
	unfitAlnum module.Result = -3
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

func digits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// isNumeric is is_numeric(tval).
func isNumeric(_ *module.Call, a module.Args) module.Result {
	if digits(a.Str(0)) {
		return module.True
	}
	return unfit
}

// isTelNumber is is_tel_number(tval).
func isTelNumber(_ *module.Call, a module.Args) module.Result {
	if digits(strings.TrimPrefix(a.Str(0), "+")) {
		return module.True
	}
	return unfit
}

// isAlphanum is is_alphanum(tval).
func isAlphanum(_ *module.Call, a module.Args) module.Result { return consistsOf(a.Str(0), "") }

// isAlphanumEx is is_alphanumex(tval, eset).
func isAlphanumEx(_ *module.Call, a module.Args) module.Result {
	return consistsOf(a.Str(0), a.Str(1))
}

func consistsOf(text, further string) module.Result {
	if text == "" {
		return unfit
	}
	for i := range len(text) {
		if !isAlnum(text[i]) && strings.IndexByte(further, text[i]) < 0 {
			return unfitAlnum
		}
	}
	return module.True
}

// e164 says whether a text is + and two to e164_max_len digits.
func (s *Siputils) e164(text string) bool {
	number, ok := strings.CutPrefix(text, "+")
	return ok && len(number) >= 2 && len(number) <= s.maxE164 && digits(number)
}

// isE164 is is_e164(pseudo-variable).
func (s *Siputils) isE164(_ *module.Call, a module.Args) module.Result {
	return module.Bool(s.e164(a.Str(0)))
}

// isURIUserE164 is is_uri_user_e164(pseudo-variable).
func (s *Siputils) isURIUserE164(c *module.Call, a module.Args) module.Result {
	u, err := sip.ParseURI(a.Str(0))
	if err != nil {
		return c.Fail("is_uri_user_e164", err)
	}
	return module.Bool(s.e164(u.User))
}
