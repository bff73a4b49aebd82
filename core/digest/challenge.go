// SPDX-License-Identifier: Apache-2.0

package digest

import "strings"

// Challenge is the value of a WWW-Authenticate or Proxy-Authenticate header.
// The texts are views of it: without quotes, with their escapes.
type Challenge struct {
	Realm, Domain, Nonce, Opaque string
	Stale                        bool
	// Algorithm is Unknown for one that cannot be computed; AlgorithmName is
	// its name as written, "" where none stood there.
	Algorithm     Algorithm
	AlgorithmName string
	// QOP are the qualities offered, 0 for a server of RFC 2069.
	QOP QOP
	// Charset and UserHash are those of RFC 7616 3.3.
	Charset  string
	UserHash bool
}

// ParseChallenge reads a challenge. Realm and nonce must be there.
func ParseChallenge(value string) (c Challenge, err error) {
	rest, err := scheme(value)
	if err != nil {
		return Challenge{}, err
	}
	var realm bool
	for {
		name, v, tail, ok, err := next(rest)
		switch {
		case err != nil:
			return Challenge{}, err
		case !ok && (!realm || c.Nonce == ""):
			return Challenge{}, ErrMissing
		case !ok:
			return c, nil
		case strings.EqualFold(name, "realm"):
			c.Realm, realm = v, true
		default:
			c.set(name, v)
		}
		rest = tail
	}
}

func (c *Challenge) set(name, v string) {
	switch {
	case strings.EqualFold(name, "nonce"):
		c.Nonce = v
	case strings.EqualFold(name, "opaque"):
		c.Opaque = v
	case strings.EqualFold(name, "domain"):
		c.Domain = v
	case strings.EqualFold(name, "stale"):
		c.Stale = strings.EqualFold(v, "true")
	case strings.EqualFold(name, "algorithm"):
		c.Algorithm, c.AlgorithmName = ParseAlgorithm(v), v
	case strings.EqualFold(name, "qop"):
		c.QOP = parseQOP(v)
	case strings.EqualFold(name, "charset"):
		c.Charset = v
	case strings.EqualFold(name, "userhash"):
		c.UserHash = strings.EqualFold(v, "true")
	}
}

// Append appends the challenge as the value of a header.
func (c *Challenge) Append(dst []byte) []byte {
	dst = append(dst, `Digest realm="`...)
	dst = append(append(dst, c.Realm...), '"')
	dst = appendParam(dst, "domain", c.Domain, false)
	dst = appendParam(dst, "nonce", c.Nonce, false)
	dst = appendParam(dst, "opaque", c.Opaque, false)
	switch c.QOP &^ OtherQOP {
	case Auth, AuthInt:
		dst = appendParam(dst, "qop", (c.QOP &^ OtherQOP).String(), false)
	case Auth | AuthInt:
		dst = appendParam(dst, "qop", "auth,auth-int", false)
	}
	if c.Stale {
		dst = append(dst, ", stale=true"...)
	}
	dst = appendParam(dst, "algorithm", c.AlgorithmName, true)
	dst = appendParam(dst, "charset", c.Charset, true)
	if c.UserHash {
		dst = append(dst, ", userhash=true"...)
	}
	return dst
}
