// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var errAOR = errors.New("not a URI of a user")

// aor is the address of record of a URI: the user with its escapes resolved
// and, with use_domain, the domain, in small letters (RFC 3261 10.3 step 5). It
// lives as long as the message.
func (r *Registrar) aor(c *module.Call, uri string) (string, error) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() && !u.IsTel() {
		return "", errAOR
	}
	return r.aorOf(c, &u), nil
}

func (r *Registrar) aorOf(c *module.Call, u *sip.URI) string {
	text := sip.AppendUnescaped(c.Mem.Begin(), u.User)
	if r.loc.UseDomain() {
		if len(text) > 0 {
			text = append(text, '@')
		}
		host := u.Host
		if p := r.realmPrefix.Get(); p != "" && len(host) > len(p) && sip.EqualFold(host[:len(p)], p) {
			host = host[len(p):]
		}
		text = append(text, host...)
	}
	if r.caseSensitive.Get() == 0 {
		for i, b := range text {
			if 'A' <= b && b <= 'Z' {
				text[i] = b + 'a' - 'A'
			}
		}
	}
	return c.Mem.Keep(text)
}
