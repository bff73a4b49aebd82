// SPDX-License-Identifier: Apache-2.0

// Package digest computes and reads digest authentication (RFC 7616, RFC 8760; RFC 2617 of old peers).
//
// What is parsed are views of the header's text: nothing is copied, nothing
// allocated. Hashes are values (Hex), so that a check allocates nothing either.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
)

// Algorithm is a hash with or without the session variant.
type Algorithm uint8

// The algorithms of RFC 7616 6.1. MD5 is what a missing parameter means.
const (
	MD5 Algorithm = iota
	MD5Sess
	SHA256
	SHA256Sess
	SHA512256
	SHA512256Sess
	// Unknown is an algorithm that cannot be computed here.
	Unknown
)

var names = [...]string{MD5: "MD5", MD5Sess: "MD5-sess", SHA256: "SHA-256", SHA256Sess: "SHA-256-sess",
	SHA512256: "SHA-512-256", SHA512256Sess: "SHA-512-256-sess", Unknown: "unknown"}

// String returns the name as it stands in headers.
func (a Algorithm) String() string { return names[min(a, Unknown)] }

// ParseAlgorithm finds the algorithm of a name in any case; "" is MD5.
func ParseAlgorithm(name string) Algorithm {
	if name == "" {
		return MD5
	}
	for a := MD5; a < Unknown; a++ {
		if strings.EqualFold(names[a], name) {
			return a
		}
	}
	return Unknown
}

// Session tells whether the first hash also covers nonce and cnonce.
func (a Algorithm) Session() bool { return a == MD5Sess || a == SHA256Sess || a == SHA512256Sess }

// Base is the algorithm without the session variant: what a stored HA1 was made with.
func (a Algorithm) Base() Algorithm {
	if a.Session() {
		return a - 1
	}
	return a
}

// HexLen is the number of digits of a hash, 0 for Unknown.
func (a Algorithm) HexLen() int {
	switch a.Base() {
	case MD5:
		return 2 * md5.Size
	case SHA256:
		return 2 * sha256.Size
	case SHA512256:
		return 2 * sha512.Size256
	}
	return 0
}

// Hex is a hash in small hexadecimal digits; the zero value is none.
type Hex struct {
	text [64]byte
	n    uint8
}

// errHex is the error of ParseHex.
var errHex = errors.New("a hash has 32 or 64 hexadecimal digits")

// ParseHex reads a hash, as tables hold HA1: 32 or 64 digits in either case.
func ParseHex(s string) (h Hex, err error) {
	if len(s) != 32 && len(s) != 64 {
		return Hex{}, errHex
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
		case 'A' <= c && c <= 'F':
			c += 'a' - 'A'
		default:
			return Hex{}, errHex
		}
		h.text[i] = c
	}
	h.n = uint8(len(s))
	return h, nil
}

// Bytes returns the digits: a view of h.
func (h *Hex) Bytes() []byte { return h.text[:h.n] }

// String returns the digits as a new string.
func (h *Hex) String() string { return string(h.Bytes()) }

// Len is the number of digits.
func (h *Hex) Len() int { return int(h.n) }

// Equal compares with the text of a header in constant time.
func (h *Hex) Equal(text string) bool {
	if len(text) != int(h.n) || h.n == 0 {
		return false
	}
	var other [64]byte
	copy(other[:], text)
	return subtle.ConstantTimeCompare(h.text[:h.n], other[:h.n]) == 1
}

// scratch is enough for the hashed text of all but odd requests; longer ones
// go to the heap.
const scratch = 512

// sum hashes bytes.
func (a Algorithm) sum(b []byte) (h Hex) {
	switch a.Base() {
	case MD5:
		s := md5.Sum(b)
		h.n = uint8(hex.Encode(h.text[:], s[:]))
	case SHA256:
		s := sha256.Sum256(b)
		h.n = uint8(hex.Encode(h.text[:], s[:]))
	case SHA512256:
		s := sha512.Sum512_256(b)
		h.n = uint8(hex.Encode(h.text[:], s[:]))
	}
	return h
}

// HA1 is the hash of user name, realm and password, without the session part:
// what can be stored instead of a password.
func (a Algorithm) HA1(username, realm, password string) Hex {
	var mem [scratch]byte
	b := append(append(mem[:0], username...), ':')
	b = append(append(b, realm...), ':')
	return a.sum(append(b, password...))
}

// UserHash is what stands for the user name where the server asks for it (RFC
// 7616 3.4.4).
func (a Algorithm) UserHash(username, realm string) Hex {
	var mem [scratch]byte
	b := append(append(mem[:0], username...), ':')
	return a.sum(append(b, realm...))
}

// Request is what a response is computed from, beside the secret.
type Request struct {
	// Method and URI are those of the request; URI as in the credentials.
	Method, URI string
	// Body counts with AuthInt.
	Body string
	// Nonce is the server's; CNonce and NC the client's, both needed with a
	// QOP, CNonce also for a session algorithm.
	Nonce, CNonce, NC string
	// QOP is Auth, AuthInt or 0 for RFC 2069.
	QOP QOP
}

// Response is the response to a challenge. ha1 is that of HA1, for session
// algorithms too.
func (a Algorithm) Response(ha1 Hex, r *Request) Hex {
	if a.Session() {
		ha1 = a.session(ha1, r.Nonce, r.CNonce)
	}
	ha2 := a.ha2(r)
	var mem [scratch]byte
	b := append(append(mem[:0], ha1.Bytes()...), ':')
	b = append(append(b, r.Nonce...), ':')
	if r.QOP != 0 {
		b = append(append(b, r.NC...), ':')
		b = append(append(b, r.CNonce...), ':')
		b = append(append(b, r.QOP.String()...), ':')
	}
	return a.sum(append(b, ha2.Bytes()...))
}

// session is A1 of the session variants (RFC 7616 3.4.2).
func (a Algorithm) session(ha1 Hex, nonce, cnonce string) Hex {
	var mem [scratch]byte
	b := append(append(mem[:0], ha1.Bytes()...), ':')
	b = append(append(b, nonce...), ':')
	return a.sum(append(b, cnonce...))
}

// ha2 is the hash of what the request asks for (RFC 7616 3.4.3).
func (a Algorithm) ha2(r *Request) Hex {
	var mem [scratch]byte
	b := append(append(mem[:0], r.Method...), ':')
	b = append(b, r.URI...)
	if r.QOP == AuthInt {
		body := a.text(r.Body)
		b = append(append(b, ':'), body.Bytes()...)
	}
	return a.sum(b)
}

// text hashes a body.
func (a Algorithm) text(body string) Hex {
	var mem [2 * scratch]byte
	return a.sum(append(mem[:0], body...))
}

// ResponseAuth is the rspauth of Authentication-Info: the response without the
// method (RFC 7616 3.5). Body is that of the reply.
func (a Algorithm) ResponseAuth(ha1 Hex, r *Request) Hex {
	reply := *r
	reply.Method = ""
	return a.Response(ha1, &reply)
}
