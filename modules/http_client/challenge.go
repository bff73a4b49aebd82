// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/digest"
)

// answerChallenge sends a request again with the user and password of the
// connection; it returns the first answer where its challenge cannot be answered.
func (c *connection) answerChallenge(p *http.Response, q *http.Request) (*http.Response, error) {
	again := q.Clone(q.Context())
	if q.GetBody != nil {
		again.Body, _ = q.GetBody()
	}
	for _, text := range p.Header.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(text, " ")
		switch {
		case strings.EqualFold(scheme, "basic") && c.authMethod&authBasic != 0:
			again.SetBasicAuth(c.user, c.password)
		case strings.EqualFold(scheme, "digest") && c.authMethod&authDigest != 0:
			line, ok := c.digest(text, q)
			if !ok {
				continue
			}
			again.Header.Set("Authorization", line)
		default:
			continue
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(p.Body, 1<<16))
		p.Body.Close()
		return c.client.Do(again)
	}
	return p, nil
}

// digest is the answer to a challenge of the scheme Digest; ok is false where it
// cannot be answered. Of the qualities only auth is used.
func (c *connection) digest(text string, q *http.Request) (line string, ok bool) {
	challenge, err := digest.ParseChallenge(text)
	if err != nil || challenge.Algorithm == digest.Unknown || challenge.QOP != 0 && challenge.QOP&digest.Auth == 0 {
		return "", false
	}
	r := digest.Request{Method: q.Method, URI: q.URL.RequestURI(), Nonce: challenge.Nonce, QOP: challenge.QOP & digest.Auth}
	if r.QOP != 0 || challenge.Algorithm.Session() {
		r.NC, r.CNonce = "00000001", strconv.FormatUint(rand.Uint64(), 16)
	}
	realm := digest.Unescape(challenge.Realm)
	response := challenge.Algorithm.Response(challenge.Algorithm.HA1(c.user, realm, c.password), &r)
	a := digest.Credentials{Username: string(digest.AppendQuoted(nil, c.user)), Realm: challenge.Realm, Nonce: r.Nonce,
		URI: string(digest.AppendQuoted(nil, r.URI)), Opaque: challenge.Opaque, QOP: r.QOP, NC: r.NC, CNonce: r.CNonce,
		Response: response.String(), Algorithm: challenge.Algorithm, AlgorithmName: challenge.Algorithm.String()}
	if r.QOP != 0 {
		a.QOPName = r.QOP.String()
	} else {
		a.NC = ""
	}
	if challenge.UserHash {
		hash := challenge.Algorithm.UserHash(c.user, realm)
		a.Username, a.UserHash = hash.String(), true
	}
	return string(a.Append(nil)), true
}
