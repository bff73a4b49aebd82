// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// role is who asks: a registrar or another end (WWW-Authenticate, 401), or a
// proxy (Proxy-Authenticate, 407).
type role uint8

const (
	registrar role = iota
	proxy
	byMethod // registrar for REGISTER, else proxy
)

// of is the role for a request.
func (r role) of(c *module.Call) role {
	if r != byMethod {
		return r
	}
	if c.Msg.Method == sip.MethodRegister {
		return registrar
	}
	return proxy
}

// Bits of the flags of the challenge functions.
const (
	askAuth    = 1
	askAuthInt = 2
	askSilent  = 4
	askStale   = 16
)

var (
	errRealm  = errors.New("the realm is empty")
	errNoAttr = errors.New("there is no attribute for it: challenge_attr is an AVP, of module pv")
	errReply  = errors.New("the challenge cannot be sent")
)

// noReply is what a challenge returns that could not be sent.
const noReply module.Result = -3

// challengeWith is www_challenge(realm, flags) and its kin.
func (m *Auth) challengeWith(name string, who role) func(*module.Call, module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		realm, flags := a.Str(0), a.Int(1, 0)
		if realm == "" {
			if flags&askSilent == 0 {
				m.reply(c, 500, "Internal Server Error", "")
			}
			return c.Fail(name, errRealm)
		}
		who := who.of(c)
		if a[2].Err != nil {
			return c.Fail(name, a[2].Err)
		}
		text := c.Mem.Begin()
		if list, _ := a[2].Data.([]digest.Algorithm); a[2].Given {
			for _, alg := range list {
				text = m.appendChallengeOf(text, c, who, realm, m.asked(flags), flags&askStale != 0, alg, true)
			}
		} else {
			text = m.appendChallenge(text, c, who, realm, m.asked(flags), flags&askStale != 0)
		}
		header := c.Mem.Keep(text)
		code, reason := 401, "Unauthorized"
		if who == proxy {
			code, reason = 407, "Proxy Authentication Required"
		}
		if err := m.reply(c, code, reason, header); err != nil {
			c.Log().Debug(errReply.Error(), "err", err, "at", c.Line)
			return noReply
		}
		return module.True
	}
}

// asked is the quality that flags of a challenge ask for.
func (m *Auth) asked(flags int) digest.QOP {
	switch {
	case flags&askAuthInt != 0:
		return digest.AuthInt
	case flags&askAuth != 0:
		return digest.Auth
	}
	return m.qop
}

func (m *Auth) reply(c *module.Call, code int, reason, headers string) error {
	if m.stateless != 0 {
		return m.sl.SendStateless(c, code, reason, headers)
	}
	return m.sl.SendReply(c, code, reason, headers)
}

// appendChallenge appends a header field with a challenge.
func (m *Auth) appendChallenge(dst []byte, c *module.Call, who role, realm string, qop digest.QOP, old bool) []byte {
	alg, named := m.algorithmOf(c)
	return m.appendChallengeOf(dst, c, who, realm, qop, old, alg, named)
}

// appendChallengeOf appends a challenge with an algorithm.
func (m *Auth) appendChallengeOf(dst []byte, c *module.Call, who role, realm string, qop digest.QOP, old bool, alg digest.Algorithm, named bool) []byte {
	var nonce [nonceText]byte
	var quoted [128]byte
	ch := digest.Challenge{Realm: view(digest.AppendQuoted(quoted[:0], realm)), Nonce: view(m.appendNonce(nonce[:0], c)), QOP: qop, Stale: old}
	if named {
		ch.AlgorithmName = alg.String()
	}
	name := m.wwwHeader
	if who == proxy {
		name = m.proxyHeader
	}
	return append(ch.Append(append(append(dst, name...), ": "...)), "\r\n"...)
}

// wwwAuthenticate is auth_get_www_authenticate(realm, flags, pvdest).
func (m *Auth) wwwAuthenticate(c *module.Call, a module.Args) module.Result {
	realm, flags := a.Str(0), a.Int(1, 0)
	if realm == "" {
		return c.Fail("auth_get_www_authenticate", errRealm)
	}
	to, ok := a.Var(2).(module.Assignable)
	if !ok {
		return module.False
	}
	header := c.Mem.Keep(m.appendChallenge(c.Mem.Begin(), c, registrar, realm, m.asked(flags), flags&askStale != 0))
	if err := to.Set(c, module.Index{}, avp.String(header)); err != nil {
		return c.Fail("auth_get_www_authenticate", err)
	}
	return module.True
}

// attribute is the variable of challenge_attr, in which $name stands for
// $avp(name).
func attribute(text string) string {
	if strings.Contains(text, "(") {
		return text
	}
	return "$avp(" + strings.TrimPrefix(text, "$") + ")"
}

// compileAlgorithm compiles the argument of auth_algorithm.
func compileAlgorithm(text string) (any, error) {
	alg := digest.ParseAlgorithm(text)
	if alg == digest.Unknown || alg.Session() {
		return digest.MD5, errAlgorithm
	}
	return alg, nil
}

// compileAlgorithms compiles a list of them.
func compileAlgorithms(text string) (any, error) {
	var list []digest.Algorithm
	for _, name := range strings.Split(text, ",") {
		alg, err := compileAlgorithm(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		list = append(list, alg.(digest.Algorithm))
	}
	return list, nil
}

// setAlgorithm is auth_algorithm(alg).
func (m *Auth) setAlgorithm(c *module.Call, a module.Args) module.Result {
	if a[0].Err != nil {
		return c.Fail("auth_algorithm", a[0].Err)
	}
	r := m.of(c)
	r.algorithm, r.hasAlgorithm = a[0].Data.(digest.Algorithm), true
	return module.True
}

// algorithmOf is the algorithm for a request, and whether a challenge names it.
func (m *Auth) algorithmOf(c *module.Call) (alg digest.Algorithm, named bool) {
	if r := m.of(c); r.hasAlgorithm {
		return r.algorithm, true
	}
	return m.algorithm, m.algorithmName != ""
}
