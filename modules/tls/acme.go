// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"
)

// acmeAttributes are those of certificates that renew themselves (RFC 8555). They
// are not Kamailio's.
type acmeAttributes struct {
	domains   []string
	agreed    bool
	email     string
	directory string
	trust     string // PEM file
	storage   string // folder
	httpPort  int
	tlsPort   int
}

// Names of these attributes.
const (
	attrACMEDomains   = "acme_domains"
	attrACMEAgree     = "acme_agree"
	attrACMEEmail     = "acme_email"
	attrACMEDirectory = "acme_directory"
	attrACMETrust     = "acme_ca"
	attrACMEStorage   = "acme_storage"
	attrACMEHTTPPort  = "acme_http_port"
	attrACMETLSPort   = "acme_tls_port"
)

// newACME returns the attributes where nothing is said.
func newACME() acmeAttributes {
	return acmeAttributes{directory: certmagic.LetsEncryptProductionCA, storage: "acme", httpPort: 80, tlsPort: 443}
}

// setACME applies one of these settings; known is false for another name.
func (p *profile) setACME(a assignment) (known bool, err error) {
	switch a.name {
	case attrACMEDomains:
		p.acme.domains = strings.FieldsFunc(strings.ToLower(a.value), func(r rune) bool { return r == ',' || r == ' ' })
	case attrACMEAgree:
		p.acme.agreed, err = parseBool(a.value)
	case attrACMEEmail:
		p.acme.email = a.value
	case attrACMEDirectory:
		p.acme.directory = a.value
	case attrACMETrust:
		p.acme.trust = a.value
	case attrACMEStorage:
		p.acme.storage = a.value
	case attrACMEHTTPPort:
		p.acme.httpPort, err = parsePort(a.value)
	case attrACMETLSPort:
		p.acme.tlsPort, err = parsePort(a.value)
	default:
		return false, nil
	}
	return true, err
}

func parsePort(text string) (int, error) {
	n, err := parseNumber(text)
	if err == nil && n > 65535 {
		err = fmt.Errorf("%d is no port", n)
	}
	return n, err
}

var (
	errNotAgreed   = errors.New("write acme_agree = yes when you agree to the terms of the authority")
	errClientACME  = errors.New("it is for servers")
	errTwoWays     = errors.New("certificate and acme_domains exclude each other")
	errNoChallenge = errors.New("the authority needs acme_http_port or acme_tls_port to see that the domain is ours")
)

// renewing makes the profile's certificates those of an ACME server. Nothing is
// asked of it before manage.
func (l *loader) renewing(p *profile) error {
	_, fixed := p.given[attrCertificate]
	switch {
	case p.client:
		return p.errorf(attrACMEDomains, "%v", errClientACME)
	case fixed:
		return p.errorf(attrACMEDomains, "%v", errTwoWays)
	case !p.acme.agreed:
		return p.errorf(attrACMEDomains, "%v", errNotAgreed)
	case p.acme.httpPort == 0 && p.acme.tlsPort == 0:
		return p.errorf(attrACMEDomains, "%v", errNoChallenge)
	}
	var trust *x509.CertPool
	if p.acme.trust != "" {
		list, err := readCertificates(l.path(p.acme.trust))
		if err != nil {
			return p.errorf(attrACMETrust, "%v", err)
		}
		trust = x509.NewCertPool()
		for _, c := range list {
			trust.AddCert(c)
		}
	}
	log := zapTo(l.log)
	magic := certmagic.New(l.renewals.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: l.path(p.acme.storage)}, DefaultServerName: p.acme.domains[0],
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, Logger: log,
	})
	magic.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{
		CA: p.acme.directory, Email: p.acme.email, Agreed: true, TrustedRoots: trust,
		AltHTTPPort: p.acme.httpPort, DisableHTTPChallenge: p.acme.httpPort == 0,
		AltTLSALPNPort: p.acme.tlsPort, DisableTLSALPNChallenge: p.acme.tlsPort == 0, Logger: log,
	})}
	p.magic = magic
	p.base.GetCertificate = magic.GetCertificate
	return nil
}

// renewals keep the certificates that renew themselves, of all profiles.
type renewals struct {
	cache   *certmagic.Cache
	current atomic.Pointer[profiles] // whose certificates are looked after
}

// lookEvery is how often certificates are looked at: often enough for those that
// live for minutes.
const lookEvery = 10 * time.Second

// newRenewals makes them. every is how often certificates are looked at. One is
// renewed in the last third of its life.
func newRenewals(log *slog.Logger, every time.Duration) *renewals {
	r := &renewals{}
	r.cache = certmagic.NewCache(certmagic.CacheOptions{GetConfigForCert: r.configOf, Logger: zapTo(log), RenewCheckInterval: every})
	return r
}

var errNotOurs = errors.New("no profile has this certificate")

// configOf finds the profile of a certificate that is to be renewed.
func (r *renewals) configOf(c certmagic.Certificate) (*certmagic.Config, error) {
	if ps := r.current.Load(); ps != nil {
		for _, p := range ps.all() {
			for _, domain := range p.acme.domains {
				if p.magic != nil && len(c.Names) > 0 && strings.EqualFold(domain, c.Names[0]) {
					return p.magic, nil
				}
			}
		}
	}
	return nil, errNotOurs
}

// manage looks after the certificates of profiles from now on, and asks for those
// that are missing in the background.
func (r *renewals) manage(ctx context.Context, ps *profiles) error {
	r.current.Store(ps)
	for _, p := range ps.all() {
		if p.magic == nil {
			continue
		}
		if err := p.magic.ManageAsync(ctx, p.acme.domains); err != nil {
			return p.errorf(attrACMEDomains, "%v", err)
		}
	}
	return nil
}

// showing notes in s which certificate the peer is shown.
func (p *profile) showing(s *secured) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := p.magic.GetCertificate(hello)
		if err == nil {
			s.shown = c.Leaf
		}
		return c, err
	}
}

// anyRenewing tells whether a profile has certificates that renew themselves.
func (ps *profiles) anyRenewing() bool {
	return find(ps.all(), func(p *profile) bool { return len(p.acme.domains) > 0 }) != nil
}
