// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/caddyserver/certmagic"
)

// verifyMode says what is asked of the peer's certificate.
type verifyMode uint8

const (
	// verifyOff asks a client for none, and takes any of a server.
	verifyOff verifyMode = iota
	// verifyAsk asks for one and takes any or none (optional_no_ca).
	verifyAsk
	// verifyOptional refuses one that is not good.
	verifyOptional
	// verifyOn refuses also whoever has none.
	verifyOn
)

// profile is how connections of one kind are secured. It does not change once it
// is loaded.
type profile struct {
	at     position
	client bool
	// domain is what stands in the brackets, addr the address of it, not valid
	// for default and any.
	domain string
	addr   netip.AddrPort

	attributes
	given map[string]assignment

	// What load makes of the attributes.
	mode    verifyMode
	magic   *certmagic.Config // of certificates that renew themselves; nil for others
	base    *tls.Config
	tickets tickets
	roots   *x509.CertPool // self-signed certificates of ca_list and ca_path
	middle  *x509.CertPool // the others there, which help to build a chain
	crls    []*x509.RevocationList
}

// attributes are the settings of a profile.
type attributes struct {
	method               string
	verify, require      bool
	verifyClient         string
	key, certificate     string
	depth                int
	caList, caPath, crl  string
	cipherList           string
	serverName, serverID string
	serverNameMode       int
	acme                 acmeAttributes
}

// Names of the attributes, as tls.cfg has them.
const (
	attrMethod       = "method"
	attrVerify       = "verify_certificate"
	attrRequire      = "require_certificate"
	attrVerifyClient = "verify_client"
	attrKey          = "private_key"
	attrCertificate  = "certificate"
	attrDepth        = "verify_depth"
	attrCAList       = "ca_list"
	attrCAPath       = "ca_path"
	attrCRL          = "crl"
	attrCiphers      = "cipher_list"
	attrServerName   = "server_name"
	attrNameMode     = "server_name_mode"
	attrServerID     = "server_id"
)

// otherNames are spellings that mean another name.
var otherNames = map[string]string{"tls_method": attrMethod, "ca_file": attrCAList, "pkey_file": attrKey, "cert_file": attrCertificate, "calist_file": attrCAList}

// String names the profile as log lines do.
func (p *profile) String() string {
	role := "server"
	if p.client {
		role = "client"
	}
	return "[" + role + ":" + p.domain + "]"
}

// newProfile reads a section. What it does not say it has of the defaults.
func newProfile(s *section, defaults attributes) (*profile, error) {
	p := &profile{at: s.position, client: s.role == "client", domain: s.domain, attributes: defaults, given: map[string]assignment{}}
	if p.domain != "default" && p.domain != "any" {
		addr, err := parseDomain(p.domain)
		if err != nil {
			return nil, s.errorf("%v", err)
		}
		p.addr = addr
	}
	for _, a := range s.settings {
		if err := p.set(a); err != nil {
			return nil, err
		}
	}
	switch {
	case p.domain == "any" && p.serverName == "" && !(p.client && p.serverID != ""):
		return nil, s.errorf("%s needs a server_name", p)
	}
	return p, nil
}

// parseDomain reads IP:port.
func parseDomain(text string) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return ap, fmt.Errorf("found %q, expected default, any, or IP:port", text)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// set applies one setting.
func (p *profile) set(a assignment) error {
	if name, ok := otherNames[a.name]; ok {
		a.name = name
	}
	if _, twice := p.given[a.name]; twice {
		return a.errorf("%s stands twice in %s", a.name, p)
	}
	p.given[a.name] = a
	var err error
	switch a.name {
	case attrMethod:
		p.method = a.value
	case attrVerify:
		p.verify, err = parseBool(a.value)
	case attrRequire:
		p.require, err = parseBool(a.value)
	case attrVerifyClient:
		p.verifyClient = a.value
	case attrKey:
		p.key = a.value
	case attrCertificate:
		p.certificate = a.value
	case attrDepth:
		p.depth, err = parseNumber(a.value)
	case attrCAList:
		p.caList = a.value
	case attrCAPath:
		p.caPath = a.value
	case attrCRL:
		p.crl = a.value
	case attrCiphers:
		p.cipherList = a.value
	case attrServerName:
		p.serverName = a.value
	case attrNameMode:
		p.serverNameMode, err = parseNumber(a.value)
	case attrServerID:
		p.serverID = a.value
	default:
		var known bool
		if known, err = p.setACME(a); !known {
			return a.errorf("unknown attribute %s", a.name)
		}
	}
	if err != nil {
		return a.valueAt.errorf("%s: %v", a.name, err)
	}
	return nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "on", "enable", "1":
		return true, nil
	case "no", "false", "off", "disable", "0":
		return false, nil
	}
	return false, fmt.Errorf("found %q, expected yes or no", text)
}

func parseNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("found %q, expected a number", text)
	}
	return int(n), nil
}

// parameterPrefix begins what is wrong with a parameter of the module.
const parameterPrefix = "parameter "

// errorf is an error about an attribute: at its value, or at the profile where
// the value comes from elsewhere.
func (p *profile) errorf(attribute, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if a, ok := p.given[attribute]; ok {
		return a.valueAt.errorf("%s: %s", attribute, text)
	}
	if p.at.line > 0 {
		return p.at.errorf("%s of %s: %s", attribute, p, text)
	}
	return fmt.Errorf(parameterPrefix+"%s: %s", attribute, text)
}

// verification makes the mode of the attributes; verify_client says all by
// itself.
func (p *profile) verification() (verifyMode, error) {
	switch strings.ToLower(p.verifyClient) {
	case "", "off":
	case "on":
		return verifyOn, nil
	case "optional":
		return verifyOptional, nil
	case "optional_no_ca":
		return verifyAsk, nil
	default:
		return 0, p.errorf(attrVerifyClient, "found %q, expected off, on, optional or optional_no_ca", p.verifyClient)
	}
	switch {
	case p.require:
		return verifyOn, nil
	case p.verify:
		return verifyOptional, nil
	}
	return verifyOff, nil
}

// servesName tells whether a name of the peer's greeting is one of the profile's.
func (p *profile) servesName(name string) bool {
	if p.serverName == "" || name == "" {
		return false
	}
	same := strings.EqualFold(name, p.serverName)
	below := len(name) > len(p.serverName) && name[len(name)-len(p.serverName)-1] == '.' && strings.EqualFold(name[len(name)-len(p.serverName):], p.serverName)
	switch p.serverNameMode {
	case 1:
		return same || below
	case 2:
		return below
	}
	return same
}

// isAt tells whether the profile is that of an address.
func (p *profile) isAt(a netip.AddrPort) bool {
	return p.addr.IsValid() && p.addr.Port() == a.Port() &&
		(p.addr.Addr() == a.Addr() || p.addr.Addr().IsUnspecified() && p.addr.Addr().Is4() == a.Addr().Is4())
}
