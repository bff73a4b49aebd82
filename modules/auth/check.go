// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"strings"
	"unsafe"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// What a check returns. auth_db has unknownUser (-3) besides.
const (
	failed        module.Result = -1
	wrongPassword module.Result = -2
	stale         module.Result = -4
	noCredentials module.Result = -5
	reused        module.Result = -6
	otherUser     module.Result = -8
)

// request is what auth knows of the request that a worker handles.
type request struct {
	serial       uint64
	found        int // the header that was checked, -1 for none
	in           sip.HeaderType
	text         *byte // the text that it is a header of
	cred         digest.Credentials
	algorithm    digest.Algorithm
	hasAlgorithm bool
}

// of returns what is known of the request of c.
func (m *Auth) of(c *module.Call) *request {
	r := c.Local(m, func() any { return new(request) }).(*request)
	if r.serial != c.Serial {
		*r = request{serial: c.Serial, found: -1}
	}
	return r
}

// find looks for credentials for a realm among the headers of a type.
func find(msg *sip.Message, t sip.HeaderType, realm string) (cred digest.Credentials, header int, err error) {
	for i := msg.First(t); i >= 0; i = msg.Next(t, i) {
		cred, err = digest.ParseCredentials(msg.HeaderValueAt(i))
		switch {
		case errors.Is(err, digest.ErrScheme):
			continue
		case errors.Is(err, digest.ErrSyntax):
			return cred, -1, err
		case cred.Realm == realm || digest.Unescape(cred.Realm) == realm:
			return cred, i, err
		}
	}
	return digest.Credentials{}, -1, nil
}

// Begin finds the credentials for a realm, Proxy-Authorization where toProxy is
// set, and uses up their nonce. It returns true where Finish is to say more; an
// ACK or CANCEL, which nobody may challenge, has no credentials and is true.
func (m *Auth) Begin(c *module.Call, toProxy bool, realm string) (*digest.Credentials, module.Result) {
	if c.Msg.Method == sip.MethodAck || c.Msg.Method == sip.MethodCancel {
		return nil, module.True
	}
	t := sip.HeaderAuthorization
	if toProxy {
		t = sip.HeaderProxyAuthorization
	}
	r := m.of(c)
	var err error
	r.in = t
	r.cred, r.found, err = find(c.Msg, t, m.Realm(realm))
	r.text = unsafe.StringData(c.Msg.Raw())
	switch {
	case err != nil:
		return nil, failed
	case r.found < 0:
		return nil, noCredentials
	}
	alg, _ := m.algorithmOf(c)
	if len(r.cred.Response) != alg.HexLen() {
		return nil, failed
	}
	if r.cred.Algorithm.Session() {
		alg++ // the session variant of what was asked for
	}
	r.cred.Algorithm = alg
	nc := int64(noCount)
	if r.cred.QOP != 0 {
		n, ok := count(r.cred.NC)
		if !ok && m.nonces.track.count != nil {
			return nil, failed
		}
		nc = int64(n)
	}
	if v := m.use(c, r.cred.Nonce, nc); v != module.True {
		return nil, v
	}
	return &r.cred, module.True
}

// count reads nc, eight hexadecimal digits (RFC 7616 3.4).
func count(s string) (n uint32, ok bool) {
	if len(s) != 8 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		d := s[i]
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d|0x20 && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | uint32(d)
	}
	return n, true
}

// Realm is a realm without realm_prefix.
func (m *Auth) Realm(realm string) string {
	if m.realmPrefix == "" {
		return realm
	}
	return strings.TrimPrefix(realm, m.realmPrefix)
}

// Finish compares the credentials that Begin found with the HA1 of their user.
// It takes the same time whether they are right or not.
func (m *Auth) Finish(c *module.Call, cred *digest.Credentials, ha1 digest.Hex, method string) module.Result {
	if !cred.Check(ha1, method, c.Msg.Body()) {
		return wrongPassword
	}
	c.Authorized, c.AuthorizedRealm, c.AuthorizedBy = c.Keep(cred.Username), c.Keep(cred.Realm), m.of(c).in
	if m.authInfo != 0 {
		m.addInfo(c, cred, ha1)
	}
	return module.True
}

// AuthorizedRealm is the realm of the credentials that were right.
func (m *Auth) AuthorizedRealm(c *module.Call) string { return c.AuthorizedRealm }

// AuthorizedBy is the header that they stood in.
func (m *Auth) AuthorizedBy(c *module.Call) sip.HeaderType { return c.AuthorizedBy }

// AuthorizedUser is the user whose credentials were right.
func (m *Auth) AuthorizedUser(c *module.Call) (user string, ok bool) {
	return c.Authorized, c.Authorized != ""
}

