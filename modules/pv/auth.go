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
		read("aa", p.credential("algorithm"), "algorithm of the credentials"),
		read("adu", p.credential("uri"), "URI of the credentials"),
		read("adn", p.credential("nonce"), "nonce of the credentials"),
		read("adc", p.credential("cnonce"), "client nonce of the credentials"),
		read("ado", p.credential("opaque"), "opaque value of the credentials"),
		read("adr", p.credential("response"), "response of the credentials"),
		read("Au", p.accountUser, "user@domain to account: who was authorized, else From"),
		read("AU", p.accountName, "user to account: who was authorized, else From"),
	}
}

// credentials are the digest parameters (RFC 3261 25.1: digest-response) of those
// that were right, else of Proxy-Authorization, else of Authorization.
func (p *PV) credentials(c *module.Call) (string, bool) {
	if _, ok := p.authorized(c); ok {
		v, ok := digestOf(c.Msg, p.auth.AuthorizedBy(c), p.auth.AuthorizedRealm(c))
		return digestParams(v), ok
	}
	for _, t := range [...]sip.HeaderType{sip.HeaderProxyAuthorization, sip.HeaderAuthorization} {
		if v := c.Msg.Value(t); isDigest(v) {
			return digestParams(v), true
		}
	}
	return "", false
}

const digestScheme = "Digest "

func isDigest(v string) bool {
	return len(v) > len(digestScheme) && sip.EqualFold(v[:len(digestScheme)], digestScheme)
}

// digestParams are what stands behind the scheme.
func digestParams(v string) string { return v[min(len(digestScheme), len(v)):] }

// digestOf finds the credentials of a realm among the headers of a type.
func digestOf(msg *sip.Message, t sip.HeaderType, realm string) (string, bool) {
	for at := msg.First(t); at >= 0; at = msg.Next(t, at) {
		if v := msg.Header(at).Value; isDigest(v) && digestParam(digestParams(v), "realm") == realm {
			return v, true
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

func (p *PV) credential(name string) getter {
	return func(c *module.Call) module.Value { return p.parameter(c, name) }
}

// parameter is one of the credentials, "" where it is missing, as in Kamailio.
func (p *PV) parameter(c *module.Call, name string) module.Value {
	list, ok := p.credentials(c)
	if !ok {
		return null
	}
	return avp.String(digestParam(list, name))
}

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
	return p.parameter(c, "username")
}

func (p *PV) credentialRealm(c *module.Call) module.Value {
	if _, ok := p.authorized(c); ok {
		return avp.String(p.auth.AuthorizedRealm(c))
	}
	return p.parameter(c, "realm")
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
	// AuthorizedBy is the header of the credentials that were right.
	AuthorizedBy(c *module.Call) sip.HeaderType
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
