// SPDX-License-Identifier: Apache-2.0

// Package auth challenges peers and checks their digest credentials.
package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("auth", func() module.Module { return New() }) }

// Auth is the module.
type Auth struct {
	checksRegister, checksNoDialog, checksInDialog int
	qopName, algorithmName, secret, realmPrefix    string
	nonceCount, oneTime, stateless, useDomain      int
	authInfo                                       int
	expire, drift                                  int
	countSize, countOrder, onceSize, onceOrder     int
	pools                                          int
	wwwHeader, proxyHeader, attrName               string

	qop       digest.QOP
	algorithm digest.Algorithm
	attr      module.Assignable
	host      module.Host
	sl        replier
	nonces    *nonces
}

// replier is what auth needs of sl.
type replier interface {
	SendReply(c *module.Call, code int, reason, headers string) error
	SendStateless(c *module.Call, code int, reason, headers string) error
}

// defaultAttr is the variable for challenges where challenge_attr is not set.
const defaultAttr = "$avp(digest_challenge)"

// New returns the module with its defaults.
func New() *Auth {
	return &Auth{expire: 300, drift: 3, countOrder: 20, onceOrder: 20, pools: 1,
		wwwHeader: "WWW-Authenticate", proxyHeader: "Proxy-Authenticate", attrName: defaultAttr}
}

var (
	_ module.Preparer = (*Auth)(nil)
	_ module.Starter  = (*Auth)(nil)
)

