// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"bytes"
	"crypto/x509"
	"errors"
	"time"
)

// What the verification of a peer's certificate may find.
var (
	errNoPeer      = errors.New("the peer has no certificate")
	errUntrusted   = errors.New("no trusted authority has signed the peer's certificate")
	errSelfSigned  = errors.New("the peer's certificate has signed itself and is not trusted")
	errExpired     = errors.New("the peer's certificate has expired")
	errEarly       = errors.New("the peer's certificate is not valid yet")
	errTooLong     = errors.New("the chain of the peer's certificate is longer than verify_depth")
	errRevoked     = errors.New("the peer's certificate is revoked")
	errNoCRL       = errors.New("no revocation list of an issuer in the chain")
	errCRLExpired  = errors.New("a revocation list has expired")
	errCRLUnsigned = errors.New("a revocation list was not signed by its issuer")
)

// check verifies the certificates of a peer: that a chain leads to an authority
// of ours, is no longer than verify_depth, and that no certificate of it is
// revoked. Names are not looked at.
func (p *profile) check(certs []*x509.Certificate, now time.Time) error {
	if len(certs) == 0 {
		return errNoPeer
	}
	leaf := certs[0]
	middle := p.middle.Clone()
	for _, c := range certs[1:] {
		middle.AddCert(c)
	}
	usage := x509.ExtKeyUsageClientAuth
	if p.client {
		usage = x509.ExtKeyUsageServerAuth
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: p.roots, Intermediates: middle, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}})
	if err != nil {
		return whyUntrusted(leaf, now, err)
	}
	// One good chain is enough.
	for _, chain := range chains {
		if err = p.checkChain(chain, now); err == nil {
			return nil
		}
	}
	return err
}

// whyUntrusted says why there is no chain.
func whyUntrusted(leaf *x509.Certificate, now time.Time, err error) error {
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.Before(leaf.NotBefore):
		return errEarly
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return errExpired
	case errors.As(err, &invalid):
		return err
	case bytes.Equal(leaf.RawIssuer, leaf.RawSubject):
		return errSelfSigned
	}
	return errUntrusted
}

// checkChain looks at length and revocations. The depth counts the certificates
// between the peer's and the authority.
func (p *profile) checkChain(chain []*x509.Certificate, now time.Time) error {
	if len(chain)-2 > p.depth {
		return errTooLong
	}
	if len(p.crls) == 0 {
		return nil
	}
	for i, c := range chain {
		issuer := chain[min(i+1, len(chain)-1)]
		if err := p.checkRevoked(c, issuer, now); err != nil {
			return err
		}
	}
	return nil
}

// checkRevoked looks for a certificate in the newest list of its issuer. As with
// OpenSSL's CRL_CHECK_ALL there must be one.
func (p *profile) checkRevoked(c, issuer *x509.Certificate, now time.Time) error {
	var list *x509.RevocationList
	for _, l := range p.crls {
		if bytes.Equal(l.RawIssuer, c.RawIssuer) && (list == nil || l.ThisUpdate.After(list.ThisUpdate)) {
			list = l
		}
	}
	switch {
	case list == nil:
		return errNoCRL
	case list.CheckSignatureFrom(issuer) != nil:
		return errCRLUnsigned
	case !list.NextUpdate.IsZero() && now.After(list.NextUpdate):
		return errCRLExpired
	}
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(c.SerialNumber) == 0 {
			return errRevoked
		}
	}
	return nil
}
