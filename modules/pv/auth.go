// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func authVariables() []module.Variable {
	return []module.Variable{
		read("au", credentialUser, "user of the credentials, without realm"),
		read("ad", credentialDomain, "domain of the credentials: that of the user name, else the realm"),
		read("aU", credential("username"), "user name of the credentials"),
		read("ar", credential("realm"), "realm of the credentials"),
		read("aa", credential("algorithm"), "algorithm of the credentials"),
		read("adu", credential("uri"), "URI of the credentials"),
		read("adn", credential("nonce"), "nonce of the credentials"),
		read("adc", credential("cnonce"), "client nonce of the credentials"),
		read("ado", credential("opaque"), "opaque value of the credentials"),
		read("adr", credential("response"), "response of the credentials"),
		read("Au", accountUser, "user@domain to account: of the credentials, else of From"),
		read("AU", accountName, "user to account: of the credentials, else of From"),
	}
}

// credentials are the digest parameters of Proxy-Authorization, else of
// Authorization (RFC 3261 25.1: digest-response).
func credentials(c *module.Call) (string, bool) {
	for _, t := range [...]sip.HeaderType{sip.HeaderProxyAuthorization, sip.HeaderAuthorization} {
		if v := c.Msg.Value(t); len(v) > 7 && sip.EqualFold(v[:7], "Digest ") {
			return v[7:], true
		}
	}
	return "", false
}

// digestParam finds a parameter of credentials; quotes are taken off.
func digestParam(list, name string) (string, bool) {
	for {
		value, rest, ok := sip.NextListValue(list)
		if !ok {
			return "", false
		}
		list = rest
		n, v, has := strings.Cut(value, "=")
		if has && sip.EqualFold(strings.TrimSpace(n), name) {
			return sip.Unquote(strings.TrimSpace(v)), true
		}
	}
}

func credential(name string) getter {
	return func(c *module.Call) module.Value {
		list, ok := credentials(c)
		if !ok {
			return null
		}
		v, _ := digestParam(list, name) // "" where it is missing, as in Kamailio
		return avp.String(v)
	}
}

func credentialUser(c *module.Call) module.Value {
	v := credential("username")(c)
	user, _, _ := strings.Cut(v.Str, "@")
	return orNull(user)
}

func credentialDomain(c *module.Call) module.Value {
	if _, domain, ok := strings.Cut(credential("username")(c).Str, "@"); ok {
		return orNull(domain)
	}
	return credential("realm")(c)
}

func accountUser(c *module.Call) module.Value {
	user, domain := credentialUser(c).Str, credentialDomain(c).Str
	if user == "" || c.Msg.HasHeader(sip.HeaderProxyAuthorization) == false {
		u, err := c.Msg.FromURI()
		if err != nil {
			return null
		}
		user, domain = u.User, u.Host
	}
	return build(c, func(b []byte) []byte { return append(append(append(b, user...), '@'), domain...) })
}

func accountName(c *module.Call) module.Value {
	if c.Msg.HasHeader(sip.HeaderProxyAuthorization) {
		if v := credentialUser(c); !v.IsNull() {
			return v
		}
	}
	return from.part(uriUser)(c)
}