// Exports implements module.Module.
func (m *Auth) Exports() module.Exports {
	const sum = "sum of what a nonce is bound to in %s: 1 Request-URI, 2 Call-ID, 4 From tag, 8 source address"
	return module.Exports{
		Doc:      "Challenges peers and checks their digest credentials, with MD5, SHA-256 or SHA-512-256.",
		Requires: []string{"sl"},
		Params: []module.Param{
			{Name: "auth_checks_register", Set: &m.checksRegister, Min: 0, Max: 15, Doc: fmt.Sprintf(sum, "REGISTER")},
			{Name: "auth_checks_no_dlg", Set: &m.checksNoDialog, Min: 0, Max: 15, Doc: fmt.Sprintf(sum, "other requests without a To tag")},
			{Name: "auth_checks_in_dlg", Set: &m.checksInDialog, Min: 0, Max: 15, Doc: fmt.Sprintf(sum, "requests with a To tag")},
			{Name: "qop", Set: &m.qopName, Doc: "quality of protection in every challenge: auth, auth-int, or empty for none"},
			{Name: "nonce_count", Set: &m.nonceCount, Min: 0, Max: 1, Doc: "1 remembers the highest nc of each nonce: what does not count on is a replay"},
			{Name: "one_time_nonce", Set: &m.oneTime, Min: 0, Max: 1, Doc: "1 takes each nonce once; with nonce_count those of credentials without nc"},
			{Name: "nid_pool_no", Set: &m.pools, Min: 1, Max: 64, Doc: "parts of the arrays", Notice: "the arrays are shared by all workers without locks"},
			{Name: "nc_array_size", Set: &m.countSize, Min: 0, Max: 1 << maxOrder, Doc: "nonces that nonce_count remembers, rounded down to a power of two, 4 bytes each; older ones become stale. 0 takes nc_array_order"},
			{Name: "nc_array_order", Set: &m.countOrder, Min: 4, Max: maxOrder, Doc: "the same as a power of two"},
			{Name: "otn_in_flight_no", Set: &m.onceSize, Min: 0, Max: 1 << maxOrder, Doc: "nonces that one_time_nonce remembers, rounded down to a power of two, a bit each; older ones become stale. 0 takes otn_in_flight_order"},
			{Name: "otn_in_flight_order", Set: &m.onceOrder, Min: 5, Max: maxOrder, Doc: "the same as a power of two"},
			{Name: "secret", Set: &m.secret, Doc: "key of the nonces, the same on servers that take each other's; empty for one by chance, as long as the process lives"},
			{Name: "nonce_expire", Set: &m.expire, Min: 1, Max: 1 << 30, Unit: "s", Doc: "life of a nonce"},
			{Name: "nonce_auth_max_drift", Set: &m.drift, Min: 0, Max: 1 << 30, Unit: "s", Doc: "how far the time of a nonce may lie in the future"},
			{Name: "force_stateless_reply", Set: &m.stateless, Min: 0, Max: 1, Doc: "1 sends challenges without state even where there is a transaction"},
			{Name: "realm_prefix", Set: &m.realmPrefix, Doc: "how a realm may begin without being another one: sip. makes sip.example.com example.com"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 makes pv_auth_check compare the domains of From and To, of PUBLISH the Request-URI too"},
			{Name: "algorithm", Set: &m.algorithmName, Doc: "hash of challenges and credentials: MD5, SHA-256, SHA-512-256; a challenge names it where it is set"},
			{Name: "add_authinfo_hdr", Set: &m.authInfo, Min: 0, Max: 1, Doc: "1 adds Authentication-Info to the replies of a request whose credentials are right"},
			{Name: "www_challenge_header", Set: &m.wwwHeader, Doc: "name of the header in a challenge of www_challenge"},
			{Name: "proxy_challenge_header", Set: &m.proxyHeader, Doc: "name of the header in a challenge of proxy_challenge"},
			{Name: "challenge_attr", Set: &m.attrName, Doc: "variable that the pv_ functions leave a challenge in"},
		},
		Functions: m.functions(),
	}
}

func (m *Auth) functions() []module.Function {
	realm := module.Arg{Name: "realm", Doc: "realm of the credentials", Compile: filled}
	flags := func(doc string) module.Arg { return module.Arg{Name: "flags", Type: module.ArgInt, Doc: doc} }
	challenge := []module.Arg{realm, flags("sum of: 1 qop auth, 2 qop auth-int, 4 send no 500 when it fails, 16 stale"),
		{Name: "algorithms", Optional: true, Doc: "algorithms divided by commas, the best first, with a challenge for each; where it is left out that of the parameter", Compile: compileAlgorithms}}
	check := []module.Arg{realm, {Name: "passwd", Doc: "password", Compile: filled},
		flags("sum of: 1 passwd is HA1, 2, 4, 8 leave a challenge in the attribute when it fails: without qop, auth, auth-int, 16 stale")}
	method := module.Arg{Name: "method", Optional: true, Doc: "method to check for, that of the request where it is left out"}
	const asking = module.RequestRoute | module.FailureRoute | module.AnyReply
	const results = " $rc: -1 they cannot be checked, -2 wrong password, -4 stale nonce, -5 no credentials for this realm, -6 the nonce was used before"
	return []module.Function{
		{Name: "www_challenge", Lua: "www_challenge(str,int)", Args: challenge, Routes: asking, Run: m.challengeWith("www_challenge", registrar), Doc: "Answers with 401 and a challenge."},
		{Name: "proxy_challenge", Lua: "proxy_challenge(str,int)", Args: challenge, Routes: asking, Run: m.challengeWith("proxy_challenge", proxy), Doc: "Answers with 407 and a challenge."},
		{Name: "auth_challenge", Lua: "auth_challenge(str,int)", Args: challenge, Routes: asking, Run: m.challengeWith("auth_challenge", byMethod), Doc: "www_challenge for REGISTER, proxy_challenge for other requests."},
		{Name: "auth_get_www_authenticate", Lua: "auth_get_www_authenticate(str,int,str)", Args: append(challenge[:2:2], module.Arg{Name: "pvdest", Type: module.ArgVar, Doc: "variable for the header field"}),
			Routes: module.RequestRoute, Run: m.wwwAuthenticate, Doc: "Assigns a WWW-Authenticate header field with a challenge, line end included."},
		{Name: "auth_algorithm", Args: []module.Arg{{Name: "alg", Doc: "MD5, SHA-256 or SHA-512-256", Compile: compileAlgorithm}}, Routes: module.RequestRoute, Run: m.setAlgorithm, Doc: "Takes another algorithm for what follows about this request."},
		{Name: "has_credentials", Args: []module.Arg{{Name: "realm", Doc: "realm of the credentials"}}, Routes: module.RequestRoute, Run: m.hasCredentials, Doc: "True when the request has credentials for the realm."},
		{Name: "consume_credentials", Routes: module.RequestRoute, Run: m.consume, Doc: "Takes the credentials that were checked out of the request."},
		{Name: "pv_www_authenticate", Lua: "pv_www_authenticate(str,str,int); pv_www_authenticate_method(str,str,int,str)", Args: append(check[:3:3], method), Routes: module.RequestRoute, Run: m.checkWith("pv_www_authenticate", registrar),
			Doc: "Checks Authorization against a password." + results},
		{Name: "pv_www_authorize", Lua: "-", Args: check, Routes: module.RequestRoute, Run: m.checkWith("pv_www_authorize", registrar), Doc: "The same as pv_www_authenticate."},
		{Name: "pv_proxy_authenticate", Lua: "pv_proxy_authenticate(str,str,int)", Args: check, Routes: module.RequestRoute, Run: m.checkWith("pv_proxy_authenticate", proxy), Doc: "Checks Proxy-Authorization against a password." + results},
		{Name: "pv_proxy_authorize", Lua: "-", Args: check, Routes: module.RequestRoute, Run: m.checkWith("pv_proxy_authorize", proxy), Doc: "The same as pv_proxy_authenticate."},
		{Name: "pv_auth_check", Lua: "pv_auth_check(str,str,int,int)", Args: append(check[:3:3], module.Arg{Name: "checks", Type: module.ArgInt, Doc: "1 compares the user with that of From, of REGISTER and PUBLISH To and of PUBLISH the Request-URI too"}),
			Routes: module.RequestRoute, Run: m.authCheck, Doc: "pv_www_authenticate for REGISTER, pv_proxy_authenticate for other requests; $rc may also be -8: the user is another one."},
	}
}

var (
	errEmpty     = errors.New("it is empty")
	errAlgorithm = errors.New("it is none of MD5, SHA-256, SHA-512-256")
	errQOP       = errors.New("parameter qop is none of auth, auth-int and the empty text")
)

// filled refuses an argument without text.
func filled(text string) (any, error) {
	if text == "" {
		return nil, errEmpty
	}
	return nil, nil
}

// Prepare implements module.Preparer.
func (m *Auth) Prepare(b module.Binder) error {
	switch m.qopName {
	case "":
	case "auth":
		m.qop = digest.Auth
	case "auth-int":
		m.qop = digest.AuthInt
	default:
		return errQOP
	}
	alg, err := compileAlgorithm(m.algorithmName)
	if err != nil {
		return fmt.Errorf("parameter algorithm: %w", err)
	}
	m.algorithm = alg.(digest.Algorithm)
	v, err := b.Var(attribute(m.attrName))
	if err != nil && m.attrName == defaultAttr {
		return nil // without pv there is none: leave says so where one is asked for
	}
	if err != nil {
		return fmt.Errorf("parameter challenge_attr: %w", err)
	}
	var ok bool
	if m.attr, ok = v.(module.Assignable); !ok {
		return fmt.Errorf("parameter challenge_attr: %s cannot be assigned", m.attrName)
	}
	return nil
}

// Start implements module.Starter.
func (m *Auth) Start(_ context.Context, h module.Host) error {
	m.host = h
	var ok bool
	if m.sl, ok = h.Module("sl").(replier); !ok {
		return errors.New("auth needs sl to answer")
	}
	m.nonces = h.Store("auth", func() any { return m.newNonces() }).(*nonces)
	return nil
}
