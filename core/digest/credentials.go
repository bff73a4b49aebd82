// SPDX-License-Identifier: Apache-2.0

package digest

import "strings"

// Credentials are the value of an Authorization or Proxy-Authorization header.
// The texts are views of it: without quotes, with their escapes.
type Credentials struct {
	Username, Realm, Nonce, URI, Response, CNonce, NC, Opaque string
	// Algorithm is Unknown for one that cannot be computed; AlgorithmName is
	// its name as written, "" where none stood there.
	Algorithm     Algorithm
	AlgorithmName string
	// QOP is the quality that was chosen, 0 for none. QOPName is as written.
	QOP     QOP
	QOPName string
	// UserHash tells that Username is the hash of user name and realm.
	UserHash bool
}

// ParseCredentials reads credentials. User name, realm, nonce, URI and
// response must be there, with a quality also cnonce and nc.
func ParseCredentials(value string) (c Credentials, err error) {
	rest, err := scheme(value)
	if err != nil {
		return Credentials{}, err
	}
	for {
		name, v, tail, ok, err := next(rest)
		if err != nil {
			return Credentials{}, err
		}
		if !ok {
			return c, c.complete()
		}
		c.set(name, v)
		rest = tail
	}
}

// complete says whether all is there that a check needs. An empty realm is one
// that peers send before they know it.
func (c *Credentials) complete() error {
	if c.Username == "" || c.Nonce == "" || c.URI == "" || c.Response == "" || c.QOP != 0 && (c.CNonce == "" || c.NC == "") {
		return ErrMissing
	}
	return nil
}

func (c *Credentials) set(name, v string) {
	switch {
	case isName(name, "username"):
		c.Username = v
	case isName(name, "realm"):
		c.Realm = v
	case isName(name, "nonce"):
		c.Nonce = v
	case isName(name, "uri"):
		c.URI = v
	case isName(name, "response"):
		c.Response = v
	case isName(name, "cnonce"):
		c.CNonce = v
	case isName(name, "nc"):
		c.NC = v
	case isName(name, "opaque"):
		c.Opaque = v
	case isName(name, "qop"):
		c.QOP, c.QOPName = parseQOP(v), v
	case isName(name, "algorithm"):
		c.Algorithm, c.AlgorithmName = ParseAlgorithm(v), v
	case isName(name, "userhash"):
		c.UserHash = strings.EqualFold(v, "true")
	}
}

// isName tells whether name is a name of ASCII letters, whatever their case. Most
// are told apart by their length.
func isName(name, of string) bool { return len(name) == len(of) && strings.EqualFold(name, of) }

// Expected is the response that the credentials must have for a request with
// this method and body. The zero Hex comes back for an algorithm or a quality
// that cannot be computed.
func (c *Credentials) Expected(ha1 Hex, method, body string) Hex {
	if c.Algorithm == Unknown || c.QOP != 0 && c.QOP != Auth && c.QOP != AuthInt {
		return Hex{}
	}
	return c.Algorithm.Response(ha1, &Request{Method: method, URI: c.URI, Body: body,
		Nonce: c.Nonce, CNonce: c.CNonce, NC: c.NC, QOP: c.QOP})
}

// Check tells whether the response is right. It takes the same time whatever
// is wrong with the response.
func (c *Credentials) Check(ha1 Hex, method, body string) bool {
	want := c.Expected(ha1, method, body)
	return want.Equal(c.Response)
}

// Append appends the credentials as the value of a header.
func (c *Credentials) Append(dst []byte) []byte {
	dst = append(dst, `Digest username="`...)
	dst = append(append(dst, c.Username...), `", realm="`...)
	dst = append(append(dst, c.Realm...), '"')
	dst = appendParam(dst, "nonce", c.Nonce, false)
	dst = appendParam(dst, "uri", c.URI, false)
	dst = appendParam(dst, "opaque", c.Opaque, false)
	dst = appendParam(dst, "qop", c.QOPName, true)
	dst = appendParam(dst, "nc", c.NC, true)
	dst = appendParam(dst, "cnonce", c.CNonce, false)
	dst = appendParam(dst, "response", c.Response, false)
	dst = appendParam(dst, "algorithm", c.AlgorithmName, true)
	if c.UserHash {
		dst = append(dst, ", userhash=true"...)
	}
	return dst
}
