// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// Select finds what @path names, for pv: tls.version, tls.cipher,
// tls.peer.subject.cn and so on.
func (t *TLS) Select(path string) (func(c *module.Call) module.Value, error) {
	f := selectPart(strings.Split(path, ".")[1:])
	if f == nil {
		return nil, fmt.Errorf("module tls has no select %q", path)
	}
	return of(f), nil
}

func selectPart(path []string) part {
	switch text := strings.Join(path, "."); text {
	case "version":
		return versionName
	case "desc", "description":
		return description
	case "cipher":
		return cipherName
	case "cipher.bits":
		return cipherBits
	case "peer.verified":
		return verified
	case "peer.revoked":
		return is(errRevoked)
	case "peer.expired":
		return is(errExpired)
	case "peer.self_signed", "peer.selfsigned":
		return is(errSelfSigned)
	case "peer.server_name":
		return serverName
	}
	if len(path) < 2 {
		return nil
	}
	switch path[0] {
	case "peer":
		return selectCertificate(peerSide, path[1:])
	case "my", "me", "myself":
		return selectCertificate(ownSide, path[1:])
	}
	return nil
}

// certificateSelects are the parts of a certificate.
var certificateSelects = map[string]func(*x509.Certificate) module.Value{
	"version": certVersion, "sn": serial, "serialNumber": serial, "serial_number": serial,
	"notBefore": notBefore, "not_before": notBefore, "notAfter": notAfter, "not_after": notAfter,
	"email": sanEmail, "emailAddress": sanEmail, "email_address": sanEmail,
	"host": sanHost, "hostname": sanHost, "dns": sanHost,
	"uri": sanURI, "url": sanURI, "ip": sanIP, "IPAddress": sanIP, "ip_address": sanIP,
	"raw": rawCert, "raw_cert": rawCert, "urlencoded_cert": urlEncodedCert,
}

// nameSelects are the parts of a subject or an issuer.
var nameSelects = map[string]asn1.ObjectIdentifier{
	"cn": oidCN, "commonName": oidCN, "common_name": oidCN, "name": oidCN,
	"l": oidLocality, "localityName": oidLocality, "locality_name": oidLocality, "locality": oidLocality,
	"c": oidCountry, "countryName": oidCountry, "country_name": oidCountry, "country": oidCountry,
	"st": oidState, "stateOrProvinceName": oidState, "state_or_province_name": oidState, "state": oidState,
	"o": oidOrg, "organizationName": oidOrg, "organization_name": oidOrg, "organization": oidOrg,
	"ou": oidUnit, "organizationalUnitName": oidUnit, "organizational_unit_name": oidUnit, "unit": oidUnit,
	"uid": oidUID, "uniqueIdentifier": oidUID, "unique_identifier": oidUID,
}

func selectCertificate(of side, path []string) part {
	var name func(*x509.Certificate) *pkix.Name
	switch path[0] {
	case "subj", "subject":
		name = subject
	case "issuer":
		name = issuer
	}
	switch {
	case name != nil && len(path) == 1:
		return noValue
	case name != nil && len(path) == 2 && nameSelects[path[1]] != nil:
		return of.certificate(named(name, nameSelects[path[1]]))
	case name == nil && len(path) == 1 && certificateSelects[path[0]] != nil:
		return of.certificate(certificateSelects[path[0]])
	}
	return nil
}
