// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// secret is what a challenge is answered with.
type secret struct {
	username string
	// realm is the one that it is for, empty for any.
	realm    string
	password string
	// hashed tells that password is an HA1.
	hashed bool
}

// Errors of answers to challenges.
var (
	errNoTransaction = errors.New("there is no transaction")
	errNotChallenged = errors.New("the reply is no challenge (401 or 407)")
	errNoChallenge   = errors.New("the reply has no challenge that can be answered")
	errNoSecret      = errors.New("there are no credentials for the realms of the challenge")
	errHA1           = errors.New("an HA1 is the hexadecimal hash of user name, realm and password by the algorithm of the challenge")
	errCredential    = errors.New("it is username:realm:password")
)

// credential is the parameter of that name.
func (m *Module) credential(text string) error {
	user, rest, ok := strings.Cut(text, ":")
	realm, password, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || user == "" {
		return errCredential
	}
	m.credentials = append(m.credentials, secret{username: user, realm: realm, password: password})
	return nil
}

// auth is uac_auth([mode]) and uac_auth_mode(mode).
func (m *Module) auth(word string) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		if err := m.answer(c, a.Int(0, 0) == 1); err != nil {
			return c.Fail(word, err)
		}
		return module.True
	}
}

// answer adds the credentials for the challenge that a failure route is about to
// the request.
func (m *Module) answer(c *module.Call, hashed bool) error {
	if c.Tx == nil || !c.TxHeld {
		return errNoTransaction
	}
	b := c.Tx.Picked()
	if b == nil || b.Reply() == nil {
		return errNotChallenged
	}
	r := digest.Request{Method: c.Msg.MethodName, URI: c.Target.URI}
	line, err := answerTo(c.Mem.Begin(), b.Reply(), &r, func() string { return editedBody(c) }, m.host.Rand(), func(realm string) (secret, bool) {
		return m.secretFor(c, realm, hashed)
	})
	if err != nil {
		return err
	}
	c.Msg.AppendHeader(c.Mem.Keep(line))
	c.Internal |= transaction.UACAuth
	// The request goes to the same target once more.
	c.TargetUsed = false
	if m.cseq != nil {
		m.cseq.NextCSeq(c)
	}
	return nil
}

// secretFor finds the credentials for a realm: those of the variables, else those
// of the parameter.
func (m *Module) secretFor(c *module.Call, realm string, hashed bool) (secret, bool) {
	if m.realmAVP != nil {
		s := secret{username: text(m.usernameAVP, c), realm: text(m.realmAVP, c), password: text(m.passwordAVP, c), hashed: hashed}
		if s.username != "" && (s.realm == "" || s.realm == realm) {
			return s, true
		}
	}
	for _, s := range m.credentials {
		if s.realm == realm {
			return s, true
		}
	}
	return secret{}, false
}

// text is the value of a variable as text.
func text(v module.Accessor, c *module.Call) string {
	if v == nil {
		return ""
	}
	value := v.Get(c, module.Index{})
	if value.Str == "" && !value.IsNull() {
		return strconv.FormatInt(value.Int, 10)
	}
	return value.Str
}

// answerTo appends the header field that answers the first challenge of a reply
// for which there are credentials and whose algorithm is known (RFC 8760 2.4). r
// has method and URI; body is asked for the request's body where it counts.
func answerTo(dst []byte, reply *sip.Message, r *digest.Request, body func() string, random *rand.Rand, find func(realm string) (secret, bool)) ([]byte, error) {
	header, name := sip.HeaderWWWAuthenticate, "Authorization: "
	switch reply.Status {
	case 401:
	case 407:
		header, name = sip.HeaderProxyAuthenticate, "Proxy-Authorization: "
	default:
		return dst, errNotChallenged
	}
	err := errNoChallenge
	for i := reply.First(header); i >= 0; i = reply.Next(header, i) {
		challenge, bad := digest.ParseChallenge(reply.Header(i).Value)
		if bad != nil || challenge.Algorithm == digest.Unknown {
			continue
		}
		s, ok := find(digest.Unescape(challenge.Realm))
		if !ok {
			err = errNoSecret
			continue
		}
		c, bad := credentials(&challenge, &s, *r, body, random)
		if bad != nil {
			err = bad
			continue
		}
		dst = append(dst, name...)
		return append(c.Append(dst), "\r\n"...), nil
	}
	return dst, err
}

// credentials answers a challenge. The qualities are taken in the order auth,
// auth-int; where only unknown ones are offered none is used.
func credentials(challenge *digest.Challenge, s *secret, r digest.Request, body func() string, random *rand.Rand) (*digest.Credentials, error) {
	algorithm := challenge.Algorithm
	ha1, err := s.ha1(algorithm, digest.Unescape(challenge.Realm))
	if err != nil {
		return nil, err
	}
	r.Nonce = challenge.Nonce
	switch {
	case challenge.QOP&digest.Auth != 0:
		r.QOP = digest.Auth
	case challenge.QOP&digest.AuthInt != 0:
		r.QOP, r.Body = digest.AuthInt, body()
	}
	if r.QOP != 0 || algorithm.Session() {
		r.NC, r.CNonce = "00000001", strconv.FormatUint(random.Uint64(), 16)
	}
	response := algorithm.Response(ha1, &r)
	c := &digest.Credentials{Username: string(digest.AppendQuoted(nil, s.username)), Realm: challenge.Realm, Nonce: r.Nonce,
		URI: string(digest.AppendQuoted(nil, r.URI)), Opaque: challenge.Opaque, QOP: r.QOP, QOPName: r.QOP.String(), NC: r.NC, CNonce: r.CNonce,
		Response: response.String(), Algorithm: algorithm, AlgorithmName: algorithm.String()}
	if r.QOP == 0 {
		c.NC = ""
	}
	if challenge.UserHash {
		hash := algorithm.UserHash(s.username, digest.Unescape(challenge.Realm))
		c.Username, c.UserHash = hash.String(), true
	}
	return c, nil
}

// ha1 is the hash of the secret by an algorithm.
func (s *secret) ha1(a digest.Algorithm, realm string) (digest.Hex, error) {
	if !s.hashed {
		return a.HA1(s.username, realm, s.password), nil
	}
	h, err := digest.ParseHex(s.password)
	if err != nil || h.Len() != a.HexLen() {
		return digest.Hex{}, errHA1
	}
	return h, nil
}

// editedBody is the body of the request as it will leave.
func editedBody(c *module.Call) string {
	at := c.Msg.BodyStart()
	if !c.Msg.Edited() {
		return c.Msg.Body()
	}
	out := sip.Outgoing{Data: c.State}
	if s := c.Packet.Socket; s != nil {
		out = sip.Outgoing{Transport: transport.Proto(s.Proto), Host: s.Host, Port: s.Port, Socket: s, Data: c.State}
	}
	var m sip.Message
	if len(c.Msg.Raw()) == at || m.Parse(sip.AppendEdited(nil, c.Msg, &out)) != nil {
		return c.Msg.Body()
	}
	return m.Body()
}