// addInfo adds Authentication-Info (RFC 7616 3.5) to the replies.
func (m *Auth) addInfo(c *module.Call, cred *digest.Credentials, ha1 digest.Hex) {
	proof := cred.Algorithm.ResponseAuth(ha1, &digest.Request{URI: cred.URI, Nonce: cred.Nonce, CNonce: cred.CNonce, NC: cred.NC, QOP: cred.QOP})
	b := append(append(c.Mem.Begin(), c.ReplyHeaders...), `Authentication-Info: nextnonce="`...)
	if m.oneTime != 0 {
		b = m.appendNonce(b, c)
	} else {
		b = append(b, cred.Nonce...)
	}
	b = append(b, '"')
	if cred.QOP != 0 {
		b = append(append(b, ", qop="...), cred.QOP.String()...)
	}
	b = append(append(append(b, `, rspauth="`...), proof.Bytes()...), '"')
	if cred.QOP != 0 {
		b = append(append(append(b, `, cnonce="`...), cred.CNonce...), '"')
		b = append(append(b, ", nc="...), cred.NC...)
	}
	c.ReplyHeaders = c.Keep(c.Mem.Keep(append(b, "\r\n"...)))
}

// Bits of the flags of pv_www_authenticate and its kin.
const (
	flagHA1 = 1 << iota
	flagPlain
	flagAuth
	flagAuthInt
	flagStale
)

// checkWith is pv_www_authenticate(realm, passwd, flags[, method]) and its kin.
func (m *Auth) checkWith(name string, who role) func(*module.Call, module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		method := c.Msg.MethodName
		if len(a) > 3 && a[3].Given {
			method = a.Str(3)
		}
		return m.check(c, a, name, who, method)
	}
}

func (m *Auth) check(c *module.Call, a module.Args, name string, who role, method string) module.Result {
	realm, password, flags := a.Str(0), a.Str(1), a.Int(2, 0)
	if realm == "" {
		return c.Fail(name, errRealm)
	}
	cred, result := m.Begin(c, who == proxy, realm)
	if cred != nil {
		result = m.Finish(c, cred, hashed(cred, password, flags&flagHA1 != 0), method)
	}
	if result < 0 && flags&(flagPlain|flagAuth|flagAuthInt) != 0 {
		m.leave(c, who, realm, flags)
	}
	return result
}

// hashed is HA1, computed or as it is.
func hashed(cred *digest.Credentials, password string, isHA1 bool) digest.Hex {
	if !isHA1 {
		return cred.Algorithm.HA1(cred.Username, cred.Realm, password)
	}
	ha1, _ := digest.ParseHex(password)
	return ha1 // none for other text: no response is right
}

// leave leaves a challenge in the attribute.
func (m *Auth) leave(c *module.Call, who role, realm string, flags int) {
	qop := digest.QOP(0)
	switch {
	case flags&flagAuthInt != 0:
		qop = digest.AuthInt
	case flags&flagAuth != 0:
		qop = digest.Auth
	}
	if m.attr == nil {
		c.Fail("the challenge", errNoAttr)
		return
	}
	header := c.Mem.Keep(m.appendChallenge(c.Mem.Begin(), c, who, m.Realm(realm), qop, flags&flagStale != 0))
	if err := m.attr.Set(c, module.Index{}, avp.String(header)); err != nil {
		c.Fail("the challenge", err)
	}
}

// authCheck is pv_auth_check(realm, passwd, flags, checks).
func (m *Auth) authCheck(c *module.Call, a module.Args) module.Result {
	result := m.check(c, a, "pv_auth_check", byMethod.of(c), c.Msg.MethodName)
	if result == module.True && a.Int(3, 0)&1 != 0 && c.Authorized != "" && !m.SameUser(c, m.useDomain != 0) {
		return otherUser
	}
	return result
}

// SameUser tells whether the user who was authorized is whom the request names:
// in From, of REGISTER and PUBLISH in To, of PUBLISH in the Request-URI. With
// domain these URIs must have one host.
func (m *Auth) SameUser(c *module.Call, domain bool) bool {
	user, _, _ := strings.Cut(c.Authorized, "@")
	from, err := c.Msg.FromURI()
	if err != nil || from.User != user {
		return false
	}
	if !c.Msg.Method.Has(sip.MethodRegister | sip.MethodPublish) {
		return true
	}
	to, err := c.Msg.ToURI()
	if err != nil || !equal(from, to, domain) {
		return false
	}
	if c.Msg.Method != sip.MethodPublish {
		return true
	}
	target, err := c.ParseURI(c.Target.URI)
	return err == nil && equal(from, target, domain)
}

// equal compares the users of URIs, with domain their hosts too.
func equal(a, b *sip.URI, domain bool) bool {
	return a.User == b.User && (!domain || strings.EqualFold(a.Host, b.Host))
}

// hasCredentials is has_credentials(realm).
func (m *Auth) hasCredentials(c *module.Call, a module.Args) module.Result {
	for _, t := range [...]sip.HeaderType{sip.HeaderAuthorization, sip.HeaderProxyAuthorization} {
		if _, i, err := find(c.Msg, t, a.Str(0)); i >= 0 && err != digest.ErrSyntax {
			return module.True
		}
	}
	return module.False
}

var errConsume = errors.New("no credentials were checked")

// consume is consume_credentials(). What was checked goes, right or wrong.
func (m *Auth) consume(c *module.Call, _ module.Args) module.Result {
	r := m.of(c)
	if r.found < 0 || r.text != unsafe.StringData(c.Msg.Raw()) {
		return c.Fail("consume_credentials", errConsume)
	}
	c.Msg.DeleteHeader(r.found)
	return module.True
}

// view is b as a string, which is valid as long as b is not written.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
