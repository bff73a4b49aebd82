// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// tel2SIPOrdered is tel2sip2(uri, hostpart, result): two tel URIs that are the
// same become SIP URIs that are the same (RFC 3261 19.1.6, RFC 3966 3).
func tel2SIPOrdered(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	if len(text) < 4 || !sip.EqualFold(text[:4], "tel:") {
		return notNeeded
	}
	number, rest, _ := strings.Cut(text[4:], ";")
	var few [8]string
	params := few[:0]
	for rest != "" {
		var p string
		if p, rest, _ = strings.Cut(rest, ";"); p != "" && !domainContext(p) {
			params = append(params, p)
		}
	}
	slices.SortStableFunc(params, compareTelParams)
	out := appendDigits(append(c.Mem.Begin(), "sip:"...), number)
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		out = append(out, ';')
		if sip.EqualFold(name, phoneContext) {
			out = appendDigits(append(append(out, phoneContext...), '='), value)
			continue
		}
		out = appendLower(out, p)
	}
	out = append(append(append(out, '@'), a.Str(1)...), ";user=phone"...)
	return assign(c, "tel2sip2", a.Var(2), c.Mem.Keep(out))
}

const phoneContext = "phone-context"

// domainContext reports whether p is a phone-context that is no number.
func domainContext(p string) bool {
	name, value, _ := strings.Cut(p, "=")
	return sip.EqualFold(name, phoneContext) && !strings.HasPrefix(value, "+")
}

// compareTelParams puts isub and ext first, phone-context behind them, and the
// others by name.
func compareTelParams(a, b string) int {
	a, _, _ = strings.Cut(a, "=")
	b, _, _ = strings.Cut(b, "=")
	if d := telRank(a) - telRank(b); d != 0 {
		return d
	}
	for i := 0; i < len(a) && i < len(b); i++ {
		if d := int(lower(a[i])) - int(lower(b[i])); d != 0 {
			return d
		}
	}
	return len(a) - len(b)
}

func telRank(name string) int {
	switch {
	case sip.EqualFold(name, "isub"):
		return 0
	case sip.EqualFold(name, "ext"):
		return 1
	case sip.EqualFold(name, phoneContext):
		return 2
	}
	return 3
}

// appendDigits appends a number without visual separators (RFC 3966 3).
func appendDigits(b []byte, number string) []byte {
	for i := range len(number) {
		if strings.IndexByte("-.()", number[i]) < 0 {
			b = append(b, number[i])
		}
	}
	return b
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		b = append(b, lower(s[i]))
	}
	return b
}
