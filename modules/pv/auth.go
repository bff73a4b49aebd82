// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func (p *PV) authVariables() []module.Variable {
	return []module.Variable{
		read("au", p.credentialUser, "user of the credentials, without realm"),
		read("ad", p.credentialDomain, "domain in the user name of the credentials"),
		read("aU", p.credentialName, "user name of the credentials"),
		read("ar", p.credentialRealm, "realm of the credentials"),
		read("aa", credential("algorithm"), "algorithm of the credentials"),
		read("adu", credential("uri"), "URI of the credentials"),
		read("adn", credential("nonce"), "nonce of the credentials"),
		read("adc", credential("cnonce"), "client nonce of the credentials"),
		read("ado", credential("opaque"), "opaque value of the credentials"),
		read("adr", credential("response"), "response of the credentials"),
		read("Au", p.accountUser, "user@domain to account: who was authorized, else From"),
		read("AU", p.accountName, "user to account: who was authorized, else From"),
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

// digestParam finds a parameter of credentials; quotes are taken off. Of several
// the last one counts, as where they are checked.
func digestParam(list, name string) (found string) {
	for {
		value, rest, ok := sip.NextListValue(list)
		if !ok {
			return found
		}
		list = rest
		n, v, has := strings.Cut(value, "=")
		if has && sip.EqualFold(strings.TrimSpace(n), name) {
			found = sip.Unquote(strings.TrimSpace(v))
		}
	}
}

// credential reads a parameter, "" where it is missing, as Kamailio does.
func credential(name string) getter {
	return func(c *module.Call) module.Value {
		list, ok := credentials(c)
		if !ok {
			return null
		}
		return avp.String(digestParam(list, name))
	}
}

var givenName, givenRealm = credential("username"), credential("realm")

// authorized is who was authorized, where somebody was: a request may have other
// credentials in front of those that were right.
func (p *PV) authorized(c *module.Call) (user string, ok bool) {
	if p.auth == nil {
		return "", false
	}
	return p.auth.AuthorizedUser(c)
}

func (p *PV) credentialName(c *module.Call) module.Value {
	if user, ok := p.authorized(c); ok {
		return avp.String(user)
	}
	return givenName(c)
}

func (p *PV) credentialRealm(c *module.Call) module.Value {
	if _, ok := p.authorized(c); ok {
		return avp.String(p.auth.AuthorizedRealm(c))
	}
	return givenRealm(c)
}

func (p *PV) credentialUser(c *module.Call) module.Value {
	user, _, _ := strings.Cut(p.credentialName(c).Str, "@")
	return orNull(user)
}

func (p *PV) credentialDomain(c *module.Call) module.Value {
	v := p.credentialName(c)
	_, v.Str, _ = strings.Cut(v.Str, "@")
	return v
}

// authorizer is a module that has verified the credentials of a request.
type authorizer interface {
	// AuthorizedUser is the user, false where nobody was authorized.
	AuthorizedUser(c *module.Call) (user string, ok bool)
	// AuthorizedRealm is the realm that the user is of.
	AuthorizedRealm(c *module.Call) string
}

// account is who is to be accounted: the user that a module has authorized,
// else that of From.
func (p *PV) account(c *module.Call) (user, domain string, ok bool) {
	if user, ok = p.authorized(c); ok {
		if name, domain, has := strings.Cut(user, "@"); has {
			return name, domain, true
		}
		return user, p.auth.AuthorizedRealm(c), true
	}
	u, err := c.Msg.FromURI()
	if err != nil {
		return "", "", false
	}
	return u.User, u.Host, true
}

// accountUser is $Au.
func (p *PV) accountUser(c *module.Call) module.Value {
	user, domain, ok := p.account(c)
	if !ok {
		return null
	}
	return build(c, func(b []byte) []byte { return append(append(append(b, user...), '@'), domain...) })
}

// accountName is $AU.
func (p *PV) accountName(c *module.Call) module.Value {
	user, _, _ := p.account(c)
	return orNull(user)
}
