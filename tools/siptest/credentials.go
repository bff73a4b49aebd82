// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/sip"
)

// Answer makes credentials for a challenge, as a phone does; the value of the
// header. params, each name=value, replace what it would write: username,
// realm, nonce, uri, qop ("" for none), nc, cnonce, algorithm, response,
// method (which is hashed only).
func Answer(challenge, method, uri, body, user, password string, params []string) (string, error) {
	ch, err := digest.ParseChallenge(challenge)
	if err != nil {
		return "", err
	}
	c := digest.Credentials{Username: user, Realm: ch.Realm, Nonce: ch.Nonce, Opaque: ch.Opaque, URI: uri,
		Algorithm: ch.Algorithm, AlgorithmName: ch.AlgorithmName}
	switch {
	case ch.QOP&digest.Auth != 0:
		c.QOP, c.QOPName = digest.Auth, "auth"
	case ch.QOP&digest.AuthInt != 0:
		c.QOP, c.QOPName = digest.AuthInt, "auth-int"
	}
	c.NC, c.CNonce = "00000001", "0a4f113b"
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		switch name {
		case "username":
			c.Username = value
		case "realm":
			c.Realm = value
		case "nonce":
			c.Nonce = value
		case "uri":
			c.URI = value
		case "nc":
			c.NC = value
		case "cnonce":
			c.CNonce = value
		case "response":
			c.Response = value
		case "method":
			method = value
		case "algorithm":
			c.Algorithm, c.AlgorithmName = digest.ParseAlgorithm(value), value
		case "qop":
			c.QOPName, c.QOP = value, map[string]digest.QOP{"auth": digest.Auth, "auth-int": digest.AuthInt}[value]
		default:
			return "", fmt.Errorf("%q is no parameter of credentials", name)
		}
	}
	if c.QOPName == "" {
		c.NC, c.CNonce = "", ""
	}
	if c.Response == "" {
		h := c.Expected(c.Algorithm.HA1(c.Username, c.Realm, password), method, body)
		c.Response = h.String()
	}
	return string(c.Append(nil)), nil
}

var errNoChallenge = errors.New("no challenge has arrived")

// buildAnswer makes the last request once more, with credentials for the last
// challenge. An argument with a colon before any = is a header.
func (p *peer) buildAnswer(branch, user, password string, args []string) ([]byte, error) {
	req := p.sentLast
	if p.challenge == nil || req == nil {
		return nil, errNoChallenge
	}
	name, value := "Authorization", p.challenge.Value(sip.HeaderWWWAuthenticate)
	if value == "" {
		name, value = "Proxy-Authorization", p.challenge.Value(sip.HeaderProxyAuthenticate)
	}
	var params, extra []string
	for _, a := range args {
		if i := strings.IndexAny(a, ":="); i >= 0 && a[i] == ':' {
			extra = append(extra, a)
		} else {
			params = append(params, a)
		}
	}
	cred, err := Answer(value, req.MethodName, req.RequestURI, req.Body(), user, password, params)
	if err != nil {
		return nil, err
	}
	headers := []string{p.via(branch)}
	for i := range req.NumHeaders() {
		switch h := req.Header(i); h.Type {
		case sip.HeaderVia, sip.HeaderCSeq, sip.HeaderContentLength, sip.HeaderAuthorization, sip.HeaderProxyAuthorization:
		default:
			headers = append(headers, h.Name+": "+h.Value)
		}
	}
	headers = append(headers, fmt.Sprintf("CSeq: %d %s", p.cseq+1, req.MethodName), name+": "+cred)
	return lines(req.MethodName+" "+req.RequestURI+" SIP/2.0", headers, extra, req.Body()), nil
}
