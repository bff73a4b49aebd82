// SPDX-License-Identifier: Apache-2.0

// Package cipher knows the cipher suites of TLS by OpenSSL's names.
package cipher

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Suite is a cipher suite with OpenSSL's name and words for it.
type Suite struct {
	ID      uint16
	Name    string
	version string
	kx, au  string
	enc     string // with its bits: "AESGCM(256)"
	Bits    int
	mac     string
}

// suites are those that crypto/tls has, the best first.
var suites = []Suite{
	{tls.TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "TLSv1.3", "any", "any", "AESGCM(256)", 256, "AEAD"},
	{tls.TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3", "any", "any", "CHACHA20/POLY1305(256)", 256, "AEAD"},
	{tls.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "TLSv1.3", "any", "any", "AESGCM(128)", 128, "AEAD"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH", "ECDSA", "AESGCM(256)", 256, "AEAD"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH", "RSA", "AESGCM(256)", 256, "AEAD"},
	{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2", "ECDH", "ECDSA", "CHACHA20/POLY1305(256)", 256, "AEAD"},
	{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "ECDH", "RSA", "CHACHA20/POLY1305(256)", 256, "AEAD"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH", "ECDSA", "AESGCM(128)", 128, "AEAD"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH", "RSA", "AESGCM(128)", 128, "AEAD"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", "ECDH", "ECDSA", "AES(128)", 128, "SHA256"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", "TLSv1.2", "ECDH", "RSA", "AES(128)", 128, "SHA256"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", "TLSv1", "ECDH", "ECDSA", "AES(256)", 256, "SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", "TLSv1", "ECDH", "RSA", "AES(256)", 256, "SHA1"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", "TLSv1", "ECDH", "ECDSA", "AES(128)", 128, "SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", "TLSv1", "ECDH", "RSA", "AES(128)", 128, "SHA1"},
	{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", "TLSv1.2", "RSA", "RSA", "AESGCM(256)", 256, "AEAD"},
	{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", "TLSv1.2", "RSA", "RSA", "AESGCM(128)", 128, "AEAD"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", "TLSv1.2", "RSA", "RSA", "AES(128)", 128, "SHA256"},
	{tls.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", "SSLv3", "RSA", "RSA", "AES(256)", 256, "SHA1"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", "SSLv3", "RSA", "RSA", "AES(128)", 128, "SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, "ECDHE-RSA-DES-CBC3-SHA", "TLSv1", "ECDH", "RSA", "3DES(168)", 168, "SHA1"},
	{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "DES-CBC3-SHA", "SSLv3", "RSA", "RSA", "3DES(168)", 168, "SHA1"},
	{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, "ECDHE-ECDSA-RC4-SHA", "TLSv1", "ECDH", "ECDSA", "RC4(128)", 128, "SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, "ECDHE-RSA-RC4-SHA", "TLSv1", "ECDH", "RSA", "RC4(128)", 128, "SHA1"},
	{tls.TLS_RSA_WITH_RC4_128_SHA, "RC4-SHA", "SSLv3", "RSA", "RSA", "RC4(128)", 128, "SHA1"},
}

// Of finds a suite by its number; the name is a hexadecimal number for an
// unknown one.
func Of(id uint16) Suite {
	for _, s := range suites {
		if s.ID == id {
			return s
		}
	}
	return Suite{ID: id, Name: fmt.Sprintf("0x%04X", id)}
}

// Description is the line that OpenSSL writes for a suite, without its end.
func (s Suite) Description() string {
	return fmt.Sprintf("%-30s %-7s Kx=%-8s Au=%-5s Enc=%-22s Mac=%-4s", s.Name, s.version, s.kx, s.au, s.enc, s.mac)
}

// weak tells that a suite is only for those who name it.
func (s Suite) weak() bool {
	return strings.HasPrefix(s.enc, "3DES") || strings.HasPrefix(s.enc, "RC4")
}

func (s Suite) high() bool { return !s.weak() }

// words are what a cipher list may say beside the names of suites. Those for
// which crypto/tls has nothing (DHE, PSK, CAMELLIA …) match nothing, as what is
// no word does.
var words = map[string]func(s Suite) bool{
	"ALL":                 func(Suite) bool { return true },
	"COMPLEMENTOFALL":     nothing,
	"DEFAULT":             Suite.high,
	"COMPLEMENTOFDEFAULT": Suite.weak,
	"HIGH":                Suite.high,
	"MEDIUM":              Suite.weak,
	"AES":                 func(s Suite) bool { return strings.HasPrefix(s.enc, "AES") },
	"AES128":              func(s Suite) bool { return strings.HasPrefix(s.enc, "AES") && s.Bits == 128 },
	"AES256":              func(s Suite) bool { return strings.HasPrefix(s.enc, "AES") && s.Bits == 256 },
	"AESGCM":              func(s Suite) bool { return strings.HasPrefix(s.enc, "AESGCM") },
	"CHACHA20":            func(s Suite) bool { return strings.HasPrefix(s.enc, "CHACHA20") },
	"3DES":                func(s Suite) bool { return strings.HasPrefix(s.enc, "3DES") },
	"RC4":                 func(s Suite) bool { return strings.HasPrefix(s.enc, "RC4") },
	"ECDH":                ephemeral, "ECDHE": ephemeral, "EECDH": ephemeral, "kECDHE": ephemeral, "kEECDH": ephemeral,
	"RSA": keyByRSA, "kRSA": keyByRSA,
	"aRSA":  func(s Suite) bool { return s.au == "RSA" },
	"ECDSA": byECDSA, "aECDSA": byECDSA,
	"SHA1": bySHA1, "SHA": bySHA1,
	"SHA256":  func(s Suite) bool { return s.mac == "SHA256" },
	"SHA384":  func(s Suite) bool { return s.mac == "SHA384" },
	"CBC":     func(s Suite) bool { return strings.HasPrefix(s.enc, "AES(") || strings.HasPrefix(s.enc, "3DES") },
	"TLSv1.2": func(s Suite) bool { return s.version == "TLSv1.2" },
	"TLSv1":   sinceTLS1, "TLSv1.0": sinceTLS1,
	"SSLv3": func(s Suite) bool { return s.version == "SSLv3" },
	"FIPS":  func(s Suite) bool { return strings.HasPrefix(s.enc, "AES") },
}

func nothing(Suite) bool     { return false }
func ephemeral(s Suite) bool { return s.kx == "ECDH" }
func byECDSA(s Suite) bool   { return s.au == "ECDSA" }
func bySHA1(s Suite) bool    { return s.mac == "SHA1" }
func keyByRSA(s Suite) bool  { return s.kx == "RSA" }
func sinceTLS1(s Suite) bool { return s.version == "TLSv1" }
func isTLS13(s Suite) bool   { return s.version == "TLSv1.3" }
func ids(list []Suite) (out []uint16) {
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

var errNoCipher = errors.New("no cipher suite is left of it")

// Parse makes the suites of a cipher list in OpenSSL's language: elements
// between ":", ",", ";" or spaces, each with ! (never again), - (take off) or + (move
// back, which means nothing here as crypto/tls has an order of its own) before
// it, and + between words that must all hold. What it does not know matches
// nothing, as there; a list that leaves nothing is an error. The suites of TLS
// 1.3 are always there. An empty list is the default.
func Parse(list string) ([]uint16, error) {
	old := slices.DeleteFunc(slices.Clone(suites), isTLS13)
	if list == "" {
		list = "DEFAULT"
	}
	var have []Suite
	banned := map[uint16]bool{}
	for _, element := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":,; ", r) }) {
		op := element[0]
		if strings.IndexByte("!-+@", op) >= 0 {
			element = element[1:]
		} else {
			op = 0
		}
		for _, s := range old {
			has := slices.ContainsFunc(have, func(o Suite) bool { return o.ID == s.ID })
			switch {
			case !matches(s, element) || op == '+' || op == '@':
			case op == 0 && !has && !banned[s.ID]:
				have = append(have, s)
			case op == '!' || op == '-':
				banned[s.ID] = banned[s.ID] || op == '!'
				have = slices.DeleteFunc(have, func(o Suite) bool { return o.ID == s.ID })
			}
		}
	}
	if len(have) == 0 {
		return nil, errNoCipher
	}
	return ids(have), nil
}

// matches tells whether all words of an element hold for a suite.
func matches(s Suite, element string) bool {
	for word := range strings.SplitSeq(element, "+") {
		is := words[word]
		if s.Name != word && (is == nil || !is(s)) {
			return false
		}
	}
	return true
}
